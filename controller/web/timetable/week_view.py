"""Computes the week: seven days by area with what will really sound, and the priority bulletins that need an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from controller.broadcasts.priority_order import PAUSE_BETWEEN_BULLETINS, Collision, collisions
from controller.database.tables import Broadcast, Speaker
from controller.orders.instants import ordered_start, run_time_of, wanted_start
from controller.orders.orders import named_areas
from controller.planning.holidays import holidays_between, holidays_of_year
from controller.station.area_tree import AreaTree
from controller.station.charges import may
from controller.station.officers import all_officers
from controller.web.frame.page import Page
from controller.web.timetable.entries import TimetableEntries, TimetableEntry
from controller.web.words.holiday_names import holiday_name
from controller.web.words.place_names import at_head, in_sentence, places, short
from controller.web.words.vietnamese import capital, listed
from controller.words.numbers import counted
from controller.words.translation import _, mark
from schedules.collisions import Wish, place_in_turn
from schedules.limits import HOLIDAY_YEARS
from schedules.lunar_days import lunar_day

_LUNAR_MONTHS = (
    mark("tháng Giêng"),
    mark("tháng Hai"),
    mark("tháng Ba"),
    mark("tháng Tư"),
    mark("tháng Năm"),
    mark("tháng Sáu"),
    mark("tháng Bảy"),
    mark("tháng Tám"),
    mark("tháng Chín"),
    mark("tháng Mười"),
    mark("tháng Một"),
    mark("tháng Chạp"),
)
_FULL_MOON = 15


@dataclass(frozen=True)
class WeekDay:
    """A day with its entries. `notes`: what else it is (rằm, a holiday)."""

    day: date
    title: str
    notes: tuple[str, ...]
    today: bool
    entries: tuple[TimetableEntry, ...]


@dataclass(frozen=True)
class AreaRow:
    """An area that something in this week names, with its entries day by day. `speakers`: how many stand in it."""

    name: str
    speakers: int
    cells: tuple[tuple[TimetableEntry, ...], ...]


@dataclass(frozen=True)
class OrderChoice:
    """One order of two bulletins. `consequence`: when each then begins. `as_it_stands`: it is the order now."""

    first: Broadcast
    second: Broadcast
    consequence: str
    as_it_stands: bool


@dataclass(frozen=True)
class WeekCollision:
    """Two priority bulletins that want the same minutes.

    `choices`, `open_until`: the two orders, and until when one can be chosen; both empty: it is too late. `recurs`:
    their schedules meet again later. `mine`: the reader may choose.
    """

    title: str
    said: str
    decided: bool
    choices: tuple[OrderChoice, ...]
    open_until: str
    recurs: bool
    mine: bool


@dataclass(frozen=True)
class Week:
    """What the page shows.

    `without_own`: names of areas that nothing in this week names, and a sentence on what they hear. `quiet`: the quiet
    hours in words. `muted`: how many speakers are muted. `areas`: id, name and depth of each, for the list of the form.
    """

    monday: date
    days: tuple[WeekDay, ...]
    rows: tuple[AreaRow, ...]
    without_own: tuple[tuple[str, str], ...]
    meetings: tuple[WeekCollision, ...]
    quiet: tuple[str, ...]
    muted: int
    areas: tuple[tuple[str, str, int], ...]

    @property
    def far(self) -> bool:
        """Whether some entries aren't broadcasts yet."""
        return any(entry.far for day in self.days for entry in day.entries)

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.monday + timedelta(days=6)


def week_of(session: Session, page: Page, monday: date, area: str) -> Week:
    """The week that begins on `monday`; `area`: only what is heard in it (empty: everywhere)."""
    make = TimetableEntries(session, page)
    entries = make.between(monday, monday + timedelta(days=6), [area] if area else ())
    dates = [monday + timedelta(days=n) for n in range(7)]
    by_day = {day: tuple(each for each in entries if page.clock.local(each.at).date() == day) for day in dates}
    holidays = holidays_between(session, dates[0], dates[-1])
    rows, without_own = _area_rows(session, make.tree, area, [by_day[day] for day in dates])
    return Week(
        monday=monday,
        days=tuple(_day(session, page, day, holidays.get(day), by_day[day]) for day in dates),
        rows=rows,
        without_own=without_own,
        meetings=tuple(_week_collisions(session, page, make.tree, monday, area)),
        quiet=tuple(quiet_lines(make.tree)),
        muted=sum(each.muted for each in make.tree.speakers_in(session, [area] if area else make.tree.in_order())),
        areas=tuple(
            (name, make.tree.by_id[name].name, len(make.tree.chain(name)) - 1) for name in make.tree.in_order()
        ),
    )


