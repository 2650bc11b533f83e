"""Silence: stop what sounds in an area or begins there within the hour, and, if held, keep it silent until lifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from controller.broadcasts.deliveries import ENDED
from controller.broadcasts.instants import ORDERED_START_COLUMN, ordered_start
from controller.broadcasts.lifecycle import withdraw
from controller.broadcasts.revisions import add_revision
from controller.broadcasts.states import may_still_sound, tallies
from controller.database.tables import Broadcast, Delivery, Officer, Silence, Speaker, SpeakerStatus
from controller.database.transactions import note_change
from controller.errors import Conflict
from controller.station import audit
from controller.station.area_tree import AreaTree, area_tree
from controller.station.held_silent import silences_in_force
from controller.station.speaker_lists import all_speakers
from controller.station.speaker_settings import newest_settings, refresh_settings
from wire.broadcast import MAX_NAMES
from wire.ids import new_ulid

REACHES = timedelta(hours=1)
_SOUNDS_AT_MOST = timedelta(days=1)
"""How long something may sound on after its expiry."""


@dataclass(frozen=True)
class Silenced:
    """What an order of silence did: broadcasts cancelled whole, and those that go on elsewhere."""

    cancelled: tuple[str, ...]
    reduced: tuple[str, ...]


def silence_area(session: Session, now: datetime, officer: Officer, area: str, *, hold: bool) -> Silenced:
    """Order silence. Raises NotFound, Forbidden, Conflict. The same order twice does no more than once."""
    tree = area_tree(session)
    tree.require(area)
    tree.require_charge(officer, [area])
    silenced = tree.subtree([area])
    everyone = all_speakers(session)
    cancelled, reduced = [], []
    for row in _due(session, now):
        rest = _rest(tree, everyone, row, silenced)
        if rest is None:
            continue
        areas, speakers = rest
        if row.expires_at is not None and row.expires_at <= now:
            # A new revision lives on for a while: by it, it must begin nowhere any more.
            areas, speakers = [], [name for name in _sounding_at(session, row) if everyone[name].area not in silenced]
        only_there = not areas and not speakers
        # What was found at speakers and isn't approved here can be called off, and not ordered anew for the rest.
        unknown = row.planned_at is not None and row.submission is None
        if only_there or (unknown and not hold):
            withdraw(session, now, officer, row)
            cancelled.append(row.broadcast)
        elif not unknown and len(areas) + len(speakers) <= MAX_NAMES:
            row.areas, row.speakers = areas, speakers
            session.add(row)
            note_change(session, "broadcast", row.broadcast)
            if row.planned_at is not None:
                add_revision(session, now, row, state="planned")
            reduced.append(row.broadcast)
        elif not hold:  # held, the speakers are muted, and the broadcast can stay as it is
            raise Conflict("silence_leaves_too_many_places", title=row.title, most=MAX_NAMES)
    if hold and _held(session, area) is None:
        session.add(Silence(silence=new_ulid(now), area=area, held_by=officer.officer, held_at=now))
        session.flush()
        _tell_speakers(session, now, tree, area)
    audit.record(
        session, now, officer.officer, "silence ordered", area, hold=hold, cancelled=cancelled, reduced=reduced
    )
    return Silenced(tuple(cancelled), tuple(reduced))


def lift_silence(session: Session, now: datetime, officer: Officer, area: str) -> None:
    """Let the area sound again. Raises NotFound, Forbidden. Lifting what isn't held changes nothing."""
    tree = area_tree(session)
    tree.require(area)
    tree.require_charge(officer, [area])
    held = _held(session, area)
    if held is None:
        return
    held.lifted_at, held.lifted_by = now, officer.officer
    session.add(held)
    session.flush()
    _tell_speakers(session, now, tree, area)
    audit.record(session, now, officer.officer, "silence lifted", area)


def would_stop(session: Session, now: datetime, tree: AreaTree, area: str) -> list[Broadcast]:
    """What an order of silence there would stop now or keep from beginning within the hour, by its instants."""
    silenced = tree.subtree([area])
    everyone = all_speakers(session)
    rows = [row for row in _due(session, now) if _rest(tree, everyone, row, silenced) is not None]
    return sorted(rows, key=ordered_start)


