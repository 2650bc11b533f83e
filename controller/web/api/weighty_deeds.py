"""`/weighty-deeds`: what one administrator asked, and a second one agrees to; else it takes effect after 24 hours."""

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.database.column_types import Role, WeightyKind
from controller.database.tables import WeightyDeed
from controller.people.weighty_deeds import agree, deeds_to_tell, withdraw
from controller.web.frame.access import Administrator, TheOffice
from controller.web.frame.fields import View
from controller.web.frame.idempotency import Once
from wire.instants import Instant

router = APIRouter(tags=["officers"])


class WeightyDeedView(View):
    """A deed that waits, or waited. `officer` null: it is the one-officer rule. `role`, `area`: of the charge to be.

    `due_at`: when it takes effect by itself. `agreed_by`, `done_at`, `withdrawn_at` null: not yet, or never.
    """

    deed: str
    kind: WeightyKind
    officer: str | None
    role: Role | None
    area: str | None
    reason: str
    asked_by: str
    asked_at: Instant
    due_at: Instant
    agreed_by: str | None
    done_at: Instant | None
    withdrawn_at: Instant | None


class WeightyDeeds(View):
    """All that wait. `next` is null: there are few."""

    items: list[WeightyDeedView]
    next: str | None = None


@router.get("/weighty-deeds")
def get_deeds(office: TheOffice, caller: Administrator) -> WeightyDeeds:
    """What waits, in the whole station."""
    with office.database.reading() as session:
        lines = deeds_to_tell(session, caller.officer, caller.charges)
    return WeightyDeeds(items=[deed_view(each.row) for each in lines])


@router.post("/weighty-deeds/{weighty}/agreement", response_model=WeightyDeedView)
def post_agreement(weighty: str, office: TheOffice, caller: Administrator, once: Once) -> Response:
    """Carry it out as the second administrator: neither who asked, nor whom it is about."""

    def deed(session: Session) -> WeightyDeedView:
        return deed_view(agree(session, office.now(), caller.officer, weighty))

    return once.perform(deed)


@router.delete("/weighty-deeds/{weighty}")
def delete_deed(weighty: str, office: TheOffice, caller: Administrator) -> WeightyDeedView:
    """Withdraw it."""
    with office.database.writing() as session:
        return deed_view(withdraw(session, office.now(), caller.officer, weighty))


def deed_view(row: WeightyDeed) -> WeightyDeedView:
    return WeightyDeedView(
        deed=row.deed,
        kind=row.kind,
        officer=row.officer,
        role=row.role,
        area=row.area,
        reason=row.reason,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        due_at=row.due_at,
        agreed_by=row.agreed_by,
        done_at=row.done_at,
        withdrawn_at=row.withdrawn_at,
    )
