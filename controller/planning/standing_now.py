"""An announcement's standing texts as they are now: what was approved of each, what waits, how often it was used."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from controller.database.column_types import ManifestFields
from controller.database.tables import Approval, StandingText
from controller.orders.agreements import agreements_in_force, approvals_of, contents_of
from controller.orders.standing_texts import live_standing_texts, uses_of
from controller.planning.waiting import WaitingOrder, waiting_orders


@dataclass(frozen=True)
class StandingNow:
    """One standing text. `in_force`: an approver may set it off; then `manifest` is what was approved, else what waits.

    `used`: how often it was set off by what is in force. `waits`: what is asked of approvers; None: nothing.
    """

    row: StandingText
    manifest: str
    content: ManifestFields
    approvals: tuple[Approval, ...]
    in_force: bool
    used: int
    waits: WaitingOrder | None


def standing_now(session: Session, now: datetime, announcement: str) -> list[StandingNow]:
    """Those of this announcement that weren't ended and aren't over, the first to end first.

    One whose approval was refused, and of which nothing is in force, is left out.
    """
    rows = live_standing_texts(session, now, announcement)
    if not rows:
        return []
    agreed = agreements_in_force(session, [row.standing for row in rows])
    contents = contents_of(session, agreed.values())
    given = approvals_of(session, {(each.of_order, each.manifest) for each in agreed.values()})
    uses = uses_of(session, rows, agreed)
    waiting = {each.of_order: each for each in waiting_orders(session, now, announcement)}
    found = []
    for row in rows:
        agreement, waits = agreed.get(row.standing), waiting.get(row.standing)
        content = contents.get(agreement.manifest) if agreement else None
        if agreement is not None and content is not None:
            approvals = tuple(given[agreement.of_order, agreement.manifest])
            used = uses[row.standing]
            found.append(StandingNow(row, agreement.manifest, content, approvals, True, used, waits))
        elif waits is not None:
            found.append(StandingNow(row, waits.manifest, waits.content, waits.given, False, 0, waits))
    return found
