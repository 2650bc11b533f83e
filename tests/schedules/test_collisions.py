"""Broadcasts that want the same minutes: the laws of their order, tried on generated afternoons."""

import random
from collections.abc import Set
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schedules.collisions import Wish, find_collisions, place_in_turn

FIVE_PM = datetime(2026, 11, 23, 10, tzinfo=UTC)
PAUSE = timedelta(seconds=5)
MINUTE = timedelta(minutes=1)


def wish(name: str, minute: float, minutes: float, made: int = 0, speakers: str = "s") -> Wish:
    made_at = FIVE_PM - timedelta(days=9) + made * MINUTE
    return Wish(name, FIVE_PM + minute * MINUTE, minutes * MINUTE, (made_at, name), frozenset(speakers))


@st.composite
def afternoons(draw: DrawFn) -> list[Wish]:
    names = [f"b{number}" for number in range(draw(st.integers(0, 8)))]
    quarter_minutes = st.integers(0, 60).map(lambda quarters: quarters / 4)
    return [
        wish(
            name,
            draw(quarter_minutes),
            draw(st.sampled_from([0, 0.001, 1, 2.5, 2.501, 5, 15])),
            draw(st.integers(0, 3)),
            "".join(draw(st.sets(st.sampled_from("stuv"), max_size=3))),
        )
        for name in names
    ]


@st.composite
def decided_afternoons(draw: DrawFn) -> tuple[list[Wish], list[tuple[str, str]]]:
    wishes = draw(afternoons())
    names = st.sampled_from([each.broadcast for each in wishes] or ["nobody"])
    return wishes, draw(st.lists(st.tuples(names, names), max_size=6))


pauses = st.sampled_from([timedelta(), PAUSE, timedelta(milliseconds=1500)])


def meet(one: Wish, other: Wish, starts: dict[str, datetime], pause: timedelta = timedelta()) -> bool:
    """Whether the two sound at once at a speaker, or with less than a pause between them."""
    if not one.speakers & other.speakers or not one.length or not other.length:
        return False
    begins, others = starts[one.broadcast], starts[other.broadcast]
    return begins < others + other.length + pause and others < begins + one.length + pause


def wanted(wishes: list[Wish]) -> dict[str, datetime]:
    return {each.broadcast: each.wanted_start for each in wishes}


@given(afternoons())
def test_broadcasts_collide_if_they_share_a_speaker_and_a_moment(wishes: list[Wish]) -> None:
    expected = {
        (one.broadcast, other.broadcast) if one.made < other.made else (other.broadcast, one.broadcast)
        for one, other in combinations(wishes, 2)
        if meet(one, other, wanted(wishes))
    }
    found = find_collisions(wishes)
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(decided_afternoons(), pauses)
def test_broadcasts_never_overlap_are_never_lost_and_never_begin_early(
    plan: tuple[list[Wish], list[tuple[str, str]]], pause: timedelta
) -> None:
    wishes, decided = plan
    starts = place_in_turn(wishes, decided, pause)
    assert starts.keys() == {each.broadcast for each in wishes}
    for one, other in combinations(wishes, 2):
        assert not meet(one, other, starts)
    for each in wishes:
        begins = starts[each.broadcast]
        assert begins == each.wanted_start or (begins > each.wanted_start and begins.microsecond == 0)


@given(decided_afternoons(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    plan: tuple[list[Wish], list[tuple[str, str]]], by: random.Random
) -> None:
    wishes, decided = plan
    shuffled = by.sample(wishes, len(wishes))
    assert place_in_turn(shuffled, decided, PAUSE) == place_in_turn(wishes, decided, PAUSE)
    assert find_collisions(shuffled) == find_collisions(wishes)


@given(decided_afternoons())
def test_a_broadcast_that_meets_no_other_keeps_its_instant(
    plan: tuple[list[Wish], list[tuple[str, str]]],
) -> None:
    wishes, decided = plan
    if not find_collisions(wishes):
        assert place_in_turn(wishes, decided, PAUSE) == wanted(wishes)


@given(decided_afternoons())
def test_of_two_that_meet_the_one_that_the_last_decision_put_first_goes_first(
    plan: tuple[list[Wish], list[tuple[str, str]]],
) -> None:
    wishes, decided = plan
    if not decided:
        return
    first, second = decided[-1]
    if (first, second) in find_collisions(wishes) or (second, first) in find_collisions(wishes):
        starts = place_in_turn(wishes, decided, PAUSE)
        length = next(each.length for each in wishes if each.broadcast == first)
        assert starts[second] >= starts[first] + length + PAUSE


def test_the_broadcast_made_first_goes_first_and_the_other_follows_after_a_pause() -> None:
    early, late = wish("early", 2, 5, made=1), wish("late", 0, 5, made=2)
    assert find_collisions([early, late]) == [("early", "late")]
    starts = place_in_turn([early, late], [], PAUSE)
    assert starts == {"early": early.wanted_start, "late": early.wanted_end + PAUSE}


def test_a_chain_of_collisions_is_resolved() -> None:
    a, b, c = wish("a", 0, 5, made=1), wish("b", 4, 5, made=2), wish("c", 9, 5, made=3)
    assert find_collisions([a, b, c]) == [("a", "b")]
    starts = place_in_turn([a, b, c], [], PAUSE)
    assert starts["b"] == a.wanted_end + PAUSE
    assert starts["c"] == starts["b"] + b.length + PAUSE


def test_a_decided_order_holds_also_after_giving_way_to_a_third_broadcast() -> None:
    third = wish("third", 1, 10, made=0, speakers="t")
    first, second = wish("first", 2, 5, made=2, speakers="st"), wish("second", 0, 5, made=1, speakers="s")
    starts = place_in_turn([first, second, third], [("first", "second")], PAUSE)
    assert starts["first"] == third.wanted_end + PAUSE
    assert starts["second"] == starts["first"] + first.length + PAUSE


def test_in_a_circle_of_decisions_the_newest_ones_hold() -> None:
    wishes = [wish(name, 0, 1) for name in "abc"]
    starts = place_in_turn(wishes, [("a", "b"), ("b", "c"), ("c", "a")], PAUSE)
    assert sorted(starts, key=lambda name: starts[name]) == ["b", "c", "a"]


def test_a_delayed_start_is_at_a_whole_second() -> None:
    first, second = wish("a", 0, 0.501), wish("b", 0, 1, made=1)
    assert place_in_turn([first, second], [], PAUSE)["b"] == FIVE_PM + timedelta(seconds=36)


def test_thousands_of_broadcasts_are_placed_with_few_comparisons() -> None:
    # Each with each would be sixteen million comparisons. They are counted and not timed.
    asked = 0

    class Counted(frozenset[str]):
        def __and__(self, other: Set[object]) -> frozenset[str]:
            nonlocal asked
            asked += 1
            return frozenset(self).intersection(other)

    wishes = [
        Wish(f"b{n}", FIVE_PM + n * 10 * MINUTE, 11 * MINUTE, (FIVE_PM, f"b{n}"), Counted({f"s{n % 7}", f"t{n % 5}"}))
        for n in range(4000)
    ]
    find_collisions(wishes)
    place_in_turn(wishes, [], PAUSE)
    assert asked < 100_000
