"""Who approved a broadcast or a schedule, and the manifest that they approved; of one that waits, what it asks now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from controller.broadcasts.states import waits_for_approval
from controller.database.tables import Agreement, Approval, Broadcast, Schedule
from controller.orders.agreements import agreements_in_force, approvals_of
from controller.planning.waiting import WaitingOrder, waiting_orders


@dataclass(frozen=True)
class WhoApproved:
    """A manifest and its approvals, the first one first. None: nobody can approve it yet (a draft), or nobody did."""

    manifest: str | None = None
    approvals: tuple[Approval, ...] = ()


NOBODY = WhoApproved()


def who_approved_broadcasts(session: Session, now: datetime, rows: Sequence[Broadcast]) -> dict[str, WhoApproved]:
    """{broadcast: who approved what of it}: of a planned one what planned it, of one that waits what it asks now."""
    planned = [row for row in rows if row.manifest is not None]
    agreements = _agreements_by_manifest(session, {row.manifest for row in planned if row.manifest})
    chosen = {row.broadcast: _agreement_of(row, agreements.get(row.manifest or "", ())) for row in planned}
    keys = {(each.of_order, each.manifest) for each in chosen.values() if each}
    approvals = approvals_of(session, keys)
    waiting = _waiting(session, now, {row.announcement for row in rows if waits_for_approval(row, now)})
    found = {}
    for row in rows:
        agreement = chosen.get(row.broadcast)
        asks = waiting.get(row.broadcast) or waiting.get(row.schedule or "")
        if row.manifest is not None:
            given = approvals[agreement.of_order, agreement.manifest] if agreement else ()
            found[row.broadcast] = WhoApproved(row.manifest, tuple(given))
        elif asks is not None and waits_for_approval(row, now):
            found[row.broadcast] = WhoApproved(asks.manifest, asks.given)
        else:
            found[row.broadcast] = NOBODY
    return found


def who_approved_schedules(session: Session, now: datetime, rows: Sequence[Schedule]) -> dict[str, WhoApproved]:
    """{schedule: who approved what of it}; of one that waits, also after a change, what it asks now."""
    agreed = agreements_in_force(session, [row.schedule for row in rows])
    approvals = approvals_of(session, {(each.of_order, each.manifest) for each in agreed.values()})
    waiting = _waiting(session, now, {row.announcement for row in rows})
    found = {}
    for row in rows:
        asks, agreement = waiting.get(row.schedule), agreed.get(row.schedule)
        if asks is not None:
            found[row.schedule] = WhoApproved(asks.manifest, asks.given)
        elif agreement is not None:
            given = approvals[agreement.of_order, agreement.manifest]
            found[row.schedule] = WhoApproved(agreement.manifest, tuple(given))
        else:
            found[row.schedule] = NOBODY
    return found


def _agreements_by_manifest(session: Session, manifests: Collection[str]) -> dict[str, list[Agreement]]:
    rows = session.exec(
        select(Agreement).where(col(Agreement.manifest).in_(manifests), col(Agreement.completed_at).is_not(None))
    ).all()
    found: dict[str, list[Agreement]] = {}
    for row in rows:
        found.setdefault(row.manifest, []).append(row)
    return found


def _agreement_of(row: Broadcast, agreements: Sequence[Agreement]) -> Agreement | None:
    """The agreement that planned it: its own, its schedule's, or, set off alone, a standing text's."""
    orders = (row.broadcast, row.schedule)
    own = [each for each in agreements if each.of_order in orders]
    standing = [each for each in agreements if row.set_off_by and each.announcement == row.announcement]
    return next(iter((*own, *standing)), None)


def _waiting(session: Session, now: datetime, announcements: Collection[str | None]) -> dict[str, WaitingOrder]:
    """{order: what it asks} of these announcements."""
    named = [each for each in announcements if each is not None]
    return {each.of_order: each for each in waiting_orders(session, now, *named)} if named else {}
