"""Deadlines that have passed: speakers that fell silent, reports that didn't come, broadcasts that lapsed or ended."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select, update

from controller.broadcasts.deliveries import ENDED
from controller.database.tables import Broadcast, Delivery, Speaker, SpeakerStatus
from controller.database.transactions import Database, note_change
from controller.exchange.expected_plan import LiveBroadcast, LivePlan
from controller.exchange.outgoing.publisher import Publisher
from controller.exchange.speaker_status import note_repair, repairs_due, speaker_fell_silent
from controller.orders.instants import NOW_LAPSES_AFTER
from controller.station.speaker_settings import told_chain
from wire.outcomes import FINAL

log = logging.getLogger(__name__)


class Watch:
    """Compares deadlines with `now`. How often it steps changes only how soon they are noticed."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher
        self._last_step_at: datetime | None = None

    def step(self, now: datetime) -> None:
        """Handle the deadlines that passed since the last step; without that bound each step would read past years."""
        with self._database.reading() as session:
            silent = session.exec(select(Speaker.speaker).where(col(Speaker.silent_after) <= now)).all()
            overdue = session.exec(
                select(Delivery.broadcast, Delivery.speaker)
                .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
                .where(self._passed(Broadcast.report_due, now), col(Delivery.state).not_in(ENDED))
            ).all()
            repairs = [row.speaker for row in repairs_due(session, now)]
            ended = (
                session.exec(select(Broadcast).where(self._ended_or_lapsed(now))).all() if self._last_step_at else ()
            )
        if silent or overdue or repairs or ended:
            self._store(now, silent, overdue, repairs, [row.broadcast for row in ended])
        for speaker, broadcasts in self._plans_to_send_again(now, repairs):
            self._publisher.send_to(speaker, broadcasts)
        self._last_step_at = now

    def _store(
        self,
        now: datetime,
        silent: Sequence[str],
        overdue: Sequence[tuple[str, str]],
        repairs: Sequence[str],
        ended: Sequence[str],
    ) -> None:
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
                note_change(session, "delivery", f"{broadcast}/{speaker_id}")
            for name in repairs:
                note_repair(session, now, session.get_one(SpeakerStatus, name))
            for broadcast in ended:
                note_change(session, "broadcast", broadcast)

    def _plans_to_send_again(self, now: datetime, speakers: Sequence[str]) -> list[tuple[str, list[LiveBroadcast]]]:
        """(speaker, all its live broadcasts) for each of these speakers, to be sent again after the commit."""
        if not speakers:
            return []
        with self._database.reading() as session:
            plan = LivePlan.read(session, now)
            return [(name, plan.of_speaker(name, told_chain(session, name))) for name in speakers]

    def _passed(self, instant: datetime | None, now: datetime, after: timedelta = timedelta()) -> ColumnElement[bool]:
        """The condition that `instant` + `after` has passed, and not before the last step."""
        passed = col(instant) <= now - after
        return passed if self._last_step_at is None else passed & (col(instant) > self._last_step_at - after)

    def _ended_or_lapsed(self, now: datetime) -> ColumnElement[bool]:
        """The condition that a broadcast ended or lapsed since the last step, by time alone."""
        lapsed = self._passed(Broadcast.latest_start, now) | self._passed(Broadcast.created_at, now, NOW_LAPSES_AFTER)
        return self._passed(Broadcast.expires_at, now) | (col(Broadcast.planned_at).is_(None) & lapsed)
