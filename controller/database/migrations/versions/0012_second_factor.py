"""The second factor

Secrets of officers' telephones, encrypted, and hashes of recovery codes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_second_factor_officer_officer")),
        sa.PrimaryKeyConstraint("officer", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_recovery_code_officer_officer")),
        sa.PrimaryKeyConstraint("officer", "code_hash", name=op.f("pk_recovery_code")),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
