"""Which clips have room on this speaker's disk: first those that were promised, then the nearest in time. Pure.

Required clips have room whatever they take: those that the settings keep, those of a broadcast that has begun or whose
receipt `ready` was written, and an emergency's. The others share what is left, the most urgent first. A clip that finds
no room holds back all that are less urgent: else small clips of next week would for ever take the room that a long one
of today waits for. One that is larger than all the room together holds back none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wire.clips import Clip


@dataclass(frozen=True)
class NeededClip:
    """A clip that plan or settings need."""

    clip: Clip
    urgency: tuple[datetime, int, str]
    """When it is needed, the rank of its class, and an id so that no two are equal; the lowest is the most urgent."""
    required: bool = False
    """It has room whatever it takes."""


@dataclass(frozen=True)
class Shares:
    """`room`: the clips that have it, the most urgent first. `without`: those that wait. `evict`: to be removed."""

    room: tuple[Clip, ...]
    without: tuple[Clip, ...]
    evict: tuple[str, ...]


def share_room(needed: Sequence[NeededClip], held: Mapping[str, int], room_bytes: int) -> Shares:
    """Divide `room_bytes`, of which the clips in `held` (size by SHA-256) take a part already.

    A clip is evicted only if another needs its room: first those that are not needed, then the least urgent.
    """
    by_urgency = sorted(needed, key=lambda each: each.urgency)
    required = {each.clip.sha256 for each in needed if each.required}
    clips = {each.clip.sha256: each.clip for each in by_urgency}
    order = list(clips)
    left = room_bytes - sum(clips[sha256].bytes for sha256 in required)
    has_room, held_back = set(required), False
    for sha256 in order:
        if sha256 in required:
            continue
        size = clips[sha256].bytes
        if size <= left and not held_back:
            has_room.add(sha256)
            left -= size
        elif size <= room_bytes:
            held_back = True
    # A clip that is on the disk and got no room by its turn stays for as long as no other needs its bytes.
    evict = []
    for sha256 in [each for each in order if each not in has_room] + [each for each in held if each not in clips]:
        if sha256 not in held:
            continue
        if held[sha256] <= left:
            left -= held[sha256]
            has_room.add(sha256)
        else:
            evict.append(sha256)
    return Shares(
        room=tuple(clips[sha256] for sha256 in order if sha256 in has_room),
        without=tuple(clips[sha256] for sha256 in order if sha256 not in has_room),
        evict=tuple(evict),
    )