@dataclass(frozen=True)
class Answers:
    """Who has said since that it is silent, and who hasn't."""

    silent: tuple[Speaker, ...]
    unanswered: tuple[Speaker, ...]


def answers(session: Session, now: datetime, tree: AreaTree, area: str) -> Answers:
    """By what they said: there, not playing, and done with each broadcast that was taken from them.

    Where silence is held, also with the settings that say so. A status alone may be older than the order.
    """
    speakers = tree.speakers_in(session, [area])
    ids = [row.speaker for row in speakers]
    last_words = {
        row.speaker: row for row in session.exec(select(SpeakerStatus).where(col(SpeakerStatus.speaker).in_(ids))).all()
    }
    told = {row.speaker: row.revision for row in newest_settings(session, ids)}
    held = {each.area for each in silences_in_force(session)}
    may_begin = _not_given_up(session, now, tree, speakers)
    silent: list[Speaker] = []
    unanswered: list[Speaker] = []
    for speaker in speakers:
        last_word = last_words[speaker.speaker]
        muted = last_word.settings_revision == told.get(speaker.speaker)
        quiet = (
            speaker.is_online
            and not last_word.status.get("playing")
            and speaker.speaker not in may_begin
            and (muted or held.isdisjoint(tree.chain(speaker.area)))
        )
        (silent if quiet else unanswered).append(speaker)
    return Answers(tuple(silent), tuple(unanswered))


def _not_given_up(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> set[str]:
    """Those that haven't said that it is over with a broadcast that was cancelled or no longer names them."""
    chains = {row.speaker: tree.chain(row.area) for row in speakers}
    rows = session.exec(
        select(Delivery.speaker, Broadcast)
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(
            col(Delivery.speaker).in_(chains),
            col(Delivery.state).not_in(ENDED),
            col(Broadcast.announcement).is_not(None),
            col(Broadcast.expires_at) > now - _SOUNDS_AT_MOST,
            now + REACHES >= ORDERED_START_COLUMN,
        )
    ).all()
    return {
        speaker
        for speaker, row in rows
        if row.cancelled_at is not None
        or not (speaker in row.speakers or any(area in row.areas for area in chains[speaker]))
    }


def _held(session: Session, area: str) -> Silence | None:
    return session.exec(select(Silence).where(Silence.area == area, col(Silence.lifted_at).is_(None))).first()


def _tell_speakers(session: Session, now: datetime, tree: AreaTree, area: str) -> None:
    refresh_settings(session, now, tree.speakers_in(session, [area]), tree)


def _due(session: Session, now: datetime) -> list[Broadcast]:
    """What sounds, or could begin within the hour: also what still waits for approval or goes on after a pause."""
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.announcement).is_not(None),
            col(Broadcast.expires_at) > now - _SOUNDS_AT_MOST,
            now + REACHES >= ORDERED_START_COLUMN,
        )
    ).all()
    counted = tallies(session, [row.broadcast for row in rows])
    return [row for row in rows if may_still_sound(row, counted[row.broadcast], now)]


def _sounding_at(session: Session, row: Broadcast) -> list[str]:
    started = select(Delivery.speaker).where(Delivery.broadcast == row.broadcast, Delivery.state == "started")
    return sorted(session.exec(started).all())


def _rest(
    tree: AreaTree, everyone: Mapping[str, Speaker], row: Broadcast, silenced: set[str]
) -> tuple[list[str], list[str]] | None:
    """Whom a broadcast still names outside the silenced areas; None where it didn't name anybody inside.

    `everyone`: all speakers by their ids.
    """
    speakers = [name for name in row.speakers if name not in everyone or everyone[name].area not in silenced]
    areas: list[str] = []
    split: set[str] = set()
    todo = [area for area in row.areas if area in tree.by_id]
    untouched = len(speakers) == len(row.speakers)
    while todo:
        area = todo.pop(0)
        if area in silenced:
            untouched = False
        elif silenced & tree.subtree([area]):
            untouched = False
            todo += [child.area for child in tree.children.get(area, [])]
            split.add(area)
        else:
            areas.append(area)
    if untouched:
        return None
    standing_there = {name for name, speaker in everyone.items() if speaker.area in split}
    return areas, speakers + sorted(standing_there - set(speakers))
