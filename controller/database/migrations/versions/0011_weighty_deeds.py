"""Weighty deeds

What one administrator asks and a second one agrees to; links that wait for that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.add_column("password_link", sa.Column("holds_from", _INSTANT, nullable=True))
    op.execute("UPDATE password_link SET holds_from = made_at")
    op.create_table(
        "weighty_deed",
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("agreed_by", sa.String(), nullable=True),
        sa.Column("done_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], ["officer.officer"], name=op.f(f"fk_weighty_deed_{name}_officer"))
            for name in ("officer", "asked_by", "agreed_by", "withdrawn_by")
        ),
        sa.ForeignKeyConstraint(["area"], ["area.area"], name=op.f("fk_weighty_deed_area_area")),
        sa.ForeignKeyConstraint(
            ["link"], ["password_link.token_hash"], name=op.f("fk_weighty_deed_link_password_link")
        ),
        sa.PrimaryKeyConstraint("deed", name=op.f("pk_weighty_deed")),
    )
    op.create_index(op.f("ix_weighty_deed_officer"), "weighty_deed", ["officer"])


def downgrade() -> None:
    op.drop_table("weighty_deed")
    with op.batch_alter_table("password_link") as table:
        table.drop_column("holds_from")
