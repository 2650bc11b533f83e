"""Passkeys

Public keys of officers' devices, challenges that were used, and which sessions a passkey has opened.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("passkey", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_passkey_officer_officer")),
        sa.PrimaryKeyConstraint("passkey", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_officer"), "passkey", ["officer"])
    op.create_table(
        "used_challenge",
        sa.Column("challenge_hash", sa.String(), nullable=False),
        sa.Column("used_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_used_challenge")),
    )
    op.add_column("sign_in", sa.Column("by_passkey", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sign_in") as table:
        table.alter_column("by_passkey", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("sign_in") as table:
        table.drop_column("by_passkey")
    op.drop_table("used_challenge")
    op.drop_table("passkey")
