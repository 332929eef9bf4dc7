"""Words that the bot was not shown are no number."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0003'
down_revision: str | None = '0002'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table('contribution', schema=None) as batch_op:
        batch_op.alter_column('words', existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    """Refuse: a backup is taken before every upgrade."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
