"""Deputies

An approver who is away names an officer who approves in the approver's place until a day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "deputy",
        sa.Column("deputy", sa.String(), nullable=False),
        sa.Column("absent", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("named_at", _INSTANT, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["absent"], ["officer.officer"], name=op.f("fk_deputy_absent_officer")),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_deputy_officer_officer")),
        sa.ForeignKeyConstraint(["ended_by"], ["officer.officer"], name=op.f("fk_deputy_ended_by_officer")),
        sa.PrimaryKeyConstraint("deputy", name=op.f("pk_deputy")),
    )
    op.create_index(op.f("ix_deputy_absent"), "deputy", ["absent"])
    op.create_index(op.f("ix_deputy_officer"), "deputy", ["officer"])


def downgrade() -> None:
    op.drop_table("deputy")
