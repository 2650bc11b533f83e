"""Rows whose deadline has passed: speakers gone silent, reports that didn't come, broadcasts that lapsed or ended."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, select, update

from controller.broadcasts import lapses_at
from controller.database import Database, note
from controller.deliveries import ENDED
from controller.plan_delivery import PlanDelivery
from controller.speaker_status import repaired, repairs_due, speaker_fell_silent
from controller.tables import Broadcast, Delivery, Speaker
from wire.outcomes import FINAL

log = logging.getLogger(__name__)

_LOOKS_BACK = timedelta(days=1)


class Watch:
    """Compares deadlines with `now`. Asking more often changes nothing."""

    def __init__(self, database: Database, delivery: PlanDelivery) -> None:
        self._database = database
        self._delivery = delivery
        self._looked_at: datetime | None = None

    def step(self, now: datetime) -> None:
        """Look once."""
        with self._database.reading() as session:
            silent = session.exec(select(Speaker.speaker).where(col(Speaker.silent_after) <= now)).all()
            overdue = session.exec(
                select(Delivery.broadcast, Delivery.speaker)
                .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
                .where(col(Broadcast.report_due) <= now, col(Delivery.state).not_in(ENDED))
            ).all()
            repairs = repairs_due(session, now)
            recent = session.exec(select(Broadcast).where(col(Broadcast.expires_at) > now - _LOOKS_BACK)).all()
            passed = self._passed(recent, now)
        self._looked_at = now
        if not (silent or overdue or repairs or passed):
            return
        with self._database.writing() as session:
            for name in silent:
                speaker = session.get_one(Speaker, name)
                if speaker.silent_after is not None and speaker.silent_after <= now:
                    speaker_fell_silent(session, speaker)
                    log.warning("speaker %s fell silent", name)
            for broadcast, speaker_id in overdue:
                session.exec(
                    update(Delivery)
                    .where(
                        col(Delivery.broadcast) == broadcast,
                        col(Delivery.speaker) == speaker_id,
                        col(Delivery.state).not_in(FINAL),
                    )
                    .values(state="no_report", reason=None)
                )
                note(session, "delivery", f"{broadcast}/{speaker_id}")
            for row in repairs:
                self._delivery.repair(session, row.speaker, now)
                repaired(session, now, row)
            for broadcast in passed:
                note(session, "broadcast", broadcast)

    def _passed(self, rows: Sequence[Broadcast], now: datetime) -> list[str]:
        """Broadcasts whose state changed since the last look by nothing but time: they lapsed, or expired."""
        since = self._looked_at
        if since is None:
            return []
        ends = [(row.broadcast, lapses_at(row) if row.planned_at is None else row.expires_at) for row in rows]
        return [broadcast for broadcast, end in ends if end is not None and since < end <= now]
