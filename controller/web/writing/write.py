"""“Soạn bản tin”: title, text, voice and class; hear it; what the loudspeakers will say. Kept as a draft.

Its script saves as one writes and takes the parts that changed out of the very page that a reload would show.
"""

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, get_args

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from audio.sound.recording import LONGEST_S
from audio.speech.port import Voice
from controller.announcements.drafts import (
    AnnouncementStanding,
    ChangedMeanwhile,
    change_announcement,
    drop_recording,
    keep_recording,
    require_announcement,
    set_template,
    standing,
    submit_announcement,
    take_up_again,
    templates,
    write_announcement,
)
from controller.announcements.lexicon import LONGEST_WRITTEN
from controller.database.tables import Announcement, Officer
from controller.errors import Invalid, OfficeError
from controller.station import facts
from controller.station.officers import require_role
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.frame.uploads import kept_recording
from controller.web.words.states import BULLETIN_CLASS, LANGUAGE, SPEED, VOICE
from controller.web.writing.reading_view import mending_at, reading_view
from controller.web.writing.sound_state import PlayerState, sound_of

router = APIRouter(include_in_schema=False)

LONGEST_NAME = 80
"""Of an announcement that is named by its first words."""

_FIELDS = {"title": "ten", "text": "van-ban", "file": "tep", "voice": "giong", "may_leave_country": "dong-y"}


@dataclass(frozen=True)
class Written:
    """What stands in the form."""

    title: str = ""
    text: str = ""
    bulletin_class: str = "normal"
    language: str = "vi"
    voice: str = "north"
    speed: str = "1.0"
    may_leave_country: bool = False

    @property
    def numbers(self) -> str:
        """Which numbers somebody agrees to, who ticks the box beside this text."""
        return numbers_mark(self.text)

    @property
    def fields(self) -> Any:
        """As `AnnouncementFields`, once `_read` has checked them."""
        return {
            "title": self.title,
            "text": self.text,
            "bulletin_class": self.bulletin_class,
            "language": self.language,
            "voice": self.voice,
            "speed": float(self.speed),
            "may_leave_country": self.may_leave_country,
        }


class Kept(BaseModel):
    """Which announcement came of it."""

    announcement: str


@router.get("/ban-tin/moi")
def get_new(page: ThePage) -> Response:
    """An empty form."""
    require_role(page.officer, "editor", "approver")
    return _shown(page, Written(), offered=_offered(page))


@router.get("/ban-tin/{announcement}")
def get(page: ThePage, announcement: str, cho: str = "", ghi: str = "") -> Response:
    """An announcement, to be read or changed; `cho`: a place that is to be read otherwise; `ghi`: what was just
    written into the lexicon.
    """
    with page.reading() as session:
        row = require_announcement(session, announcement)
        return _shown(page, _written(row), entered=ghi[:LONGEST_WRITTEN], **_known(session, page, row, cho))


def shown_again(page: Page, announcement: str, place: str, error: Invalid, typed: str) -> Response:
    """The announcement as it is, with what was wrong with the words for a place."""
    with page.reading() as session:
        row = require_announcement(session, announcement)
        known = _known(session, page, row, place)
        if known["mending"]:
            known["mending"] = replace(known["mending"], typed=typed)
        return _shown(page, _written(row), 422, error=error, **known)


@router.post("/ban-tin/moi")
def post_new(form: CheckedForm, page: ThePage) -> Response:
    """Keep a new draft."""
    require_role(page.officer, "editor", "approver")
    written = Written()
    try:
        written = _read(form)
        recording = _recording(page, form)

        def deed(session: Session) -> Kept:
            row = write_announcement(session, page.now, page.officer, written.fields)
            if recording:
                keep_recording(session, page.now, page.officer, row.announcement, recording)
            return Kept(announcement=row.announcement)

        # Sent again with more in it (its answer was lost, or is under way), it goes on with the draft that it made.
        announcement = do_once(page, form, deed, *(name for name, _text in form.pairs()))["announcement"]
        _change(page, form, announcement, written, recording)
    except Invalid as error:
        typed = _as_typed(form, written)
        return _shown(page, typed, 422, error=error, once=form.text("once"), offered=_offered(page))
    return _next(page, form, announcement)


