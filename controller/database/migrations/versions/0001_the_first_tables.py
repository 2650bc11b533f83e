"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_answered")),
    )
    with op.batch_alter_table("answered", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answered_at"), ["at"], unique=False)

    op.create_table(
        "area",
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("quiet_hours", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["area.area"], name=op.f("fk_area_parent_area")),
        sa.PrimaryKeyConstraint("area", name=op.f("pk_area")),
    )
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_area_parent"), ["parent"], unique=False)

    op.create_table(
        "clip",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_clip")),
    )
    op.create_table(
        "receipt",
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("broadcast", sa.String(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("clock", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("heard_ms", sa.BigInteger(), nullable=True),
        sa.Column("start_error_ms", sa.Float(), nullable=True),
        sa.Column("volume", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("unread", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("speaker", "journal", "seq", name=op.f("pk_receipt")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_broadcast"), ["broadcast"], unique=False)

    op.create_table(
        "station",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_station")),
    )
    op.create_table(
        "officer",
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["area"], ["area.area"], name=op.f("fk_officer_area_area")),
        sa.PrimaryKeyConstraint("officer", name=op.f("pk_officer")),
        sa.UniqueConstraint("username", name=op.f("uq_officer_username")),
    )
    op.create_table(
        "announcement",
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spoken_text", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("bulletin_class", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("voice", sa.String(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("recording", sa.String(), nullable=True),
        sa.Column("clip_version", sa.Integer(), nullable=False),
        sa.Column("clip", sa.String(), nullable=True),
        sa.Column("clip_engine", sa.String(), nullable=True),
        sa.Column("clip_fallback", sa.String(), nullable=True),
        sa.Column("clip_failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["author"], ["officer.officer"], name=op.f("fk_announcement_author_officer")),
        sa.ForeignKeyConstraint(["clip"], ["clip.sha256"], name=op.f("fk_announcement_clip_clip")),
        sa.PrimaryKeyConstraint("announcement", name=op.f("pk_announcement")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_changed_at"), ["changed_at"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("officer", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_audit_entry_officer_officer")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "one_officer_rule",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.CheckConstraint("length(reason) >= 10", name=op.f("ck_one_officer_rule_written")),
        sa.ForeignKeyConstraint(["signed_by"], ["officer.officer"], name=op.f("fk_one_officer_rule_signed_by_officer")),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_one_officer_rule")),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["officer"], ["officer.officer"], name=op.f("fk_sign_in_officer_officer")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_officer"), ["officer"], unique=False)

    op.create_table(
        "silence",
        sa.Column("silence", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["area"], ["area.area"], name=op.f("fk_silence_area_area")),
        sa.ForeignKeyConstraint(["held_by"], ["officer.officer"], name=op.f("fk_silence_held_by_officer")),
        sa.ForeignKeyConstraint(["lifted_by"], ["officer.officer"], name=op.f("fk_silence_lifted_by_officer")),
        sa.PrimaryKeyConstraint("silence", name=op.f("pk_silence")),
    )
    with op.batch_alter_table("silence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_silence_area"), ["area"], unique=False)

    op.create_table(
        "speaker",
        sa.Column("speaker", sa.String(64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("caretaker", sa.String(), nullable=False),
        sa.Column("caretaker_phone", sa.String(), nullable=False),
        sa.Column("volume", sa.JSON(), nullable=False),
        sa.Column("output_delay_ms", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("muted_by", sa.String(), nullable=True),
        sa.Column("broker_password_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("silent_after", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["area"], ["area.area"], name=op.f("fk_speaker_area_area")),
        sa.ForeignKeyConstraint(["muted_by"], ["officer.officer"], name=op.f("fk_speaker_muted_by_officer")),
        sa.PrimaryKeyConstraint("speaker", name=op.f("pk_speaker")),
    )
    with op.batch_alter_table("speaker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_speaker_area"), ["area"], unique=False)
        batch_op.create_index(batch_op.f("ix_speaker_silent_after"), ["silent_after"], unique=False)

    op.create_table(
        "journal",
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["speaker"], ["speaker.speaker"], name=op.f("fk_journal_speaker_speaker")),
        sa.PrimaryKeyConstraint("speaker", "journal", name=op.f("pk_journal")),
    )
    op.create_table(
        "speaker_settings",
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["speaker"], ["speaker.speaker"], name=op.f("fk_speaker_settings_speaker_speaker")),
        sa.PrimaryKeyConstraint("speaker", "revision", name=op.f("pk_speaker_settings")),
    )
    op.create_table(
        "speaker_status",
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("online_since", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=False),
        sa.Column("journal", sa.String(), nullable=True),
        sa.Column("settings_revision", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("status", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("out_of_step_since", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("repairs", sa.Integer(), nullable=False),
        sa.Column("repair_due", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["speaker"], ["speaker.speaker"], name=op.f("fk_speaker_status_speaker_speaker")),
        sa.PrimaryKeyConstraint("speaker", name=op.f("pk_speaker_status")),
    )
    with op.batch_alter_table("speaker_status", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_speaker_status_repair_due"), ["repair_due"], unique=False)

    op.create_table(
        "submission",
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.announcement"], name=op.f("fk_submission_announcement_announcement")
        ),
        sa.ForeignKeyConstraint(["author"], ["officer.officer"], name=op.f("fk_submission_author_officer")),
        sa.ForeignKeyConstraint(["clip"], ["clip.sha256"], name=op.f("fk_submission_clip_clip")),
        sa.ForeignKeyConstraint(["refused_by"], ["officer.officer"], name=op.f("fk_submission_refused_by_officer")),
        sa.ForeignKeyConstraint(["submitted_by"], ["officer.officer"], name=op.f("fk_submission_submitted_by_officer")),
        sa.PrimaryKeyConstraint("submission", name=op.f("pk_submission")),
        sa.UniqueConstraint("submission", "author", name=op.f("uq_submission_submission")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_announcement"), ["announcement"], unique=False)

    op.create_table(
        "approval",
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("one_officer_rule", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.CheckConstraint("approver <> author OR one_officer_rule IS NOT NULL", name=op.f("ck_approval_two_people")),
        sa.ForeignKeyConstraint(["approver"], ["officer.officer"], name=op.f("fk_approval_approver_officer")),
        sa.ForeignKeyConstraint(["clip"], ["clip.sha256"], name=op.f("fk_approval_clip_clip")),
        sa.ForeignKeyConstraint(
            ["one_officer_rule"], ["one_officer_rule.rule"], name=op.f("fk_approval_one_officer_rule_one_officer_rule")
        ),
        sa.ForeignKeyConstraint(
            ["submission", "author"],
            ["submission.submission", "submission.author"],
            name=op.f("fk_approval_submission_submission"),
        ),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["officer.officer"], name=op.f("fk_approval_withdrawn_by_officer")),
        sa.PrimaryKeyConstraint("submission", name=op.f("pk_approval")),
    )
    op.create_table(
        "broadcast",
        sa.Column("broadcast", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("bulletin_class", sa.String(), nullable=True),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("speakers", sa.JSON(), nullable=False),
        sa.Column("starts_now", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("latest_start", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("report_due", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("gap_ms", sa.Integer(), nullable=False),
        sa.Column("gain_db", sa.Float(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("submission", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.announcement"], name=op.f("fk_broadcast_announcement_announcement")
        ),
        sa.ForeignKeyConstraint(["cancelled_by"], ["officer.officer"], name=op.f("fk_broadcast_cancelled_by_officer")),
        sa.ForeignKeyConstraint(["created_by"], ["officer.officer"], name=op.f("fk_broadcast_created_by_officer")),
        sa.ForeignKeyConstraint(
            ["submission"], ["submission.submission"], name=op.f("fk_broadcast_submission_submission")
        ),
        sa.PrimaryKeyConstraint("broadcast", name=op.f("pk_broadcast")),
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcast_announcement"), ["announcement"], unique=False)
        batch_op.create_index(batch_op.f("ix_broadcast_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_broadcast_latest_start"), ["latest_start"], unique=False)
        batch_op.create_index(batch_op.f("ix_broadcast_report_due"), ["report_due"], unique=False)
        batch_op.create_index(batch_op.f("ix_broadcast_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "broadcast_revision",
        sa.Column("broadcast", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast"], ["broadcast.broadcast"], name=op.f("fk_broadcast_revision_broadcast_broadcast")
        ),
        sa.PrimaryKeyConstraint("broadcast", "revision", name=op.f("pk_broadcast_revision")),
    )
    op.create_table(
        "delivery",
        sa.Column("broadcast", sa.String(), nullable=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("heard_ms", sa.BigInteger(), nullable=True),
        sa.Column("start_error_ms", sa.Float(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite"), nullable=True),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["broadcast"], ["broadcast.broadcast"], name=op.f("fk_delivery_broadcast_broadcast")),
        sa.ForeignKeyConstraint(["speaker"], ["speaker.speaker"], name=op.f("fk_delivery_speaker_speaker")),
        sa.PrimaryKeyConstraint("broadcast", "speaker", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_speaker", ["speaker"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_speaker")

    op.drop_table("delivery")
    op.drop_table("broadcast_revision")
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_broadcast_starts_at"))
        batch_op.drop_index(batch_op.f("ix_broadcast_report_due"))
        batch_op.drop_index(batch_op.f("ix_broadcast_latest_start"))
        batch_op.drop_index(batch_op.f("ix_broadcast_expires_at"))
        batch_op.drop_index(batch_op.f("ix_broadcast_announcement"))

    op.drop_table("broadcast")
    op.drop_table("approval")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_announcement"))

    op.drop_table("submission")
    with op.batch_alter_table("speaker_status", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_status_repair_due"))

    op.drop_table("speaker_status")
    op.drop_table("speaker_settings")
    op.drop_table("journal")
    with op.batch_alter_table("speaker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_silent_after"))
        batch_op.drop_index(batch_op.f("ix_speaker_area"))

    op.drop_table("speaker")
    with op.batch_alter_table("silence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_silence_area"))

    op.drop_table("silence")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_officer"))
        batch_op.drop_index(batch_op.f("ix_sign_in_expires_at"))

    op.drop_table("sign_in")
    op.drop_table("one_officer_rule")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcement_changed_at"))

    op.drop_table("announcement")
    op.drop_table("officer")
    op.drop_table("station")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_broadcast"))

    op.drop_table("receipt")
    op.drop_table("clip")
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_area_parent"))

    op.drop_table("area")
    with op.batch_alter_table("answered", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answered_at"))

    op.drop_table("answered")
