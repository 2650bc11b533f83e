"""The standing of each speaker at one moment: working, offline, muted or soundless."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from controller.database.tables import Broadcast, Delivery, Silence, Speaker, SpeakerStatus
from controller.station.area_tree import AreaTree
from controller.station.held_silent import silence_over, silences_in_force
from controller.station.last_words import last_words

SpeakerStanding = Literal["working", "offline", "muted", "soundless"]

_MOST_URGENT_FIRST: tuple[SpeakerStanding, ...] = ("offline", "soundless", "muted")
_SEARCH_BACK = timedelta(days=7)


@dataclass(frozen=True)
class SpeakerNow:
    """A speaker, its last status, its standing, and since when (None: not known, or no status yet)."""

    speaker: Speaker
    last_word: SpeakerStatus
    standing: SpeakerStanding
    since: datetime | None

    @property
    def only_held(self) -> bool:
        """Whether it is muted only because its area is held silent, which every page shows once for all."""
        return self.standing == "muted" and not self.speaker.muted

    @property
    def heard_of(self) -> datetime | None:
        """When its last status came; None: never."""
        return self.last_word.received_at if self.last_word.status else None


def speakers_now(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> list[SpeakerNow]:
    """The standing of these speakers, in the given order."""
    last = last_words(session, speakers)
    silences = silences_in_force(session)
    failed = _failed_devices(session, now)
    return [
        _speaker_now(row, last[row.speaker], silence_over(silences, tree.chain(row.area)), failed.get(row.speaker))
        for row in speakers
    ]


def by_urgency(speakers: Sequence[SpeakerNow]) -> list[SpeakerNow]:
    """The speakers that aren't working: offline first, then soundless, then muted."""
    return sorted(
        (each for each in speakers if each.standing != "working"), key=lambda e: _MOST_URGENT_FIRST.index(e.standing)
    )


def count_by_standing(speakers: Sequence[SpeakerNow]) -> dict[SpeakerStanding, int]:
    """{standing: number of speakers}; standings without a speaker are left out."""
    return dict(Counter(each.standing for each in speakers))


def _speaker_now(
    speaker: Speaker, last_word: SpeakerStatus, held: Silence | None, failed_at: datetime | None
) -> SpeakerNow:
    if not speaker.is_online:
        return SpeakerNow(speaker, last_word, "offline", last_word.received_at if last_word.status else None)
    if speaker.muted:
        return SpeakerNow(speaker, last_word, "muted", speaker.muted_at)
    if failed_at is not None:
        return SpeakerNow(speaker, last_word, "soundless", failed_at)
    if held is not None:
        return SpeakerNow(speaker, last_word, "muted", held.held_at)
    return SpeakerNow(speaker, last_word, "working", last_word.online_since)


def _failed_devices(session: Session, now: datetime) -> dict[str, datetime]:
    """{speaker: when} of speakers whose sound device failed at their last broadcast of the past week."""

    def last_end(*conditions: ColumnElement[bool]) -> dict[str, datetime]:
        rows = session.exec(
            select(Delivery.speaker, func.max(Delivery.ended_at))
            .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
            .where(col(Broadcast.expires_at) > now - _SEARCH_BACK, *conditions)
            .group_by(col(Delivery.speaker))
        ).all()
        return {speaker: at for speaker, at in rows if at is not None}

    failed = last_end(col(Delivery.reason) == "device_failed")
    if not failed:
        return {}
    sounded = last_end(
        col(Delivery.speaker).in_(failed),
        col(Delivery.state).in_(("played", "partial")),
        func.coalesce(Delivery.reason, "") != "device_failed",
    )
    return {speaker: at for speaker, at in failed.items() if speaker not in sounded or sounded[speaker] < at}