@router.post("/ban-tin/{announcement}")
def post(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Keep the changes; whatever it was, it is a draft again if something changed."""
    require_role(page.officer, "editor", "approver")
    written = Written()
    try:
        with page.reading() as session:
            before = _written(require_announcement(session, announcement))
        written = _read(form, before)
        recording = _recording(page, form)
        _change(page, form, announcement, written, recording)
    except (Invalid, ChangedMeanwhile) as error:
        with page.reading() as session:
            known = _known(session, page, require_announcement(session, announcement))
        meanwhile = isinstance(error, ChangedMeanwhile)
        known |= {"meanwhile": meanwhile, "seen": form.text("ban") if meanwhile else ""}
        return _shown(page, _as_typed(form, written), error.status, error=error, **known)
    return _next(page, form, announcement)


@router.post("/ban-tin/{announcement}/dung-lai")
def post_again(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """A new draft that says the same."""
    require_role(page.officer, "editor", "approver")

    def deed(session: Session) -> Kept:
        return Kept(announcement=take_up_again(session, page.now, page.officer, announcement).announcement)

    return page.go(f"/ban-tin/{do_once(page, form, deed)['announcement']}")


@router.post("/ban-tin/{announcement}/mau")
def post_template(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Offer its text when one is written, or no longer."""
    require_role(page.officer, "editor", "approver")
    with page.office.database.writing() as session:
        set_template(session, page.now, page.officer, announcement, template=form.text("mau") == "1")
    return page.go(f"/ban-tin/{announcement}")


@router.post("/ban-tin/{announcement}/gui")
def post_submission(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Hand it to the one who approves, without a broadcast of its own."""
    require_role(page.officer, "editor", "approver")
    page.office.preparation.wait_if_there(announcement)
    with page.office.database.writing() as session:
        confirmed = form.text("da-xem").split()
        submit_announcement(session, page.now, page.officer, announcement, confirmed, form.whole("ban", 0, 10**9))
    return page.go(f"/ban-tin/{announcement}")


def _change(page: Page, form: Form, announcement: str, written: Written, recording: str | None) -> None:
    with page.office.database.writing() as session:
        change_announcement(session, page.now, page.officer, announcement, written.fields, _seen(form))
        if recording:
            keep_recording(session, page.now, page.officer, announcement, recording)
        elif form.text("viec") == "bo-giong-thu":
            drop_recording(session, page.now, page.officer, announcement)


def _seen(form: Form) -> int | None:
    """The version that the form was filled in for; None: whatever is there is to be written over."""
    text = form.text("ban")
    return int(text) if form.text("viec") != "ghi-de" and re.fullmatch("[0-9]{1,9}", text) else None


def _next(page: Page, form: Form, announcement: str) -> Response:
    if form.text("viec") == "tiep-tuc":
        return page.go(f"/ban-tin/{announcement}/phat")
    if form.text("viec") == "nghe":
        page.office.preparation.wait_if_there(announcement)
        return page.go(f"/ban-tin/{announcement}#nghe")
    return page.go(f"/ban-tin/{announcement}")


def _read(form: Form, before: Written | None = None) -> Written:
    """The form's fields, fit to be kept; raises Invalid."""
    written = _as_typed(form, before or Written())
    if written.bulletin_class not in BULLETIN_CLASS:
        raise Invalid("loai", "bulletin_class_missing")
    if written.language not in LANGUAGE and not (before and written.language == before.language):
        raise Invalid("tieng", "language_missing")
    if written.voice not in VOICE:
        raise Invalid("giong", "voice_missing")
    if written.speed not in SPEED and not (before and written.speed == before.speed):
        raise Invalid("toc-do", "speed_missing")
    return written


def _as_typed(form: Form, otherwise: Written) -> Written:
    text = form.text("van-ban")
    return replace(
        otherwise,
        title=form.text("ten").strip() or _first_words(text),
        text=text,
        bulletin_class=form.text("loai", otherwise.bulletin_class),
        language=form.text("tieng", otherwise.language),
        voice=form.text("giong", otherwise.voice),
        speed=form.text("toc-do", otherwise.speed),
        may_leave_country=form.text("dong-y") == "1" and form.text("so") == numbers_mark(text),
    )


def numbers_mark(text: str) -> str:
    """The same for texts with the same digits: of others somebody has to agree again."""
    return sha256("".join(each for each in text if each.isdecimal()).encode()).hexdigest()[:16]


def _first_words(text: str) -> str:
    """A name for what nobody has named."""
    line = " ".join(text.strip().partition("\n")[0].split())
    return line if len(line) <= LONGEST_NAME else line[:LONGEST_NAME].rpartition(" ")[0] + "…"


def _recording(page: Page, form: Form) -> str | None:
    file = form.file("tep")
    return kept_recording(page.office, file.file, "tep") if file else None


def _written(row: Announcement) -> Written:
    return Written(
        row.title, row.text, row.bulletin_class, row.language, row.voice, str(row.speed), row.may_leave_country
    )


def _known(session: Session, page: Page, row: Announcement, place: str = "") -> dict[str, Any]:
    """What is known of an announcement that is in the database."""
    stands = standing(session, row)
    return {
        "row": row,
        "reading": reading_view(session, page.clock, row),
        "mending": mending_at(session, page.clock, row, page.officer, place) if place else None,
        "sound": sound_of(session, row),
        "stands": stands,
        "by": _names(session, stands),
        "author": session.get_one(Officer, row.author).name,
    }


def _offered(page: Page) -> list[tuple[Announcement, str]]:
    """The templates, each with a token of its own: taking up one doesn't keep anybody from taking up another."""
    with page.reading() as session:
        return [(row, new_token()) for row in templates(session)]


def voices_offered(page: Page, *chosen: str) -> list[Voice]:
    """Those that can be chosen here now; what was chosen stays."""
    with page.reading() as session:
        allowed = facts.read(session, "gtts") == "on"
    may = {"piper": page.office.settings.piper_voice is not None, "google": allowed}
    return [each for each in get_args(Voice) if may.get(each, True) or each in chosen]


def _names(session: Session, stands: AnnouncementStanding) -> dict[str, str]:
    submission, approval = stands.submission, stands.approval
    ids = {
        "submitted": submission.submitted_by if submission else None,
        "refused": submission.refused_by if submission else None,
        "approved": approval.approver if approval else None,
    }
    return {deed: session.get_one(Officer, who).name for deed, who in ids.items() if who}


def _shown(page: Page, written: Written, status: int = 200, **known: Any) -> Response:
    error: OfficeError | None = known.pop("error", None)
    unknown: dict[str, Any] = {"row": None, "sound": PlayerState("being_made"), "stands": None, "by": {}, "author": ""}
    unknown |= {"offered": [], "reading": None, "mending": None, "meanwhile": False, "seen": "", "entered": ""}
    wrong = Wrong()
    if isinstance(error, Invalid):
        wrong[_FIELDS.get(error.field, error.field)] = str(error)
    return page.show(
        "writing/write.html",
        status,
        written=written,
        voices=voices_offered(page, written.voice),
        wrong=wrong,
        longest_minutes=LONGEST_S // 60,
        **{**unknown, "once": new_token(), **known},
    )
