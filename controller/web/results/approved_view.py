"""Computes what a broadcast's page says of approvals: who gave them, of what, and who set it off alone."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from controller.announcements.sound import clips_named
from controller.database.tables import Broadcast, Manifest, Submission
from controller.orders.orders import named_areas
from controller.planning.who_approved import who_approved_broadcasts
from controller.station.area_tree import area_tree
from controller.station.charges import may
from controller.station.officers import all_officers
from controller.station.speaker_lists import all_speakers
from controller.web.frame.page import Page
from controller.web.words.order_sentence import OrderSentence, order_sentence


@dataclass(frozen=True)
class ApprovedOrder:
    """What was approved of a broadcast, or is to be: `by` says by whom and when, the first one first.

    `sentence`: the manifest in words. `version`: of the announcement; None: not approved yet.
    """

    by: tuple[tuple[str, datetime], ...]
    manifest: str
    sentence: OrderSentence
    version: int | None


@dataclass(frozen=True)
class SetOffAlone:
    """Who set a broadcast off by a standing text, and who has reviewed it; empty: nobody yet."""

    by: str
    reviewer: str
    may_review: bool


def approved_order(session: Session, page: Page, row: Broadcast) -> ApprovedOrder | None:
    """None: nobody has approved it, and nobody can at present."""
    approved = who_approved_broadcasts(session, page.now, [row])[row.broadcast]
    kept = session.get(Manifest, approved.manifest) if approved.manifest else None
    if kept is None:
        return None
    names = {each.officer: each.name for each in all_officers(session)}
    content = kept.content
    submission = session.get(Submission, row.submission) if row.submission else None
    return ApprovedOrder(
        by=tuple((names[each.approver], each.at) for each in approved.approvals),
        manifest=kept.manifest,
        sentence=order_sentence(
            area_tree(session),
            page.clock,
            content,
            all_speakers(session),
            clips_named(session, {content["clip"]})[content["clip"]],
        ),
        version=submission.version if submission else None,
    )


def set_off_alone(session: Session, page: Page, row: Broadcast) -> SetOffAlone | None:
    """None: it wasn't set off by a standing text."""
    if row.set_off_by is None:
        return None
    names = {each.officer: each.name for each in all_officers(session)}
    in_charge = may(page.charges, "approver", named_areas(session, row), area_tree(session))
    return SetOffAlone(
        by=names[row.set_off_by],
        reviewer=names[row.reviewed_by] if row.reviewed_by else "",
        may_review=in_charge and page.officer.officer != row.set_off_by,
    )
