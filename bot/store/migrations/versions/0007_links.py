"""Accounts that are one person's, and the codes by which they are linked."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0007'
down_revision: str | None = '0006'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table('link',
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('other_platform', sa.String(), nullable=False),
    sa.Column('other_person', sa.String(), nullable=False),
    sa.Column('linked_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('platform', 'person')
    )
    op.create_table('aside',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('roles', sa.Text(), nullable=False),
    sa.Column('moved', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('member_id')
    )
    op.create_index('ix_aside_into_id', 'aside', ['into_id'], unique=False)
    op.create_table('link_code',
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('hashed', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('platform', 'person')
    )
    op.create_index('ix_link_code_hashed', 'link_code', ['hashed'], unique=False)
    op.create_table('link_try',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_link_try_person', 'link_try', ['person'], unique=False)


def downgrade() -> None:
    """Refuse: a backup is taken before every upgrade."""
    raise NotImplementedError("restore the backup that was made before the upgrade")
