"""Computes the entries of the week and of the list of a day: what sounds, and what won't, with the reason."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlmodel import Session

from controller.announcements.lists import announcements_named
from controller.broadcasts.lists import broadcasts_between
from controller.broadcasts.priority_order import undecided_collisions
from controller.database.tables import Announcement, Broadcast, Schedule, Speaker
from controller.orders.instants import air_start, wanted_start
from controller.orders.orders import begins_until
from controller.outlook.fates import Fate, fates
from controller.planning.holidays import holidays_between
from controller.planning.occurrences import (
    DueOccurrence,
    Overrides,
    changed_schedules,
    occurrences_between,
    overrides_of,
)
from controller.planning.schedule_lists import live_schedules
from controller.planning.timetable import horizon
from controller.station.speaker_lists import speakers_named
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.words.holiday_names import holiday_name
from controller.web.words.place_names import places
from controller.web.words.states import Shape, reason_in_words
from controller.web.words.vietnamese import StationClock, capital
from controller.words.numbers import number
from controller.words.translation import _
from schedules.recurrence import BadRule
from wire.model import BulletinClass


@dataclass(frozen=True)
class TimetableEntry:
    """One broadcast, or one occurrence of a rule. `at`: when it was wanted. `struck`: it won't sound.

    `of`: the ids of its broadcast and schedule, as far as it has them. `areas`: the areas that it names, and those of
    the speakers that it names. `shape`, `words`: how it goes; None and empty: it simply sounds, or is too far away.
    `lasts`: how long, in words; empty: not known yet.
    """

    at: datetime
    title: str
    bulletin_class: BulletinClass | Literal[""]
    where: str
    of: frozenset[str]
    areas: frozenset[str]
    link: str
    shape: Shape | None = None
    words: str = ""
    struck: bool = False
    far: bool = False
    """Whether it isn't a broadcast yet, but only what a rule says."""
    lasts: str = ""


