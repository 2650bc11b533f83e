"""`/collisions`: priority bulletins that want the same minutes, and which of two goes first."""

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.priority_order import Collision, collisions, decide_priority
from controller.web.frame.access import Caller, Editor, TheOffice
from controller.web.frame.fields import Body, View
from controller.web.frame.idempotency import Once
from wire.instants import Instant

router = APIRouter(tags=["collisions"])


class CollisionView(View):
    """Two broadcasts that meet; `first` goes first as things are. `decided`: by a person, or because time was up."""

    first: str
    second: str
    first_starts_at: Instant | None
    second_starts_at: Instant | None
    closes_at: Instant
    decided: bool


class Collisions(View):
    """All collisions that are to come, the soonest first."""

    items: list[CollisionView]


class DecisionBody(Body):
    """Which of two goes first. `always`: also each later time that their two schedules meet."""

    first: str
    second: str
    always: bool = False


@router.get("/collisions")
def get_collisions(office: TheOffice, _caller: Caller) -> Collisions:
    """All collisions to come, decided or not."""
    with office.database.reading() as session:
        return Collisions(items=[_collision_view(each) for each in collisions(session, office.now())])


@router.post("/collisions", response_model=Collisions)
def post_decision(body: DecisionBody, office: TheOffice, caller: Editor, once: Once) -> Response:
    """Decide which of two goes first."""

    def deed(session: Session) -> Collisions:
        decide_priority(session, office.now(), caller.officer, body.first, body.second, always=body.always)
        return Collisions(items=[_collision_view(each) for each in collisions(session, office.now())])

    return once.perform(deed)


def _collision_view(each: Collision) -> CollisionView:
    return CollisionView(
        first=each.first.broadcast,
        second=each.second.broadcast,
        first_starts_at=each.first.starts_at,
        second_starts_at=each.second.starts_at,
        closes_at=each.closes_at,
        decided=each.decided is not None,
    )
