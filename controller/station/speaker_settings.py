"""What a speaker is told about itself, by its row, its areas and what holds them silent; each revision is a row."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, true
from sqlmodel import Session, col, select

from controller.database.column_types import OfficeKeyFields, SettingsFields, UnnumberedSettingsFields
from controller.database.next_revision import next_revision
from controller.database.tables import Silence, Speaker, SpeakerSettings
from controller.database.transactions import note
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import keys_in_force, time_zone
from wire.instants import format_instant


def last_settings(session: Session, speaker: str) -> SpeakerSettings | None:
    """The newest revision."""
    return session.exec(
        select(SpeakerSettings)
        .where(SpeakerSettings.speaker == speaker)
        .order_by(col(SpeakerSettings.revision).desc())
        .limit(1)
    ).first()


def told_chain(session: Session, speaker: str) -> frozenset[str]:
    """The areas that a speaker hears, by the newest that it was told."""
    told = last_settings(session, speaker)
    return frozenset(told.content["areas"]) if told else frozenset()


def newest_settings(session: Session, speakers: Sequence[str] | None = None) -> list[SpeakerSettings]:
    """The newest revision of each of these speakers; None: of all."""
    newest = (
        select(SpeakerSettings.speaker, func.max(SpeakerSettings.revision).label("revision"))
        .where(true() if speakers is None else col(SpeakerSettings.speaker).in_(speakers))
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


def newest_settings_revisions(session: Session) -> list[tuple[str, int]]:
    """Each speaker, and the number of its newest revision."""
    revision = func.max(SpeakerSettings.revision)
    return list(session.exec(select(SpeakerSettings.speaker, revision).group_by(col(SpeakerSettings.speaker))).all())


def refresh_settings(
    session: Session, now: datetime, speakers: Sequence[Speaker], tree: AreaTree, *, above: int = 0
) -> None:
    """Write a new revision for each of whom something has changed, or whose last one lies below the revision `above`.

    What is the same for all is read once: silence over a whole commune must not wait for a question a speaker.
    """
    told = {row.speaker: row for row in newest_settings(session, [each.speaker for each in speakers])}
    zone, keys = time_zone(session), keys_in_force(session)
    silent_areas = set(session.exec(select(Silence.area).where(col(Silence.lifted_at).is_(None))).all())
    for speaker in speakers:
        last = told.get(speaker.speaker)
        content = _content(speaker, tree, silent_areas, zone, keys)
        if last is not None and last.revision >= above and _says(last, content):
            continue
        revision = next_revision(now, max(last.revision if last else 0, above))
        travels: SettingsFields = {**content, "revision": revision, "issued_at": format_instant(now)}
        session.add(SpeakerSettings(speaker=speaker.speaker, revision=revision, content=travels))
        note(session, "settings", speaker.speaker)
        note(session, "speaker", speaker.speaker)


def refresh_all(session: Session, now: datetime) -> None:
    """Something that all speakers are told has changed."""
    refresh_settings(session, now, session.exec(select(Speaker)).all(), area_tree(session))


def _says(last: SpeakerSettings, content: UnnumberedSettingsFields) -> bool:
    return {name: value for name, value in last.content.items() if name not in ("revision", "issued_at")} == content


def _content(
    speaker: Speaker, tree: AreaTree, silent_areas: set[str], zone: str, keys: list[OfficeKeyFields]
) -> UnnumberedSettingsFields:
    chain = tree.chain(speaker.area)
    return {
        "time_zone": zone,
        "keys": keys,
        "speaker": speaker.speaker,
        "name": speaker.name,
        "areas": chain,
        "volume": speaker.volume,
        "muted": speaker.muted or not silent_areas.isdisjoint(chain),
        "quiet_hours": tree.quiet_hours(speaker.area),
        "output_delay_ms": speaker.output_delay_ms,
        "kept_clips": [],
    }
