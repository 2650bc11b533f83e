"""An announcement for whoever may read and hear it and not change it: the page “Soạn bản tin” without its form.

An editor of another area copies it into a draft of the own area from there, or orders what was handed in.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlmodel import Session

from controller.database.tables import Announcement, Officer
from controller.orders.spoken_version import handed_in_versions
from controller.orders.standings import AnnouncementStanding, standing_of
from controller.station.area_tree import area_tree
from controller.web.frame.once import new_token
from controller.web.frame.page import Page, PageValues
from controller.web.words.place_names import in_sentence
from controller.web.writing.reading_view import ReadingView, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of
from controller.words.translation import _


@dataclass(frozen=True)
class DeciderNames:
    """The names of the officers who submitted an announcement, gave it back, approved it; empty: nobody did."""

    submitted: str = ""
    refused: str = ""
    approved: str = ""


NOBODY = DeciderNames()


@dataclass(frozen=True, kw_only=True)
class ReadPage(PageValues):
    """`where`: the area whose editors may change it. `handed_in`: a version of it can be ordered."""

    template: ClassVar[str] = "writing/read.html"
    row: Announcement
    author: str
    where: str
    stands: AnnouncementStanding
    by: DeciderNames
    sound: PlayerState
    reading: ReadingView | None
    handed_in: bool
    once: str = field(default_factory=new_token)


def read_page(session: Session, page: Page, row: Announcement) -> ReadPage:
    """The page of this announcement."""
    stands = standing_of(session, row)
    return ReadPage(
        row=row,
        author=session.get_one(Officer, row.author).name,
        where=in_sentence(area_tree(session).by_id[row.area]) if row.area else _("cả đài"),
        stands=stands,
        by=decider_names(session, stands),
        sound=sound_of(session, row),
        reading=reading_view(session, page.clock, row),
        handed_in=bool(handed_in_versions(session, [row])),
    )


def decider_names(session: Session, stands: AnnouncementStanding) -> DeciderNames:
    """Who decided on the present version."""

    def name(officer: str | None) -> str:
        return session.get_one(Officer, officer).name if officer else ""

    submission, approval = stands.submission, stands.approval
    return DeciderNames(
        submitted=name(submission.submitted_by if submission else None),
        refused=name(submission.refused_by if submission else None),
        approved=name(approval.approver if approval else None),
    )
