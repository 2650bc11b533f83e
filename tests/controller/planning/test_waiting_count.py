"""The count of what waits, which every page says, is that of the list, whatever was done before."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from audio.sound.opus import encode
from controller.announcements.drafts import change_announcement, take_up_version
from controller.broadcasts.lifecycle import cancel_broadcast, order_broadcast
from controller.broadcasts.lists import newest_broadcasts
from controller.errors import OfficeError
from controller.orders.orders import Order
from controller.orders.standing_texts import StandingOrder, end_standing_text, live_standing_texts, make_standing_text
from controller.planning.approvals import approve, refuse, refuse_order, withdraw_approval
from controller.planning.schedule_lists import live_schedules
from controller.planning.schedule_orders import (
    ScheduleOrder,
    add_schedule,
    change_occurrence,
    change_schedule,
    end_schedule,
)
from controller.planning.submission import submit_announcement
from controller.planning.timetable import Timetable
from controller.planning.waiting import waiting_orders
from controller.planning.waiting_count import count_waiting
from tests.people import Commune, approve_all

SOUNDS = [encode(bytes([n, 32]) * 4_800) for n in range(3)]
FIRST = datetime.fromisoformat("2026-11-24T05:30:00")


class _Walk:
    """Does one thing after the other, as officers might; what is refused changes nothing."""

    def __init__(self, commune: Commune, seed: int) -> None:
        self.commune, self.chance = commune, random.Random(seed)
        self.announcements = [commune.announcement(title=f"Tin {n}", author="editor") for n in range(3)]
        self.timetable = Timetable(commune.database)

    def step(self) -> str:
        """Do something; returns what."""
        deeds: list[Callable[[Any, datetime], object]] = [
            self._write,
            self._submit,
            self._submit,
            self._order,
            self._schedule,
            self._change_schedule,
            self._change_occurrence,
            self._stand,
            self._approve,
            self._approve,
            self._approve_all,
            self._refuse,
            self._refuse_one,
            self._withdraw,
            self._take_up,
            self._end,
        ]
        deed = self.chance.choice([*deeds, None])
        if deed is None:
            self.commune.later(minutes=self.chance.choice((3, 40, 800)))
            while self.timetable.step(self.commune.now):
                pass
            return "time passes"
        self.commune.later(milliseconds=self.chance.choice((0, 1, 500)))
        try:
            with self.commune.writing() as session:
                deed(session, self.commune.now)
        except OfficeError as error:
            return f"{deed.__name__} refused: {error}"
        return deed.__name__

    @property
    def _announcement(self) -> str:
        return self.chance.choice(self.announcements)

    def _officer(self, name: str = "editor") -> Any:
        return self.commune.officers[name]

    def _areas(self) -> tuple[str, ...]:
        return tuple(self.commune.areas[name] for name in self.chance.choice((("xã",), ("ấp 1",), ("ấp 1", "ấp 2"))))

    def _write(self, session: Any, now: datetime) -> None:
        changes: Any = self.chance.choice(({"title": f"Tên {now}"}, {"text": f"Lời {now}"}))
        row = change_announcement(session, now, self._officer(), self._announcement, changes)
        self.commune.give_sound(session, row, self.chance.choice(SOUNDS))

    def _take_up(self, session: Any, now: datetime) -> None:
        row = take_up_version(session, now, self._officer(), self._announcement, 1)
        self.commune.give_sound(session, row, self.chance.choice(SOUNDS))

    def _submit(self, session: Any, now: datetime) -> None:
        submit_announcement(session, now, self._officer(), self._announcement, [])

    def _order(self, session: Any, now: datetime) -> None:
        starts_in_s = self.chance.choice((None, 600.0, 5_000.0, 90_000.0))
        starts_at = None if starts_in_s is None else now + timedelta(seconds=starts_in_s)
        order_broadcast(session, now, self._officer(), Order(self._announcement, self._areas(), (), starts_at))

    def _schedule(self, session: Any, now: datetime) -> None:
        rule = self.chance.choice(("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=DAILY;COUNT=2"))
        first = FIRST + timedelta(minutes=self.chance.randrange(600))
        order = ScheduleOrder(self._announcement, self._areas(), (), first, "Asia/Ho_Chi_Minh", rule)
        add_schedule(session, now, self._officer(), order)

    def _change_schedule(self, session: Any, now: datetime) -> None:
        row = self.chance.choice(live_schedules(session) or [None])
        if row is not None:
            changes: Any = self.chance.choice(
                ({"areas": self._areas()}, {"times": self.chance.randrange(1, 3)}, {"announcement": self._announcement})
            )
            change_schedule(session, now, self._officer(), row.schedule, changes)

    def _change_occurrence(self, session: Any, now: datetime) -> None:
        rows = [each for each in newest_broadcasts(session, 50, None) if each.occurrence and each.schedule]
        if rows:
            row = self.chance.choice(rows)
            wall = datetime.fromisoformat(row.occurrence or "")
            change: Any = self.chance.choice(
                (
                    {"dropped": True},
                    {"moved_to": wall + timedelta(hours=2)},
                    {"announcement": self._announcement},
                    {},
                )
            )
            change_occurrence(session, now, self._officer(), row.schedule or "", wall, **change)

    def _stand(self, session: Any, now: datetime) -> None:
        until = now + timedelta(minutes=self.chance.choice((30, 90_000)))
        order = StandingOrder(self._announcement, self._areas(), ({"from": "06:00", "to": "20:00"},), 2, until)
        make_standing_text(session, now, self._officer(), replace(order, times=self.chance.randrange(1, 3)))

    def _approve(self, session: Any, now: datetime) -> None:
        waiting = waiting_orders(session, now)
        if waiting:
            approve(session, now, self._officer("quang"), [self.chance.choice(waiting).manifest])

    def _approve_all(self, session: Any, now: datetime) -> None:
        approve_all(session, now, self._officer("quang"), self._announcement)

    def _refuse(self, session: Any, now: datetime) -> None:
        refuse(session, now, self._officer("quang"), self._announcement, "Sai.")

    def _refuse_one(self, session: Any, now: datetime) -> None:
        waiting = waiting_orders(session, now)
        if waiting:
            refuse_order(session, now, self._officer("quang"), self.chance.choice(waiting).manifest, "Sai.")

    def _withdraw(self, session: Any, now: datetime) -> None:
        withdraw_approval(session, now, self._officer("quang"), self._announcement)

    def _end(self, session: Any, now: datetime) -> None:
        schedules, standing = live_schedules(session), live_standing_texts(session, now)
        broadcasts = [each for each in newest_broadcasts(session, 20, None) if each.cancelled_at is None]
        match self.chance.randrange(3):
            case 0 if schedules:
                end_schedule(session, now, self._officer(), self.chance.choice(schedules).schedule)
            case 1 if standing:
                end_standing_text(session, now, self._officer(), self.chance.choice(standing).standing)
            case _ if broadcasts:
                cancel_broadcast(session, now, self._officer(), self.chance.choice(broadcasts).broadcast)


def _counts(commune: Commune) -> tuple[int, int]:
    with commune.database.reading() as session:
        listed = {each.words.announcement for each in waiting_orders(session, commune.now)}
        return count_waiting(session, commune.now), len(listed)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(each, marks=pytest.mark.soak) for each in range(2, 20))])
def test_the_count_is_that_of_the_list_after_whatever_was_done(commune: Commune, seed: int) -> None:
    _walk(commune, seed, steps=140)


def test_the_count_is_that_of_the_list_on_either_database(either_commune: Commune) -> None:
    _walk(either_commune, 100, steps=60)


def _walk(commune: Commune, seed: int, steps: int) -> None:
    walk, done = _Walk(commune, seed), list[str]()
    seen = set[int]()
    for _ in range(steps):
        done.append(walk.step())
        counted, listed = _counts(commune)
        assert counted == listed, done
        seen.add(listed)
    assert len(seen) > 2, done


def test_many_schedules_and_orders_are_counted_by_three_questions(commune: Commune) -> None:
    tham, quang = commune.officers["tham"], commune.officers["quang"]
    for n in range(12):
        announcement = commune.announcement(title=f"Tin {n}")
        with commune.writing() as session:
            submit_announcement(session, commune.now, tham, announcement, [])
            order = ScheduleOrder(announcement, (commune.areas["ấp 1"],), (), FIRST, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
            add_schedule(session, commune.now, tham, order)
        commune.later(seconds=1)
        if n % 2:
            with commune.writing() as session:
                approve_all(session, commune.now, quang, announcement)
        elif n % 4:
            commune.order(announcement, "ấp 2", starts_in_s=900)
    asked: list[str] = []
    event.listen(commune.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with commune.database.reading() as session:
        assert count_waiting(session, commune.now) == 6
    assert len([each for each in asked if each.lstrip().startswith("SELECT")]) == 3, asked
