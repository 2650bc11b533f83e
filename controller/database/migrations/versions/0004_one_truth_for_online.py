"""One truth for online

A speaker is online while speaker.silent_after is set. speaker_status.online said the same a second time, and digest was
written and never read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("speaker_status") as batch:
        batch.drop_column("online")
        batch.drop_column("digest")


def downgrade() -> None:
    with op.batch_alter_table("speaker_status") as batch:
        batch.add_column(sa.Column("digest", sa.String(), nullable=True))
        batch.add_column(sa.Column("online", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE speaker_status SET online = TRUE WHERE speaker IN"
        " (SELECT speaker FROM speaker WHERE silent_after IS NOT NULL)"
    )
    with op.batch_alter_table("speaker_status") as batch:
        batch.alter_column("online", existing_type=sa.Boolean(), server_default=None)
