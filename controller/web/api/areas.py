"""Areas, and silence in them."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session, col

from controller.broadcasts.silence import lift_silence, silence_area
from controller.database.tables import Area
from controller.errors import Invalid
from controller.places.areas import add_area, change_area
from controller.station.officers import require_role
from controller.web.api.views import AreaView, area_view
from controller.web.frame.access import Caller, TheOffice
from controller.web.frame.fields import After, Body, Latitude, Limit, Line, Longitude, QuietHoursBody, View, page_of
from controller.web.frame.idempotency import Once

router = APIRouter(tags=["areas"])

QuietHoursList = Annotated[list[QuietHoursBody], Field(max_length=48)]


class SessionLimitsBody(Body):
    """What is missing isn't limited. `weekdays`: 0 is Monday. Emergencies are exempt."""

    sessions_a_day: Annotated[int, Field(ge=1, le=24)] | None = None
    minutes_a_session: Annotated[int, Field(ge=1, le=1440)] | None = None
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)] | None = None


class AreaBody(Body):
    """A new area; the office makes its id. `quiet_hours` missing: as the parent's."""

    name: Line
    kind: Line
    parent: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    quiet_hours: QuietHoursList | None = None
    session_limits: SessionLimitsBody | None = None


class AreaChanges(Body):
    """What is to be changed; the rest stays."""

    name: Line | None = None
    kind: Line | None = None
    parent: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    quiet_hours: QuietHoursList | None = None
    session_limits: SessionLimitsBody | None = None


class Areas(View):
    """A page of areas."""

    items: list[AreaView]
    next: str | None


class SilenceBody(Body):
    """`hold`: the speakers stay muted until DELETE."""

    hold: bool = False


class SilenceView(View):
    """What silence did: broadcasts cancelled whole, and those that go on elsewhere."""

    area: str
    hold: bool
    cancelled: list[str]
    reduced: list[str]


@router.get("/areas")
def get_areas(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Areas:
    """All areas, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(
            session, Area, col(Area.area), limit, after, lambda rows: [area_view(row) for row in rows]
        )
    return Areas(items=items, next=after_this)


@router.post("/areas", status_code=201, response_model=AreaView)
def post_area(body: AreaBody, office: TheOffice, caller: Caller, once: Once) -> Response:
    """Add an area."""
    require_role(caller.officer)

    def deed(session: Session) -> AreaView:
        return area_view(add_area(session, office.now(), caller.officer.officer, **body.fields()))

    return once.perform(deed, 201)


@router.patch("/areas/{area}")
def patch_area(area: str, body: AreaChanges, office: TheOffice, caller: Caller) -> AreaView:
    """Change an area; the speakers below are told."""
    require_role(caller.officer)
    changes = body.given()
    for name in ("name", "kind"):
        if name in changes and changes[name] is None:
            raise Invalid(name, "field_blank")
    with office.database.writing() as session:
        return area_view(change_area(session, office.now(), caller.officer, area, changes))


@router.post("/areas/{area}/silence", response_model=SilenceView)
def post_silence(area: str, office: TheOffice, caller: Caller, once: Once, body: SilenceBody | None = None) -> Response:
    """Stop what sounds there or begins within the hour; with `hold`, keep it silent."""
    hold = body.hold if body else False

    def deed(session: Session) -> SilenceView:
        done = silence_area(session, office.now(), caller.officer, area, hold=hold)
        return SilenceView(area=area, hold=hold, cancelled=list(done.cancelled), reduced=list(done.reduced))

    return once.perform(deed)


@router.delete("/areas/{area}/silence")
def delete_silence(area: str, office: TheOffice, caller: Caller) -> SilenceView:
    """Let it sound again."""
    with office.database.writing() as session:
        lift_silence(session, office.now(), caller.officer, area)
    return SilenceView(area=area, hold=False, cancelled=[], reduced=[])