class TimetableEntries:
    """Makes the entries of one page. Areas, speakers and their standing are read once for all of them."""

    def __init__(self, session: Session, page: Page) -> None:
        self._session, self._page, self._clock = session, page, page.clock
        self._lines = BroadcastLines(session, page)
        self.tree = self._lines.tree

    def between(self, first: date, last: date, areas: Collection[str] = ()) -> list[TimetableEntry]:
        """The entries from `first` to `last`, both included, by their time.

        `areas`: only those that are heard somewhere in them; none: all.
        """
        begin = datetime.combine(first, time(), self._clock.zone)
        end = datetime.combine(last + timedelta(days=1), time(), self._clock.zone)
        rows = broadcasts_between(self._session, begin, end)
        found = self._of_broadcasts(rows, end) + self._of_rules(rows, begin, end)
        if areas:
            heard = self.heard_in(areas)
            found = [each for each in found if each.areas & heard]
        return sorted(found, key=lambda each: (each.at, each.title, each.link))

    def heard_in(self, areas: Collection[str]) -> set[str]:
        """The areas whose broadcasts are heard somewhere in these: they, those around and those within."""
        return self.tree.subtree(areas) | {step for area in areas for step in self.tree.chain(area)}

    def _of_broadcasts(self, rows: Sequence[Broadcast], end: datetime) -> list[TimetableEntry]:
        now = self._page.now
        coming = fates(self._session, now, end) if end > now else {}
        undecided_ids = {
            each.broadcast for pair in undecided_collisions(self._session, now) for each in (pair.first, pair.second)
        }
        speakers = self._speakers_named(rows)
        found = []
        for line in self._lines.of(rows):
            row = line.broadcast
            shape, words, struck = self._how_it_goes(
                line, coming.get(row.broadcast, Counter()), waits_for_a_decision=row.broadcast in undecided_ids
            )
            found.append(
                TimetableEntry(
                    at=wanted_start(row),
                    title=row.title,
                    bulletin_class=row.bulletin_class or "",
                    where=capital(line.where),
                    of=frozenset(filter(None, (row.broadcast, row.schedule))),
                    areas=_areas(row, speakers),
                    link=f"/luot-phat/{row.broadcast}",
                    shape=shape,
                    words=words,
                    struck=struck,
                    lasts=line.lasts,
                )
            )
        return found

    def _speakers_named(self, rows: Sequence[Broadcast | Schedule]) -> dict[str, Speaker]:
        names = {name for row in rows for name in row.speakers}
        return speakers_named(self._session, names)

    def _how_it_goes(
        self, line: BroadcastLine, fate: Counter[Fate], *, waits_for_a_decision: bool
    ) -> tuple[Shape | None, str, bool]:
        """Shape and words, and whether the entry is struck through."""
        row, total = line.broadcast, line.counts.total()
        played, unknown = line.counts["played"], line.counts["no_report"]
        if line.state == "cancelled":
            if played or line.counts["partial"] or line.counts["started"]:
                words = _("Đã dừng: đủ ở {n} trên {total}").format(n=number(played), total=number(total))
                return "partial", words, False
            return "cancelled", _("Đã hủy"), True
        if line.state == "lapsed" or (not total and line.state != "waiting_for_approval"):
            return line.shape, line.words, False
        if waits_for_a_decision:
            unapproved = line.state == "waiting_for_approval"
            words = _("Cần chọn thứ tự, chờ phê duyệt") if unapproved else _("Cần chọn thứ tự")
            return "decision", words, False
        if line.state == "waiting_for_approval":
            return "approval", _("Chờ phê duyệt"), False
        if line.counts["started"]:
            return line.shape, line.words, False
        begins = air_start(row)
        if line.state == "planned" and begins is not None and begins > self._page.now:
            return (*how_it_will_be(fate, self._clock, row), False)
        words = _("Đủ ở {n} trên {total}, {unknown} chưa có báo cáo") if unknown else _("Đủ ở {n} trên {total}")
        words = words.format(n=number(played), total=number(total), unknown=number(unknown))
        return ("played" if played == total else "partial"), words, False

    def _of_rules(self, rows: Sequence[Broadcast], begin: datetime, end: datetime) -> list[TimetableEntry]:
        """Occurrences in begin ≤ t < end that aren't broadcasts: left out, or not planned yet."""
        there = {(row.schedule, row.occurrence) for row in rows}
        unplanned_from = self._page.now + horizon(self._session)
        wanted = self._schedules_to_read(begin, end, unplanned_from)
        speakers = self._speakers_named(wanted)
        overrides = overrides_of(self._session, wanted, begin, end)
        announcements = self._announcements_of(wanted, overrides)
        found = []
        for row in wanted:
            for due in _occurrences(self._session, row, begin, end, overrides):
                if (row.schedule, due.occurrence) in there or due.starts_at < row.changed_at:
                    continue  # the rule was another one then, which isn't kept
                if due.skipped is None and due.starts_at < unplanned_from:
                    # It is a broadcast on another day, or none. Of those to come the first page says why there is none;
                    # those in the past are shown by REST's occurrences alone, with `broadcast: null`.
                    continue
                found.append(self._of_rule(row, due, announcements, speakers, overrides.holidays))
        return found

    def _schedules_to_read(self, begin: datetime, end: datetime, unplanned_from: datetime) -> list[Schedule]:
        """The schedules whose rules say more than their broadcasts do: mostly none."""
        first, last = begin.astimezone(self._clock.zone).date(), (end - timedelta(seconds=1)).date()
        holidays = holidays_between(self._session, first, last)
        changed = changed_schedules(self._session, first, last)
        return [
            row
            for row in live_schedules(self._session)
            if end > unplanned_from
            or row.schedule in changed
            or (row.skip_holidays and holidays)
            or any(first.isoformat() <= day <= last.isoformat() for day in row.exception_dates)
        ]

    def _announcements_of(self, rows: Sequence[Schedule], overrides: Overrides) -> dict[str, Announcement]:
        changes = (change for of_schedule in overrides.changes.values() for change in of_schedule.values())
        ids = {row.announcement for row in rows} | {each.announcement for each in changes if each.announcement}
        return announcements_named(self._session, ids) if ids else {}

    def _of_rule(
        self,
        row: Schedule,
        due: DueOccurrence,
        announcements: Mapping[str, Announcement],
        speakers: Mapping[str, Speaker],
        holidays: Mapping[date, str],
    ) -> TimetableEntry:
        announcement = announcements[due.announcement]
        single = [speakers[name] for name in row.speakers if name in speakers]
        shape: Shape = "cancelled"
        if due.skipped == "holiday":
            day = datetime.fromisoformat(due.occurrence).date()
            words = _("Bỏ lượt này: {holiday}").format(holiday=holiday_name(holidays[day]))
        elif due.skipped == "exception":
            words = _("Bỏ lượt này: ngày trừ ra")
        elif due.skipped:
            words = _("Bỏ lượt này")
        else:
            shape, words = "waiting", _("Theo lịch")
        return TimetableEntry(
            at=due.starts_at,
            title=announcement.title,
            bulletin_class=announcement.bulletin_class,
            where=capital(places(self.tree, row.areas, single)),
            of=frozenset({row.schedule}),
            areas=_areas(row, speakers),
            link=f"/lich/{row.schedule}",
            shape=shape,
            words=words,
            struck=due.skipped is not None,
            far=due.skipped is None,
        )


