"""Orderers

All who made or changed a schedule, or one of its occurrences: also before anything was handed in for approval.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("schedule", "occurrence_change")


def upgrade() -> None:
    for name in _TABLES:
        op.add_column(name, sa.Column("orderers", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
        with op.batch_alter_table(name) as table:
            table.alter_column("orderers", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            table.drop_column("orderers")
