"""The timetable: what one changed rule costs among few and among many; occurrences; all planned from nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from dateutil.rrule import rrulestr
from sqlalchemy import func
from sqlmodel import select

from bench.lines import ReportLine, at_least, at_most
from bench.rounds import take_turns
from controller.database.tables import Broadcast, BroadcastRevision, Delivery, Schedule, Speaker, SpeakerStatus
from controller.places.areas import add_area
from controller.planning.schedule_orders import ScheduleOrder, change_schedule, draw_up_schedule
from controller.planning.timetable import Timetable
from schedules.recurrence import occurrences, read_rule
from tests.people import Commune, make_commune
from wire.settings import Volume

FEW, MANY = 100, 1000
SPEAKERS, HAMLETS = 300, 30
CHANGES = 15
MAX_RATIO_MANY_TO_FEW = 1.5
MIN_RATIO_TO_DATEUTIL = 0.5
OCCURRENCES = 5_000
"""Nineteen years of weekdays: few enough days for `schedules.recurrence`'s cache of 8,192."""
RULE = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
FIRST = datetime.fromisoformat("2026-11-24T05:00:00")


def measure() -> Iterator[ReportLine]:
    """Two communes of 300 speakers in 30 hamlets; each schedule is for one hamlet, on weekdays, for 14 days."""
    with _commune_with_schedules(MANY) as many, _commune_with_schedules(FEW) as few:
        planned = many.plan_all()
        few.plan_all()
        yield ReportLine(
            f"{MANY} schedules × {SPEAKERS} speakers planned from nothing: {planned.rows} rows "
            f"in {planned.seconds:.0f} s, {planned.rows / planned.seconds:.0f} rows/s"
        )
        changes = take_turns(many.change_one, few.change_one, CHANGES)
        yield ReportLine(
            f"one rule changed among {MANY}: {changes.ours.summary(' ms', times=1000)}; "
            f"among {FEW}: {changes.yardstick.summary(' ms', times=1000)}"
        )
        yield at_most("ratio", changes.ratio, MAX_RATIO_MANY_TO_FEW, spread=changes.spread)
    cold = _occurrences_s()
    turns = take_turns(_dateutil_s, _occurrences_s)
    yield ReportLine(f"occurrences, the first time that a zone's days are asked for: {OCCURRENCES / cold:.0f}/s")
    yield at_least(
        f"occurrences {OCCURRENCES / turns.yardstick.median:,.0f}/s"
        f" ÷ bare dateutil.rrule {OCCURRENCES / turns.ours.median:,.0f}/s",
        turns.ratio,
        MIN_RATIO_TO_DATEUTIL,
        spread=turns.spread,
    )


@dataclass(frozen=True)
class Planned:
    rows: int
    seconds: float


class _CommuneWithSchedules:
    """A commune with `count` schedules that aren't planned yet."""

    def __init__(self, commune: Commune, count: int) -> None:
        self._commune = commune
        self._changed = 0
        announcement = commune.approved()
        officer = commune.officers["tham"]
        with commune.writing() as session:
            for number in range(count):
                order = ScheduleOrder(
                    announcement,
                    (commune.areas[f"ấp {number % HAMLETS + 10}"],),
                    (),
                    FIRST + timedelta(minutes=number % 720),
                    "Asia/Ho_Chi_Minh",
                    RULE,
                )
                row = draw_up_schedule(session, commune.now, officer, order)
                row.plan_due = commune.now
                session.add(row)
        with commune.database.reading() as session:
            self._schedules = session.exec(select(Schedule.schedule)).all()

    def plan_all(self) -> Planned:
        """Plan all schedules from nothing; returns the number of new rows and the seconds."""
        timetable = Timetable(self._commune.database)
        began = time.perf_counter()
        while timetable.step(self._commune.now):
            pass
        seconds = time.perf_counter() - began
        with self._commune.database.reading() as session:
            rows = sum(session.exec(select(func.count()).select_from(table)).one() for table in TABLES)
        return Planned(rows, seconds)

    def change_one(self) -> float:
        """Move one schedule 5 minutes later, or back again at the next call; returns the seconds."""
        self._changed += 1
        schedule = self._schedules[self._changed // 2 * 7 % len(self._schedules)]
        by = timedelta(minutes=5 if self._changed % 2 else -5)
        with self._commune.database.reading() as session:
            first_start = datetime.fromisoformat(session.get_one(Schedule, schedule).first_start) + by
        self._commune.later(seconds=1)
        began = time.perf_counter()
        with self._commune.writing() as session:
            officer = self._commune.officers["tham"]
            change_schedule(session, self._commune.now, officer, schedule, {"first_start": first_start})
        return time.perf_counter() - began


TABLES = (Broadcast, BroadcastRevision, Delivery)


@contextmanager
def _commune_with_schedules(count: int) -> Iterator[_CommuneWithSchedules]:
    with TemporaryDirectory(prefix="loa-bench-") as name:
        folder = Path(name)
        commune = make_commune(f"sqlite:///{folder / 'office.db'}", folder)
        with commune.writing() as session:
            for number in range(10, 10 + HAMLETS):
                area = add_area(session, commune.now, None, name=f"Ấp {number}", kind="ấp", parent=commune.areas["xã"])
                commune.areas[f"ấp {number}"] = area.area
            for number in range(SPEAKERS):
                session.add(
                    Speaker(
                        speaker=f"s-{number:03d}",
                        name=f"s-{number:03d}",
                        area=commune.areas[f"ấp {number % HAMLETS + 10}"],
                        volume=Volume().fields(),
                        broker_password_hash="-",  # noqa: S106  # nobody signs in by it
                        created_at=commune.now,
                    )
                )
            session.flush()
            session.add_all(
                SpeakerStatus(speaker=f"s-{number:03d}", received_at=commune.now, status={})
                for number in range(SPEAKERS)
            )
        try:
            yield _CommuneWithSchedules(commune, count)
        finally:
            commune.database.close()


def _occurrences_s() -> float:
    rule = read_rule(first_start=FIRST, time_zone="Asia/Ho_Chi_Minh", rrule=RULE, until=None, exception_dates=())
    begin = datetime(2026, 11, 24, tzinfo=UTC)
    began = time.perf_counter()
    counted = sum(1 for _ in islice(occurrences(rule, begin, begin + timedelta(days=36_500)), OCCURRENCES))
    assert counted == OCCURRENCES
    return time.perf_counter() - began


def _dateutil_s() -> float:
    rule = rrulestr(RULE, dtstart=FIRST)
    began = time.perf_counter()
    counted = sum(1 for _ in islice(rule, OCCURRENCES))
    assert counted == OCCURRENCES
    return time.perf_counter() - began
