"""`loa-controller silence`: stop what sounds in an area, whether the office runs or not.

A running office finds the rows within half a second. Where none runs, this command is the office's line for some
seconds: it holds the lock of the data folder meanwhile, so that no office starts and takes its account at the broker.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from controller.broadcasts.silence import SilenceAnswers, lift_silence, silence_answers, silence_area
from controller.database.tables import Area, Broadcast
from controller.errors import Invalid
from controller.exchange.outgoing.signing import is_any_unsigned
from controller.running.app import Office
from controller.running.data_lock import InUse, alone_in
from controller.running.off_air import off_air
from controller.settings import OfficeSettings
from controller.station.area_tree import AreaTree, area_tree
from controller.station.audit import SystemUser
from controller.station.held_silent import silence_over, silences_in_force
from controller.station.last_words import last_words
from controller.station.name_order import by_name
from controller.station.speaker_settings import are_settings_in_force, newest_settings

SilenceDeed = Literal["once", "hold", "lift"]

_LOOK_EACH_S = 0.1


@dataclass(frozen=True)
class SilenceDone:
    """What became of the order within the time that was given.

    `stopped`: titles of broadcasts. `went_out`: it was sent to the speakers. `office_runs`: by the office, not by us.
    `answers`: who has confirmed it; of a lifted silence, who has the new settings. `held_by`: the area whose silence
    still holds it; None: it isn't held silent.
    """

    area: Area
    held_by: Area | None
    stopped: Sequence[str]
    went_out: bool
    office_runs: bool
    answers: SilenceAnswers


def silence(settings: OfficeSettings, given: str, deed: SilenceDeed, by: SystemUser, within_s: float) -> SilenceDone:
    """Carry it out in the area of this id or name, and wait for the speakers' answers. Raises Invalid, Conflict."""
    with off_air(settings) as office:
        with office.database.reading() as session:
            area = find_area(area_tree(session), given)
        with _line(office) as office_runs:
            with office.database.writing(first=True) as session:
                stopped = _carry_out(session, office.now(), by, area.area, deed)
                titles = [session.get_one(Broadcast, each).title for each in stopped]
            until = time.monotonic() + within_s
            while True:
                with office.database.reading() as session:
                    tree = area_tree(session)
                    speakers = [each.speaker for each in tree.speakers_in(session, [area.area])]
                    went_out = not is_any_unsigned(session, stopped, speakers)
                    answers = _answers(session, office.now(), tree, area.area, deed)
                    held = silence_over(silences_in_force(session), tree.chain(area.area))
                if (went_out and not answers.unanswered) or time.monotonic() >= until:
                    held_by = tree.by_id[held.area] if held else None
                    return SilenceDone(area, held_by, titles, went_out, office_runs, answers)
                time.sleep(_LOOK_EACH_S)


def find_area(tree: AreaTree, given: str) -> Area:
    """The area of this id, or of this name in whatever letters. Raises Invalid: there is none, or several."""
    if given in tree.by_id:
        return tree.by_id[given]
    named = [each for each in tree.by_id.values() if by_name(each.name) == by_name(given)]
    if not named:
        raise Invalid("area", "area_unknown", area=given)
    if len(named) > 1:
        listed = "; ".join(f"{each.area}: {_path(tree, each.area)}" for each in named)
        raise Invalid("area", "area_name_of_several", area=given, listed=listed)
    return named[0]


def _path(tree: AreaTree, area: str) -> str:
    return " › ".join(tree.by_id[each].name for each in tree.chain(area))


@contextmanager
def _line(office: Office) -> Iterator[bool]:
    """The line to the speakers within the block: a running office's (True), or our own."""
    try:
        with alone_in(office.settings.data_dir):
            office.start_line()
            try:
                yield False
            finally:
                office.stop_line()
    except InUse:
        yield True


def _carry_out(session: Session, now: datetime, by: SystemUser, area: str, deed: SilenceDeed) -> Sequence[str]:
    """Returns the broadcasts that were stopped there."""
    if deed == "lift":
        lift_silence(session, now, by, area)
        return ()
    done = silence_area(session, now, by, area, hold=deed == "hold")
    return (*done.cancelled, *done.reduced)


def _answers(session: Session, now: datetime, tree: AreaTree, area: str, deed: SilenceDeed) -> SilenceAnswers:
    if deed != "lift":
        return silence_answers(session, now, tree, area)
    speakers = tree.speakers_in(session, [area])
    last = last_words(session, speakers)
    newest = {row.speaker: row for row in newest_settings(session, list(last))}
    has = {name for name, each in last.items() if are_settings_in_force(each, newest.get(name))}
    return SilenceAnswers(
        tuple(each for each in speakers if each.speaker in has),
        tuple(each for each in speakers if each.speaker not in has),
    )
