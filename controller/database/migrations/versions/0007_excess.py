"""What speakers send beyond their measure

One row for each speaker and kind; speaker_settings loses the revisions that can't travel.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "speaker_excess",
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["speaker"], ["speaker.speaker"], name=op.f("fk_speaker_excess_speaker_speaker")),
        sa.PrimaryKeyConstraint("speaker", "kind", name=op.f("pk_speaker_excess")),
    )
    # A speaker that once said a revision of 2^53 was answered with the next one, which can't travel.
    op.execute("DELETE FROM speaker_settings WHERE revision > 9007199254740992")


def downgrade() -> None:
    op.drop_table("speaker_excess")
