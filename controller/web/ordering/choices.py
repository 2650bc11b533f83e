"""Where and when an officer wants something to sound, as the address of a page says it, and the order that it makes.

Choices travel in the address (`?dia-ban=…&khi=gio-dinh&ngay=23/11/2026&gio=17:15&lan=2`), so that going back keeps
them and no half-made order lies in the database. Date and time are text: browsers' own fields follow the browser's
language, and 5/12 would be read as 12 May.
"""

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol
from urllib.parse import urlencode

from controller.broadcasts.orders import Order
from controller.database.tables import Speaker
from controller.errors import Invalid
from controller.station.area_tree import AreaTree
from controller.web.frame.typed_times import instant, read_date, read_time
from schedules.limits import MOST_TIMES

NOW, AT_A_TIME, AGAIN = "ngay-bay-gio", "gio-dinh", "lap-lai"
WORKING_DAYS, EACH_DAY, MOONS, OTHERWISE = "t2-t6", "hang-ngay", "mung-1-ram", "khac"


class Fields(Protocol):
    """What both an address and a form can say."""

    def texts(self, name: str) -> list[str]:
        """All texts of a field."""


@dataclass(frozen=True)
class Choices:
    """What was chosen, as it was typed."""

    areas: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    when: str = AT_A_TIME
    date: str = ""
    time: str = ""
    times: str = "1"
    days: str = WORKING_DAYS
    """On which days it recurs; what follows is said where it is `OTHERWISE`."""
    every: str = "week"
    weekdays: tuple[str, ...] = ()
    days_of_month: str = ""
    until: str = ""
    skip_holidays: bool = True
    schedule: str = ""
    """The schedule that is changed; empty: a new one."""

    def pairs(self) -> list[tuple[str, str]]:
        """As fields of an address or of a form."""
        return [
            *(("dia-ban", area) for area in self.areas),
            *(("cum-loa", speaker) for speaker in self.speakers),
            ("khi", self.when),
            ("ngay", self.date),
            ("gio", self.time),
            ("lan", self.times),
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
        """As an address has it."""
        return urlencode(self.pairs())


def read_choices(fields: Fields, otherwise: Choices) -> Choices:
    """The choices that were sent; `otherwise` where none were."""

    def one(name: str, default: str) -> str:
        return next(iter(fields.texts(name)), default).strip()

    return Choices(
        areas=tuple(dict.fromkeys(fields.texts("dia-ban"))) or otherwise.areas,
        speakers=tuple(dict.fromkeys(fields.texts("cum-loa"))) or otherwise.speakers,
        when=when if (when := one("khi", otherwise.when)) in (NOW, AGAIN) else AT_A_TIME,
        date=one("ngay", otherwise.date),
        time=one("gio", otherwise.time),
        times=one("lan", otherwise.times),
        days=one("nhung-ngay", otherwise.days),
        every=one("cach", otherwise.every),
        weekdays=tuple(dict.fromkeys(fields.texts("thu"))) or otherwise.weekdays,
        days_of_month=one("ngay-thang", otherwise.days_of_month),
        until=one("den", otherwise.until),
        # An empty box isn't sent: `le` says that it was there.
        skip_holidays=bool(fields.texts("tru-le")) if fields.texts("le") else otherwise.skip_holidays,
        schedule=one("lich", otherwise.schedule),
    )


def order_of(announcement: str, choices: Choices, tree: AreaTree, speakers: dict[str, Speaker], zone: tzinfo) -> Order:
    """The order that the choices make; raises Invalid, whose field is the form's."""
    times, areas, single = how_often(choices), *places_of(choices, tree, speakers)
    starts_at = None
    if choices.when == AT_A_TIME:
        starts_at = instant(read_date(choices.date), read_time(choices.time), zone)
    return Order(announcement, areas, single, starts_at, times=times)


def how_often(choices: Choices) -> int:
    """How many times it is read; raises Invalid."""
    times = int(choices.times) if re.fullmatch(r"[0-9]{1,2}", choices.times) else 0
    if not 1 <= times <= MOST_TIMES:
        raise Invalid("lan", "repetitions_range", most=MOST_TIMES)
    return times


def places_of(
    choices: Choices, tree: AreaTree, speakers: dict[str, Speaker]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The areas and speakers that were chosen; raises Invalid where there are none."""
    areas, single = without_doubles(choices, tree, speakers)
    if not areas and not single:
        raise Invalid("dia-ban", "place_missing")
    return areas, single


def without_doubles(
    choices: Choices, tree: AreaTree, speakers: dict[str, Speaker]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The areas and speakers without those that lie in a chosen area; the order is the tree's."""
    chosen = {area for area in choices.areas if area in tree.by_id}
    places = {area: place for place, area in enumerate(tree.in_order())}
    areas = [area for area in chosen if not chosen & set(tree.chain(area)[:-1])]
    covered = tree.subtree(areas)
    single = [name for name in choices.speakers if name not in speakers or speakers[name].area not in covered]
    # Names that don't exist any more go on to the order, which says so.
    gone = [area for area in choices.areas if area not in tree.by_id]
    return (*sorted(areas, key=places.__getitem__), *gone), tuple(single)


def again_path(announcement: str, speakers: list[str]) -> str:
    """The last look at sounding it once more, now, at these speakers alone."""
    return f"/ban-tin/{announcement}/kiem-tra?" + urlencode([*(("cum-loa", each) for each in speakers), ("khi", NOW)])
