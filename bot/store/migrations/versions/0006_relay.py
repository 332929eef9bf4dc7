"""Who of a pair said yes to having words carried between them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0006'
down_revision: str | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table('mentor_pair', schema=None) as batch_op:
        batch_op.add_column(sa.Column('relay', sa.Text(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('relays', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    """Refuse: a backup is taken before every upgrade."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
