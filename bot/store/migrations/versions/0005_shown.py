"""Posts that change earlier ones, and how an answer is shown."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('changes', sa.Text(), nullable=True))
        batch_op.create_index(
            'outbox_changes',
            ['changes'],
            unique=False,
            sqlite_where=sa.text('changes IS NOT NULL'),
        )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shown', sa.String(), nullable=False, server_default='here'))
        batch_op.add_column(sa.Column('own', sa.Boolean(), nullable=False, server_default='1'))


def downgrade() -> None:
    """Refuse: a backup is taken before every upgrade."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
