"""Works out what one speaker will sound, by calling the speaker's own arbitration at each instant that matters.

`python -m schedules.preview FILE.json`: reads a plan, and prints as JSON the stretches that will sound.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from schedules.arbitration import LONG_AGO, Conditions, Decision, Item, arbitrate, free_after
from wire.broadcast import Broadcast
from wire.instants import Instant, format_instant
from wire.model import Malformed, WireModel
from wire.outcomes import Reason
from wire.settings import MAX_QUIET_HOURS, QuietHours, ZoneName

_MS = timedelta(milliseconds=1)
_MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class Stretch:
    """A broadcast from one instant to another without interruption, repetitions and their pauses included.

    `offset_ms`: the position in the broadcast at which the stretch begins.
    """

    broadcast: str
    from_: datetime
    to: datetime
    offset_ms: int


@dataclass(frozen=True)
class Final:
    """The final state of a broadcast, its reason, and when it comes to that state."""

    state: Literal["played", "partial", "missed", "cancelled"]
    reason: Reason | None
    at: datetime


@dataclass(frozen=True)
class Outlook:
    """All stretches of one speaker, in order, and the final state of each broadcast that comes to one, by its id."""

    stretches: tuple[Stretch, ...]
    finals: Mapping[str, Final]


def item_of(broadcast: Broadcast) -> Item:
    """The arbitration item of a broadcast message; its sound counts as on the disk."""
    return Item(
        broadcast.broadcast,
        broadcast.bulletin_class,
        broadcast.begins_at,
        broadcast.latest_start,
        broadcast.expires_at,
        broadcast.length_ms,
        at_once=broadcast.starts_at is None,
        withdrawn="cancelled" if broadcast.state == "cancelled" else None,
    )


def look_ahead(
    items: Sequence[Item],
    *,
    now: datetime,
    quiet_hours: Sequence[QuietHours] = (),
    zone: tzinfo,
    muted: bool = False,
    until: datetime | None = None,
) -> Outlook:
    """Carry out one speaker's plan from `now` on, until no item is left or `until`.

    The speaker counts as able all the time. An item exists from its `known_at` on, its sound from `sound_at` on.
    """
    speaker = _SimulatedSpeaker(items, Conditions(able_since=LONG_AGO, muted=muted, quiet_hours=quiet_hours, zone=zone))
    for _ in range(_MAX_STEPS):
        again = speaker.step(now)
        if again is None or (until is not None and again >= until):
            return Outlook(tuple(speaker.stretches + speaker.still_sounding(until)), speaker.finals)
        now = again
    raise RuntimeError("the outlook doesn't come to an end")


class _SimulatedSpeaker:
    """A speaker without a device: each decision takes effect at once."""

    def __init__(self, items: Sequence[Item], conditions: Conditions) -> None:
        self._conditions = conditions
        # An item that isn't known yet, or is planned for later, changes nothing now: each step leaves it out.
        self._upcoming = sorted(items, key=_matters_from, reverse=True)
        self._open: dict[str, Item] = {}
        self.stretches: list[Stretch] = []
        self.finals: dict[str, Final] = {}

    def step(self, now: datetime) -> datetime | None:
        """Ask arbitration once, do what it says, and return when to ask again; None: never."""
        while self._upcoming and _matters_from(self._upcoming[-1]) <= now:
            item = self._upcoming.pop()
            self._open[item.broadcast] = item
        decision = arbitrate([_without_future_sound(item, now) for item in self._open.values()], self._conditions, now)
        self._stop(decision, now)
        for ending in decision.endings:
            self._end(ending.broadcast, Final(ending.state, ending.reason, now))
        if decision.begins is not None:
            begun = self._open[decision.begins.broadcast]
            self._open[begun.broadcast] = replace(begun, begun_at=now, is_sounding=True)
        coming = [item.sound_at for item in self._open.values() if item.sound_at is not None and item.sound_at > now]
        coming += [_matters_from(item) for item in self._upcoming[-1:]]
        coming += [decision.look_again_at] if decision.look_again_at is not None else []
        return min(coming, default=None)

    def still_sounding(self, until: datetime | None) -> list[Stretch]:
        """The stretch that sounds when the simulation ends, cut at `until`."""
        return [
            Stretch(item.broadcast, item.begun_at, min(item.ends_at, until or item.ends_at), item.position_ms)
            for item in self._open.values()
            if item.is_sounding and item.begun_at
        ]

    def _stop(self, decision: Decision, now: datetime) -> None:
        ended = {ending.broadcast for ending in decision.endings}
        for item in list(self._open.values()):
            if not item.is_sounding or item.broadcast == decision.sounding or item.begun_at is None:
                continue
            to = min(now, item.ends_at)
            self.stretches.append(Stretch(item.broadcast, item.begun_at, to, item.position_ms))
            heard_ms = (to - item.begun_at) // _MS
            self._open[item.broadcast] = replace(item, is_sounding=False, position_ms=item.position_ms + heard_ms)
            if item.broadcast in ended or item.ends_at <= now:
                free_since = free_after(self._conditions.free_since, item.bulletin_class, to)
                self._conditions = replace(self._conditions, free_since=free_since)
            if item.broadcast not in ended and item.ends_at <= now:
                self._end(item.broadcast, Final("played", None, to))

    def _end(self, broadcast: str, final: Final) -> None:
        self.finals[broadcast] = final
        del self._open[broadcast]


def _matters_from(item: Item) -> datetime:
    if item.at_once or item.withdrawn is not None or item.begun_at is not None:
        return item.known_at
    return max(item.known_at, item.begins_at)


def _without_future_sound(item: Item, now: datetime) -> Item:
    """The item as the speaker knows it at `now`: without a sound that comes later."""
    return replace(item, sound_at=None) if item.sound_at is not None and item.sound_at > now else item


class PreviewInput(WireModel):
    """The command's input file."""

    now: Instant
    time_zone: ZoneName
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(strict=False, max_length=MAX_QUIET_HOURS)] = ()
    muted: bool = False
    broadcasts: Annotated[tuple[Broadcast, ...], Field(strict=False)]


def preview(asked: PreviewInput) -> list[dict[str, str | int]]:
    """The stretches as the command prints them, sorted by start, then id; of each broadcast only the last revision."""
    newest: dict[str, Broadcast] = {}
    for each in sorted(asked.broadcasts, key=lambda each: each.revision):
        newest[each.broadcast] = each
    zone = ZoneInfo(asked.time_zone)
    outlook = look_ahead(
        [item_of(each) for each in newest.values()],
        now=asked.now,
        quiet_hours=asked.quiet_hours,
        zone=zone,
        muted=asked.muted,
    )
    return [
        {
            "broadcast": each.broadcast,
            "from": format_instant(each.from_),
            "to": format_instant(each.to),
            "offset_ms": each.offset_ms,
        }
        for each in sorted(outlook.stretches, key=lambda each: (each.from_, each.broadcast))
    ]


def main(arguments: Sequence[str]) -> int:
    """Print what will sound; returns 2 where the file can't be read, with a sentence on standard error."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m schedules.preview FILE.json\n")
        return 2
    try:
        asked = PreviewInput.from_json(Path(arguments[0]).read_bytes())
    except (OSError, Malformed) as error:
        sys.stderr.write(f"{arguments[0]} can't be read as a plan: {error}\n")
        return 2
    sys.stdout.write(json.dumps(preview(asked), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
