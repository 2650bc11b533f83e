"""What the agent's clock reads and whether it is trusted, on machines of every kind."""

import ctypes
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker_agent.clock import agent_clock as clock
from speaker_agent.clock.agent_clock import AgentClock, clock_chip_time, kernel_synchronised

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LONG_AGO = datetime(2021, 3, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Machine:
    """A board: its system clock, its boot clock, whether the kernel says synchronised, and its clock chip."""

    def __init__(self, system: datetime, *, synchronised: bool = False, chip: datetime | None = None) -> None:
        self.system = system
        self.since_boot = timedelta(minutes=1)
        self.synchronised = synchronised
        self.chip = chip

    def run(self, by: timedelta) -> None:
        self.system += by
        self.since_boot += by

    def clock(self, *, floor: datetime | None = None, booted_at: datetime | None = None) -> AgentClock:
        return AgentClock(
            floor=floor,
            booted_at=booted_at,
            system_synchronised=lambda: self.synchronised,
            chip_time=lambda: self.chip,
            system_ns=lambda: (self.system - EPOCH) // timedelta(microseconds=1) * 1000,
            boot_ns=lambda: self.since_boot // timedelta(microseconds=1) * 1000,
        )


def test_a_board_that_booted_in_the_past_is_untrusted() -> None:
    clock = Machine(LONG_AGO).clock(floor=MORNING)
    assert clock.state() == "untrusted"
    assert clock.floor_to_keep() is None
    assert clock.booted_at_to_keep() is None


def test_a_synchronised_kernel_is_trusted_and_followed() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock()
    machine.run(HOUR)
    machine.system += timedelta(milliseconds=30)
    assert clock.state() == "trusted"
    assert clock.now() == MORNING + HOUR + timedelta(milliseconds=30)
    assert clock.offset_ms() == 0


def test_a_system_clock_below_the_floor_is_untrusted_even_if_the_kernel_is_synchronised() -> None:
    clock = Machine(LONG_AGO, synchronised=True).clock(floor=MORNING)
    assert clock.state() == "untrusted"


def test_an_answer_of_the_office_is_trusted_for_a_day_and_runs_on_by_the_boot_clock() -> None:
    machine = Machine(LONG_AGO)
    clock = machine.clock(floor=MORNING - HOUR)
    clock.take_answer(MORNING, timedelta(milliseconds=400))
    machine.run(HOUR)
    machine.system = LONG_AGO  # the system clock is set: it isn't used any more
    assert clock.state() == "trusted"
    assert clock.now() == MORNING + HOUR + timedelta(milliseconds=200)
    assert clock.offset_ms() == pytest.approx((clock.now() - LONG_AGO) / timedelta(milliseconds=1))
    machine.run(23 * HOUR)
    assert clock.state() == "held"
    assert clock.now() == MORNING + 24 * HOUR + timedelta(milliseconds=200)


def test_an_answer_of_the_office_replaces_a_floor_by_a_wrong_clock() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock(floor=MORNING + 1000 * HOUR)
    assert clock.state() == "untrusted"
    clock.take_answer(MORNING, SECOND)
    assert clock.state() == "trusted"
    assert clock.floor_to_keep() == MORNING


def test_a_trusted_clock_is_held_once_the_kernel_is_no_longer_synchronised() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock()
    assert clock.state() == "trusted"
    machine.synchronised = False
    machine.run(HOUR)
    machine.system = LONG_AGO
    assert clock.state() == "held"
    assert clock.now() == MORNING + HOUR


def test_after_a_restart_of_the_agent_alone_the_clock_is_held() -> None:
    machine = Machine(LONG_AGO)
    before = machine.clock()
    before.take_answer(MORNING, timedelta())
    booted_at, floor = before.booted_at_to_keep(), before.floor_to_keep()
    machine.run(HOUR)
    after = machine.clock(floor=floor, booted_at=booted_at)
    assert after.state() == "held"
    assert after.now() == MORNING + HOUR


def test_a_clock_chip_that_ran_on_keeps_the_time_over_a_power_cut() -> None:
    clock = Machine(MORNING + HOUR, chip=MORNING + HOUR).clock(floor=MORNING)
    assert clock.state() == "held"
    assert clock.now() == MORNING + HOUR


@pytest.mark.parametrize(
    ("system", "chip", "floor"),
    [
        (MORNING, EPOCH, MORNING),  # a chip without battery, and a system clock that was set from a file
        (MORNING, MORNING - HOUR, MORNING),
        (LONG_AGO, MORNING + HOUR, MORNING),
        (MORNING + HOUR, None, MORNING),
        (MORNING, MORNING, None),  # never trusted before: it isn't known whether the chip was ever set
    ],
)
def test_a_clock_chip_without_remembered_time_is_untrusted(
    system: datetime, chip: datetime | None, floor: datetime | None
) -> None:
    assert Machine(system, chip=chip).clock(floor=floor).state() == "untrusted"


def test_a_held_clock_is_trusted_and_right_once_the_kernel_is_synchronised() -> None:
    machine = Machine(MORNING, chip=MORNING)
    clock = machine.clock(floor=MORNING - HOUR)
    machine.system += 3 * SECOND
    machine.synchronised = True
    assert clock.state() == "trusted"
    assert clock.now() == MORNING + 3 * SECOND


def test_the_floor_rises_with_the_clock_and_never_falls() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock(floor=MORNING - HOUR)
    assert clock.floor_to_keep() == MORNING
    machine.run(HOUR)
    assert clock.floor_to_keep() == MORNING + HOUR


@given(st.lists(st.integers(-900, 5_000), max_size=30))
def test_small_steps_of_the_system_clock_never_make_now_run_backwards(steps_ms: list[int]) -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock()
    readings = [clock.now()]
    for step in steps_ms:
        machine.run(SECOND)
        readings.append(clock.now())
        machine.system += timedelta(milliseconds=step)
        readings.append(clock.now())
    assert readings == sorted(readings)


def test_the_clock_stands_still_through_a_small_step_back_and_follows_a_large_one() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock()
    assert clock.now() == MORNING
    machine.system -= timedelta(milliseconds=500)
    assert clock.now() == MORNING
    machine.run(SECOND)
    assert clock.now() == MORNING + timedelta(milliseconds=500)
    machine.system -= HOUR
    assert clock.now() == machine.system


def test_a_wait_ends_at_its_instant_with_the_event_and_when_the_clock_is_set_back() -> None:
    event = threading.Event()
    clock = AgentClock(system_synchronised=lambda: True)
    until = clock.now() + timedelta(milliseconds=50)
    clock.wait(event, until)
    assert clock.now() >= until
    clock.wait(event, until)  # has passed

    waiting = threading.Thread(target=clock.wait, args=(event, None))
    waiting.start()
    event.set()
    waiting.join(10)
    assert not waiting.is_alive()
    clock.wait(event, clock.now() + HOUR)  # is set

    machine = Machine(MORNING, synchronised=True)
    moved = machine.clock()
    setter = threading.Timer(0.1, lambda: setattr(machine, "system", MORNING - HOUR))
    setter.start()
    moved.wait(threading.Event(), MORNING + HOUR)
    assert moved.now() == MORNING - HOUR


def test_a_clock_that_was_set_back_before_the_wait_ends_it_too() -> None:
    machine = Machine(MORNING, synchronised=True)
    clock = machine.clock()
    decided_at = clock.now()
    machine.system -= HOUR
    clock.wait(threading.Event(), MORNING + HOUR, decided_at)
    assert clock.now() == MORNING - HOUR


def test_a_wait_for_a_distant_instant_may_end_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker_agent.clock.agent_clock._LOOK_AGAIN_S", 0.01)
    clock = AgentClock(system_synchronised=lambda: True)
    until = clock.now() + HOUR
    clock.wait(threading.Event(), until)
    assert clock.now() < until


def test_an_answer_without_its_zone_is_refused() -> None:
    clock = Machine(LONG_AGO).clock()
    with pytest.raises(ValueError, match="aware"):
        clock.take_answer(MORNING.replace(tzinfo=None), SECOND)
    with pytest.raises(ValueError, match="negative"):
        clock.take_answer(MORNING, -SECOND)
    assert clock.state() == "untrusted"


def test_the_kernels_state_is_read_by_the_layout_of_adjtimex() -> None:
    # The same question by glibc's other name, read by the layout of adjtimex(2): five words, then the status.
    answer = ctypes.create_string_buffer(512)
    state = ctypes.CDLL(None).ntp_adjtime(answer)
    *_, status = struct.unpack_from("@Illlli", answer.raw)
    assert kernel_synchronised() == (state in range(5) and not status & 0x40)


@pytest.mark.parametrize(
    ("state", "status", "synchronised"),
    [(0, 0x2001, True), (0, 0x41, False), (5, 0x1, False)],
)
def test_the_kernel_is_synchronised_by_its_state_and_its_status(
    state: int, status: int, synchronised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kernel:
        def adjtimex(self, timex: Any) -> int:
            # By the layout of adjtimex(2) again: five words, then the status.
            place = (ctypes.cast(timex, ctypes.c_void_p).value or 0) + struct.calcsize("@Illll")
            ctypes.c_int.from_address(place).value = status
            return state

    monkeypatch.setattr(clock, "_libc", Kernel)
    assert kernel_synchronised() == synchronised


def test_the_c_library_is_loaded_once_and_not_at_each_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_synchronised()
    monkeypatch.setattr(ctypes, "CDLL", None)
    kernel_synchronised()


def test_a_clock_chip_is_read_where_there_is_one(tmp_path: Path) -> None:
    assert clock_chip_time(tmp_path) is None
    (tmp_path / "since_epoch").write_text("1795345200\n")
    assert clock_chip_time(tmp_path) == EPOCH + timedelta(seconds=1_795_345_200)
