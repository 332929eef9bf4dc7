"""Alembic's entry: runs on the connection that `bot.store.migrate` hands it."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString, SQLModel

from bot.store.columns import Instant, Json


def _render(kind: str, value: object, _autogen: AutogenContext) -> str | Literal[False]:
    """Return our column types as plain ones, so that old revisions need none of our code."""
    if kind == "type" and isinstance(value, Instant):
        return "sa.DateTime()"
    if kind == "type" and isinstance(value, Json):
        return "sa.Text()"
    if kind == "type" and isinstance(value, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=_render,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
