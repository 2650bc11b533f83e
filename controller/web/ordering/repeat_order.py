"""The schedule that an officer's choices make, and the choices that a schedule was made by."""

from collections.abc import Mapping
from datetime import date, datetime, time

from controller.database.tables import Schedule, Speaker
from controller.errors import Invalid
from controller.planning.schedule_orders import ScheduleOrder, order_of
from controller.station.area_tree import AreaTree
from controller.web.frame.typed_times import read_date
from controller.web.ordering.choices import (
    AGAIN,
    EACH_DAY,
    MOONS,
    OTHERWISE,
    WORKING_DAYS,
    Choices,
    how_often,
    places_of,
)
from controller.web.ordering.repeat_form import (
    ALL_DAYS,
    CODES,
    NEW_AND_FULL_MOON,
    Every,
    Repeat,
    read_days,
    read_times,
    repeat_of,
    rule_of,
)
from controller.web.ordering.repeat_form import WORKING_DAYS as MONDAY_TO_FRIDAY

_OF_DAYS: Mapping[str, Repeat] = {
    WORKING_DAYS: Repeat("week", (), MONDAY_TO_FRIDAY),
    EACH_DAY: Repeat("week", (), ALL_DAYS),
    MOONS: Repeat("lunar_days", (), days=NEW_AND_FULL_MOON),
}
_EVERY: tuple[Every, ...] = ("week", "two_weeks", "month_days", "first_of_month", "last_of_month", "lunar_days")


def repeat_chosen(choices: Choices) -> Repeat:
    """On which days and at which times; raises Invalid."""
    times = read_times(choices.time)
    if choices.days in _OF_DAYS:
        known = _OF_DAYS[choices.days]
        return Repeat(known.every, times, known.weekdays, known.days)
    every: Every = next((each for each in _EVERY if each == choices.every), "week")
    if every in ("month_days", "lunar_days"):
        return Repeat(every, times, days=read_days(choices.days_of_month, 30 if every == "lunar_days" else 31))
    weekdays = tuple(sorted({CODES.index(code) for code in choices.weekdays if code in CODES}))
    if not weekdays:
        raise Invalid("thu", "weekday_missing")
    return Repeat(every, times, weekdays)


def schedule_order(
    announcement: str,
    choices: Choices,
    tree: AreaTree,
    speakers: dict[str, Speaker],
    time_zone: str,
    exception_dates: tuple[date, ...] = (),
) -> ScheduleOrder:
    """The order that the choices make; raises Invalid, whose field is the form's."""
    areas, single = places_of(choices, tree, speakers)
    repeat = repeat_chosen(choices)
    first = datetime.combine(read_date(choices.date), repeat.times[0])
    until = None
    if choices.until:
        try:
            until = datetime.combine(read_date(choices.until), time(23, 59, 59))
        except Invalid as error:
            raise error.of("den") from None
    return ScheduleOrder(
        announcement=announcement,
        areas=areas,
        speakers=single,
        first_start=first,
        time_zone=time_zone,
        rrule=rule_of(repeat),
        exception_dates=exception_dates,
        skip_holidays=choices.skip_holidays,
        until=until,
        times=how_often(choices),
    )


def choices_of(row: Schedule) -> Choices | None:
    """The choices that make this schedule; None where its rule can't be said by them."""
    order = order_of(row)
    repeat = repeat_of(order.rrule, order.first_start)
    if repeat is None:
        return None
    days = next(
        (
            name
            for name, known in _OF_DAYS.items()
            if (known.every, known.weekdays, known.days) == (repeat.every, repeat.weekdays, repeat.days)
        ),
        OTHERWISE,
    )
    return Choices(
        areas=order.areas,
        speakers=order.speakers,
        when=AGAIN,
        date=f"{order.first_start:%d/%m/%Y}",
        time=", ".join(f"{at:%H:%M}" for at in repeat.times),
        times=str(order.times),
        days=days,
        every=repeat.every,
        weekdays=tuple(CODES[day] for day in repeat.weekdays),
        days_of_month=", ".join(map(str, repeat.days)),
        until=f"{order.until:%d/%m/%Y}" if order.until else "",
        skip_holidays=order.skip_holidays,
        schedule=row.schedule,
    )
