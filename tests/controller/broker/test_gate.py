"""What of a flood is read: each speaker has its own measure, an honest one is never short, and a flood is not heard."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.broker.gate import FIRST_PAUSE_S, FORGIVEN_AFTER_S, KIB, LONGEST_PAUSE_S, RECEIPT_BYTES, Gate
from controller.broker.token_bucket import Buckets, Rate, a_day
from wire.receipts import MAX_RECEIPTS
from wire.status import SILENT_AFTER_S
from wire.topics import DEFAULT_ROOT, RECEIPTS, REQUESTS, STATUS, Topic

RECEIPT_SIZE = 200
"""Bytes of one receipt in a message, about."""


class Clock:
    """Seconds that pass when a test says so."""

    now_s = 1_000.0

    def later(self, seconds: float) -> float:
        self.now_s += seconds
        return self.now_s


@pytest.fixture
def gate() -> Gate:
    return Gate(DEFAULT_ROOT)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sends(gate: Gate, clock: Clock, topic: Topic, size: int = 300, speaker: str = "thief") -> bool:
    return gate.admits(topic.under(DEFAULT_ROOT, speaker=speaker), size, clock.now_s)


@given(st.lists(st.tuples(st.floats(-5, 50), st.floats(0, 20)), max_size=60))
def test_no_more_is_taken_than_the_burst_and_what_came_since(steps: list[tuple[float, float]]) -> None:
    buckets: Buckets[str] = Buckets(Rate(burst=10, per_s=0.5))
    now_s, forward_s, taken = 0.0, 0.0, 0.0
    for passed_s, tokens in steps:
        now_s += passed_s
        forward_s += max(0.0, passed_s)
        if buckets.take("a", tokens, now_s):
            taken += tokens
    assert taken <= 10 + 0.5 * forward_s + 1e-6


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets: Buckets[str] = Buckets(a_day(4))
    assert [buckets.take("a", 1, 0) for _ in range(3)] == [True, True, False]
    assert buckets.take("b", 1, 0)
    assert not buckets.take("a", 1, 86_400 / 2 - 60)
    assert buckets.take("a", 1, 86_400 / 2)


def test_as_many_are_taken_as_there_are() -> None:
    buckets: Buckets[str] = Buckets(Rate(burst=10, per_s=1))
    assert buckets.take_up_to("a", 7, 0) == 7
    assert buckets.take_up_to("a", 7, 0.5) == 3
    assert buckets.take_up_to("a", 7, 0.5) == 0


def test_a_clock_that_is_set_back_gives_nothing_and_takes_nothing() -> None:
    buckets: Buckets[str] = Buckets(Rate(burst=10, per_s=1))
    assert buckets.take("a", 10, 1_000)
    assert not buckets.take("a", 1, 0)
    assert buckets.take("a", 1, 1)


def test_an_honest_speaker_is_never_dropped(gate: Gate, clock: Clock) -> None:
    """A status a second, a plan request each ten seconds with the largest list, chunks of a sound, receipts."""
    for second in range(1_000):
        assert sends(gate, clock, STATUS, 900)
        assert sends(gate, clock, RECEIPTS, MAX_RECEIPTS * RECEIPT_SIZE)
        if second % 10 == 0:
            assert sends(gate, clock, REQUESTS, 45_000)
            assert sends(gate, clock, REQUESTS, 300)
        clock.later(1)
    assert not gate.take_counts()


def test_what_waited_while_the_office_stood_for_a_minute_is_read(gate: Gate, clock: Clock) -> None:
    assert all(sends(gate, clock, STATUS) for _ in range(60))


@pytest.mark.parametrize("topic", [STATUS, RECEIPTS, REQUESTS], ids=lambda topic: topic.template)
@pytest.mark.parametrize("size", [0, 300, 20_000, 65_536])
def test_a_flood_takes_its_burst_and_then_its_rate_and_takes_nothing_from_others(
    gate: Gate, clock: Clock, topic: Topic, size: int
) -> None:
    read, length_s, a_second = 0, 60, 300
    for _ in range(length_s):
        for _ in range(a_second):
            read += sends(gate, clock, topic, size)
        assert sends(gate, clock, STATUS, speaker="loa-2")
        clock.later(1)
    if topic is RECEIPTS:
        assert read * max(size, 64) <= RECEIPT_BYTES.burst + RECEIPT_BYTES.per_s * length_s
    else:
        assert read <= 60 + length_s
    [(dropped, count)] = gate.take_counts().items() or [(None, 0)]
    assert count == a_second * length_s - read
    assert dropped is None or dropped == ("thief", topic.template.rpartition("/")[2])
    assert not gate.take_counts()


def pauses(gate: Gate, clock: Clock, count: int) -> Iterator[float]:
    """The lengths of the next pauses of a speaker that floods without end."""
    for _ in range(count):
        while "thief" not in gate.not_heard(clock.now_s):
            sends(gate, clock, STATUS)
        began_s = clock.now_s
        while "thief" in gate.not_heard(clock.now_s):
            clock.later(0.5)
        yield clock.now_s - began_s


def test_a_speaker_that_goes_on_is_not_listened_to_for_a_while_and_then_again(gate: Gate, clock: Clock) -> None:
    assert list(pauses(gate, clock, 4)) == [FIRST_PAUSE_S, 40, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert LONGEST_PAUSE_S < SILENT_AFTER_S - 60, "it would be shown as offline"
    assert gate.not_heard(clock.now_s) == frozenset()
    clock.later(FORGIVEN_AFTER_S)
    assert next(pauses(gate, clock, 1)) == FIRST_PAUSE_S


def test_the_gate_says_once_that_somebody_is_not_listened_to_any_more(gate: Gate, clock: Clock) -> None:
    assert not gate.has_news
    next(pauses(gate, clock, 1))
    while not gate.has_news:
        sends(gate, clock, STATUS)
    assert gate.not_heard(clock.now_s) == {"thief"}
    assert not gate.has_news


def test_what_was_on_its_way_when_the_pause_began_is_counted_and_does_not_make_it_longer(
    gate: Gate, clock: Clock
) -> None:
    next(pauses(gate, clock, 1))
    while "thief" not in gate.not_heard(clock.now_s):
        sends(gate, clock, STATUS)
    for _ in range(10_000):
        assert not sends(gate, clock, STATUS)
    clock.later(2 * FIRST_PAUSE_S)
    assert gate.not_heard(clock.now_s) == frozenset()


def test_a_month_s_receipts_in_one_go_do_not_make_the_office_deaf(gate: Gate, clock: Clock) -> None:
    """6,000 receipts in full messages: some are read at once, the others when they are sent again."""
    messages = [MAX_RECEIPTS * RECEIPT_SIZE] * 60
    passes = 0
    while messages:
        messages = [size for size in messages if not sends(gate, clock, RECEIPTS, size)]
        assert not gate.not_heard(clock.now_s)
        clock.later(5)
        passes += 1
    assert passes * 5 <= 60
    assert KIB == 1024


@pytest.mark.parametrize("topic", ["", "loa/v1", "loa/v1/speakers/Thief/status", "loa/v1/office/speakers/a/settings"])
def test_what_is_no_topic_of_a_speaker_is_left_to_the_inbox(gate: Gate, clock: Clock, topic: str) -> None:
    assert gate.admits(topic, 10, clock.now_s)
