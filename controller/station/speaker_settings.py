"""The settings that each speaker is sent, from its row, its areas and held silences; each revision is a row."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, true
from sqlmodel import Session, col, select

from controller.database.column_types import OfficeKeyFields, SettingsFields, UnnumberedSettingsFields
from controller.database.next_revision import next_revision
from controller.database.tables import Silence, Speaker, SpeakerSettings, SpeakerStatus
from controller.database.transactions import note_change
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import keys_in_force, time_zone
from controller.station.held_silent import silence_over, silences_in_force
from wire.instants import format_instant, parse_instant


def last_settings(session: Session, speaker: str) -> SpeakerSettings | None:
    """The newest settings revision of a speaker; None before the first."""
    return session.exec(
        select(SpeakerSettings)
        .where(SpeakerSettings.speaker == speaker)
        .order_by(col(SpeakerSettings.revision).desc())
        .limit(1)
    ).first()


def told_chain(session: Session, speaker: str) -> frozenset[str]:
    """The areas that a speaker listens to by its newest settings, whether it has received them or not."""
    told = last_settings(session, speaker)
    return frozenset(told.content["areas"]) if told else frozenset()


def told_of(session: Session, area: str, since: Mapping[str, datetime]) -> set[str]:
    """The speakers that were to listen to an area at any time since then, by the settings made for them.

    `since`: {speaker: the instant}.
    """
    revisions = session.exec(
        select(SpeakerSettings)
        .where(col(SpeakerSettings.speaker).in_(since))
        .order_by(col(SpeakerSettings.speaker), col(SpeakerSettings.revision).desc())
    ).all()
    found, passed = set[str](), set[str]()
    for row in revisions:
        if row.speaker in passed:
            continue
        if area in row.content["areas"]:
            found.add(row.speaker)
        if parse_instant(row.content["issued_at"]) < since[row.speaker]:
            passed.add(row.speaker)
    return found


def newest_settings(session: Session, speakers: Sequence[str] | None = None) -> list[SpeakerSettings]:
    """The newest settings revision of each of these speakers; `speakers` None: of all."""
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


def are_settings_in_force(last_word: SpeakerStatus, newest: SpeakerSettings | None) -> bool:
    """Whether a speaker says that it has the newest settings that the office made for it; None: it made none yet."""
    return newest is not None and last_word.settings_revision == newest.revision


def newest_settings_revisions(session: Session) -> list[tuple[str, int]]:
    """(speaker, newest settings revision) of all speakers that have one."""
    revision = func.max(SpeakerSettings.revision)
    return list(session.exec(select(SpeakerSettings.speaker, revision).group_by(col(SpeakerSettings.speaker))).all())


def refresh_settings(
    session: Session, now: datetime, speakers: Sequence[Speaker], tree: AreaTree, *, above: int = 0
) -> None:
    """Add a settings revision for each speaker whose content has changed, or whose newest revision is below `above`.

    A new revision is higher than `above`. The database is asked once for all speakers, not once for each: silencing a
    whole commune must not wait for that.
    """
    told = {row.speaker: row for row in newest_settings(session, [each.speaker for each in speakers])}
    contents = contents_now(session, speakers, tree, keys_in_force(session))
    for speaker in speakers:
        last, content = told.get(speaker.speaker), contents[speaker.speaker]
        if last is not None and last.revision >= above and has_content(last, content):
            continue
        revision = next_revision(now, max(last.revision if last else 0, above))
        numbered: SettingsFields = {**content, "revision": revision, "issued_at": format_instant(now)}
        session.add(SpeakerSettings(speaker=speaker.speaker, revision=revision, content=numbered))
        note_change(session, "settings", speaker.speaker)
        note_change(session, "speaker", speaker.speaker)


def refresh_all(session: Session, now: datetime) -> None:
    """Refresh the settings of all speakers, after a change of what all of them are sent."""
    refresh_settings(session, now, session.exec(select(Speaker)).all(), area_tree(session))


def contents_now(
    session: Session, speakers: Sequence[Speaker], tree: AreaTree, keys: list[OfficeKeyFields]
) -> dict[str, UnnumberedSettingsFields]:
    """{speaker: what its settings are to say, by the rows as they are}."""
    zone, silences = time_zone(session), silences_in_force(session)
    return {each.speaker: _settings_content(each, tree, silences, zone, keys) for each in speakers}


def has_content(last: SpeakerSettings, content: UnnumberedSettingsFields) -> bool:
    """Whether a revision says this, whatever its number and instant."""
    return {name: value for name, value in last.content.items() if name not in ("revision", "issued_at")} == content


def _settings_content(
    speaker: Speaker, tree: AreaTree, silences: list[Silence], zone: str, keys: list[OfficeKeyFields]
) -> UnnumberedSettingsFields:
    chain = tree.chain(speaker.area)
    return {
        "time_zone": zone,
        "keys": keys,
        "speaker": speaker.speaker,
        "name": speaker.name,
        "areas": chain,
        "volume": speaker.volume,
        "muted": speaker.muted or silence_over(silences, chain) is not None,
        "quiet_hours": tree.quiet_hours(speaker.area),
        "output_delay_ms": speaker.output_delay_ms,
        "kept_clips": [],
    }
