"""“Soạn bản tin” (/ban-tin/moi, /ban-tin/{announcement}): title, text, voice and class; what loudspeakers will say.

Everything is kept as a draft. Its script saves while an officer writes, and takes the parts that changed out of the
same page that a reload would show.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, get_args

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from audio.sound.recording import MAX_RECORDING_S
from audio.speech.port import Voice
from controller.announcements.drafts import (
    LONGEST_TITLE,
    AnnouncementFields,
    ChangedMeanwhile,
    change_announcement,
    may_change,
    read_ahead,
    write_announcement,
)
from controller.announcements.lexicon import LONGEST_SPOKEN, LONGEST_WRITTEN
from controller.announcements.lists import require_announcement
from controller.announcements.sound import drop_recording, keep_recording
from controller.announcements.templates import set_template, take_up_again, templates
from controller.database.tables import Announcement, Officer
from controller.errors import Invalid
from controller.orders.standings import AnnouncementStanding, standing_of
from controller.planning.submission import submit_announcement
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.web.admission.sound_waits import SoundWaitedFor, wait_for_sound
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.frame.uploads import kept_recording
from controller.web.words.states import BULLETIN_CLASS, LANGUAGE, SPEED, VOICE
from controller.web.writing.read import NOBODY, DeciderNames, decider_names, read_page
from controller.web.writing.reading_view import Mending, ReadingView, mending_at, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of
from controller.web.writing.write_form import Written, as_typed, written_of

router = APIRouter(include_in_schema=False)

_FIELDS = {"title": "ten", "text": "van-ban", "file": "tep", "voice": "giong", "may_leave_country": "dong-y"}

_BEING_MADE = PlayerState("being_made")


class KeptAnnouncement(BaseModel):
    """The id of the announcement that was made."""

    announcement: str


@dataclass(frozen=True, kw_only=True)
class WritePage(PageValues):
    """The form of an announcement; `row` and `stands` None: of a new one.

    `offered`: for a new one the templates, each with a token of its own, so that taking up one doesn't prevent taking
    up another. `reading` None: no engine reads it. `mending`: the place that the officer wants to be read otherwise.
    `entered`: what was put into the lexicon just before. `meanwhile`: another officer has changed the announcement, and
    `seen` is the version that this form was opened with.
    """

    template: ClassVar[str] = "writing/write.html"
    written: Written
    voices: list[Voice]
    row: Announcement | None = None
    author: str = ""
    stands: AnnouncementStanding | None = None
    by: DeciderNames = NOBODY
    sound: PlayerState = _BEING_MADE
    reading: ReadingView | None = None
    mending: Mending | None = None
    offered: Sequence[tuple[Announcement, str]] = ()
    entered: str = ""
    meanwhile: bool = False
    seen: str = ""
    wrong: FieldErrors = field(default_factory=FieldErrors)
    once: str = field(default_factory=new_token)
    longest_title: int = LONGEST_TITLE
    longest_spoken: int = LONGEST_SPOKEN
    longest_minutes: int = MAX_RECORDING_S // 60


@router.get("/ban-tin/moi")
def get_new(page: ForEditors) -> Response:
    return page.show(_new_page(page, Written()))


async def _wait_for_sound(request: Request, _page: ThePage, announcement: str, nghe: str = "") -> None:
    if nghe == "1":
        await wait_for_sound(request, announcement)


@router.get("/ban-tin/{announcement}", dependencies=[Depends(_wait_for_sound)])
def get(page: ThePage, announcement: str, cho: str = "", ghi: str = "") -> Response:
    """`cho`: the place that is to be read otherwise; `ghi`: what was put into the lexicon just before.

    `nghe=1`: the page comes once its sound is made. Whoever may not change it reads and hears it.
    """
    with page.reading() as session:
        row = require_announcement(session, announcement)
        if not may_change(page.charges, row, area_tree(session)):
            return page.show(read_page(session, page, row))
        values = _stored_page(session, page, row, cho)
    return page.show(replace(values, entered=ghi[:LONGEST_WRITTEN]))


def shown_again(page: Page, announcement: str, place: str, error: Invalid, typed: str) -> Response:
    """The announcement as it is stored, with the words that were refused for a place, and why."""
    with page.reading() as session:
        values = _stored_page(session, page, require_announcement(session, announcement), place)
    mending = replace(values.mending, typed=typed) if values.mending else None
    return page.show(replace(values, mending=mending, wrong=FieldErrors.of(error, _FIELDS)), 422)


@dataclass(frozen=True)
class _Upload:
    """What became of a form's file: its SHA-256 where it is kept, None where there was none; or why it isn't kept."""

    sha256: str | None = None
    refused: Invalid | None = None

    def require(self) -> str | None:
        """The SHA-256; raises Invalid."""
        if self.refused is not None:
            raise self.refused
        return self.sha256


async def _upload(request: Request, form: CheckedForm, page: ForEditors) -> _Upload:
    file = form.file("tep")
    if file is None:
        return _Upload()
    try:
        return _Upload(await kept_recording(request, page.office, file.file, "tep"))
    except Invalid as error:
        return _Upload(refused=error)


Upload = Annotated[_Upload, Depends(_upload)]


@router.post("/ban-tin/moi")
def post_new(form: CheckedForm, page: ForEditors, upload: Upload) -> Response:
    """Keep a new draft."""
    written = as_typed(form, Written())
    try:
        fields = _checked_fields(written, None)
        recording = upload.require()

        def deed(session: Session) -> KeptAnnouncement:
            row = write_announcement(session, page.now, page.officer, fields)
            if recording:
                keep_recording(session, page.now, page.officer, row.announcement, recording)
            return KeptAnnouncement(announcement=row.announcement)

        read_ahead(page.office.database, page.now, page.officer, fields)
        # Sent again with more in it (its answer was lost, or is under way), it goes on with the draft that it made.
        all_fields = (name for name, _text in form.pairs())
        announcement = do_once(page, form, KeptAnnouncement, deed, *all_fields).announcement
        _change(page, form, announcement, fields, recording)
    except Invalid as error:
        values = replace(_new_page(page, written), wrong=FieldErrors.of(error, _FIELDS), once=form.text("once"))
        return page.show(values, 422)
    return _next(page, form, announcement)


@router.post("/ban-tin/{announcement}")
def post(form: CheckedForm, page: ForEditors, announcement: str, upload: Upload) -> Response:
    """Keep the changes. If anything changed, it is a draft again."""
    with page.reading() as session:
        before = written_of(require_announcement(session, announcement))
    written = as_typed(form, before)
    try:
        fields = _checked_fields(written, before)
        recording = upload.require()
        _change(page, form, announcement, fields, recording)
    except (Invalid, ChangedMeanwhile) as error:
        with page.reading() as session:
            stored = _stored_page(session, page, require_announcement(session, announcement))
        meanwhile = isinstance(error, ChangedMeanwhile)
        values = replace(
            stored,
            written=written,
            voices=voices_offered(page, written.voice),
            meanwhile=meanwhile,
            seen=form.text("ban") if meanwhile else "",
            wrong=FieldErrors.of(error, _FIELDS),
        )
        return page.show(values, error.status)
    return _next(page, form, announcement)


@router.post("/ban-tin/{announcement}/dung-lai")
def post_again(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Make a new draft that says the same."""

    def deed(session: Session) -> KeptAnnouncement:
        return KeptAnnouncement(announcement=take_up_again(session, page.now, page.officer, announcement).announcement)

    made = do_once(page, form, KeptAnnouncement, deed)
    return page.go(f"/ban-tin/{made.announcement}")


