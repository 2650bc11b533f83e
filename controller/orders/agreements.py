"""Agreements as rows: what an order asks approval of, who wrote it, who has approved, and which one is in force."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session, col, delete, select

from controller.database.column_types import ManifestFields
from controller.database.tables import Agreement, Approval, Manifest, Schedule, Submission, Writer
from controller.orders.manifest import name_of
from controller.orders.spoken_version import SpokenVersion
from controller.station.area_tree import area_tree
from controller.station.speaker_lists import speakers_named

log = logging.getLogger(__name__)


def agreements_in_force(session: Session, of_orders: Collection[str]) -> dict[str, Agreement]:
    """{order: the agreement that was completed last}, unless it was withdrawn: an earlier one doesn't come back."""
    rows = session.exec(
        select(Agreement)
        .where(col(Agreement.of_order).in_(of_orders), col(Agreement.completed_at).is_not(None))
        .order_by(col(Agreement.completed_at))
    ).all()
    newest = {row.of_order: row for row in rows}
    return {order: row for order, row in newest.items() if row.withdrawn_at is None}


def agreement_in_force(session: Session, of_order: str) -> Agreement | None:
    return agreements_in_force(session, [of_order]).get(of_order)


def content_of(session: Session, agreement: Agreement) -> ManifestFields:
    """The manifest's content. Raises ValueError if it isn't what its name says: somebody changed the database."""
    found = contents_of(session, [agreement]).get(agreement.manifest)
    if found is None:
        raise ValueError(f"manifest {agreement.manifest} was changed after it was agreed to")
    return found


def contents_of(session: Session, agreements: Iterable[Agreement]) -> dict[str, ManifestFields]:
    """{manifest: its content} of these agreements, by one query; without those that somebody changed in the database.

    What isn't what its name says was agreed to by nobody, and must not stop the others.
    """
    named = {each.manifest for each in agreements}
    rows = session.exec(select(Manifest).where(col(Manifest.manifest).in_(named))).all() if named else ()
    found = {row.manifest: row.content for row in rows if name_of(row.content) == row.manifest}
    for manifest in named - found.keys():
        log.error("manifest %s was changed after it was agreed to: it holds for nothing", manifest)
    return found


def ask(
    session: Session, now: datetime, of_order: str, content: ManifestFields, words: SpokenVersion, ordered_by: str
) -> Agreement:
    """Store what an order asks approval of; asking the same again changes nothing. Raises ValueError (a draft).

    If another version with the same sound was handed in meanwhile, that one is asked for, from the beginning; and so is
    another announcement with the same sound.
    """
    if words.submission is None:
        raise ValueError("a draft can't be approved")
    name = name_of(content)
    found = session.get(Agreement, (of_order, name))
    if found is None:
        return _asked_first(session, now, of_order, content, words, words.submission, ordered_by)
    is_open = found.completed_at is None or found.withdrawn_at is not None
    is_of_another = found.announcement != words.announcement
    if is_of_another or (is_open and found.submission != words.submission):
        forget_approvals(session, found)
        found.submission, found.completed_at = words.submission, None
    if is_of_another:
        found.announcement, found.asked_at, found.ordered_by = words.announcement, now, ordered_by
        found.withdrawn_at = found.withdrawn_by = None
        found.refused_at = found.refused_by = found.refusal = None
    session.flush()
    newest = agreement_in_force(session, of_order)
    if newest is not None and newest != found and newest.completed_at and found.asked_at < newest.completed_at:
        found.ordered_by, found.asked_at = ordered_by, now  # the order has come back to it: it is asked anew, once
        session.flush()
    return found


def _asked_first(
    session: Session,
    now: datetime,
    of_order: str,
    content: ManifestFields,
    words: SpokenVersion,
    submission: str,
    ordered_by: str,
) -> Agreement:
    name = name_of(content)
    if session.get(Manifest, name) is None:
        session.add(Manifest(manifest=name, content=content))
        session.flush()
    added = Agreement(
        of_order=of_order,
        manifest=name,
        announcement=words.announcement,
        submission=submission,
        ordered_by=ordered_by,
        asked_at=now,
    )
    session.add(added)
    session.flush()
    return added


def forget_approvals(session: Session, agreement: Agreement) -> None:
    """Delete its approvals: it is asked for from the beginning. The audit keeps them."""
    session.exec(
        delete(Approval).where(
            col(Approval.of_order) == agreement.of_order, col(Approval.manifest) == agreement.manifest
        )
    )


def approvals_of(session: Session, agreements: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Approval]]:
    """{(order, manifest): its approvals, the first one first}."""
    found: dict[tuple[str, str], list[Approval]] = {key: [] for key in agreements}
    orders = {order for order, _ in agreements}
    query = select(Approval).where(col(Approval.of_order).in_(orders)).order_by(col(Approval.at))
    for row in session.exec(query).all():
        if (row.of_order, row.manifest) in found:
            found[row.of_order, row.manifest].append(row)
    return found


def writers_of(session: Session, submissions: Collection[str]) -> dict[str, set[str]]:
    """{submission: the officers who contributed to what its version says since the last approved version}."""
    rows = session.exec(
        select(Submission.submission, Writer.officer)
        .join(Writer, col(Writer.announcement) == col(Submission.announcement))
        .where(col(Submission.submission).in_(submissions), col(Writer.version) == col(Submission.version))
    ).all()
    writers: dict[str, set[str]] = {each: set() for each in submissions}
    for submission, officer in rows:
        writers[submission].add(officer)
    return writers


def who_ordered(row: Schedule) -> str:
    """Who set the places and times of a schedule last."""
    return row.changed_by or row.created_by


class PlacesNow:
    """Whether places lie within others, as the areas and the speakers stand now: an `inside.Reach`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tree = area_tree(session)

    def __call__(
        self,
        areas: Collection[str],
        speakers: Collection[str],
        of_areas: Collection[str],
        of_speakers: Collection[str],
    ) -> bool:
        """Whether `areas` and `speakers` name nothing outside `of_areas` and `of_speakers`."""
        within = self._tree.subtree(of_areas)
        single = set(speakers) - set(of_speakers)
        named = speakers_named(self._session, single)
        return set(areas) <= within and all(each in named and named[each].area in within for each in single)
