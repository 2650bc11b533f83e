"""The office's preview for each speaker, compared with the recordings of the file devices."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from sqlmodel import Session, col, func, select

from controller.database.tables import Broadcast, BroadcastRevision, Delivery, SpeakerStatus
from controller.database.tables import Speaker as SpeakerRow
from controller.database.transactions import Database
from controller.outlook.fates import outlook_of
from controller.station.area_tree import area_tree
from controller.station.facts import time_zone
from schedules.preview import Final, Stretch
from tests.acceptance.station import Speaker
from tests.correlation import RATE, Samples, likeness
from wire.instants import format_instant, parse_instant

# The clock stops where a broadcast begins, 50 ms later at each further instant of one slot (MOMENT in the test).
BEGINS_WITHIN = ENDS_WITHIN = timedelta(milliseconds=250)


@dataclass(frozen=True)
class Fate:
    """The foreseen end of one broadcast at one speaker."""

    stretches: tuple[Stretch, ...]
    final: Final

    @property
    def begins_at(self) -> datetime:
        """The first instant at which the broadcast does something."""
        return self.stretches[0].from_ if self.stretches else self.final.at


class OfficeRows:
    """Reads the office's database while the office runs."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    def close(self) -> None:
        self.database.close()

    def foresee(self, speaker: str, now: datetime, until: datetime) -> dict[str, Fate]:
        """The officers' preview for this speaker, by broadcast."""
        with self.database.reading() as session:
            outlook = outlook_of(session, now, session.get_one(SpeakerRow, speaker), until)
        return {
            broadcast: Fate(tuple(each for each in outlook.stretches if each.broadcast == broadcast), final)
            for broadcast, final in outlook.finals.items()
        }

    def foresee_by_command(self, speaker: str, now: datetime, until: datetime, folder: Path) -> list[Stretch]:
        """The preview of `python -m schedules.preview` for the plan that was signed for this speaker."""
        file = folder / f"{speaker}.json"
        with self.database.reading() as session:
            area = session.get_one(SpeakerRow, speaker).area
            asked = {
                "now": format_instant(now),
                "time_zone": time_zone(session),
                "quiet_hours": area_tree(session).quiet_hours(area),
                "broadcasts": [each.content for each in self._revisions(session, speaker, now, until)],
            }
        file.write_text(json.dumps(asked), encoding="utf-8")
        command = [sys.executable, "-m", "schedules.preview", str(file)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
        return [
            Stretch(each["broadcast"], parse_instant(each["from"]), parse_instant(each["to"]), each["offset_ms"])
            for each in said
        ]

    def plan(self, speaker: str, now: datetime) -> dict[str, int]:
        """The expected plan of this speaker: {broadcast: revision}."""
        with self.database.reading() as session:
            return {each.broadcast: each.revision for each in self._revisions(session, speaker, now, None)}

    def endings(self, first: datetime, last: datetime) -> dict[tuple[str, str], tuple[str, str | None]]:
        """State and reason, by speaker and broadcast, of broadcasts that were to begin between these instants."""
        begins = func.coalesce(Broadcast.starts_at, Broadcast.planned_at)
        with self.database.reading() as session:
            rows = session.exec(
                select(Delivery)
                .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
                .where(begins >= first, begins < last)
            ).all()
            return {(row.speaker, row.broadcast): (row.state, row.reason) for row in rows}

    def heard_from(self) -> dict[str, datetime]:
        """When each loudspeaker sent its last status."""
        with self.database.reading() as session:
            return {row.speaker: row.received_at for row in session.exec(select(SpeakerStatus)).all()}

    def rows(self) -> list[Broadcast]:
        """The rows of all broadcasts."""
        with self.database.reading() as session:
            return list(session.exec(select(Broadcast)).all())

    def _revisions(
        self, session: Session, speaker: str, now: datetime, until: datetime | None
    ) -> list[BroadcastRevision]:
        newest = select(func.max(BroadcastRevision.revision)).where(BroadcastRevision.broadcast == Broadcast.broadcast)
        query = (
            select(BroadcastRevision)
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .join(Delivery, col(Delivery.broadcast) == col(Broadcast.broadcast))
            .where(
                Delivery.speaker == speaker,
                col(Broadcast.planned_at).is_not(None),
                col(Broadcast.cancelled_at).is_(None),
                col(Broadcast.expires_at) > now,
                col(BroadcastRevision.revision) == newest.correlate(Broadcast).scalar_subquery(),
            )
        )
        if until is not None:
            query = query.where(col(Broadcast.starts_at) < until)
        return list(session.exec(query).all())


def differences(speaker: Speaker, broadcast: str, fate: Fate, whole: Samples) -> list[str]:
    """The differences between a broadcast's recordings and its foreseen fate, a sentence each; empty: none."""
    heard = speaker.heard(broadcast)
    if len(heard) != len(fate.stretches):
        return [
            f"{len(fate.stretches)} stretches were foreseen, it sounded at {[str(each.began_at) for each in heard]}"
        ]
    wrong = []
    for stretch, recording in zip(fate.stretches, heard, strict=True):
        if abs(recording.began_at - stretch.from_) > BEGINS_WITHIN:
            wrong.append(f"began at {recording.began_at}, foreseen was {stretch.from_}")
        length = stretch.to - stretch.from_
        if abs(recording.ended_at - recording.began_at - length) > ENDS_WITHIN:
            wrong.append(f"sounded for {len(recording.sound) / RATE} s, foreseen were {length}")
        found_at_ms = _found_at_ms(recording.sound.tobytes(), whole.tobytes())
        if found_at_ms is None or abs(found_at_ms - stretch.offset_ms) > ENDS_WITHIN / timedelta(milliseconds=1):
            wrong.append(
                f"at {recording.began_at} sounded what is at {found_at_ms} ms, foreseen {stretch.offset_ms} ms"
            )
    return wrong


@lru_cache(maxsize=256)
def _found_at_ms(recorded: bytes, whole: bytes) -> float | None:
    """The position in the announcement at which the recording begins; None if it isn't a part of it.

    Cached, because the same announcement sounds on many days, equal to the sample.
    """
    found = likeness(np.frombuffer(whole), np.frombuffer(recorded))
    return found.found_at * 1000 / RATE if found.is_all_there else None