def how_it_will_be(fate: Counter[Fate], clock: StationClock, row: Broadcast) -> tuple[Shape | None, str]:
    """Shape and words for what will become of a broadcast; None and empty: it simply sounds.

    Muted speakers count only if all are muted: what they miss is said once for the whole list.
    """
    total = fate.total()
    told = Counter({each: n for each, n in fate.items() if each.kind != "on_time" and each.reason != "muted"})
    muted = sum(n for each, n in fate.items() if each.reason == "muted")
    if total and muted == total:
        return "muted", _("Không phát nếu chưa mở tiếng")
    if not told and row.wanted_start is not None and row.starts_at is not None and row.starts_at > row.wanted_start:
        return "waiting", _("Chờ, phát lúc {time}").format(time=clock.time(row.starts_at))
    if not told:
        return None, ""
    each, count = min(told.items(), key=lambda item: (-item[1], item[0].kind, item[0].at or clock.now))
    some = "" if count >= total - muted else _(" ở {n} trên {total}").format(n=number(count), total=number(total))
    at = clock.time(each.at) if each.at else ""
    if each.kind == "waits":
        return "waiting", _("Chờ{some}, phát lúc {time}").format(some=some, time=at)
    if each.kind == "interrupted":
        until = clock.time(each.until) if each.until else ""
        return "preempted", _("Ngắt {time}{some}, phát tiếp {until}").format(time=at, some=some, until=until)
    why = _reason_ahead(each.reason, row, clock)
    if each.kind == "cut":
        return "partial", _("Ngắt {time}{some}, không phát tiếp. {why}").format(time=at, some=some, why=why)
    return "missed", _("Sẽ không phát{some}. {why}").format(some=some, why=why)


def _reason_ahead(reason: str | None, row: Broadcast, clock: StationClock) -> str:
    until = begins_until(row)
    return reason_in_words(reason, clock.time(until) if until else "") if reason else ""


def _areas(row: Broadcast | Schedule, speakers: Mapping[str, Speaker]) -> frozenset[str]:
    return frozenset({*row.areas, *(speakers[name].area for name in row.speakers if name in speakers)})


def _occurrences(
    session: Session, row: Schedule, begin: datetime, end: datetime, overrides: Overrides
) -> list[DueOccurrence]:
    try:
        return occurrences_between(session, row, begin, end, overrides)
    except BadRule:  # the first page says that this schedule is broken; the others are shown
        return []
