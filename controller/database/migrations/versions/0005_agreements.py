"""Approvals are of a manifest: of sound, place, time and number of one order

What was approved and planned gets a manifest of what is planned; what waits still waits. Versions of announcements are
kept from now on; of older ones only the newest text is known.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Row = Mapping[str, Any]
_WRITING = {
    "announcement changed",
    "announcement read again",
    "announcement written",
    "reading corrected",
    "recording dropped",
    "recording kept",
}
"""What 0.3's audit calls a change of what is heard."""


def _instant() -> Any:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    old = _Before(op.get_bind())
    _make_tables()
    _approve_entries(op.get_bind(), old)
    _keep_versions(old)
    _change_submissions()
    _Agreements(op.get_bind(), old).write()
    _refuse_writers()


class _Before:
    """The rows that are read before their tables change."""

    def __init__(self, connection: sa.Connection) -> None:
        metadata = sa.MetaData()
        metadata.reflect(connection)

        def rows(table: str) -> list[Row]:
            return [dict(row) for row in connection.execute(sa.select(metadata.tables[table])).mappings()]

        self.areas = {row["area"]: row["parent"] for row in rows("area")}
        self.officers = {row["officer"]: row for row in rows("officer")}
        self.speakers = {row["speaker"]: row["area"] for row in rows("speaker")}
        self.announcements = rows("announcement")
        self.submissions = {row["submission"]: row for row in rows("submission")}
        self.approvals = {row["submission"]: row for row in rows("approval")}
        self.schedules = {row["schedule"]: row for row in rows("schedule")}
        self.entries = rows("lexicon_entry")
        self.writing = [row for row in rows("audit_entry") if row["action"] in _WRITING]
        self.broadcasts = [row for row in rows("broadcast") if row["submission"] in self.approvals]

    def approvals_of(self, announcement: Row, *, of_any_version: bool = False) -> Iterator[tuple[Row, Row]]:
        """(submission, approval) of those that weren't withdrawn, of its present version."""
        for name, approval in self.approvals.items():
            submission = self.submissions[name]
            is_own = submission["announcement"] == announcement["announcement"]
            is_present = of_any_version or submission["version"] == announcement["version"]
            if is_own and is_present and approval["withdrawn_at"] is None:
                yield submission, approval


