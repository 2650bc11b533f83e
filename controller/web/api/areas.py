"""`/areas`: the tree of areas, and silence in one of them."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from controller.broadcasts.session_limits import MOST_MINUTES, MOST_SESSIONS
from controller.broadcasts.silence import lift_silence, silence_area
from controller.database.tables import Area
from controller.errors import Invalid
from controller.places.areas import AreaFields, add_area, change_area
from controller.web.api.views import AreaView, area_view
from controller.web.frame.access import Administrator, Caller, Editor, TheOffice
from controller.web.frame.fields import After, Body, Latitude, Limit, Longitude, NameText, QuietHoursBody, View, page_of
from controller.web.frame.idempotency import Once
from wire.settings import MAX_QUIET_HOURS

router = APIRouter(tags=["areas"])

QuietHoursList = Annotated[list[QuietHoursBody], Field(max_length=MAX_QUIET_HOURS)]


class SessionLimitsBody(Body):
    """A field that is missing is no limit. `weekdays`: 0 is Monday. Emergencies are exempt."""

    sessions_a_day: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] | None = None
    minutes_a_session: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None = None
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)] | None = None


class ApprovalPolicyBody(Body):
    """What orders that touch the area need: two approvers for an emergency, or for an order to the whole of it.

    `same_day_moves`: an editor may move an occurrence of a schedule within its day without another approval.
    """

    two_for_emergency: bool = False
    two_for_whole: bool = False
    same_day_moves: bool = False


class AreaBody(Body):
    """A new area; the office makes its id. `quiet_hours` and `session_limits` missing: those of the parent."""

    name: NameText
    kind: NameText
    parent: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    quiet_hours: QuietHoursList | None = None
    session_limits: SessionLimitsBody | None = None
    approval_policy: ApprovalPolicyBody = Field(default_factory=ApprovalPolicyBody)


class AreaChanges(Body):
    """The fields to change; the others stay."""

    name: NameText | None = None
    kind: NameText | None = None
    parent: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    quiet_hours: QuietHoursList | None = None
    session_limits: SessionLimitsBody | None = None
    approval_policy: ApprovalPolicyBody | None = None


class Areas(View):
    """One page of areas. `next`: the value of `after` for the next page; null: there is none."""

    items: list[AreaView]
    next: str | None


class SilenceBody(Body):
    """`hold`: the speakers stay muted until `DELETE`."""

    hold: bool = False


class SilenceView(View):
    """The ids of the broadcasts that were cancelled, and of those that go on in other areas alone.

    `unsplit`: those cancelled that reached so many other places that they could not go on there alone.
    """

    area: str
    hold: bool
    cancelled: list[str]
    reduced: list[str]
    unsplit: list[str]


@router.get("/areas")
def get_areas(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Areas:
    """All areas, in the order of their ids."""
    with office.database.reading() as session:
        items, after_this = page_of(session, Area, limit, after, lambda rows: [area_view(row) for row in rows])
    return Areas(items=items, next=after_this)


@router.post("/areas", status_code=201, response_model=AreaView)
def post_area(body: AreaBody, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Add an area."""

    def deed(session: Session) -> AreaView:
        return area_view(add_area(session, office.now(), caller.officer.officer, **body.fields()))

    return once.perform(deed, 201)


@router.patch("/areas/{area}")
def patch_area(area: str, body: AreaChanges, office: TheOffice, caller: Administrator) -> AreaView:
    """Change an area. The speakers in it are sent new settings."""
    changes: AreaFields = body.given()
    for name in ("name", "kind", "approval_policy"):
        if name in changes and changes[name] is None:
            raise Invalid(name, "field_blank")
    with office.database.writing() as session:
        return area_view(change_area(session, office.now(), caller.officer, area, changes))


@router.post("/areas/{area}/silence", response_model=SilenceView)
def post_silence(area: str, office: TheOffice, caller: Editor, once: Once, body: SilenceBody | None = None) -> Response:
    """Stop what sounds in the area or begins within an hour; with `hold`, keep the area silent."""
    hold = body.hold if body else False

    def deed(session: Session) -> SilenceView:
        done = silence_area(session, office.now(), caller.officer, area, hold=hold)
        return SilenceView(
            area=area, hold=hold, cancelled=list(done.cancelled), reduced=list(done.reduced), unsplit=list(done.unsplit)
        )

    return once.perform(deed, first=True)


@router.delete("/areas/{area}/silence")
def delete_silence(area: str, office: TheOffice, caller: Editor) -> SilenceView:
    """Let the area sound again."""
    with office.database.writing() as session:
        lift_silence(session, office.now(), caller.officer, area)
    return SilenceView(area=area, hold=False, cancelled=[], reduced=[], unsplit=[])
