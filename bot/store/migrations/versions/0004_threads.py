"""Threads are for each prompt, each week, or none."""

from collections.abc import Sequence

from alembic import op

revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the stored words."""
    op.execute("UPDATE circle SET threads = 'prompt' WHERE threads = 'on'")
    op.execute("UPDATE circle SET threads = 'none' WHERE threads = 'off'")


def downgrade() -> None:
    """Refuse: a backup is taken before every upgrade."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
