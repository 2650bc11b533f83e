"""“Các bản” (/ban-tin/{announcement}/cac-ban): what each version of an announcement changed, by whom, when.

Any earlier one is taken up again there (POST to /ban-tin/{announcement}/cac-ban/{version}/dung-lai).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.announcements.drafts import may_change, take_up_version
from controller.announcements.lists import require_announcement
from controller.announcements.versions import approvals_of_versions, versions_of
from controller.announcements.word_changes import WordChange, word_changes
from controller.broadcasts.lifecycle import planned_not_begun
from controller.database.tables import Announcement, AnnouncementVersion
from controller.errors import Conflict, NotFound
from controller.orders.spoken_version import handed_in_versions, versions_of_submissions
from controller.station.area_tree import area_tree
from controller.station.officers import all_officers
from controller.web.frame.fields import VersionNumber
from controller.web.frame.forms import CheckedForm
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.words.states import BULLETIN_CLASS, LANGUAGE, SPEED, VOICE, word
from controller.words.translation import _, pgettext

router = APIRouter(include_in_schema=False)


class TakenUp(BaseModel):
    """The version that says again what an earlier one said."""

    version: int


class ChangedText(NamedTuple):
    """The changed words of one text; `name`: which one it is."""

    name: str
    changes: tuple[WordChange, ...]


@dataclass(frozen=True)
class VersionLine:
    """One version. `texts`: the changed words of title, text and spoken text; `said`: what else was changed.

    `approved`: by whom and when its orders were approved. `waits`: it is handed in and nobody has approved it.
    `ordered`: how many planned broadcasts say it. `may_be_taken_up`: it isn't the newest, and its text is known.
    """

    row: AnnouncementVersion
    by: str
    texts: tuple[ChangedText, ...]
    said: tuple[str, ...]
    approved: tuple[tuple[str, datetime], ...]
    waits: bool
    ordered: int
    may_be_taken_up: bool


@dataclass(frozen=True, kw_only=True)
class VersionsPage(PageValues):
    """All versions, the newest first. `may`: the reader may take one up. `problem`: why that failed, or empty."""

    template: ClassVar[str] = "writing/versions.html"
    row: Announcement
    lines: list[VersionLine]
    may: bool
    problem: str
    once: str = field(default_factory=new_token)


@router.get("/ban-tin/{announcement}/cac-ban")
def get(page: ThePage, announcement: str) -> Response:
    return _show(page, announcement)


@router.post("/ban-tin/{announcement}/cac-ban/{version}/dung-lai")
def post(form: CheckedForm, page: ForEditors, announcement: str, version: VersionNumber) -> Response:
    """Make a new version, a draft, that says what this one said; `ban`: the newest version that the officer saw."""

    def deed(session: Session) -> TakenUp:
        if require_announcement(session, announcement).version != form.whole("ban", 0, 10**9):
            raise Conflict("announcement_changed_not_saved")
        return TakenUp(version=take_up_version(session, page.now, page.officer, announcement, version).version)

    try:
        do_once(page, form, TakenUp, deed)
    except (Conflict, NotFound) as error:
        return _show(page, announcement, str(error))
    return page.go(f"/ban-tin/{announcement}")


def _show(page: Page, announcement: str, problem: str = "") -> Response:
    with page.reading() as session:
        row = require_announcement(session, announcement)
        values = VersionsPage(
            row=row,
            lines=_lines(session, page, row),
            may=may_change(page.charges, row, area_tree(session)),
            problem=problem,
        )
    return page.show(values, 409 if problem else 200)


def _lines(session: Session, page: Page, row: Announcement) -> list[VersionLine]:
    versions = versions_of(session, row.announcement)
    names = {each.officer: each.name for each in all_officers(session)}
    approvals = approvals_of_versions(session, row.announcement)
    handed_in = handed_in_versions(session, [row]).get(row.announcement)
    planned = planned_not_begun(session, page.now, row.announcement)
    spoken = versions_of_submissions(session, [each.submission for each in planned if each.submission])
    ordered = Counter(spoken[each.submission].version for each in planned if each.submission)
    return [
        VersionLine(
            row=each,
            by=names[each.changed_by],
            texts=_texts(each, before),
            said=_said(each, before),
            approved=tuple((names[one.approver], one.at) for one in approvals.get(each.version, ())),
            waits=handed_in is not None and handed_in.version == each.version and each.version not in approvals,
            ordered=ordered[each.version],
            may_be_taken_up=each.version != row.version and bool(each.text or each.recording),
        )
        for each, before in zip(versions, [*versions[1:], None], strict=True)
    ]


def _texts(row: AnnouncementVersion, before: AnnouncementVersion | None) -> tuple[ChangedText, ...]:
    """The changed words; the spoken ones only where the text is the same, because they follow it."""
    if before is None:
        return ()
    found = [(_("Tên"), before.title, row.title), (_("Văn bản"), before.text, row.text)]
    if row.text == before.text and row.recording is None and before.recording is None:
        found.append((_("Lời loa sẽ đọc"), before.spoken_text, row.spoken_text))
    changed = (ChangedText(name, tuple(word_changes(old, new))) for name, old, new in found)
    return tuple(each for each in changed if each.changes)


def _said(row: AnnouncementVersion, before: AnnouncementVersion | None) -> tuple[str, ...]:
    """What else was changed, in words."""
    if before is None:
        return ()
    values: tuple[tuple[str, Mapping[Any, str], str, str], ...] = (
        (pgettext("announcement", "Loại"), BULLETIN_CLASS, before.bulletin_class, row.bulletin_class),
        (_("Tiếng"), LANGUAGE, before.language, row.language),
        (_("Giọng đọc"), VOICE, before.voice, row.voice),
        (_("Tốc độ"), SPEED, str(before.speed), str(row.speed)),
    )
    found = [
        _("{what}: {old} → {new}").format(what=what, old=word(words, old), new=word(words, new))
        for what, words, old, new in values
        if old != new
    ]
    if row.recording is not None and row.recording != before.recording:
        found.append(_("Dùng một tệp giọng thu sẵn"))
    elif row.recording != before.recording:
        found.append(_("Bỏ giọng thu sẵn, dùng máy đọc"))
    return tuple(found)
