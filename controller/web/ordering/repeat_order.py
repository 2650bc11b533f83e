"""The schedule for an officer's choices, and the choices that make an existing schedule."""

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
    DaysChoice,
    how_often,
    places_of,
)
from controller.web.ordering.repeat_form import read_days, read_times
from controller.web.words.repeats import (
    ALL_DAYS,
    CODES,
    MONDAY_TO_FRIDAY,
    NEW_AND_FULL_MOON,
    Repeat,
    repeat_of,
    rule_of,
)

_REPEAT_OF_DAYS: Mapping[DaysChoice, Repeat] = {
    WORKING_DAYS: Repeat("week", (), MONDAY_TO_FRIDAY),
    EACH_DAY: Repeat("week", (), ALL_DAYS),
    MOONS: Repeat("lunar_days", (), days=NEW_AND_FULL_MOON),
}


def repeat_chosen(choices: Choices) -> Repeat:
    """The days and times that were chosen; raises Invalid."""
    times = read_times(choices.time)
    if choices.days in _REPEAT_OF_DAYS:
        known = _REPEAT_OF_DAYS[choices.days]
        return Repeat(known.every, times, known.weekdays, known.days)
    every = choices.every
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
    """The choices that make this schedule; None: they can't say its rule."""
    order = order_of(row)
    repeat = repeat_of(order.rrule, order.first_start)
    if repeat is None:
        return None
    days: DaysChoice = next(
        (
            name
            for name, known in _REPEAT_OF_DAYS.items()
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
