"""Which clips have room on the disk: laws for any plan and any disk."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from speaker_agent.clips.clip_room import NeededClip, share_room
from wire.clips import OGG_OPUS, Clip

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SIZES = {f"{number:064x}": 1 + number * 7 % 40 for number in range(12)}


def clip_named(sha256: str) -> Clip:
    return Clip(sha256=sha256, bytes=SIZES[sha256], duration_ms=1, media_type=OGG_OPUS)


WISHES = st.lists(
    st.builds(
        lambda sha256, hours, must: NeededClip(clip_named(sha256), (START + timedelta(hours=hours), 2, sha256), must),
        st.sampled_from(list(SIZES)),
        st.integers(0, 300),
        st.booleans(),
    ),
    max_size=20,
)
HELD = st.sets(st.sampled_from(list(SIZES))).map(lambda held: {sha256: SIZES[sha256] for sha256 in held})
ROOM = st.integers(0, 250)


@given(WISHES, HELD, ROOM)
def test_a_clip_that_must_be_there_always_has_room(wishes: list[NeededClip], held: dict[str, int], room: int) -> None:
    shares = share_room(wishes, held, room)
    for wish in wishes:
        if wish.required:
            assert wish.clip in shares.room
            assert wish.clip.sha256 not in shares.evict


@given(WISHES, HELD, ROOM)
def test_clips_stay_within_the_room_unless_those_that_must_be_there_exceed_it(
    wishes: list[NeededClip], held: dict[str, int], room: int
) -> None:
    shares = share_room(wishes, held, room)
    there = (held.keys() - set(shares.evict)) | {clip.sha256 for clip in shares.room}
    must = {wish.clip.sha256 for wish in wishes if wish.required}
    if sum(SIZES[sha256] for sha256 in there) > room:
        assert there == must


@given(WISHES, HELD, ROOM)
def test_no_clip_is_removed_while_all_have_room(wishes: list[NeededClip], held: dict[str, int], room: int) -> None:
    everything = held.keys() | {wish.clip.sha256 for wish in wishes}
    shares = share_room(wishes, held, sum(SIZES[sha256] for sha256 in everything) + room)
    assert shares.evict == ()
    assert shares.without == ()


@given(WISHES, HELD, ROOM)
def test_a_clip_is_not_fetched_before_one_that_is_needed_sooner_and_could_have_room(
    wishes: list[NeededClip], held: dict[str, int], room: int
) -> None:
    shares = share_room(wishes, held, room)
    soonest: dict[str, tuple[datetime, int, str]] = {}
    for wish in sorted(wishes, key=lambda wish: wish.urgency):
        soonest.setdefault(wish.clip.sha256, wish.urgency)
    must = {wish.clip.sha256 for wish in wishes if wish.required}
    fetched = [clip.sha256 for clip in shares.room if clip.sha256 not in held and clip.sha256 not in must]
    waiting = [clip.sha256 for clip in shares.without if clip.bytes <= room]
    assert not any(soonest[far] > soonest[near] for far in fetched for near in waiting)


@given(WISHES, HELD, ROOM)
def test_a_removed_clip_is_needed_later_than_all_that_are_to_be_fetched_or_not_at_all(
    wishes: list[NeededClip], held: dict[str, int], room: int
) -> None:
    shares = share_room(wishes, held, room)
    must = {wish.clip.sha256 for wish in wishes if wish.required}
    wanted = {wish.clip.sha256 for wish in wishes}
    soonest = {sha: min(wish.urgency for wish in wishes if wish.clip.sha256 == sha) for sha in wanted}
    fetched = [clip.sha256 for clip in shares.room if clip.sha256 not in held and clip.sha256 not in must]
    for gone in wanted & set(shares.evict):
        if SIZES[gone] <= room:
            assert all(soonest[gone] > soonest[each] for each in fetched)
