"""How speakers stand at one moment, in one word each: working, offline, muted, soundless."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from controller.database.tables import Broadcast, Delivery, Silence, Speaker, SpeakerStatus
from controller.station.area_tree import AreaTree
from controller.station.held_silent import silences_in_force

SpeakerStanding = Literal["working", "offline", "muted", "soundless"]

_URGENT: tuple[SpeakerStanding, ...] = ("offline", "soundless", "muted")
_LOOKS_BACK = timedelta(days=7)


@dataclass(frozen=True)
class SpeakerNow:
    """A speaker, its last word, and how it stands since when (None: not known, or never heard of)."""

    speaker: Speaker
    last_word: SpeakerStatus
    standing: SpeakerStanding
    since: datetime | None

    @property
    def only_held(self) -> bool:
        """Whether nothing is wrong with it: its area is held silent, which every page says once."""
        return self.standing == "muted" and not self.speaker.muted

    @property
    def heard_of(self) -> datetime | None:
        """When it last said something; None: never."""
        return self.last_word.received_at if self.last_word.status else None


def speakers_now(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> list[SpeakerNow]:
    """How these speakers stand, in their order."""
    ids = [row.speaker for row in speakers]
    last_words = {
        row.speaker: row for row in session.exec(select(SpeakerStatus).where(col(SpeakerStatus.speaker).in_(ids))).all()
    }
    held = silences_in_force(session)
    failed = _device_failed_since(session, now)
    return [_stands(row, last_words[row.speaker], _held(tree, held, row), failed.get(row.speaker)) for row in speakers]


def by_urgency(speakers: Sequence[SpeakerNow]) -> list[SpeakerNow]:
    """Those that are not well, what is worst first."""
    return sorted((each for each in speakers if each.standing != "working"), key=lambda e: _URGENT.index(e.standing))


def counted(speakers: Sequence[SpeakerNow]) -> dict[SpeakerStanding, int]:
    """How many stand how; those that nobody stands in are missing."""
    return dict(Counter(each.standing for each in speakers))


def _stands(speaker: Speaker, last_word: SpeakerStatus, held: Silence | None, failed_at: datetime | None) -> SpeakerNow:
    if not speaker.is_online:
        return SpeakerNow(speaker, last_word, "offline", last_word.received_at if last_word.status else None)
    if speaker.muted:
        return SpeakerNow(speaker, last_word, "muted", speaker.muted_at)
    if failed_at is not None:
        return SpeakerNow(speaker, last_word, "soundless", failed_at)
    if held is not None:
        return SpeakerNow(speaker, last_word, "muted", held.held_at)
    return SpeakerNow(speaker, last_word, "working", last_word.online_since)


def _held(tree: AreaTree, held: list[Silence], speaker: Speaker) -> Silence | None:
    if not held:
        return None
    chain = set(tree.chain(speaker.area))
    return next((each for each in held if each.area in chain), None)


def _device_failed_since(session: Session, now: datetime) -> dict[str, datetime]:
    """Speakers whose device failed the last time that it should have sounded, and when."""

    def last(*conditions: ColumnElement[bool]) -> dict[str, datetime]:
        rows = session.exec(
            select(Delivery.speaker, func.max(Delivery.ended_at))
            .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
            .where(col(Broadcast.expires_at) > now - _LOOKS_BACK, *conditions)
            .group_by(col(Delivery.speaker))
        ).all()
        return {speaker: at for speaker, at in rows if at is not None}

    failed = last(col(Delivery.reason) == "device_failed")
    if not failed:
        return {}
    well = last(
        col(Delivery.speaker).in_(failed),
        col(Delivery.state).in_(("played", "partial")),
        func.coalesce(Delivery.reason, "") != "device_failed",
    )
    return {speaker: at for speaker, at in failed.items() if speaker not in well or well[speaker] < at}