def _make_tables() -> None:
    op.drop_table("approval")
    with op.batch_alter_table("area") as batch:
        batch.add_column(sa.Column("approval_policy", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("announcement") as batch:
        batch.add_column(sa.Column("area", sa.String(), nullable=True))
        batch.create_foreign_key(batch.f("fk_announcement_area_area"), "area", ["area"], ["area"])
        batch.create_index(batch.f("ix_announcement_area"), ["area"])
    op.execute("UPDATE announcement SET area = (SELECT area FROM officer WHERE officer.officer = announcement.author)")
    with op.batch_alter_table("lexicon_entry") as batch:
        batch.add_column(sa.Column("approved", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("schedule") as batch:
        batch.add_column(sa.Column("changed_by", sa.String(), nullable=True))
        batch.create_foreign_key(batch.f("fk_schedule_changed_by_officer"), "officer", ["changed_by"], ["officer"])
    op.create_table(
        "announcement_version",
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spoken_text", sa.Text(), nullable=False),
        sa.Column("bulletin_class", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("voice", sa.String(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("recording", sa.String(), nullable=True),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("may_leave_country", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", _instant(), nullable=False),
        _key("announcement_version", "announcement", "announcement"),
        _key("announcement_version", "changed_by", "officer"),
        sa.PrimaryKeyConstraint("announcement", "version", name=op.f("pk_announcement_version")),
    )
    op.create_table(
        "writer",
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement", "version"],
            ["announcement_version.announcement", "announcement_version.version"],
            name=op.f("fk_writer_announcement_announcement_version"),
        ),
        _key("writer", "officer", "officer"),
        sa.PrimaryKeyConstraint("announcement", "version", "officer", name=op.f("pk_writer")),
    )
    op.create_table(
        "manifest",
        sa.Column("manifest", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("manifest", name=op.f("pk_manifest")),
    )
    op.create_table(
        "agreement",
        sa.Column("of_order", sa.String(), nullable=False),
        sa.Column("manifest", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("asked_at", _instant(), nullable=False),
        sa.Column("completed_at", _instant(), nullable=True),
        sa.Column("withdrawn_at", _instant(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("refused_at", _instant(), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        _key("agreement", "manifest", "manifest"),
        _key("agreement", "announcement", "announcement"),
        _key("agreement", "submission", "submission"),
        _key("agreement", "ordered_by", "officer"),
        _key("agreement", "withdrawn_by", "officer"),
        _key("agreement", "refused_by", "officer"),
        sa.PrimaryKeyConstraint("of_order", "manifest", name=op.f("pk_agreement")),
    )
    op.create_index(op.f("ix_agreement_announcement"), "agreement", ["announcement"])
    op.create_index(op.f("ix_agreement_submission"), "agreement", ["submission"])
    op.create_table(
        "approval",
        sa.Column("of_order", sa.String(), nullable=False),
        sa.Column("manifest", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("one_officer_rule", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["of_order", "manifest"],
            ["agreement.of_order", "agreement.manifest"],
            name=op.f("fk_approval_of_order_agreement"),
        ),
        _key("approval", "approver", "officer"),
        _key("approval", "one_officer_rule", "one_officer_rule", "rule"),
        sa.PrimaryKeyConstraint("of_order", "manifest", "approver", name=op.f("pk_approval")),
    )
    op.create_table(
        "standing_text",
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("most_times", sa.Integer(), nullable=False),
        sa.Column("until", _instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("gap_ms", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        _key("standing_text", "announcement", "announcement"),
        _key("standing_text", "created_by", "officer"),
        _key("standing_text", "ended_by", "officer"),
        sa.PrimaryKeyConstraint("standing", name=op.f("pk_standing_text")),
    )
    op.create_index(op.f("ix_standing_text_announcement"), "standing_text", ["announcement"])
    with op.batch_alter_table("broadcast") as batch:
        batch.add_column(sa.Column("manifest", sa.String(), nullable=True))
        batch.add_column(sa.Column("set_off_by", sa.String(), nullable=True))
        batch.add_column(sa.Column("reviewed_at", _instant(), nullable=True))
        batch.add_column(sa.Column("reviewed_by", sa.String(), nullable=True))
        batch.create_foreign_key(batch.f("fk_broadcast_manifest_manifest"), "manifest", ["manifest"], ["manifest"])
        batch.create_foreign_key(batch.f("fk_broadcast_set_off_by_officer"), "officer", ["set_off_by"], ["officer"])
        batch.create_foreign_key(batch.f("fk_broadcast_reviewed_by_officer"), "officer", ["reviewed_by"], ["officer"])
        batch.create_index(batch.f("ix_broadcast_manifest"), ["manifest"])


def _key(table: str, column: str, other: str, of_other: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{of_other or other}"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def _table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())


def _approve_entries(connection: sa.Connection, old: _Before) -> None:
    """Lexicon entries of others that stand in a text that was approved since: they were heard. Others weren't."""
    heard = set()
    for row in old.announcements:
        for submission, approval in old.approvals_of(row):
            heard |= {
                each["entry"]
                for each in old.entries
                if each["changed_by"] != approval["approver"]
                and each["changed_at"] <= submission["submitted_at"]
                and row["recording"] is None
                and each["written"].casefold() in row["text"].casefold()
            }
    if heard:
        entry = _table("lexicon_entry")
        connection.execute(sa.update(entry).where(entry.c.entry.in_(heard)).values(approved=True))


def _keep_versions(old: _Before) -> None:
    """The newest version of each announcement, and a version without a text for each older one that was submitted.

    Whoever changed the newest one since it was approved last is one of its writers.
    """
    versions: dict[tuple[str, int], dict[str, Any]] = {}
    writers = set()
    newest = {row["announcement"]: row for row in old.announcements}
    for submission in old.submissions.values():
        row, version = newest[submission["announcement"]], submission["version"]
        blank: dict[str, Any] = {"text": "", "spoken_text": "", "corrections": [], "recording": None}
        changed = {"changed_by": submission["author"], "changed_at": submission["submitted_at"]}
        versions[row["announcement"], version] = _version(row, version) | blank | changed
        writers.add((row["announcement"], version, submission["author"]))
    for row in old.announcements:
        versions[row["announcement"], row["version"]] = _version(row, row["version"])
        approved = {submission["submitted_at"] for submission, _approval in old.approvals_of(row, of_any_version=True)}
        since = max(approved, default=None)
        writers.add((row["announcement"], row["version"], row["author"]))
        writers |= {
            (row["announcement"], row["version"], each["officer"])
            for each in old.writing
            if each["subject"] == row["announcement"] and each["officer"] and (since is None or each["at"] > since)
        }
    if versions:
        op.bulk_insert(_table("announcement_version"), list(versions.values()))
        names = ("announcement", "version", "officer")
        op.bulk_insert(_table("writer"), [dict(zip(names, each, strict=True)) for each in sorted(writers)])


def _version(row: Row, version: int) -> dict[str, Any]:
    same = "announcement title text spoken_text bulletin_class language voice speed recording corrections"
    return {
        **{name: row[name] for name in (*same.split(), "may_leave_country")},
        "version": version,
        "fields": [],
        "entries": [],
        "changed_by": row["author"],
        "changed_at": row["changed_at"],
    }


def _change_submissions() -> None:
    with op.batch_alter_table("submission") as batch:
        batch.drop_constraint(batch.f("uq_submission_submission"), type_="unique")
        batch.drop_constraint(batch.f("fk_submission_author_officer"), type_="foreignkey")
        batch.drop_constraint(batch.f("fk_submission_announcement_announcement"), type_="foreignkey")
        batch.drop_column("author")
        batch.create_foreign_key(
            batch.f("fk_submission_announcement_announcement_version"),
            "announcement_version",
            ["announcement", "version"],
            ["announcement", "version"],
        )


class _Agreements:
    """A manifest for each broadcast that was approved, and for each schedule whose announcement was."""

    def __init__(self, connection: sa.Connection, old: _Before) -> None:
        self._connection, self._old = connection, old
        self._manifests: dict[str, dict[str, Any]] = {}
        self._agreements: dict[tuple[str, str], dict[str, Any]] = {}
        self._approvals: dict[tuple[str, str], dict[str, Any]] = {}
        self._of_broadcast: dict[str, str] = {}

    def write(self) -> None:
        for row in self._old.broadcasts:
            schedule = self._old.schedules.get(row["schedule"] or "")
            if schedule is not None and _follows(row, schedule):
                content, order, by = _of_schedule(schedule), schedule["schedule"], schedule["created_by"]
            else:
                content, order, by = _of_broadcast(row), row["broadcast"], row["created_by"]
            submission = self._old.submissions[row["submission"]]
            content |= {"clip": submission["clip"], "bulletin_class": row["bulletin_class"]}
            self._of_broadcast[row["broadcast"]] = self._agree(order, content, submission, by)
        for schedule, submission in self._approved_schedules():
            announcement = next(a for a in self._old.announcements if a["announcement"] == schedule["announcement"])
            words = {"clip": submission["clip"], "bulletin_class": announcement["bulletin_class"]}
            self._agree(schedule["schedule"], _of_schedule(schedule) | words, submission, schedule["created_by"])
        for name, rows in (
            ("manifest", [{"manifest": name, "content": content} for name, content in self._manifests.items()]),
            ("agreement", list(self._agreements.values())),
            ("approval", list(self._approvals.values())),
        ):
            if rows:
                op.bulk_insert(_table(name), rows)
        broadcast = _table("broadcast")
        if self._of_broadcast:
            update = sa.update(broadcast).where(broadcast.c.broadcast == sa.bindparam("of"))
            self._connection.execute(
                update.values(manifest=sa.bindparam("is")),
                [{"of": of, "is": name} for of, name in self._of_broadcast.items()],
            )

    def _agree(self, order: str, content: dict[str, Any], submission: Row, by: str | None) -> str:
        name = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
        approval = self._old.approvals[submission["submission"]]
        self._manifests[name] = content
        self._agreements[order, name] = {
            "of_order": order,
            "manifest": name,
            "announcement": submission["announcement"],
            "submission": submission["submission"],
            "ordered_by": by or submission["submitted_by"],
            "asked_at": submission["submitted_at"],
            "completed_at": approval["at"],
            "withdrawn_at": approval["withdrawn_at"],
            "withdrawn_by": approval["withdrawn_by"],
        }
        self._approvals[order, name] = {
            "of_order": order,
            "manifest": name,
            "approver": approval["approver"],
            "at": approval["at"],
            "one_officer_rule": approval["one_officer_rule"],
        }
        return name

    def _approved_schedules(self) -> Iterator[tuple[Row, Row]]:
        """(schedule, submission) of those that go on, whose approver is in charge of all their places."""
        approved: dict[str, Row] = {}
        for row in self._old.announcements:
            for submission in self._old.submissions.values():
                approval = self._old.approvals.get(submission["submission"])
                same = (submission["announcement"], submission["version"], submission["clip"])
                if (
                    same == (row["announcement"], row["version"], row["clip"])
                    and approval is not None
                    and approval["withdrawn_at"] is None
                    and submission["refused_at"] is None
                ):
                    approved[row["announcement"]] = submission
        for schedule in self._old.schedules.values():
            found = approved.get(schedule["announcement"])
            if found is None or schedule["ended_at"] is not None:
                continue
            approver = self._old.officers[self._old.approvals[found["submission"]]["approver"]]
            speakers = {self._old.speakers[name] for name in schedule["speakers"] if name in self._old.speakers}
            if all(self._is_within(area, approver["area"]) for area in {*schedule["areas"], *speakers}):
                yield schedule, found

    def _is_within(self, area: str, top: str | None) -> bool:
        step: str | None = area
        while step is not None and step != top:
            step = self._old.areas.get(step)
        return step == top


def _common(row: Row) -> dict[str, Any]:
    return {
        "areas": sorted(row["areas"]),
        "speakers": sorted(row["speakers"]),
        "times": row["times"],
        "gap_ms": row["gap_ms"],
    }


def _of_schedule(row: Row) -> dict[str, Any]:
    same = ("first_start", "time_zone", "rrule", "skip_holidays", "until")
    return _common(row) | {name: row[name] for name in same} | {"exception_dates": sorted(row["exception_dates"])}


def _of_broadcast(row: Row) -> dict[str, Any]:
    shift = _read(row["starts_at"]) - _read(row["wanted_start"]) if row["wanted_start"] else None
    starts_at, latest_start = row["wanted_start"] or row["starts_at"], _read(row["latest_start"])
    return _common(row) | {
        "starts_at": None if starts_at is None else _written(_read(starts_at)),
        "latest_start": _written(latest_start - shift if shift else latest_start),
        "expires_at": _written(_read(row["expires_at"])),
    }


def _follows(row: Row, schedule: Row) -> bool:
    """Whether a broadcast is as its schedule says: its announcement, at its hour, in its places."""
    start = row["wanted_start"] or row["starts_at"]
    return (
        row["announcement"] == schedule["announcement"]
        and start is not None
        and _read(start).astimezone(ZoneInfo(schedule["time_zone"])).replace(tzinfo=None).isoformat()
        == row["occurrence"]
        and _common(row) == _common(schedule)
    )


def _read(instant: datetime | str) -> datetime:
    return datetime.fromisoformat(instant) if isinstance(instant, str) else instant.astimezone(UTC)


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


_IS_WRITER = """NEW.one_officer_rule IS NULL AND EXISTS (
  SELECT 1 FROM agreement WHERE agreement.of_order = NEW.of_order AND agreement.manifest = NEW.manifest
  AND (agreement.ordered_by = NEW.approver OR EXISTS (
    SELECT 1 FROM submission JOIN writer
      ON writer.announcement = submission.announcement AND writer.version = submission.version
    WHERE submission.submission = agreement.submission AND writer.officer = NEW.approver)))"""
_SAID = "whoever wrote or ordered it may not approve it"


def _refuse_writers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for when in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER approval_two_people_{when.lower()} BEFORE {when} ON approval WHEN {_IS_WRITER}"
                f" BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION approval_two_people() RETURNS trigger AS $$ BEGIN"
        f" IF {_IS_WRITER} THEN RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'check_violation'; END IF;"
        " RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    op.execute(
        "CREATE TRIGGER approval_two_people BEFORE INSERT OR UPDATE ON approval"
        " FOR EACH ROW EXECUTE FUNCTION approval_two_people()"
    )


def downgrade() -> None:
    """Back to approvals of submissions. Which broadcasts were approved apart isn't known there: none of them is."""
    with op.batch_alter_table("broadcast") as batch:
        for key in ("manifest_manifest", "set_off_by_officer", "reviewed_by_officer"):
            batch.drop_constraint(batch.f(f"fk_broadcast_{key}"), type_="foreignkey")
        batch.drop_index(batch.f("ix_broadcast_manifest"))
        for column in ("manifest", "set_off_by", "reviewed_at", "reviewed_by"):
            batch.drop_column(column)
    for table in ("standing_text", "approval", "agreement", "manifest", "writer"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION approval_two_people")
    with op.batch_alter_table("submission") as batch:
        batch.drop_constraint(batch.f("fk_submission_announcement_announcement_version"), type_="foreignkey")
        batch.add_column(sa.Column("author", sa.String(), nullable=True))
    op.execute(
        "UPDATE submission SET author = (SELECT changed_by FROM announcement_version AS v"
        " WHERE v.announcement = submission.announcement AND v.version = submission.version)"
    )
    with op.batch_alter_table("submission") as batch:
        batch.alter_column("author", existing_type=sa.String(), nullable=False)
        batch.create_foreign_key(batch.f("fk_submission_author_officer"), "officer", ["author"], ["officer"])
        batch.create_foreign_key(
            batch.f("fk_submission_announcement_announcement"), "announcement", ["announcement"], ["announcement"]
        )
        batch.create_unique_constraint(batch.f("uq_submission_submission"), ["submission", "author"])
    op.drop_table("announcement_version")
    with op.batch_alter_table("schedule") as batch:
        batch.drop_constraint(batch.f("fk_schedule_changed_by_officer"), type_="foreignkey")
        batch.drop_column("changed_by")
    with op.batch_alter_table("lexicon_entry") as batch:
        batch.drop_column("approved")
    with op.batch_alter_table("announcement") as batch:
        batch.drop_index(batch.f("ix_announcement_area"))
        batch.drop_constraint(batch.f("fk_announcement_area_area"), type_="foreignkey")
        batch.drop_column("area")
    with op.batch_alter_table("area") as batch:
        batch.drop_column("approval_policy")
    op.create_table(
        "approval",
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("one_officer_rule", sa.String(), nullable=True),
        sa.Column("withdrawn_at", _instant(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.CheckConstraint("approver <> author OR one_officer_rule IS NOT NULL", name=op.f("ck_approval_two_people")),
        _key("approval", "approver", "officer"),
        _key("approval", "clip", "clip", "sha256"),
        _key("approval", "one_officer_rule", "one_officer_rule", "rule"),
        sa.ForeignKeyConstraint(
            ["submission", "author"],
            ["submission.submission", "submission.author"],
            name=op.f("fk_approval_submission_submission"),
        ),
        _key("approval", "withdrawn_by", "officer"),
        sa.PrimaryKeyConstraint("submission", name=op.f("pk_approval")),
    )
