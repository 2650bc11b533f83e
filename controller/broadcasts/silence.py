"""Silencing an area: stop what sounds there or begins within the hour; if held, keep it silent until lifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from controller.broadcasts.deliveries import ENDED
from controller.broadcasts.lifecycle import cancel_unchecked
from controller.broadcasts.revisions import add_revision, last_revision, out_of_reach
from controller.broadcasts.states import may_still_sound, tallies
from controller.database.tables import Broadcast, Delivery, Silence, Speaker
from controller.database.transactions import note_change
from controller.orders.agreed import NotAgreed
from controller.orders.instants import WANTED_START_COLUMN, may_sound_on, ordered_start
from controller.station import audit
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import require
from controller.station.held_silent import silence_over, silences_in_force
from controller.station.last_words import last_words
from controller.station.speaker_lists import all_speakers
from controller.station.speaker_settings import are_settings_in_force, newest_settings, refresh_settings, told_of
from wire.broadcast import MAX_NAMES, names_speaker
from wire.ids import new_ulid

SILENCE_REACHES_AHEAD = timedelta(hours=1)


@dataclass(frozen=True)
class Silenced:
    """The broadcasts that were cancelled everywhere, and those that go on outside the area.

    `unsplit`: those cancelled that could have gone on, if a broadcast could name so many places.
    """

    cancelled: tuple[str, ...]
    reduced: tuple[str, ...]
    unsplit: tuple[str, ...]


def silence_area(session: Session, now: datetime, by: audit.Doer, area: str, *, hold: bool) -> Silenced:
    """Silence an area, emergencies included; `hold`: until the silence is lifted. Twice is the same as once.

    No broadcast can prevent it: one that can't go on outside the area alone is cancelled everywhere, or with `hold`
    stays as it is, because the speakers are muted. Raises NotFound, Forbidden.
    """
    tree = area_tree(session)
    tree.require(area)
    _require_editor(session, now, by, area)
    silenced = tree.subtree([area])
    speakers_by_id = all_speakers(session)
    cancelled: list[str] = []
    reduced: list[str] = []
    unsplit: list[str] = []
    for row, areas, speakers in _to_stop(session, now, tree, speakers_by_id, silenced):
        if row.expires_at is not None and row.expires_at <= now:
            # A new revision gets a new expiry, and must let it begin nowhere: it names only speakers that sound it now.
            areas, speakers = (
                [],
                [name for name in _sounding_at(session, row) if speakers_by_id[name].area not in silenced],
            )
        # A broadcast without approval here (a speaker reported it) can be cancelled, but not get a planned revision.
        lacks_approval = row.planned_at is not None and row.submission is None
        too_many = len(areas) + len(speakers) > MAX_NAMES
        if hold and (too_many or (lacks_approval and (areas or speakers))):
            continue
        if (areas or speakers) and not too_many and not lacks_approval and _reduce(session, now, row, areas, speakers):
            reduced.append(row.broadcast)
            continue
        cancel_unchecked(session, now, by, row)
        cancelled.append(row.broadcast)
        if too_many:
            unsplit.append(row.broadcast)
    if hold and _held_silence(session, area) is None:
        session.add(Silence(silence=new_ulid(now), area=area, held_by=by.officer, held_at=now))
        session.flush()
        _refresh_settings_in(session, now, tree, area)
    audit.record_of(
        session, now, by, "silence ordered", area, hold=hold, cancelled=cancelled, reduced=reduced, unsplit=unsplit
    )
    return Silenced(tuple(cancelled), tuple(reduced), tuple(unsplit))


def _reduce(session: Session, now: datetime, row: Broadcast, areas: list[str], speakers: list[str]) -> bool:
    """Let a broadcast go on in these places alone. False: it isn't approved even there, and must be cancelled."""
    before = row.areas, row.speakers
    row.areas, row.speakers = areas, speakers
    session.add(row)
    note_change(session, "broadcast", row.broadcast)
    if row.planned_at is None:
        return True
    try:
        add_revision(session, now, row, state="planned")
    except NotAgreed:
        row.areas, row.speakers = before  # a stop is never refused because of what isn't approved
        return False
    return True


