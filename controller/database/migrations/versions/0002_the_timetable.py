"""The timetable"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holiday",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )
    op.create_table(
        "holiday_year",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("decree", sa.String(), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["officer.officer"], name=op.f("fk_holiday_year_changed_by_officer")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_holiday_year")),
    )
    op.create_table(
        "priority_order",
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["officer.officer"], name=op.f("fk_priority_order_decided_by_officer")),
        sa.PrimaryKeyConstraint("first", "second", name=op.f("pk_priority_order")),
    )
    op.create_table(
        "schedule",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("speakers", sa.JSON(), nullable=False),
        sa.Column("first_start", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("rrule", sa.Text(), nullable=False),
        sa.Column("exception_dates", sa.JSON(), nullable=False),
        sa.Column("skip_holidays", sa.Boolean(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("gap_ms", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("plan_due", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.announcement"], name=op.f("fk_schedule_announcement_announcement")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["officer.officer"], name=op.f("fk_schedule_created_by_officer")),
        sa.ForeignKeyConstraint(["ended_by"], ["officer.officer"], name=op.f("fk_schedule_ended_by_officer")),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_schedule")),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_announcement"), ["announcement"], unique=False)
        batch_op.create_index(batch_op.f("ix_schedule_plan_due"), ["plan_due"], unique=False)

    op.create_table(
        "occurrence_change",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("moved_to", sa.String(), nullable=True),
        sa.Column("announcement", sa.String(), nullable=True),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.announcement"], name=op.f("fk_occurrence_change_announcement_announcement")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["officer.officer"], name=op.f("fk_occurrence_change_changed_by_officer")
        ),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedule.schedule"], name=op.f("fk_occurrence_change_schedule_schedule")
        ),
        sa.PrimaryKeyConstraint("schedule", "occurrence", name=op.f("pk_occurrence_change")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("template", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.add_column(sa.Column("session_limits", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.add_column(sa.Column("schedule", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("occurrence", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("replaced", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(
            sa.Column("wanted_start", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True)
        )
        batch_op.create_index(
            "ix_broadcast_occurrence",
            ["schedule", "occurrence"],
            unique=True,
            sqlite_where=sa.text("schedule IS NOT NULL AND NOT replaced"),
            postgresql_where=sa.text("schedule IS NOT NULL AND NOT replaced"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_broadcast_schedule_schedule"), "schedule", ["schedule"], ["schedule"]
        )


def downgrade() -> None:
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_broadcast_schedule_schedule"), type_="foreignkey")
        batch_op.drop_index(
            "ix_broadcast_occurrence",
            sqlite_where=sa.text("schedule IS NOT NULL AND NOT replaced"),
            postgresql_where=sa.text("schedule IS NOT NULL AND NOT replaced"),
        )
        batch_op.drop_column("wanted_start")
        batch_op.drop_column("replaced")
        batch_op.drop_column("occurrence")
        batch_op.drop_column("schedule")

    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.drop_column("session_limits")

    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_column("template")

    op.drop_table("occurrence_change")
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_plan_due"))
        batch_op.drop_index(batch_op.f("ix_schedule_announcement"))

    op.drop_table("schedule")
    op.drop_table("priority_order")
    op.drop_table("holiday_year")
    op.drop_table("holiday")
