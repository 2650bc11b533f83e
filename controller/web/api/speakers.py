"""`/speakers`: admit one, see it, move it, mute it, set its volume, give it new credentials."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from controller.database.tables import Speaker
from controller.errors import Invalid
from controller.places.enrolment import make_enrolment
from controller.places.speakers import SpeakerFields, admit_speaker, change_speaker, renew_credentials
from controller.running.app import Office
from controller.station.charges import Charges
from controller.station.names import MAX_NAME_LENGTH, MAX_PHONE_LENGTH
from controller.station.speaker_lists import require_speaker
from controller.web.api.views import SpeakerAdmitted, SpeakerView, speaker_view, speaker_views
from controller.web.frame.access import Administrator, Caller, Editor, TheOffice
from controller.web.frame.fields import After, Body, Latitude, Limit, Longitude, NameText, View, page_of
from controller.web.frame.idempotency import Once
from wire.settings import OutputDelayMs, Volume, VolumeStep

router = APIRouter(tags=["speakers"])

Caretaker = Annotated[str, Field(max_length=MAX_NAME_LENGTH)]
Phone = Annotated[str, Field(max_length=MAX_PHONE_LENGTH)]


class SpeakerBody(Body):
    """A new speaker. The caller chooses its id: 1 to 64 characters of `a-z 0-9 -`."""

    speaker: str
    name: NameText
    area: str
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    caretaker: Caretaker = ""
    caretaker_phone: Phone = ""


class VolumeBody(Body):
    """Steps from 0 (silent) to 100 (full) by bulletin class; `limit` caps all of them."""

    normal: VolumeStep | None = None
    priority: VolumeStep | None = None
    emergency: VolumeStep | None = None
    limit: VolumeStep | None = None


class SpeakerChanges(Body):
    """The fields to change; the others stay."""

    name: NameText | None = None
    area: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    caretaker: Caretaker | None = None
    caretaker_phone: Phone | None = None
    volume: VolumeBody | None = None
    output_delay_ms: OutputDelayMs | None = None
    muted: bool | None = None


class Speakers(View):
    """One page of speakers. `next`: the value of `after` for the next page; null: there is none."""

    items: list[SpeakerView]
    next: str | None


@router.get("/speakers")
def get_speakers(office: TheOffice, caller: Caller, limit: Limit = 100, after: After = None) -> Speakers:
    """All speakers, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(
            session, Speaker, limit, after, lambda rows: speaker_views(session, rows, caller.charges)
        )
    return Speakers(items=items, next=after_this)


@router.post("/speakers", status_code=201, response_model=SpeakerAdmitted)
def post_speaker(body: SpeakerBody, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Admit a speaker. The broker accepts it within 5 s."""

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = admit_speaker(session, office.now(), caller.officer, **body.fields())
        return admitted(office, session, row, caller.charges, password)

    return once.perform(deed, 201)


@router.get("/speakers/{speaker}")
def get_speaker(speaker: str, office: TheOffice, caller: Caller) -> SpeakerView:
    """One speaker."""
    with office.database.reading() as session:
        return speaker_view(session, require_speaker(session, speaker), caller.charges)


@router.patch("/speakers/{speaker}")
def patch_speaker(speaker: str, body: SpeakerChanges, office: TheOffice, caller: Editor) -> SpeakerView:
    """Change a speaker. It is sent new settings."""
    changes: SpeakerFields = body.given()
    for name, value in changes.items():
        if value is None and name not in ("latitude", "longitude"):
            raise Invalid(name, "field_blank")
    with office.database.writing(first=body.muted is True) as session:
        row = require_speaker(session, speaker)
        if body.volume is not None:
            given = body.volume.model_dump(exclude_none=True)
            changes["volume"] = Volume.from_fields({**row.volume, **given}).fields()
        changed = change_speaker(session, office.now(), caller.officer, speaker, changes)
        return speaker_view(session, changed, caller.charges)


@router.post("/speakers/{speaker}/credentials", status_code=201, response_model=SpeakerAdmitted)
def post_credentials(speaker: str, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Make new credentials. A connection by the old ones is cut within 10 s."""

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = renew_credentials(session, office.now(), caller.officer, speaker)
        return admitted(office, session, row, caller.charges, password)

    return once.perform(deed, 201)


def admitted(office: Office, session: Session, row: Speaker, charges: Charges, password: str) -> SpeakerAdmitted:
    """What is answered after a speaker was given a password, which is shown this once."""
    view = speaker_view(session, row, charges)
    config = make_enrolment(office.settings, office.keys.public, row.speaker, password)
    return SpeakerAdmitted(**dict(view), config=config)
