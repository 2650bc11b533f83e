"""Where and when an officer wants something to sound, as fields of an address or a form, and the order for it.

The choices travel in the address (`?dia-ban=…&khi=gio-dinh&ngay=23/11/2026&gio=17:15&lan=2`), so that going back keeps
them and the database holds no half-made order. Date and time are text: the browser's own fields follow the
browser's language, and 5/12 would be read as 12 May.
"""

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Literal, Protocol, TypeVar, get_args
from urllib.parse import urlencode

from controller.database.tables import Speaker
from controller.errors import Invalid
from controller.orders.orders import Order
from controller.station.area_tree import AreaTree
from controller.web.frame.typed_times import instant, read_date, read_time
from controller.web.words.repeats import Every
from schedules.limits import MAX_TIMES

When = Literal["ngay-bay-gio", "gio-dinh", "lap-lai"]
NOW: Final = "ngay-bay-gio"
AT_A_TIME: Final = "gio-dinh"
AGAIN: Final = "lap-lai"

DaysChoice = Literal["t2-t6", "hang-ngay", "mung-1-ram", "khac"]
WORKING_DAYS: Final = "t2-t6"
EACH_DAY: Final = "hang-ngay"
MOONS: Final = "mung-1-ram"
OTHERWISE: Final = "khac"

Known = TypeVar("Known", bound=str)


class SentFields(Protocol):
    """The fields of an address or of a form."""

    def texts(self, name: str) -> list[str]:
        """All texts of a field; none: it wasn't sent."""


@dataclass(frozen=True)
class Choices:
    """What was chosen; dates, times and numbers as they were typed, right or wrong."""

    areas: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    when: When = AT_A_TIME
    date: str = ""
    time: str = ""
    times: str = "1"
    days: DaysChoice = WORKING_DAYS
    """On which days it recurs. `every`, `weekdays` and `days_of_month` count only for `OTHERWISE`."""
    every: Every = "week"
    weekdays: tuple[str, ...] = ()
    days_of_month: str = ""
    until: str = ""
    skip_holidays: bool = True
    schedule: str = ""
    """The id of the schedule to change; empty: make a new one."""
    approved: bool = False
    """Order the version that was handed in or approved before, also where a newer draft follows it."""

    def pairs(self) -> list[tuple[str, str]]:
        """The fields with their texts, as an address or a form sends them."""
        return [
            *(("dia-ban", area) for area in self.areas),
            *(("cum-loa", speaker) for speaker in self.speakers),
            ("khi", self.when),
            ("ngay", self.date),
            ("gio", self.time),
            ("lan", self.times),
            *([("loi", "da-duyet")] if self.approved else []),
            *(self._repeating() if self.when == AGAIN else ()),
        ]

    def _repeating(self) -> list[tuple[str, str]]:
        return [
            ("nhung-ngay", self.days),
            ("cach", self.every),
            *(("thu", weekday) for weekday in self.weekdays),
            ("ngay-thang", self.days_of_month),
            ("den", self.until),
            ("le", "1"),
            *([("tru-le", "co")] if self.skip_holidays else []),
            *([("lich", self.schedule)] if self.schedule else []),
        ]

    def query(self) -> str:
        """The query of an address, without `?`."""
        return urlencode(self.pairs())


def read_choices(fields: SentFields, otherwise: Choices) -> Choices:
    """The choices that were sent; of fields that weren't sent those of `otherwise`."""

    def one(name: str, default: str) -> str:
        return next(iter(fields.texts(name)), default).strip()

    return Choices(
        areas=tuple(dict.fromkeys(fields.texts("dia-ban"))) or otherwise.areas,
        speakers=tuple(dict.fromkeys(fields.texts("cum-loa"))) or otherwise.speakers,
        when=_one_of(get_args(When), one("khi", otherwise.when), AT_A_TIME),
        date=one("ngay", otherwise.date),
        time=one("gio", otherwise.time),
        times=one("lan", otherwise.times),
        days=_one_of(get_args(DaysChoice), one("nhung-ngay", otherwise.days), OTHERWISE),
        every=_one_of(get_args(Every), one("cach", otherwise.every), "week"),
        weekdays=tuple(dict.fromkeys(fields.texts("thu"))) or otherwise.weekdays,
        days_of_month=one("ngay-thang", otherwise.days_of_month),
        until=one("den", otherwise.until),
        # A box that isn't ticked isn't sent: `le` says that it was in the form.
        skip_holidays=bool(fields.texts("tru-le")) if fields.texts("le") else otherwise.skip_holidays,
        schedule=one("lich", otherwise.schedule),
        approved=one("loi", "") == "da-duyet",
    )


def _one_of(known: tuple[Known, ...], text: str, otherwise: Known) -> Known:
    return next((each for each in known if each == text), otherwise)


def order_of(announcement: str, choices: Choices, tree: AreaTree, speakers: dict[str, Speaker], zone: tzinfo) -> Order:
    """The order for these choices; raises Invalid with the name of the form's field."""
    times, areas, single = how_often(choices), *places_of(choices, tree, speakers)
    starts_at = None
    if choices.when == AT_A_TIME:
        starts_at = instant(read_date(choices.date), read_time(choices.time), zone)
    return Order(announcement, areas, single, starts_at, times=times)


def how_often(choices: Choices) -> int:
    """How many times the announcement is read; raises Invalid."""
    times = int(choices.times) if re.fullmatch(r"[0-9]{1,2}", choices.times) else 0
    if not 1 <= times <= MAX_TIMES:
        raise Invalid("lan", "repetitions_range", most=MAX_TIMES)
    return times


def places_of(
    choices: Choices, tree: AreaTree, speakers: dict[str, Speaker]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the chosen areas and speakers, as `without_doubles` has them; raises Invalid if there are none."""
    areas, single = without_doubles(choices, tree, speakers)
    if not areas and not single:
        raise Invalid("dia-ban", "place_missing")
    return areas, single


def without_doubles(
    choices: Choices, tree: AreaTree, speakers: dict[str, Speaker]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The chosen areas and speakers that don't lie in another chosen area; areas in the order of the tree."""
    chosen = {area for area in choices.areas if area in tree.by_id}
    places = {area: place for place, area in enumerate(tree.in_order())}
    areas = [area for area in chosen if not chosen & set(tree.chain(area)[:-1])]
    covered = tree.subtree(areas)
    single = [name for name in choices.speakers if name not in speakers or speakers[name].area not in covered]
    # An area that doesn't exist any more stays in the order, which then says so.
    gone = [area for area in choices.areas if area not in tree.by_id]
    return (*sorted(areas, key=places.__getitem__), *gone), tuple(single)


def again_path(announcement: str, speakers: list[str]) -> str:
    """The path of “Kiểm tra lần cuối” for sounding the announcement once more, now, at these speakers."""
    return f"/ban-tin/{announcement}/kiem-tra?" + urlencode([*(("cum-loa", each) for each in speakers), ("khi", NOW)])
