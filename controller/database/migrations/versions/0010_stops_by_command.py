"""Stops by command

Who stops sound by a command at the machine is no officer. And what waits for the publisher is found without reading all
that it has ever signed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BY = (("silence", "held_by"), ("occurrence_change", "changed_by"))
_SIGNED = (("speaker_settings", "speaker"), ("broadcast_revision", "broadcast"))


def upgrade() -> None:
    for table, column in _BY:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, existing_type=sa.String(), nullable=True)
    for table, column in _SIGNED:
        where = sa.text("message IS NULL")
        op.create_index(f"ix_{table}_unsigned", table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table, _column in _SIGNED:
        op.drop_index(f"ix_{table}_unsigned", table)
    for table, column in _BY:
        whose = sa.table(table, sa.column(column))
        op.execute(whose.delete().where(whose.c[column].is_(None)))
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, existing_type=sa.String(), nullable=False)