def lift_silence(session: Session, now: datetime, by: audit.Doer, area: str) -> None:
    """Lift a held silence. Raises NotFound, Forbidden. Changes nothing if the area isn't held silent."""
    tree = area_tree(session)
    tree.require(area)
    _require_editor(session, now, by, area)
    held = _held_silence(session, area)
    if held is None:
        return
    held.lifted_at, held.lifted_by = now, by.officer
    session.add(held)
    session.flush()
    _refresh_settings_in(session, now, tree, area)
    audit.record_of(session, now, by, "silence lifted", area)


def would_stop(session: Session, now: datetime, tree: AreaTree, area: str) -> list[Broadcast]:
    """The broadcasts that silencing the area now would stop or keep from beginning, by start."""
    found = _to_stop(session, now, tree, all_speakers(session), tree.subtree([area]))
    return sorted((row for row, _areas, _speakers in found), key=ordered_start)


@dataclass(frozen=True)
class SilenceAnswers:
    """The speakers of an area that have confirmed silence, and those that haven't.

    `unanswered` also has those that were moved out of the area while a broadcast for it sounded.
    """

    silent: tuple[Speaker, ...]
    unanswered: tuple[Speaker, ...]


def silence_answers(session: Session, now: datetime, tree: AreaTree, area: str) -> SilenceAnswers:
    """Which speakers have confirmed that they are silent.

    A speaker has if it is online, its status says that nothing plays, and it has reported the end of each broadcast
    that was cancelled or reduced; where silence is held, also if it has the newest settings. A status alone doesn't
    prove it: it may be older than the order.
    """
    speakers = tree.speakers_in(session, [area])
    last = last_words(session, speakers)
    told = {row.speaker: row for row in newest_settings(session, list(last))}
    silences = silences_in_force(session)
    may_begin = _speakers_yet_to_stop(session, now, tree, speakers)
    moved_away = _moved_away(session, now, tree, area)
    silent: list[Speaker] = []
    unanswered: list[Speaker] = []
    for speaker in speakers:
        last_word = last[speaker.speaker]
        is_held = silence_over(silences, tree.chain(speaker.area)) is not None
        is_silent = (
            speaker.is_online
            and not last_word.status.get("playing")
            and speaker.speaker not in may_begin
            and (not is_held or are_settings_in_force(last_word, told.get(speaker.speaker)))
        )
        (silent if is_silent else unanswered).append(speaker)
    return SilenceAnswers(tuple(silent), (*unanswered, *moved_away))


def _speakers_yet_to_stop(session: Session, now: datetime, tree: AreaTree, speakers: Sequence[Speaker]) -> set[str]:
    """The speakers that have not reported the end of a broadcast that was cancelled or is no longer for them."""
    chains = {row.speaker: set(tree.chain(row.area)) for row in speakers}
    rows = session.exec(_open_deliveries(now).where(col(Delivery.speaker).in_(chains))).all()
    return {
        speaker.speaker
        for speaker, row in rows
        if row.cancelled_at is not None or not names_speaker(row, speaker.speaker, chains[speaker.speaker])
    }


def _moved_away(session: Session, now: datetime, tree: AreaTree, area: str) -> list[Speaker]:
    """The speakers elsewhere that haven't ended a broadcast which isn't for them, and were told of this area meanwhile.

    They were moved while it sounded, or not long before it was to begin.
    """
    rows = session.exec(_open_deliveries(now).where(col(Speaker.area).not_in(tree.subtree([area])))).all()
    elsewhere: dict[str, Speaker] = {}
    since: dict[str, datetime] = {}
    for speaker, row in rows:
        if row.planned_at is not None and not names_speaker(row, speaker.speaker, set(tree.chain(speaker.area))):
            elsewhere[speaker.speaker] = speaker
            since[speaker.speaker] = min(row.planned_at, since.get(speaker.speaker, row.planned_at))
    told = told_of(session, area, since) if since else set()
    return [speaker for name, speaker in elsewhere.items() if name in told]


