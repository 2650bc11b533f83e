"""The versions of an announcement: each is kept, with who contributed to what it says since the last approved one."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from sqlmodel import Session, col, exists, select

from audio.spoken_text import SpokenText
from controller.database.tables import (
    Agreement,
    Announcement,
    AnnouncementVersion,
    Approval,
    LexiconEntry,
    Submission,
    Writer,
)

_KEPT = (
    "title",
    "text",
    "spoken_text",
    "bulletin_class",
    "language",
    "voice",
    "speed",
    "recording",
    "corrections",
    "may_leave_country",
)
_SOUNDS = frozenset({"text", "bulletin_class", "language", "voice", "speed", "recording", "corrections"})
"""Fields that an officer decides and that are heard; whoever changed one of them is a writer."""


def keep_version(
    session: Session, row: Announcement, officer: str, reading: SpokenText | None, others: Collection[str] = ()
) -> AnnouncementVersion:
    """Store the announcement's present version, changed by this officer at `row.changed_at`, and its writers.

    `reading`: of its text; None: in another language. `others`: who else contributed to it.
    """
    before = session.get(AnnouncementVersion, (row.announcement, row.version - 1))
    fields = [name for name in _KEPT if before is not None and getattr(before, name) != getattr(row, name)]
    entries = _unapproved_entries(session, reading) if row.recording is None and reading is not None else []
    kept = AnnouncementVersion(
        **{name: getattr(row, name) for name in _KEPT},
        announcement=row.announcement,
        version=row.version,
        fields=fields,
        entries=[each.entry for each in entries],
        changed_by=officer,
        changed_at=row.changed_at,
    )
    session.add(kept)
    session.flush()
    writers = {each.changed_by for each in entries} | set(others)
    read_otherwise = row.recording is None and "spoken_text" in fields
    if before is None or _SOUNDS & set(fields) or read_otherwise:
        writers.add(officer)
    if before is not None and not _is_approved(session, before):
        writers |= writers_of_version(session, before)
    session.add_all(
        Writer(announcement=row.announcement, version=row.version, officer=each) for each in sorted(writers)
    )
    session.flush()
    return kept


def writers_of_version(session: Session, version: AnnouncementVersion) -> set[str]:
    """The officers who contributed to what it says since the last approved version."""
    query = select(Writer.officer).where(Writer.announcement == version.announcement, Writer.version == version.version)
    return set(session.exec(query).all())


def all_writers(session: Session, announcement: str) -> set[str]:
    """The officers who contributed to any version."""
    return set(session.exec(select(Writer.officer).where(Writer.announcement == announcement)).all())


def versions_of(session: Session, announcement: str) -> Sequence[AnnouncementVersion]:
    """All versions, the newest first."""
    return session.exec(
        select(AnnouncementVersion)
        .where(AnnouncementVersion.announcement == announcement)
        .order_by(col(AnnouncementVersion.version).desc())
    ).all()


def approvals_of_versions(session: Session, announcement: str) -> dict[int, list[Approval]]:
    """{version: the approvals in force of orders that say it, the first one first; each officer's first alone}."""
    rows = session.exec(
        select(Submission.version, Approval)
        .join(Agreement, col(Agreement.submission) == col(Submission.submission))
        .join(Approval, col(Approval.of_order) == col(Agreement.of_order))
        .where(
            Submission.announcement == announcement,
            col(Approval.manifest) == col(Agreement.manifest),
            col(Agreement.completed_at).is_not(None),
            col(Agreement.withdrawn_at).is_(None),
        )
        .order_by(col(Approval.at))
    ).all()
    found: dict[int, list[Approval]] = {}
    for version, approval in rows:
        approvals = found.setdefault(version, [])
        if all(each.approver != approval.approver for each in approvals):
            approvals.append(approval)
    return found


def pass_on_writers(session: Session, submission: str) -> None:
    """After an approval was withdrawn: its version, and those after it up to an approved one, get its writers.

    The writers of earlier versions, back to an approved one, count too: an agreement moves on to a new title.
    """
    handed_in = session.get_one(Submission, submission)
    withdrawn = session.get_one(AnnouncementVersion, (handed_in.announcement, handed_in.version))
    if _is_approved(session, withdrawn):
        return
    versions = versions_of(session, withdrawn.announcement)
    not_later = [each for each in versions if each.version <= withdrawn.version]
    since_approved = takewhile(lambda each: not _is_approved(session, each), not_later)
    writers = {writer for each in since_approved for writer in writers_of_version(session, each)}
    for later in reversed(versions):
        if later.version < withdrawn.version:
            continue
        missing = sorted(writers - writers_of_version(session, later))
        session.add_all(
            Writer(announcement=later.announcement, version=later.version, officer=each) for each in missing
        )
        session.flush()
        if _is_approved(session, later):
            return


def sound_alike(one: AnnouncementVersion, other: AnnouncementVersion) -> bool:
    """Whether two versions differ in nothing that is heard, also under a recording: it may be dropped again."""
    return all(getattr(one, name) == getattr(other, name) for name in _SOUNDS)


def approve_entries(session: Session, submission: str, approver: str) -> None:
    """After an approval: the lexicon entries of others that the version was read by count as heard and approved."""
    handed_in = session.get_one(Submission, submission)
    version = session.get_one(AnnouncementVersion, (handed_in.announcement, handed_in.version))
    rows = session.exec(
        select(LexiconEntry).where(
            col(LexiconEntry.entry).in_(version.entries),
            col(LexiconEntry.changed_at) <= version.changed_at,
            col(LexiconEntry.changed_by) != approver,
        )
    ).all()
    for row in rows:
        row.approved = True
        session.add(row)


def _is_approved(session: Session, version: AnnouncementVersion) -> bool:
    """Whether another than its writers approved it. Who approved own words by the one-officer rule stays a writer."""
    of_another = exists().where(
        col(Approval.of_order) == col(Agreement.of_order),
        col(Approval.manifest) == col(Agreement.manifest),
        col(Approval.one_officer_rule).is_(None),
    )
    query = (
        select(Agreement.manifest)
        .join(Submission, col(Submission.submission) == col(Agreement.submission))
        .where(
            Submission.announcement == version.announcement,
            Submission.version == version.version,
            col(Agreement.completed_at).is_not(None),
            col(Agreement.withdrawn_at).is_(None),
            of_another,
        )
    )
    return session.exec(query.limit(1)).first() is not None


def _unapproved_entries(session: Session, reading: SpokenText) -> Sequence[LexiconEntry]:
    """Lexicon entries that nobody has approved yet, and by which this text is read: their writers' words sound."""
    read_by = {each.entry for each in reading.stretches if each.by == "lexicon"}
    query = select(LexiconEntry).where(col(LexiconEntry.entry).in_(read_by), col(LexiconEntry.approved).is_(False))
    return session.exec(query).all()
