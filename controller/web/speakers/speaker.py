"""One speaker: how it stands, what it says of itself, its last broadcasts; mute it by one press; set it up."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.deliveries import last_deliveries
from controller.database.tables import Broadcast, Delivery, Officer, Speaker
from controller.errors import Invalid
from controller.exchange.speaker_status import is_out_of_step
from controller.outlook.results import Result, shown_state
from controller.outlook.speaker_standing import SpeakerNow, speakers_now
from controller.places.speakers import SpeakerFields, change_speaker, renew_credentials
from controller.station.area_tree import AreaTree, area_tree
from controller.station.officers import require_role
from controller.station.speaker_settings import last_settings
from controller.station.speakers_there import require_speaker
from controller.web.api.speakers import admitted
from controller.web.api.views import SpeakerAdmitted
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.lines.result_words import why
from controller.web.speakers.credentials_page import credentials_page
from controller.words.translation import mark
from wire.settings import Volume
from wire.status import Status

router = APIRouter(include_in_schema=False)

LAST = 10
VOLUMES = {
    "normal": mark("Thông thường"),
    "priority": mark("Ưu tiên"),
    "emergency": mark("Khẩn cấp"),
    "limit": mark("Cao nhất cho mọi loại"),
}


@dataclass(frozen=True)
class Past:
    """One of its last broadcasts."""

    broadcast: Broadcast
    result: Result
    why: str


@router.get("/cum-loa/{speaker}")
def get(page: ThePage, speaker: str) -> Response:
    """The page."""
    with page.reading() as session:
        values = _known(session, page, require_speaker(session, speaker))
    return page.show("speakers/speaker.html", wrong=Wrong(), typed=None, once=new_token(), **values)


@router.get("/phan/cum-loa/{speaker}")
def get_parts(page: ThePage, speaker: str) -> Response:
    """What it says of itself, for the script that follows it."""
    with page.reading() as session:
        values = _known(session, page, require_speaker(session, speaker))
    return page.fragment("speakers/speaker_fragment.html", **values)


@router.post("/cum-loa/{speaker}/tat-tieng")
def post_mute(form: CheckedForm, page: ThePage, speaker: str) -> Response:
    """Mute it, or let it sound again: any officer in charge of its area."""
    with page.office.database.writing() as session:
        change_speaker(session, page.now, page.officer, speaker, {"muted": form.text("tat") == "1"})
    return page.go(f"/cum-loa/{speaker}")


@router.post("/cum-loa/{speaker}")
def post(form: CheckedForm, page: ThePage, speaker: str) -> Response:
    """Change what was decided about it."""
    require_role(page.officer)
    try:
        changes = _changes(form)
        with page.office.database.writing() as session:
            change_speaker(session, page.now, page.officer, speaker, changes)
    except Invalid as error:
        with page.reading() as session:
            values = _known(session, page, require_speaker(session, speaker))
        wrong = Wrong({{"area": "dia-ban"}.get(error.field, error.field): str(error)})
        return page.show("speakers/speaker.html", 422, wrong=wrong, typed=form, once=new_token(), **values)
    return page.go(f"/cum-loa/{speaker}")


@router.post("/cum-loa/{speaker}/mat-khau")
def post_credentials(form: CheckedForm, page: ThePage, speaker: str) -> Response:
    """New credentials, shown this once; the old ones' connection is cut."""
    require_role(page.officer)

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = renew_credentials(session, page.now, page.officer, speaker)
        return admitted(page.office, session, row, password)

    return credentials_page(page, form, do_once(page, form, deed, "viec"), f"/cum-loa/{speaker}/mat-khau")


def _changes(form: Form) -> SpeakerFields:
    """The form's fields as `change_speaker` takes them; raises Invalid."""
    return {
        "name": form.line("ten"),
        "area": form.text("dia-ban"),
        "latitude": form.degrees("vi-do", 90),
        "longitude": form.degrees("kinh-do", 180),
        "caretaker": form.maybe_line("nguoi-trong"),
        "caretaker_phone": form.maybe_line("dien-thoai", 40),
        "output_delay_ms": form.whole("tre", 0, 10_000),
        "volume": Volume(**{each: form.whole(f"am-luong-{each}", 0, 100) for each in VOLUMES}).fields(),
    }


def _known(session: Session, page: Page, row: Speaker) -> dict[str, Any]:
    tree = area_tree(session)
    [now] = speakers_now(session, page.now, tree, [row])
    told = last_settings(session, row.speaker)
    return {
        "row": row,
        "now": now,
        "said": dict.fromkeys(Status.model_fields) | now.last_word.status,
        "area": tree.by_id[row.area],
        "areas": [(tree.by_id[area], len(tree.chain(area)) - 1) for area in tree.in_order()],
        "past": [
            _past(page, tree, now, delivery, broadcast)
            for delivery, broadcast in last_deliveries(session, page.now, row.speaker, LAST)
        ],
        "playing": _playing(session, now),
        "quiet_hours": tree.quiet_hours(row.area),
        "muted_by": session.get_one(Officer, row.muted_by).name if row.muted_by else "",
        "out_of_step": is_out_of_step(now.last_word),
        "settings_in_force": told is not None and now.last_word.settings_revision == told.revision,
        "volumes": VOLUMES,
    }


def _past(page: Page, tree: AreaTree, now: SpeakerNow, delivery: Delivery, broadcast: Broadcast) -> Past:
    shown = shown_state(delivery.state, delivery.started_at, broadcast, now.speaker.is_online, page.now)
    result = Result(delivery, now, tree.by_id[now.speaker.area], shown)
    return Past(broadcast, result, why(result, broadcast, page.clock))


def _playing(session: Session, now: SpeakerNow) -> str | None:
    """The title of what it says it plays; None: nothing, or it isn't there to say."""
    playing = now.last_word.status.get("playing") if now.speaker.is_online else None
    if not isinstance(playing, str):
        return None
    row = session.get(Broadcast, playing)
    return row.title or playing if row else playing