def _open_deliveries(now: datetime) -> Select[Speaker, Broadcast]:
    """The deliveries that have not ended, of broadcasts that sound or may begin within the hour."""
    return (
        select(Speaker, Broadcast)
        .join(Delivery, col(Delivery.speaker) == col(Speaker.speaker))
        .join(Broadcast, col(Broadcast.broadcast) == col(Delivery.broadcast))
        .where(
            col(Delivery.state).not_in(ENDED),
            col(Broadcast.announcement).is_not(None),
            may_sound_on(now),
            now + SILENCE_REACHES_AHEAD >= WANTED_START_COLUMN,
        )
        .order_by(col(Speaker.speaker))
    )


def _require_editor(session: Session, now: datetime, by: audit.Doer, area: str) -> None:
    """Raises Forbidden. Who runs a command at the machine may stop everything there."""
    if not isinstance(by, audit.SystemUser):
        require(session, now, by, "editor", [area])


def _held_silence(session: Session, area: str) -> Silence | None:
    return silence_over(silences_in_force(session), [area])


def _refresh_settings_in(session: Session, now: datetime, tree: AreaTree, area: str) -> None:
    refresh_settings(session, now, tree.speakers_in(session, [area]), tree)


def _to_stop(
    session: Session, now: datetime, tree: AreaTree, speakers_by_id: Mapping[str, Speaker], silenced: set[str]
) -> list[tuple[Broadcast, list[str], list[str]]]:
    """The broadcasts to stop in these areas, each with the (areas, speakers) in which it goes on.

    All its places, where it is for none of these areas, and a speaker was moved into them that hasn't ended it.
    """
    lefts = {
        row.broadcast: (row, _left_outside(tree, speakers_by_id, row, silenced))
        for row in _broadcasts_to_stop(session, now)
    }
    moved_in = _moved_into(session, silenced, [broadcast for broadcast, (_, left) in lefts.items() if left is None])
    found = []
    for row, left in lefts.values():
        if left is not None:
            found.append((row, *left))
        elif row.broadcast in moved_in:
            found.append((row, row.areas, row.speakers))
    return found


def _moved_into(session: Session, areas: set[str], broadcasts: Sequence[str]) -> set[str]:
    """Those of the broadcasts that a speaker hasn't ended which was moved into these areas, out of their reach."""
    open_there = session.exec(
        select(Delivery.broadcast)
        .join(Speaker, col(Speaker.speaker) == col(Delivery.speaker))
        .where(col(Delivery.broadcast).in_(broadcasts), col(Delivery.state).not_in(ENDED), col(Speaker.area).in_(areas))
        .distinct()
    ).all()
    revisions = {each: last_revision(session, each) for each in open_there}
    return {
        broadcast
        for broadcast, last in revisions.items()
        if last is not None and any(row.area in areas for row in out_of_reach(session, broadcast, last.topics))
    }


def _broadcasts_to_stop(session: Session, now: datetime) -> list[Broadcast]:
    """Broadcasts that sound, or are wanted within the hour, approved or not; also those in a pause.

    One that gives way to another begins later than wanted, and comes back to that hour when the other is stopped.
    """
    rows = session.exec(
        select(Broadcast).where(
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.announcement).is_not(None),
            may_sound_on(now),
            now + SILENCE_REACHES_AHEAD >= WANTED_START_COLUMN,
        )
    ).all()
    tallied = tallies(session, [row.broadcast for row in rows])
    return [row for row in rows if may_still_sound(row, tallied[row.broadcast], now)]


def _sounding_at(session: Session, row: Broadcast) -> list[str]:
    started = select(Delivery.speaker).where(Delivery.broadcast == row.broadcast, Delivery.state == "started")
    return sorted(session.exec(started).all())


def _left_outside(
    tree: AreaTree, speakers_by_id: Mapping[str, Speaker], row: Broadcast, silenced: set[str]
) -> tuple[list[str], list[str]] | None:
    """(areas, speakers) left after removing `silenced` from a broadcast; None if it names nothing inside.

    An area that contains silenced areas is replaced by its children and the speakers that stand in itself.
    """
    speakers = [
        name for name in row.speakers if name not in speakers_by_id or speakers_by_id[name].area not in silenced
    ]
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
    in_split_areas = {name for name, speaker in speakers_by_id.items() if speaker.area in split}
    return areas, speakers + sorted(in_split_areas - set(speakers))