def _day(session: Session, page: Page, day: date, holiday: str | None, entries: tuple[TimetableEntry, ...]) -> WeekDay:
    noon = datetime.combine(day, time(12), page.clock.zone)
    return WeekDay(
        day=day,
        title=capital(f"{page.clock.weekday(noon)} {day:%d/%m}"),
        notes=day_notes(session, day, holiday),
        today=day == page.clock.today,
        entries=entries,
    )


def day_notes(session: Session, day: date, holiday: str | None) -> tuple[str, ...]:
    """The days of the lunar month that people observe (1 and 15), and the holiday."""
    notes = []
    lunar = lunar_day(day)
    if lunar.day in (1, _FULL_MOON):
        month = _(_LUNAR_MONTHS[lunar.month - 1])
        if lunar.leap:
            month = _("{month} nhuận").format(month=month)
        name = _("mùng 1 {month}") if lunar.day == 1 else _("rằm {month}")
        notes.append(name.format(month=month))
    if holiday:
        known = day.year in HOLIDAY_YEARS and holidays_of_year(session, day.year).decree
        name = "{holiday}" if known else _("{holiday} (tạm tính)")
        notes.append(name.format(holiday=holiday_name(holiday)))
    return tuple(notes)


def _area_rows(
    session: Session, tree: AreaTree, area: str, days: Sequence[Sequence[TimetableEntry]]
) -> tuple[tuple[AreaRow, ...], tuple[tuple[str, str], ...]]:
    tops = {row.area for row in tree.children.get(None, [])}
    named = {each for entries in days for entry in entries for each in entry.areas}
    if area:
        named &= {*tree.chain(area), *tree.subtree([area])}
    shown = [each for each in tree.in_order() if each in named or (each in tops and not area)]
    speakers = tree.speakers_in(session, tree.in_order())
    rows = []
    for each in shown:
        below = tree.subtree([each])
        cells = tuple(tuple(entry for entry in entries if each in entry.areas) for entries in days)
        rows.append(
            AreaRow(
                at_head(tree, tree.by_id[each]) if tree.children.get(each) else short(tree.by_id[each]),
                sum(speaker.area in below for speaker in speakers),
                cells,
            )
        )
    return tuple(rows), _without_own(tree, area, set(shown), tops, speakers)


def _without_own(
    tree: AreaTree, area: str, shown: set[str], tops: set[str], speakers: Sequence[Speaker]
) -> tuple[tuple[str, str], ...]:
    """Areas with speakers that nothing in this week names, joined, with a sentence on what they hear instead."""
    within = tree.subtree([area]) if area else set(tree.by_id)
    standing = {speaker.area for speaker in speakers} & within - shown
    like_the_top = [
        short(tree.by_id[each])
        for each in tree.in_order()
        if each in standing and _hears_only_the_top(tree, each, shown, tops)
    ]
    other = [
        short(tree.by_id[each])
        for each in tree.in_order()
        if each in standing and not _hears_only_the_top(tree, each, shown, tops)
    ]
    only = at_head(tree, tree.by_id[next(iter(tops))]) if len(tops) == 1 else ""
    found = []
    if like_the_top:
        said = _("Chỉ phát lịch {area}.").format(area=only[:1].lower() + only[1:]) if only else ""
        found.append((", ".join(like_the_top), said or _("Chỉ phát lịch chung.")))
    if other:
        found.append((", ".join(other), _("Không có lịch riêng: phát lịch của nơi lớn hơn, ở các hàng trên.")))
    return tuple(found)


def _hears_only_the_top(tree: AreaTree, area: str, shown: set[str], tops: set[str]) -> bool:
    """Whether nothing between the area and the top is named either, so that it hears what the top hears."""
    return not (set(tree.chain(area)[:-1]) - tops) & shown


def quiet_lines(tree: AreaTree) -> list[str]:
    """The quiet hours in words: a line for each area that has quiet hours of its own."""
    said = []
    for area in tree.in_order():
        own = tree.by_id[area].quiet_hours
        if own:
            hours = listed([f"{each['from']}–{each['to']}" for each in own])
            text = (
                _("Giờ yên tĩnh {hours} mỗi ngày: chỉ bản tin khẩn cấp được phát.")
                if len(tree.chain(area)) == 1
                else _("Giờ yên tĩnh {hours} mỗi ngày ở {area}: chỉ bản tin khẩn cấp được phát.")
            )
            said.append(text.format(hours=hours, area=in_sentence(tree.by_id[area])))
        elif own == [] and len(tree.chain(area)) > 1 and tree.quiet_hours(tree.chain(area)[-2]):
            said.append(_("{area} không có giờ yên tĩnh.").format(area=tree.by_id[area].name))
    return said


