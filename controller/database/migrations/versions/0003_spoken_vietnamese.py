"""Spoken Vietnamese"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lexicon_entry",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("area", sa.String(length=64), nullable=True),
        sa.Column("written", sa.String(), nullable=False),
        sa.Column("spoken", sa.String(), nullable=False),
        sa.Column("any_case", sa.Boolean(), nullable=False),
        sa.Column("beside", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["area"], ["area.area"], name=op.f("fk_lexicon_entry_area_area")),
        sa.ForeignKeyConstraint(["changed_by"], ["officer.officer"], name=op.f("fk_lexicon_entry_changed_by_officer")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_lexicon_entry")),
    )
    op.create_index(op.f("ix_lexicon_entry_area"), "lexicon_entry", ["area"])
    with op.batch_alter_table("announcement") as batch:
        batch.add_column(sa.Column("corrections", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("may_leave_country", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("clip") as batch:
        batch.add_column(sa.Column("recipe", sa.String(), nullable=True))
        batch.add_column(sa.Column("engine", sa.String(), nullable=True))
        batch.add_column(sa.Column("sentences", sa.JSON(), nullable=True))
        batch.create_index(op.f("ix_clip_recipe"), ["recipe"])


def downgrade() -> None:
    with op.batch_alter_table("clip") as batch:
        batch.drop_index(op.f("ix_clip_recipe"))
        batch.drop_column("sentences")
        batch.drop_column("engine")
        batch.drop_column("recipe")
    with op.batch_alter_table("announcement") as batch:
        batch.drop_column("may_leave_country")
        batch.drop_column("corrections")
    op.drop_index(op.f("ix_lexicon_entry_area"), "lexicon_entry")
    op.drop_table("lexicon_entry")
