"""Which sounds have room on this speaker's disk: the nearest in time, and before them what has been promised. Pure.

What must be there is fetched whatever it takes: the clips that the settings keep, those of a broadcast that was told
`ready` or has begun, and an emergency's. The others share what is left, the nearest first. One that finds no room holds
back those behind it, or the small ones far away would for ever take the room that a long one near by waits for; one
that is larger than all the room together holds nobody back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wire.clips import Clip


@dataclass(frozen=True)
class Wish:
    """A clip that is needed; `urgency` sorts, the most urgent first. `must`: it is not to be done without."""

    clip: Clip
    urgency: tuple[datetime, int, str]
    must: bool = False


@dataclass(frozen=True)
class Shares:
    """`room`: those that have it, the most urgent first; `without`: those that must wait; `evict`: those that go."""

    room: tuple[Clip, ...]
    without: tuple[Clip, ...]
    evict: tuple[str, ...]


def share_room(wishes: Sequence[Wish], held: Mapping[str, int], room_bytes: int) -> Shares:
    """Divide `room_bytes`, of which `held` (size by SHA-256) is taken. Evicted is only what stands in another's way.

    What nobody wishes for goes first, then what is farthest away.
    """
    by_urgency = sorted(wishes, key=lambda wish: wish.urgency)
    must = {wish.clip.sha256 for wish in wishes if wish.must}
    clips = {wish.clip.sha256: wish.clip for wish in by_urgency}
    order = list(clips)
    left = room_bytes - sum(clips[sha256].bytes for sha256 in must)
    has_room, held_back = set(must), False
    for sha256 in order:
        if sha256 in must:
            continue
        size = clips[sha256].bytes
        if size <= left and not held_back:
            has_room.add(sha256)
            left -= size
        elif size <= room_bytes:
            held_back = True
    # What has no room by its turn, and lies there already, stays for as long as nobody needs its place.
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
