"""Speakers: admit, look at, move, mute, set the volume, give new credentials."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session, col

from controller.database.tables import Speaker
from controller.errors import Invalid
from controller.places.enrolment import make_enrolment
from controller.places.speakers import admit_speaker, change_speaker, renew_credentials
from controller.running.app import Office
from controller.station.officers import require_role
from controller.station.speakers_there import require_speaker
from controller.web.api.views import SpeakerAdmitted, SpeakerView, speaker_view, speaker_views
from controller.web.frame.access import Caller, TheOffice
from controller.web.frame.fields import After, Body, Latitude, Limit, Line, Longitude, View, page_of
from controller.web.frame.idempotency import Once
from wire.settings import Volume

router = APIRouter(tags=["speakers"])

Phone = Annotated[str, Field(max_length=40)]


class SpeakerBody(Body):
    """A new speaker; its id is made by whoever sets it up: 1 to 64 of `a-z 0-9 -`."""

    speaker: str
    name: Line
    area: str
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    caretaker: Annotated[str, Field(max_length=200)] = ""
    caretaker_phone: Phone = ""


class VolumeBody(Body):
    """Steps 0 to 100 by class; `limit` caps them."""

    normal: Annotated[int, Field(ge=0, le=100)] | None = None
    priority: Annotated[int, Field(ge=0, le=100)] | None = None
    emergency: Annotated[int, Field(ge=0, le=100)] | None = None
    limit: Annotated[int, Field(ge=0, le=100)] | None = None


class SpeakerChanges(Body):
    """What is to be changed; the rest stays."""

    name: Line | None = None
    area: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    caretaker: Annotated[str, Field(max_length=200)] | None = None
    caretaker_phone: Phone | None = None
    volume: VolumeBody | None = None
    output_delay_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    muted: bool | None = None


class Speakers(View):
    """A page of speakers."""

    items: list[SpeakerView]
    next: str | None


@router.get("/speakers")
def get_speakers(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Speakers:
    """All speakers, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(
            session, Speaker, col(Speaker.speaker), limit, after, lambda rows: speaker_views(session, rows)
        )
    return Speakers(items=items, next=after_this)


@router.post("/speakers", status_code=201, response_model=SpeakerAdmitted)
def post_speaker(body: SpeakerBody, office: TheOffice, caller: Caller, once: Once) -> Response:
    """Admit a speaker; the broker lets it in within 5 s."""
    require_role(caller.officer)

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = admit_speaker(session, office.now(), caller.officer, **body.fields())
        return admitted(office, session, row, password)

    return once.perform(deed, 201)


@router.get("/speakers/{speaker}")
def get_speaker(speaker: str, office: TheOffice, _caller: Caller) -> SpeakerView:
    """One speaker."""
    with office.database.reading() as session:
        return speaker_view(session, require_speaker(session, speaker))


@router.patch("/speakers/{speaker}")
def patch_speaker(speaker: str, body: SpeakerChanges, office: TheOffice, caller: Caller) -> SpeakerView:
    """Change a speaker; it is told."""
    changes = body.given()
    if set(changes) - {"muted"}:  # muting is every officer's; the rest is set up
        require_role(caller.officer)
    for name, value in changes.items():
        if value is None and name not in ("latitude", "longitude"):
            raise Invalid(name, "field_blank")
    with office.database.writing() as session:
        row = require_speaker(session, speaker)
        if body.volume is not None:
            given = body.volume.model_dump(exclude_none=True)
            changes["volume"] = Volume.from_fields({**row.volume, **given}).fields()
        return speaker_view(session, change_speaker(session, office.now(), caller.officer, speaker, changes))


@router.post("/speakers/{speaker}/credentials", status_code=201, response_model=SpeakerAdmitted)
def post_credentials(speaker: str, office: TheOffice, caller: Caller, once: Once) -> Response:
    """New credentials; the old ones' connection is cut within 10 s."""
    require_role(caller.officer)

    def deed(session: Session) -> SpeakerAdmitted:
        row, password = renew_credentials(session, office.now(), caller.officer, speaker)
        return admitted(office, session, row, password)

    return once.perform(deed, 201)


def admitted(office: Office, session: Session, row: Speaker, password: str) -> SpeakerAdmitted:
    """A speaker with its configuration."""
    view = speaker_view(session, row)
    config = make_enrolment(office.settings, office.keys.public, row.speaker, password)
    return SpeakerAdmitted(**dict(view), config=config)
