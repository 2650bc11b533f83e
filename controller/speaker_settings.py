"""What a speaker is told about itself, by its row, its areas and what holds them silent; each revision is a row."""

from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from controller.area_tree import AreaTree
from controller.database import note
from controller.revisions import next_revision
from controller.station import keys_in_force, time_zone
from controller.tables import Silence, Speaker, SpeakerSettings
from wire.instants import format_instant


def last_settings(session: Session, speaker: str) -> SpeakerSettings | None:
    """The newest revision."""
    return session.exec(
        select(SpeakerSettings)
        .where(SpeakerSettings.speaker == speaker)
        .order_by(col(SpeakerSettings.revision).desc())
        .limit(1)
    ).first()


def newest_settings(session: Session) -> list[SpeakerSettings]:
    """The newest revision of each speaker."""
    newest = (
        select(SpeakerSettings.speaker, func.max(SpeakerSettings.revision).label("revision"))
        .group_by(col(SpeakerSettings.speaker))
        .subquery()
    )
    return list(
        session.exec(
            select(SpeakerSettings).join(
                newest,
                (newest.c.speaker == SpeakerSettings.speaker) & (newest.c.revision == SpeakerSettings.revision),
            )
        ).all()
    )


def refresh_settings(
    session: Session, now: datetime, speaker: Speaker, tree: AreaTree, *, above: int = 0, again: bool = False
) -> None:
    """Write a new revision where something has changed, or `again`; always above the revision `above`."""
    last = last_settings(session, speaker.speaker)
    content = _content(session, speaker, tree)
    if last is not None and not again and above <= last.revision:
        told = {name: value for name, value in last.content.items() if name not in ("revision", "issued_at")}
        if told == content:
            return
    revision = next_revision(now, max(last.revision if last else 0, above))
    travels = {**content, "revision": revision, "issued_at": format_instant(now)}
    session.add(SpeakerSettings(speaker=speaker.speaker, revision=revision, content=travels))
    note(session, "speaker", speaker.speaker)


def refresh_all(session: Session, now: datetime) -> None:
    """Something that all speakers are told has changed."""
    tree = AreaTree(session)
    for speaker in session.exec(select(Speaker)).all():
        refresh_settings(session, now, speaker, tree)


def _content(session: Session, speaker: Speaker, tree: AreaTree) -> dict[str, Any]:
    chain = tree.chain(speaker.area)
    return {
        "speaker": speaker.speaker,
        "name": speaker.name,
        "areas": chain,
        "time_zone": time_zone(session),
        "volume": speaker.volume,
        "muted": speaker.muted or held_silent(session, chain) is not None,
        "quiet_hours": tree.quiet_hours(speaker.area),
        "output_delay_ms": speaker.output_delay_ms,
        "kept_clips": [],
        "keys": keys_in_force(session),
    }


def held_silent(session: Session, chain: list[str]) -> Silence | None:
    """What holds these areas silent, if anything does."""
    return session.exec(
        select(Silence).where(col(Silence.area).in_(chain), col(Silence.lifted_at).is_(None)).limit(1)
    ).first()
