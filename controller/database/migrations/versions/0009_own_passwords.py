"""Own passwords

Sessions say on which device they are and when they were used last; links by which officers set their own passwords.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    # Of older sessions nobody knows what they are. As a program's each ends when it was said to end.
    op.add_column("sign_in", sa.Column("kind", sa.String(), nullable=False, server_default="program"))
    op.add_column("sign_in", sa.Column("device", sa.String(), nullable=False, server_default=""))
    op.add_column("sign_in", sa.Column("last_used_at", _INSTANT, nullable=True))
    op.execute("UPDATE sign_in SET last_used_at = created_at")
    with op.batch_alter_table("sign_in") as table:
        table.alter_column("kind", existing_type=sa.String(), server_default=None)
        table.alter_column("device", existing_type=sa.String(), server_default=None)
        table.alter_column("last_used_at", existing_type=_INSTANT, nullable=False)
    op.create_table(
        "password_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_password_link_officer_officer")),
        sa.ForeignKeyConstraint(["made_by"], ["officer.officer"], name=op.f("fk_password_link_made_by_officer")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_link")),
    )
    op.create_index(op.f("ix_password_link_officer"), "password_link", ["officer"])


def downgrade() -> None:
    op.drop_table("password_link")
    with op.batch_alter_table("sign_in") as table:
        for column in ("last_used_at", "device", "kind"):
            table.drop_column(column)