def _week_collisions(session: Session, page: Page, tree: AreaTree, monday: date, area: str) -> list[WeekCollision]:
    begin = datetime.combine(monday, time(), page.clock.zone)
    end = datetime.combine(monday + timedelta(days=7), time(), page.clock.zone)
    heard = {*tree.chain(area), *tree.subtree([area])} if area else set(tree.by_id)
    names = {each.officer: each.name for each in all_officers(session)}
    found = []
    for each, later in folded(
        [pair for pair in collisions(session, page.now) if begin <= wanted_start(pair.first) < end]
    ):
        areas = named_areas(session, each.first) | named_areas(session, each.second)
        if areas & heard:
            found.append(_week_collision(page, tree, each, later, names, mine=may(page.charges, "editor", areas, tree)))
    return found


def folded(pairs: Sequence[Collision]) -> list[tuple[Collision, int]]:
    """Collisions of the same two schedules with the same decision, folded into the soonest and how many follow it."""
    alike: dict[object, list[Collision]] = {}
    for each in pairs:
        first, second = each.first.schedule, each.second.schedule
        said = (each.decided.decided_by, each.decided.decided_at) if each.decided else None
        key = (first, second, said) if first and second else (each.first.broadcast, each.second.broadcast)
        alike.setdefault(key, []).append(each)
    return [(found[0], len(found) - 1) for found in alike.values()]


def _week_collision(
    page: Page, tree: AreaTree, each: Collision, later: int, names: dict[str, str], *, mine: bool
) -> WeekCollision:
    clock, first, second = page.clock, each.first, each.second
    narrow = min((first, second), key=lambda row: len(tree.subtree(row.areas)) + len(row.speakers))
    where = places(tree, narrow.areas, []) or _("một số cụm loa")
    wanted = min(wanted_start(first), wanted_start(second))
    order = _("“{first}” phát lúc {at}, rồi “{second}” lúc {then}.").format(
        first=first.title,
        at=clock.time(ordered_start(first)),
        second=second.title,
        then=clock.time(ordered_start(second)),
    )
    if each.decided is not None and each.decided.decided_by:
        said = _("Đã chọn ({who}, {when}): {order}").format(
            who=names.get(each.decided.decided_by, ""), when=clock.when(each.decided.decided_at), order=order
        )
    elif each.closes_at <= page.now:
        said = _("Không ai chọn: bản tin đặt trước phát trước. {order}").format(order=order)
    else:
        said = _(
            "Cả hai đã nằm sẵn ở cụm loa, không bản nào mất. Chưa chọn thì bản đặt trước phát trước: {order}"
        ).format(order=order)
    still_open = each.closes_at > page.now
    return WeekCollision(
        title=_("{time} {day}{again}, {where}: hai bản tin ưu tiên trùng giờ").format(
            time=clock.time(wanted),
            day=clock.day(wanted),
            again=counted(" và {n} lần sau trong tuần", later) if later else "",
            where=where,
        ),
        said=said,
        decided=each.decided is not None or not still_open,
        choices=(_choice(page, first, second, now_so=True), _choice(page, second, first)) if still_open else (),
        open_until=clock.when(each.closes_at) if still_open else "",
        recurs=bool(first.schedule and second.schedule and first.schedule != second.schedule),
        mine=mine,
    )


def _choice(page: Page, first: Broadcast, second: Broadcast, *, now_so: bool = False) -> OrderChoice:
    """The order in which `first` goes first, as far as these two broadcasts alone decide it."""
    wishes = [_wish(row) for row in (first, second)]
    starts = place_in_turn(wishes, [(first.broadcast, second.broadcast)], PAUSE_BETWEEN_BULLETINS)
    if now_so:
        at, then = (ordered_start(row) for row in (first, second))
    else:
        at, then = starts[first.broadcast], starts[second.broadcast]
    text = _("phát {at}; bản kia {then}").format(at=page.clock.time(at), then=page.clock.time(then))
    return OrderChoice(first, second, text, now_so)


def _wish(row: Broadcast) -> Wish:
    whole = run_time_of(row)
    return Wish(row.broadcast, wanted_start(row), whole, (row.created_at, row.broadcast), frozenset({""}))
