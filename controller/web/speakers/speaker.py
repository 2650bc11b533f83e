"""One speaker (/cum-loa/{speaker}): its standing, its status, its last broadcasts, and its settings.

Any officer in charge of its area mutes it with one press; administrators set it up. /phan/cum-loa/{speaker} answers its
parts for the script.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.deliveries import last_deliveries
from controller.database.column_types import QuietHoursFields, StatusFields
from controller.database.tables import Area, Officer, Speaker, SpeakerExcess
from controller.errors import Invalid
from controller.exchange.excess import excess_of
from controller.exchange.speaker_status import is_out_of_step
from controller.outlook.speaker_standing import SpeakerNow, speakers_now
from controller.places.speakers import SpeakerFields, change_speaker, renew_credentials
from controller.station.area_tree import area_tree
from controller.station.charges import may, tops
from controller.station.speaker_lists import Caretaker, caretaker_of, require_speaker
from controller.station.speaker_settings import are_settings_in_force, last_settings
from controller.web.api.speakers import admitted
from controller.web.api.views import SpeakerAdmitted
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForAdministrators, ForEditors, FragmentValues, Page, PageValues, ThePage
from controller.web.speakers.add_speaker import FIELDS
from controller.web.speakers.credentials_page import credentials_page
from controller.web.speakers.speaker_broadcasts import PastBroadcast, past_broadcasts, title_of_playing
from controller.web.words.place_names import AreaChoice, area_choices
from controller.words.translation import mark
from wire.settings import MAX_OUTPUT_DELAY_MS, MAX_VOLUME_STEP

router = APIRouter(include_in_schema=False)

_MOST_PAST_BROADCASTS = 10
_NOT_SAID: StatusFields = {
    "agent": None,
    "clock": None,
    "plan": None,
    "disk_free_bytes": None,
    "temperature_c": None,
    "last_error": None,
    "unacknowledged": None,
    "refused": {},
}
"""What the page shows of a status, as it is where a speaker leaves it out."""
VOLUMES: Mapping[str, str] = {
    "normal": mark("Thông thường"),
    "priority": mark("Ưu tiên"),
    "emergency": mark("Khẩn cấp"),
    "limit": mark("Cao nhất cho mọi loại"),
}


@dataclass(frozen=True, kw_only=True)
class SpeakerPage(PageValues, FragmentValues):
    """The page, and its parts as a fragment.

    `status`: its last one, with None for what it left out. `playing`: the title of what it says it plays; None:
    nothing. `muted_by`: the name of the officer who muted it; empty: it isn't muted. `areas`: where it may be moved.
    `excess`: what of it wasn't taken lately.
    """

    template: ClassVar[str] = "speakers/speaker.html"
    fragment: ClassVar[str] = "speakers/speaker_fragment.html"
    row: Speaker
    speaker: SpeakerNow
    status: StatusFields
    area: Area
    areas: list[AreaChoice]
    past: list[PastBroadcast]
    playing: str | None
    quiet_hours: list[QuietHoursFields]
    muted_by: str
    out_of_step: bool
    excess: Sequence[SpeakerExcess]
    settings_in_force: bool
    volumes: Mapping[str, str]
    caretaker: Caretaker
    may_mute: bool
    may_set_up: bool
    typed: Form | None
    wrong: FieldErrors
    once: str = field(default_factory=new_token)


@router.get("/cum-loa/{speaker}")
def get(page: ThePage, speaker: str) -> Response:
    with page.reading() as session:
        values = _speaker_page(session, page, require_speaker(session, speaker))
    return page.show(values)


@router.get("/phan/cum-loa/{speaker}")
def get_parts(page: ThePage, speaker: str) -> Response:
    with page.reading() as session:
        values = _speaker_page(session, page, require_speaker(session, speaker))
    return page.fragment(values)


@router.post("/cum-loa/{speaker}/tat-tieng")
def post_mute(form: CheckedForm, page: ForEditors, speaker: str) -> Response:
    """Mute it (`tat=1`), or let it sound again."""
    mute = form.text("tat") == "1"
    with page.office.database.writing(first=mute) as session:
        change_speaker(session, page.now, page.officer, speaker, {"muted": mute})
    return page.go(f"/cum-loa/{speaker}")


@router.post("/cum-loa/{speaker}")
def post(form: CheckedForm, page: ForAdministrators, speaker: str) -> Response:
    """Change its settings."""
    try:
        changes = _read_changes(form)
        with page.office.database.writing() as session:
            change_speaker(session, page.now, page.officer, speaker, changes)
    except Invalid as error:
        with page.reading() as session:
            values = _speaker_page(session, page, require_speaker(session, speaker), form, error)
        return page.show(values, 422)
    return page.go(f"/cum-loa/{speaker}")


@router.post("/cum-loa/{speaker}/mat-khau")
def post_credentials(form: CheckedForm, page: ForAdministrators, speaker: str) -> Response:
    """Make new credentials, which are shown this once. A connection by the old ones is cut."""

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = renew_credentials(session, page.now, page.officer, speaker)
        return admitted(page.office, session, row, page.charges, password)

    renewed = do_once(page, form, SpeakerAdmitted, deed, "viec")
    return credentials_page(page, form, renewed, f"/cum-loa/{speaker}/mat-khau")


def _read_changes(form: Form) -> SpeakerFields:
    """Raises Invalid."""
    return {
        "name": form.line("ten"),
        "area": form.text("dia-ban"),
        "latitude": form.degrees("vi-do", 90),
        "longitude": form.degrees("kinh-do", 180),
        "caretaker": form.line("nguoi-trong"),
        "caretaker_phone": form.line("dien-thoai"),
        "output_delay_ms": form.whole("tre", 0, MAX_OUTPUT_DELAY_MS),
        "volume": {
            "normal": form.whole("am-luong-normal", 0, MAX_VOLUME_STEP),
            "priority": form.whole("am-luong-priority", 0, MAX_VOLUME_STEP),
            "emergency": form.whole("am-luong-emergency", 0, MAX_VOLUME_STEP),
            "limit": form.whole("am-luong-limit", 0, MAX_VOLUME_STEP),
        },
    }


def _speaker_page(
    session: Session, page: Page, row: Speaker, form: Form | None = None, error: Invalid | None = None
) -> SpeakerPage:
    tree = area_tree(session)
    [speaker] = speakers_now(session, page.now, tree, [row])
    return SpeakerPage(
        row=row,
        speaker=speaker,
        status={**_NOT_SAID, **speaker.last_word.status},
        area=tree.by_id[row.area],
        areas=area_choices(tree, tree.subtree(tops(page.charges, "administrator", tree))),
        past=past_broadcasts(
            page, tree, speaker, last_deliveries(session, page.now, row.speaker, _MOST_PAST_BROADCASTS)
        ),
        playing=title_of_playing(session, speaker),
        quiet_hours=tree.quiet_hours(row.area),
        muted_by=session.get_one(Officer, row.muted_by).name if row.muted_by else "",
        out_of_step=is_out_of_step(speaker.last_word),
        excess=excess_of(session, page.now, [row.speaker]).get(row.speaker, ()),
        settings_in_force=are_settings_in_force(speaker.last_word, last_settings(session, row.speaker)),
        volumes=VOLUMES,
        caretaker=caretaker_of(row, page.charges, tree),
        may_mute=may(page.charges, "editor", [row.area], tree),
        may_set_up=may(page.charges, "administrator", [row.area], tree),
        typed=form,
        wrong=FieldErrors.of(error, FIELDS),
    )
