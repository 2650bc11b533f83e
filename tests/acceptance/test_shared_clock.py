"""Both programs take their time from the test's clock; with it, `check` fails in both."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.running.app import Office
from controller.running.clock import clock_of, utc_now
from controller.settings import OfficeSettings
from controller.upkeep.checks import check as check_office
from host.shared_clock import SharedClock
from speaker_agent.app import open_clock
from speaker_agent.check import check as check_speaker
from speaker_agent.settings import read_settings_file
from tests.acceptance.shared_clock import MovedClock
from tests.acceptance.station import Station
from tests.servers.waiting import wait_for
from tests.speaker_agent.office import configuration

START = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)
DAYS = timedelta(days=10)
BROKER = {"host": "127.0.0.1", "port": 1883, "tls": False}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    return MovedClock(tmp_path / "clock", START)


def speaker_file(folder: Path) -> Path:
    file = folder / "loa-1.json"
    file.write_text(json.dumps(configuration(BROKER, clock="test:clock", sound="none")))
    return file


def test_both_programs_read_the_tests_time(tmp_path: Path, clock: MovedClock) -> None:
    office = clock_of(clock.file)
    speaker = open_clock(read_settings_file(speaker_file(tmp_path)), None)
    assert office() == speaker.now() == START
    assert speaker.state() == "trusted"
    clock.jump(START + DAYS)
    assert office() == speaker.now() == START + DAYS
    assert clock_of(None) is utc_now


def test_it_runs_at_the_given_rate_and_stands_still(clock: MovedClock) -> None:
    office = clock_of(clock.file)
    clock.run(1000)
    wait_for(lambda: office() >= START + timedelta(seconds=1), lambda: "it doesn't go")
    clock.stand()
    at = office()
    assert at == office() == clock.now()
    assert at >= START + timedelta(seconds=1)


def test_a_copy_is_ahead_by_the_same_time_also_after_a_jump(clock: MovedClock) -> None:
    early = clock_of(clock.copy(timedelta(milliseconds=1)))
    clock.jump(START + DAYS)
    assert early() - clock.now() == timedelta(milliseconds=1)


def test_it_stops_by_itself_at_a_given_instant(clock: MovedClock) -> None:
    office, speaker, until = clock_of(clock.file), SharedClock(clock.file), START + timedelta(seconds=1)
    clock.run(1000, until)
    wait_for(lambda: office() >= until, lambda: "it doesn't go")
    assert office() == clock.now() == EPOCH + timedelta(microseconds=speaker.now_ns() // 1000) == until
    clock.jump(START + DAYS)
    assert office() >= START + DAYS


def test_a_jump_back_is_refused(clock: MovedClock) -> None:
    with pytest.raises(ValueError, match="doesn't run back"):
        clock.jump(START - timedelta(seconds=1))


def test_a_reader_never_sees_half_of_a_move(clock: MovedClock) -> None:
    """Write two lines of different length in turn, as fast as possible: each reading is one of the two."""
    shared = SharedClock(clock.file)
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(shared.now_ns())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(2_000):
        MovedClock(clock.file, (EPOCH + timedelta(microseconds=1)) if turn % 2 else START)
    done.set()
    reader.join()
    assert seen <= {1000, (START - EPOCH) // timedelta(microseconds=1) * 1000}


@pytest.mark.real_time
def test_a_speaker_that_waits_for_tomorrow_wakes_within_twenty_milliseconds_of_the_jump(
    tmp_path: Path, clock: MovedClock
) -> None:
    speaker = open_clock(read_settings_file(speaker_file(tmp_path)), None)
    until = START + timedelta(days=1)
    woken_after_s = []
    for _ in range(20):
        woken: list[float] = []

        def sleep(until: datetime = until, woken: list[float] = woken) -> None:
            while speaker.now() < until:
                speaker.wait(threading.Event(), until)
            woken.append(time.monotonic())

        sleeper = threading.Thread(target=sleep)
        sleeper.start()
        clock.jump(until)
        jumped = time.monotonic()
        sleeper.join(10)
        woken_after_s.append(woken[0] - jumped)
        until += timedelta(days=1)
    assert sorted(woken_after_s)[len(woken_after_s) // 2] < 0.025


def test_a_wait_is_shorter_with_a_faster_clock(clock: MovedClock) -> None:
    shared = SharedClock(clock.file)
    assert shared.pause_s(timedelta(hours=1)) == pytest.approx(0.02)
    clock.run(10)
    assert shared.pause_s(timedelta(milliseconds=50)) == pytest.approx(0.005)


def test_the_office_looks_at_all_waiting_work_after_a_jump_of_the_clock(
    tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = OfficeSettings(
        data_dir=tmp_path / "office",
        broker_accounts="demo",
        broker_password_file=tmp_path / "passwords",
        broker_port=1,
        test_clock=clock.file,
    )
    office = Office(settings)
    looked: list[datetime] = []

    def look(now: datetime) -> bool:
        looked.append(now)
        return False

    monkeypatch.setattr(office.timetable, "step", look)
    office.start()
    try:
        wait_for(lambda: looked, lambda: "it never looked")
        clock.jump(START + DAYS)
        jumped = time.monotonic()
        wait_for(lambda: looked[-1] == START + DAYS, lambda: f"it looked last at {looked[-1]}", limit_s=5)
        assert time.monotonic() - jumped < 5  # else it looks every ten seconds
    finally:
        office.stop()


def test_check_fails_in_both_programs_and_names_the_test_clock(tmp_path: Path, clock: MovedClock) -> None:
    settings = OfficeSettings(data_dir=tmp_path / "office", test_clock=clock.file)
    assert "LOA_TEST_CLOCK" in str(next(verdict for what, verdict in check_office(settings) if str(what) == "cài đặt"))
    verdicts = dict(check_speaker(speaker_file(tmp_path)))
    assert "a test moves the time" in str(verdicts["clock"])


@pytest.mark.acceptance
@pytest.mark.real_time
def test_at_thirty_times_the_speed_no_speaker_counts_as_silent(tmp_path: Path, clock: MovedClock) -> None:
    """Statuses come each minute of the test's time; a speaker counts as silent after two and a half."""
    clock.run(1)
    with Station(tmp_path / "station", clock=clock) as station:
        speaker = station.add_speaker("loa-1")
        for program, words in ((station.office, "a test moves the time"), (speaker, "a test moves the time")):
            program.wait_for_line(f"WARNING .*{words}")
        began = clock.now()
        clock.run(30)
        wait_for(lambda: clock.now() > began + timedelta(minutes=8), lambda: "it doesn't go")
        assert not [line for line in station.office.log_lines() if "fell silent" in line]

        clock.jump(clock.now() + timedelta(hours=13))  # the sessions have expired
        assert station.administrator.get("/speakers").status_code == 401
        station.all_sign_in()
        station.wait_until_online("loa-1")