@router.post("/ban-tin/{announcement}/mau")
def post_template(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Offer its text when a new announcement is written (`mau=1`), or no longer."""
    with page.office.database.writing() as session:
        set_template(session, page.now, page.officer, announcement, template=form.text("mau") == "1")
    return page.go(f"/ban-tin/{announcement}")


@router.post("/ban-tin/{announcement}/gui")
def post_submission(form: CheckedForm, page: ForEditors, announcement: str, _sound: SoundWaitedFor) -> Response:
    """Submit it for approval without ordering a broadcast."""
    with page.office.database.writing() as session:
        confirmed = form.text("da-xem").split()
        submit_announcement(session, page.now, page.officer, announcement, confirmed, form.whole("ban", 0, 10**9))
    return page.go(f"/ban-tin/{announcement}")


def _change(page: Page, form: Form, announcement: str, fields: AnnouncementFields, recording: str | None) -> None:
    read_ahead(page.office.database, page.now, page.officer, fields, announcement)
    with page.office.database.writing() as session:
        change_announcement(session, page.now, page.officer, announcement, fields, _seen(form))
        if recording:
            keep_recording(session, page.now, page.officer, announcement, recording)
        elif form.text("viec") == "bo-giong-thu":
            drop_recording(session, page.now, page.officer, announcement)


def _seen(form: Form) -> int | None:
    """The version that the form was filled in for; None: write over any version."""
    text = form.text("ban")
    return int(text) if form.text("viec") != "ghi-de" and re.fullmatch("[0-9]{1,9}", text) else None


def _next(page: Page, form: Form, announcement: str) -> Response:
    if form.text("viec") == "tiep-tuc":
        return page.go(f"/ban-tin/{announcement}/phat")
    if form.text("viec") == "nghe":
        return page.go(f"/ban-tin/{announcement}?nghe=1#nghe")
    return page.go(f"/ban-tin/{announcement}")


def _checked_fields(written: Written, before: Written | None) -> AnnouncementFields:
    """The fields of an announcement; raises Invalid. What a REST client chose `before` may stay."""
    if written.bulletin_class not in BULLETIN_CLASS:
        raise Invalid("loai", "bulletin_class_missing")
    if written.language not in LANGUAGE and not (before and written.language == before.language):
        raise Invalid("tieng", "language_missing")
    if written.voice not in VOICE:
        raise Invalid("giong", "voice_missing")
    if written.speed not in SPEED and not (before and written.speed == before.speed):
        raise Invalid("toc-do", "speed_missing")
    return {
        "title": written.title,
        "text": written.text,
        "bulletin_class": written.bulletin_class,
        "language": written.language,
        "voice": written.voice,
        "speed": float(written.speed),
        "may_leave_country": written.may_leave_country,
    }


def _new_page(page: Page, written: Written) -> WritePage:
    return WritePage(written=written, voices=voices_offered(page, written.voice), offered=_offered(page))


def _stored_page(session: Session, page: Page, row: Announcement, place: str = "") -> WritePage:
    written, stands = written_of(row), standing_of(session, row)
    return WritePage(
        written=written,
        voices=voices_offered(page, written.voice),
        row=row,
        author=session.get_one(Officer, row.author).name,
        stands=stands,
        by=decider_names(session, stands),
        sound=sound_of(session, row),
        reading=reading_view(session, page.clock, row),
        mending=mending_at(session, page.clock, row, page.officer, place) if place else None,
    )


def _offered(page: Page) -> list[tuple[Announcement, str]]:
    with page.reading() as session:
        return [(row, new_token()) for row in templates(session)]


def voices_offered(page: Page, *chosen: str) -> list[Voice]:
    """The voices that can be chosen here now, and those that are `chosen` already."""
    with page.reading() as session:
        allowed = facts.read(session, "gtts") == "on"
    may = {"piper": page.office.settings.piper_voice is not None, "google": allowed}
    return [each for each in get_args(Voice) if may.get(each, True) or each in chosen]
