"""Arbitration, sentence by sentence: what one speaker plays, in which order, until when, and how the rest ends.

Times of day are those of Hà Nội on 23 November 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schedules.arbitration import Begin, Conditions, Decision, Ending, Item, arbitrate, free_after
from tests.schedules.simulator import HA_NOI, MS, Outcome, Scene, simulate
from wire.model import BulletinClass
from wire.settings import QuietHours

NIGHT = (QuietHours(from_="21:30", to="05:00"),)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def at(text: str, day: int = 23) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{text}").replace(tzinfo=HA_NOI).astimezone(UTC)


def item(name: str, bulletin_class: BulletinClass, planned: str | datetime, length: timedelta, **more: Any) -> Item:
    begins_at = at(planned) if isinstance(planned, str) else planned
    latest = more.pop("latest", begins_at + 2 * MINUTE)
    latest_start = at(latest) if isinstance(latest, str) else latest
    expires = more.pop("expires", latest_start + length + 10 * MINUTE)
    return Item(
        broadcast=name,
        bulletin_class=bulletin_class,
        begins_at=begins_at,
        latest_start=latest_start,
        expires_at=at(expires) if isinstance(expires, str) else expires,
        length_ms=length // MS,
        **more,
    )


def normal(name: str, planned: str | datetime, length: timedelta = MINUTE, **more: Any) -> Item:
    return item(name, "normal", planned, length, **more)


def priority(name: str, planned: str | datetime, length: timedelta = MINUTE, **more: Any) -> Item:
    return item(name, "priority", planned, length, **more)


def emergency(name: str, planned: str | datetime, length: timedelta = MINUTE, **more: Any) -> Item:
    return item(name, "emergency", planned, length, **more)


def sounding(which: Item, since: str | datetime, position_ms: int = 0) -> Item:
    begun_at = at(since) if isinstance(since, str) else since
    return replace(which, begun_at=begun_at, is_sounding=True, position_ms=position_ms)


def stopped(which: Item, since: str, position_ms: int) -> Item:
    return replace(which, begun_at=at(since), position_ms=position_ms)


def run(*items: Item, **scene: Any) -> Outcome:
    return simulate(Scene(items, **scene), at("00:00", day=22))


def in_order(outcome: Outcome) -> list[tuple[str, datetime, datetime, int]]:
    return outcome.sounded()


def decide(*items: Item, now: str | datetime, **conditions: Any) -> Decision:
    instant = at(now) if isinstance(now, str) else now
    return arbitrate(items, Conditions(**{"zone": HA_NOI, **conditions}), instant)


# One broadcast


def test_a_broadcast_begins_at_its_planned_instant_and_sounds_to_its_end() -> None:
    outcome = run(normal("a", "10:00"))
    assert in_order(outcome) == [("a", at("10:00"), at("10:01"), 0)]
    assert outcome.finals["a"] == ("played", None, at("10:01"))


def test_before_its_instant_nothing_sounds_and_the_speaker_looks_again_at_it() -> None:
    assert decide(normal("a", "10:00"), now=at("10:00") - MS) == Decision(None, None, (), at("10:00"))


def test_a_start_carries_the_instant_of_the_turn_not_that_of_the_late_loop() -> None:
    decision = decide(normal("a", "10:00"), now=at("10:00") + 700 * MS)
    assert decision.begins == Begin("a", at("10:00"), 0)


def test_an_empty_plan_needs_no_wake_up() -> None:
    assert decide(now="10:00") == Decision(None, None, (), None)


# Order


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a")])
def test_emergency_goes_before_priority_before_normal(names: tuple[str, str, str]) -> None:
    first, second, third = names
    outcome = run(normal(third, "10:00"), emergency(first, "10:00"), priority(second, "10:00"), quiet_hours=())
    assert [each.broadcast for each in outcome.stretches] == [first, second, third]


def test_in_one_class_the_earlier_planned_instant_goes_first() -> None:
    both = [normal("a", "10:01", latest="10:30"), normal("b", "10:00", latest="10:30")]
    decision = decide(*both, now="10:05", able_since=at("10:05"))
    assert decision.sounding == "b"


def test_of_two_broadcasts_planned_at_one_instant_the_lower_id_goes_first() -> None:
    outcome = run(normal("b", "10:00"), normal("a", "10:00"))
    assert in_order(outcome) == [("a", at("10:00"), at("10:01"), 0), ("b", at("10:01"), at("10:02"), 0)]


def test_a_stopped_broadcast_goes_before_a_waiting_one_that_was_planned_later() -> None:
    outcome = run(
        normal("old", "10:00", 10 * MINUTE, latest="10:30"),
        emergency("alarm", "10:04"),
        normal("a-new", "10:01", latest="10:30"),
    )
    assert in_order(outcome) == [
        ("old", at("10:00"), at("10:04"), 0),
        ("alarm", at("10:04"), at("10:05"), 0),
        ("old", at("10:05"), at("10:11"), 240_000),
        ("a-new", at("10:11"), at("10:12"), 0),
    ]


def test_a_waiting_broadcast_that_was_planned_earlier_goes_before_a_stopped_one() -> None:
    outcome = run(
        normal("stopped", "10:01", 10 * MINUTE, latest="10:30"),
        emergency("alarm", "10:04"),
        normal("waiting", "10:00", latest="10:30"),
        sound_comes={"waiting": at("10:04:30")},
    )
    assert [each.broadcast for each in outcome.stretches] == ["stopped", "alarm", "waiting", "stopped"]


def test_an_emergency_without_a_planned_instant_is_ordered_by_its_instant_of_issue() -> None:
    first = emergency("z", "10:00", at_once=True)
    second = emergency("a", "10:01", at_once=True)
    outcome = run(*(replace(each, known_at=at("10:02")) for each in (second, first)))
    assert in_order(outcome) == [("z", at("10:02"), at("10:03"), 0), ("a", at("10:03"), at("10:04"), 0)]


def test_an_emergency_without_a_planned_instant_waits_for_its_sound_alone_not_for_the_offices_clock() -> None:
    # The office's clock is ahead of the speaker's: it was issued at an instant that here is still to come.
    alarm = emergency("alarm", "10:00:05", at_once=True, known_at=at("10:00"), sound_at=at("10:00:01"))
    decision = decide(alarm, now="10:00:01")
    assert decision.begins == Begin("alarm", at("10:00:01"), 0)


def test_an_emergency_with_a_planned_instant_waits_for_it() -> None:
    outcome = run(emergency("alarm", "10:00", known_at=at("09:00")))
    assert in_order(outcome) == [("alarm", at("10:00"), at("10:01"), 0)]


# Waiting, and latest_start


def test_a_broadcast_waits_for_the_end_of_a_sounding_one_of_the_same_class() -> None:
    outcome = run(normal("a", "10:00", 90 * SECOND), normal("b", "10:01"))
    assert in_order(outcome) == [
        ("a", at("10:00"), at("10:01:30"), 0),
        ("b", at("10:01:30"), at("10:02:30"), 0),
    ]


def test_a_broadcast_waits_for_the_end_of_a_sounding_one_of_a_better_class() -> None:
    outcome = run(priority("a", "10:00", 90 * SECOND), normal("b", "10:01"))
    assert [each.broadcast for each in outcome.stretches] == ["a", "b"]


def test_a_turn_exactly_at_latest_start_is_in_time() -> None:
    outcome = run(normal("a", "10:00", 2 * MINUTE), normal("b", "10:00", latest="10:02"))
    assert outcome.states()["b"] == ("played", None)


def test_a_turn_a_millisecond_after_latest_start_is_missed_busy() -> None:
    outcome = run(normal("a", "10:00", 2 * MINUTE + MS), normal("b", "10:00", latest="10:02"))
    assert outcome.finals["b"] == ("missed", "busy", at("10:02") + MS)


def test_a_broadcast_that_waits_exactly_at_latest_start_is_not_missed_yet() -> None:
    decision = decide(sounding(normal("a", "10:00", 5 * MINUTE), "10:00"), normal("b", "10:00"), now="10:02")
    assert not decision.endings
    assert decision.look_again_at == at("10:02") + MS


def test_latest_start_bounds_the_start_and_not_the_end() -> None:
    outcome = run(normal("a", "10:00", 30 * MINUTE, latest="10:01"))
    assert outcome.finals["a"] == ("played", None, at("10:30"))


@pytest.mark.parametrize(("late_ms", "in_time"), [(0, True), (1, True), (999, True), (1000, True), (1001, False)])
def test_an_unhindered_start_up_to_one_second_after_latest_start_is_not_late(late_ms: int, in_time: bool) -> None:
    decision = decide(normal("a", "10:00", latest="10:00"), now=at("10:00") + late_ms * MS)
    if in_time:
        assert decision.begins == Begin("a", at("10:00"), 0)
    else:
        assert decision.endings == (Ending("a", "missed", "late"),)


def test_that_second_is_not_for_a_broadcast_that_waited_for_another_over_its_latest_start() -> None:
    waiting = normal("b", "10:00", latest="10:01")
    free = free_after({}, "normal", at("10:01") + MS)
    decision = decide(waiting, now=at("10:01") + 2 * MS, free_since=free)
    assert decision.endings == (Ending("b", "missed", "busy"),)


def test_that_second_is_for_a_broadcast_that_had_the_loudspeaker_alone_at_latest_start() -> None:
    waiting = normal("b", "10:00", latest="10:01")
    decision = decide(waiting, now=at("10:01") + 900 * MS, free_since=free_after({}, "normal", at("10:01")))
    assert decision.begins == Begin("b", at("10:01"), 0)


def test_that_second_is_not_for_a_broadcast_whose_sound_came_after_its_latest_start() -> None:
    decision = decide(normal("a", "10:00", latest="10:01", sound_at=at("10:01") + MS), now=at("10:01") + 2 * MS)
    assert decision.endings == (Ending("a", "missed", "no_audio"),)


def test_a_broadcast_that_came_after_its_latest_start_is_missed_late_and_not_no_audio() -> None:
    came_late = normal("a", "10:00", known_at=at("10:03"), sound_at=None)
    assert arbitrate([came_late], Conditions(), at("10:03")).endings == (Ending("a", "missed", "late"),)


@pytest.mark.parametrize(("late_ms", "in_time"), [(1, True), (1000, True), (1001, False)])
def test_that_second_is_for_a_broadcast_that_came_or_became_possible_within_it(late_ms: int, in_time: bool) -> None:
    then = at("10:00") + late_ms * MS
    late_known = decide(normal("a", "10:00", latest="10:00", known_at=then), now=then)
    late_able = decide(normal("a", "10:00", latest="10:00"), now=then, able_since=then, unable="clock_untrusted")
    if in_time:
        assert late_known.begins == late_able.begins == Begin("a", then, 0)
    else:
        assert late_known.endings == (Ending("a", "missed", "late"),)
        assert late_able.endings == (Ending("a", "missed", "clock_untrusted"),)


def test_a_broadcast_of_which_the_speaker_learned_too_late_is_missed_late() -> None:
    outcome = run(normal("a", "10:00", known_at=at("10:05")))
    assert outcome.finals["a"] == ("missed", "late", at("10:05"))


def test_a_broadcast_that_came_between_its_instant_and_its_latest_start_begins_when_it_came() -> None:
    outcome = run(normal("a", "10:00", known_at=at("10:01:30")))
    assert in_order(outcome) == [("a", at("10:01:30"), at("10:02:30"), 0)]


# Sound that isn't there


def test_a_broadcast_without_its_sound_blocks_no_other() -> None:
    outcome = run(normal("a", "10:00"), normal("b", "10:00"), sound_comes={"a": None})
    assert in_order(outcome) == [("b", at("10:00"), at("10:01"), 0)]
    assert outcome.finals["a"] == ("missed", "no_audio", at("10:02") + MS)


def test_an_emergency_without_its_sound_blocks_no_other_and_has_time_until_it_expires() -> None:
    alarm = emergency("alarm", "10:00", latest="10:01", expires="10:20")
    outcome = run(alarm, normal("b", "10:00"), sound_comes={"alarm": None})
    assert outcome.states() == {"b": ("played", None), "alarm": ("missed", "no_audio")}
    assert outcome.finals["alarm"][2] == at("10:20")


def test_a_sound_that_comes_before_latest_start_is_played_when_it_comes() -> None:
    outcome = run(normal("a", "10:00"), sound_comes={"a": at("10:02")})
    assert in_order(outcome) == [("a", at("10:02"), at("10:03"), 0)]


def test_a_sound_that_comes_a_millisecond_after_latest_start_is_not_played() -> None:
    outcome = run(normal("a", "10:00"), sound_comes={"a": at("10:02") + MS})
    assert outcome.states() == {"a": ("missed", "no_audio")}


def test_a_broken_sound_is_missed_corrupt_audio() -> None:
    outcome = run(normal("a", "10:00", no_sound="corrupt_audio"), sound_comes={"a": None})
    assert outcome.states() == {"a": ("missed", "corrupt_audio")}


# Stopping and going on


def test_a_better_class_interrupts_at_once_and_the_interrupted_one_goes_on_at_its_millisecond() -> None:
    outcome = run(normal("a", "10:00"), emergency("alarm", at("10:00:12") + 345 * MS, 10 * SECOND))
    assert in_order(outcome) == [
        ("a", at("10:00"), at("10:00:12") + 345 * MS, 0),
        ("alarm", at("10:00:12") + 345 * MS, at("10:00:22") + 345 * MS, 0),
        ("a", at("10:00:22") + 345 * MS, at("10:01:10"), 12_345),
    ]


def test_three_classes_nest_and_unwind() -> None:
    outcome = run(normal("n", "10:00"), priority("p", "10:00:10"), emergency("e", "10:00:20"))
    assert in_order(outcome) == [
        ("n", at("10:00:00"), at("10:00:10"), 0),
        ("p", at("10:00:10"), at("10:00:20"), 0),
        ("e", at("10:00:20"), at("10:01:20"), 0),
        ("p", at("10:01:20"), at("10:02:10"), 10_000),
        ("n", at("10:02:10"), at("10:03:00"), 10_000),
    ]


def test_a_broadcast_never_interrupts_one_of_its_own_class() -> None:
    outcome = run(emergency("b", "10:00", 5 * MINUTE), emergency("a", "10:01"))
    assert [each.broadcast for each in outcome.stretches] == ["b", "a"]


def test_an_interrupted_broadcast_goes_on_after_its_latest_start() -> None:
    outcome = run(normal("a", "10:00", latest="10:00", expires="11:00"), emergency("e", "10:00:30", 30 * MINUTE))
    assert outcome.states()["a"] == ("played", None)


def test_an_interrupted_broadcast_does_not_go_on_once_it_has_expired() -> None:
    outcome = run(normal("a", "10:00", expires="10:10"), emergency("e", "10:00:30", 30 * MINUTE))
    assert outcome.finals["a"] == ("partial", "pre_empted", at("10:10"))
    assert len([each for each in outcome.stretches if each.broadcast == "a"]) == 1


def test_the_speaker_looks_again_when_an_interrupted_broadcast_expires() -> None:
    below = sounding(normal("a", "10:00", expires="10:00:40"), "10:00")
    alarm = emergency("e", "10:00:30", 30 * MINUTE, latest="11:00")
    assert decide(below, alarm, now="10:00:30").look_again_at == at("10:00:40")


def test_an_interrupted_broadcast_goes_on_a_millisecond_before_it_expires_and_not_at_that_instant() -> None:
    for expires, ends in ((at("10:30:30") + MS, "played"), (at("10:30:30"), "partial")):
        outcome = run(normal("a", "10:00", expires=expires), emergency("e", "10:00:30", 30 * MINUTE))
        assert outcome.states()["a"][0] == ends


def test_an_expired_broadcast_that_is_interrupted_is_partial_at_that_moment() -> None:
    outcome = run(normal("a", "10:00", 30 * MINUTE, expires="10:10"), emergency("e", "10:20"))
    assert outcome.finals["a"] == ("partial", "pre_empted", at("10:20"))


def test_expiry_does_not_stop_a_sounding_broadcast() -> None:
    outcome = run(normal("a", "10:00", 30 * MINUTE, expires="10:10"))
    assert outcome.finals["a"] == ("played", None, at("10:30"))


def test_an_expired_broadcast_does_not_begin() -> None:
    expired = normal("a", "10:00", latest="10:30", expires="10:10")
    outcome = run(normal("b", "09:59", 11 * MINUTE), expired)
    assert outcome.finals["a"] == ("missed", "busy", at("10:10"))


def test_the_pause_between_repetitions_belongs_to_the_broadcast() -> None:
    # Ten seconds, three times, with a pause of an hour between: the arbitration sees one length.
    long = normal("a", "10:00", 30 * SECOND + 2 * timedelta(hours=1))
    outcome = run(long, normal("b", "10:30", latest="10:40"))
    assert outcome.states()["b"] == ("missed", "busy")


# Emergencies and latest_start


def test_latest_start_does_not_bind_an_emergency() -> None:
    outcome = run(emergency("a", "10:00", latest="10:00", expires="11:00"), sound_comes={"a": at("10:59:59")})
    assert in_order(outcome) == [("a", at("10:59:59"), at("11:00:59"), 0)]


def test_an_emergency_waits_for_another_until_it_expires() -> None:
    first = emergency("a", "10:00", 30 * MINUTE)
    in_time = run(first, emergency("b", "10:01", latest="10:02", expires=at("10:30") + MS))
    too_late = run(first, emergency("b", "10:01", latest="10:02", expires="10:30"))
    assert in_time.states()["b"] == ("played", None)
    assert too_late.finals["b"] == ("missed", "busy", at("10:30"))


# Withdrawal


def test_a_broadcast_that_is_cancelled_before_it_begins_never_begins() -> None:
    outcome = run(normal("a", "10:00"), withdrawals={"a": (at("09:59"), "cancelled")})
    assert outcome.finals == {"a": ("cancelled", "cancelled", at("09:59"))}


def test_a_broadcast_that_is_cancelled_while_it_waits_never_begins() -> None:
    outcome = run(normal("a", "10:00"), sound_comes={"a": None}, withdrawals={"a": (at("10:01"), "cancelled")})
    assert outcome.states() == {"a": ("cancelled", "cancelled")}


def test_a_broadcast_that_is_cancelled_while_it_sounds_stops_at_once() -> None:
    outcome = run(normal("a", "10:00"), withdrawals={"a": (at("10:00:20"), "cancelled")})
    assert in_order(outcome) == [("a", at("10:00"), at("10:00:20"), 0)]
    assert outcome.states() == {"a": ("partial", "cancelled")}


def test_an_emergency_that_is_cancelled_while_it_sounds_stops_and_gives_the_loudspeaker_back() -> None:
    outcome = run(normal("n", "10:00"), emergency("e", "10:00:10"), withdrawals={"e": (at("10:00:20"), "cancelled")})
    assert in_order(outcome) == [
        ("n", at("10:00"), at("10:00:10"), 0),
        ("e", at("10:00:10"), at("10:00:20"), 0),
        ("n", at("10:00:20"), at("10:01:10"), 10_000),
    ]


def test_a_broadcast_that_is_cancelled_while_interrupted_is_partial_cancelled() -> None:
    outcome = run(normal("n", "10:00"), emergency("e", "10:00:10"), withdrawals={"n": (at("10:00:20"), "cancelled")})
    assert outcome.states()["n"] == ("partial", "cancelled")


def test_a_withdrawal_counts_also_while_the_clock_is_not_believed() -> None:
    gone = normal("a", "10:00", withdrawn="cancelled")
    decision = decide(gone, now="09:00", able_since=None, unable="clock_untrusted")
    assert decision.endings == (Ending("a", "cancelled", "cancelled"),)


def test_a_broadcast_that_no_longer_names_the_speaker_is_withdrawn_unless_it_sounds() -> None:
    moved = (at("10:00:20"), "moved")
    outcome = run(normal("a", "10:00"), normal("b", "10:05"), withdrawals={"a": moved, "b": moved})
    assert outcome.states() == {"a": ("played", None), "b": ("cancelled", "moved")}


# Quiet hours


def test_quiet_hours_that_end_at_the_planned_instant_do_not_hold_it_back_even_on_a_clock_a_millisecond_early() -> None:
    morning = normal("a", "05:00", latest="05:00")
    assert decide(morning, now="05:00", quiet_hours=NIGHT).begins == Begin("a", at("05:00"), 0)
    # The clock was set back by a millisecond just after the start: it isn't stopped for quiet hours.
    early = decide(sounding(morning, "05:00"), now=at("05:00") - MS, quiet_hours=NIGHT)
    assert early.sounding == "a"
    assert not early.endings


@pytest.mark.parametrize("planned", ["05:00", "04:00"])
def test_a_device_that_began_a_moment_before_quiet_hours_ended_is_not_stopped(planned: str) -> None:
    # Its turn was their end, and the first frame left half a millisecond before that.
    began = at("05:00") - timedelta(microseconds=500)
    for now in (began, began + timedelta(microseconds=300), at("05:00"), at("05:00:30")):
        decision = decide(sounding(normal("a", planned, latest="05:00"), began), now=now, quiet_hours=NIGHT)
        assert (decision.sounding, decision.endings) == ("a", ())
        assert decision.look_again_at == began + MINUTE


def test_a_planned_instant_a_millisecond_before_the_end_of_quiet_hours_lies_inside_them() -> None:
    outcome = run(normal("a", at("05:00") - MS, latest=at("05:00") - MS), quiet_hours=NIGHT)
    assert outcome.states() == {"a": ("missed", "quiet_hours")}


def test_a_start_at_the_planned_instant_is_judged_by_that_instant_whatever_the_late_clock_reads() -> None:
    evening = normal("a", at("21:30") - MS)
    decision = decide(evening, now=at("21:30") + 300 * MS, quiet_hours=NIGHT)
    assert decision.begins == Begin("a", at("21:30") - MS, 0)
    assert decision.look_again_at is not None
    assert decision.look_again_at <= at("21:30") + 301 * MS


def test_a_planned_instant_inside_quiet_hours_is_missed_at_once_where_latest_start_lies_before_their_end() -> None:
    outcome = run(normal("a", "22:00", latest=at("05:00", day=24) - MS), quiet_hours=NIGHT)
    assert outcome.finals["a"] == ("missed", "quiet_hours", at("22:00"))


def test_a_planned_instant_inside_quiet_hours_waits_where_latest_start_lies_at_their_end() -> None:
    outcome = run(normal("a", "22:00", latest=at("05:00", day=24)), quiet_hours=NIGHT)
    assert in_order(outcome) == [("a", at("05:00", day=24), at("05:01", day=24), 0)]


def test_a_broadcast_that_expires_where_quiet_hours_end_is_missed_quiet_hours_and_not_busy() -> None:
    ends = at("05:00", day=24)
    outcome = run(normal("a", "22:00", latest=ends, expires=ends), quiet_hours=NIGHT)
    assert outcome.finals["a"] == ("missed", "quiet_hours", at("22:00"))
    outcome = run(
        emergency("e", "21:50", 20 * MINUTE), normal("a", "22:00", latest=ends, expires=ends), quiet_hours=NIGHT
    )
    assert outcome.finals["a"] == ("missed", "quiet_hours", at("22:10"))


def test_after_waiting_for_quiet_hours_the_turn_is_their_end() -> None:
    decision = decide(normal("a", "04:00", latest="05:00"), now=at("05:00") + 20 * MS, quiet_hours=NIGHT)
    assert decision.begins == Begin("a", at("05:00"), 0)


def test_after_waiting_for_another_the_turn_is_the_instant_at_which_that_ended() -> None:
    gone = sounding(normal("a", "10:00", 5 * MINUTE, withdrawn="cancelled"), "10:00")
    decision = decide(gone, normal("b", "10:00"), now="10:01")
    assert decision.begins == Begin("b", at("10:01"), 0)


def test_after_waiting_for_another_quiet_hours_are_judged_at_the_turn() -> None:
    kept_late = run(emergency("e", "21:29", 5 * MINUTE), normal("a", "21:29", latest="21:40"), quiet_hours=NIGHT)
    assert kept_late.finals["a"] == ("missed", "quiet_hours", at("21:34"))
    kept_early = run(emergency("e", "04:55", 10 * MINUTE), normal("a", "04:59", latest="05:05"), quiet_hours=NIGHT)
    assert kept_early.states()["a"] == ("played", None)


def test_after_waiting_for_its_sound_quiet_hours_are_judged_at_the_turn() -> None:
    outcome = run(normal("a", "21:29", latest="21:40"), quiet_hours=NIGHT, sound_comes={"a": at("21:31")})
    assert outcome.finals["a"] == ("missed", "quiet_hours", at("21:31"))


def test_after_waiting_for_the_clock_quiet_hours_are_judged_at_the_turn() -> None:
    outcome = run(
        normal("a", "21:29", latest="21:40"),
        quiet_hours=NIGHT,
        unable=(at("21:00"), at("21:35"), "clock_untrusted"),
    )
    assert outcome.finals["a"] == ("missed", "quiet_hours", at("21:35"))


def test_a_broadcast_that_is_too_late_anyway_is_missed_late_and_not_quiet_hours() -> None:
    outcome = run(normal("a", "21:00", latest="21:05", expires="23:00", known_at=at("22:00")), quiet_hours=NIGHT)
    assert outcome.states() == {"a": ("missed", "late")}


def test_a_broadcast_that_runs_into_quiet_hours_is_stopped_where_they_begin() -> None:
    outcome = run(normal("a", "21:29:30"), quiet_hours=NIGHT)
    assert in_order(outcome) == [("a", at("21:29:30"), at("21:30"), 0)]
    assert outcome.finals["a"] == ("partial", "quiet_hours", at("21:30"))


def test_a_broadcast_that_ends_where_quiet_hours_begin_is_played() -> None:
    outcome = run(priority("a", "21:29"), quiet_hours=NIGHT)
    assert outcome.states() == {"a": ("played", None)}


def test_the_speaker_looks_again_where_quiet_hours_begin() -> None:
    assert decide(normal("a", "21:29:30"), now="21:29:30", quiet_hours=NIGHT).look_again_at == at("21:30")


def test_quiet_hours_that_are_set_while_a_broadcast_sounds_stop_it() -> None:
    decision = decide(sounding(normal("a", "10:00", 30 * MINUTE), "10:00"), now="10:10", quiet_hours=NIGHT)
    assert not decision.endings
    over = (QuietHours(from_="09:00", to="10:05"),)
    decision = decide(sounding(normal("a", "10:00", 30 * MINUTE), "10:00"), now="10:10", quiet_hours=over)
    assert not decision.endings
    around_now = (QuietHours(from_="09:00", to="11:00"),)
    decision = decide(sounding(normal("a", "10:00", 30 * MINUTE), "10:00"), now="10:10", quiet_hours=around_now)
    assert decision.endings == (Ending("a", "partial", "quiet_hours"),)


def test_an_interrupted_broadcast_goes_on_after_quiet_hours_unless_it_has_expired() -> None:
    alarm = emergency("e", "21:29", 5 * MINUTE)
    over_night = run(normal("a", "21:28", 5 * MINUTE, expires=at("05:00", day=24) + MS), alarm, quiet_hours=NIGHT)
    assert in_order(over_night)[-1] == ("a", at("05:00", day=24), at("05:04", day=24), 60_000)
    expired = run(normal("a", "21:28", 5 * MINUTE, expires=at("05:00", day=24)), alarm, quiet_hours=NIGHT)
    assert expired.finals["a"] == ("partial", "pre_empted", at("05:00", day=24))


def test_emergencies_are_exempt_from_quiet_hours() -> None:
    outcome = run(
        emergency("into", "21:29:30"), emergency("inside", "23:00"), emergency("waits", "23:00:30"), quiet_hours=NIGHT
    )
    assert {state for state, _ in outcome.states().values()} == {"played"}
    assert len(outcome.stretches) == 3


def test_after_quiet_hours_waiting_broadcasts_go_in_order_and_the_last_may_be_missed_busy() -> None:
    outcome = run(
        normal("b", "04:30", latest="05:01", length=2 * MINUTE),
        priority("c", "04:40", latest="05:01"),
        normal("a", "04:40", latest="05:02"),
        quiet_hours=NIGHT,
    )
    assert in_order(outcome) == [("c", at("05:00"), at("05:01"), 0), ("b", at("05:01"), at("05:03"), 0)]
    assert outcome.states()["a"] == ("missed", "busy")


# Muted


def test_a_muted_speaker_plays_nothing_not_even_an_emergency() -> None:
    outcome = run(normal("a", "10:00"), emergency("e", "10:01"), muted=(at("09:00"), at("11:00")))
    assert outcome.states() == {"a": ("missed", "muted"), "e": ("missed", "muted")}
    assert not outcome.stretches


def test_a_muted_speaker_keeps_later_broadcasts() -> None:
    outcome = run(normal("a", "11:00"), muted=(at("09:00"), at("11:00")))
    assert outcome.states() == {"a": ("played", None)}


def test_muting_ends_the_sounding_and_the_interrupted_broadcast() -> None:
    outcome = run(normal("n", "10:00"), emergency("e", "10:00:10"), muted=(at("10:00:20"), at("10:30")))
    assert outcome.states() == {"n": ("partial", "muted"), "e": ("partial", "muted")}


# Clock and device


def test_with_an_untrusted_clock_no_broadcast_begins_and_none_is_missed() -> None:
    plan = [normal("a", "10:00"), emergency("e", "10:00"), normal("b", "08:00")]
    decision = decide(*plan, now="11:00", able_since=None, unable="clock_untrusted")
    assert decision == Decision(None, None, (), None)


def test_a_broadcast_that_an_untrusted_clock_delayed_too_long_is_missed_clock_untrusted() -> None:
    outcome = run(normal("a", "10:00"), unable=(at("09:00"), at("10:05"), "clock_untrusted"))
    assert outcome.states() == {"a": ("missed", "clock_untrusted")}


def test_a_delayed_broadcast_begins_once_the_clock_is_trusted_if_it_is_not_too_late() -> None:
    outcome = run(normal("a", "10:00"), unable=(at("09:00"), at("10:02"), "clock_untrusted"))
    assert in_order(outcome) == [("a", at("10:02"), at("10:03"), 0)]


def test_a_broadcast_that_the_device_missed_is_missed_device_failed() -> None:
    outcome = run(normal("a", "10:00"), unable=(at("09:00"), at("11:00"), "device_failed"))
    assert outcome.finals["a"] == ("missed", "device_failed", at("10:02") + SECOND + MS)


def test_a_device_that_comes_back_in_time_plays_the_waiting_broadcast() -> None:
    outcome = run(normal("a", "10:00"), unable=(at("09:00"), at("10:01"), "device_failed"))
    assert in_order(outcome) == [("a", at("10:01"), at("10:02"), 0)]


# At most once


def test_a_broadcast_never_begins_twice_from_its_start() -> None:
    decision = decide(stopped(normal("a", "10:00", latest="10:30"), "10:00", 20_000), now="10:05")
    assert decision.begins is not None
    assert decision.begins.from_ms == 20_000


def test_a_sounding_broadcast_is_not_started_again_at_later_looks() -> None:
    for now in ("10:00", "10:00:30", "10:00:59.999"):
        decision = decide(sounding(normal("a", "10:00"), "10:00"), now=now)
        assert (decision.sounding, decision.begins) == ("a", None)


def test_a_broadcast_at_its_end_no_longer_occupies_the_loudspeaker() -> None:
    decision = decide(sounding(normal("a", "10:00"), "10:00"), normal("b", "10:00:30"), now="10:01")
    assert decision.begins == Begin("b", at("10:01"), 0)
    assert not decision.endings


@pytest.mark.parametrize(
    ("ended", "then"),
    [
        ("emergency", {"emergency": True, "priority": True, "normal": True}),
        ("priority", {"emergency": False, "priority": True, "normal": True}),
        ("normal", {"emergency": False, "priority": False, "normal": True}),
    ],
)
def test_a_sound_that_ended_has_blocked_its_own_class_and_lower_ones(
    ended: BulletinClass, then: Mapping[BulletinClass, bool]
) -> None:
    free = free_after({}, ended, at("10:00"))
    assert {each: instant == at("10:00") for each, instant in free.items()} == then
    assert free_after(free, ended, at("09:00")) == free
