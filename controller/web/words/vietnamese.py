"""Numbers, durations, instants and lists as they are said in Vietnamese. All times are the station's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from controller.words.numbers import number
from controller.words.translation import _, mark

WEEKDAYS = (
    mark("thứ Hai"),
    mark("thứ Ba"),
    mark("thứ Tư"),
    mark("thứ Năm"),
    mark("thứ Sáu"),
    mark("thứ Bảy"),
    mark("Chủ nhật"),
)


def duration(milliseconds: int) -> str:
    """“4 phút 23 giây”; rounded to seconds, and at least one second for more than 0 ms."""
    seconds = max(round(milliseconds / 1000), 1 if milliseconds > 0 else 0)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [
        _("{n} giờ").format(n=number(hours)) if hours else "",
        _("{n} phút").format(n=minutes) if minutes else "",
        _("{n} giây").format(n=seconds) if seconds or not (hours or minutes) else "",
    ]
    return " ".join(part for part in parts if part)


def about(passed: timedelta) -> str:
    """How long something has lasted, roughly: “32 phút”, “5 giờ”, “gần 3 ngày”."""
    minutes = max(int(passed.total_seconds() // 60), 0)
    if minutes < 1:
        return _("chưa đến 1 phút")
    if minutes < 60:
        return _("{n} phút").format(n=minutes)
    hours = minutes // 60
    if hours < 24:
        return _("{n} giờ").format(n=hours)
    days, over = divmod(hours, 24)
    if over >= 20:
        return _("gần {n} ngày").format(n=number(days + 1))
    return _("{n} ngày").format(n=number(days))


def listed(names: Sequence[str]) -> str:
    """“a, b và c”."""
    if len(names) < 2:
        return "".join(names)
    return _("{all} và {last}").format(all=", ".join(names[:-1]), last=names[-1])


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def inside(text: str) -> str:
    """The text with its first letter small, for the inside of a sentence."""
    return text[:1].lower() + text[1:]


@dataclass(frozen=True)
class StationClock:
    """Says instants in the station's zone, as seen from `now` (aware)."""

    now: datetime
    zone: tzinfo

    def keeps(self, time_zone: str) -> bool:
        """Whether this zone of the IANA database is the station's; another name of it is another zone."""
        return time_zone == str(self.zone)

    def local(self, at: datetime) -> datetime:
        """The instant in the station's zone."""
        return at.astimezone(self.zone)

    @property
    def today(self) -> date:
        """The date at the station."""
        return self.local(self.now).date()

    def date_after(self, days: int) -> str:
        """The date that many days from today, as officers type it: “24/11/2026”."""
        return f"{self.today + timedelta(days=days):%d/%m/%Y}"

    def time(self, at: datetime) -> str:
        """“17:15”."""
        return f"{self.local(at):%H:%M}"

    def time_to_second(self, at: datetime) -> str:
        """“17:15:03”."""
        return f"{self.local(at):%H:%M:%S}"

    def date(self, at: datetime) -> str:
        """“23/11/2026”."""
        return f"{self.local(at):%d/%m/%Y}"

    def weekday(self, at: datetime) -> str:
        """“thứ Hai”."""
        return _(WEEKDAYS[self.local(at).weekday()])

    def weekday_date(self, at: datetime) -> str:
        """“thứ Hai 23/11/2026”."""
        return f"{self.weekday(at)} {self.date(at)}"

    def long_date(self, at: datetime) -> str:
        """“Thứ Hai, 23 tháng 11 năm 2026”."""
        local = self.local(at)
        return _("{weekday}, {day} tháng {month} năm {year}").format(
            weekday=capital(self.weekday(at)), day=local.day, month=local.month, year=local.year
        )

    def day(self, at: datetime) -> str:
        """“hôm nay”, “ngày mai”, “hôm qua”; else “thứ Sáu 20/11”, with its year if that isn't this one."""
        local = self.local(at)
        near = {0: _("hôm nay"), 1: _("ngày mai"), -1: _("hôm qua")}.get((local.date() - self.today).days)
        if near:
            return near
        return f"{self.weekday(at)} {local:%d/%m}" + (f"/{local.year}" if local.year != self.today.year else "")

    def when(self, at: datetime) -> str:
        """“17:15 hôm nay”."""
        return f"{self.time(at)} {self.day(at)}"

    def when_in_full(self, at: datetime) -> str:
        """“17:15 hôm nay, thứ Hai 23/11/2026”; the first day is left out if it is further away than a day."""
        days = (self.local(at).date() - self.today).days
        near = f" {self.day(at)}" if abs(days) <= 1 else ""
        return f"{self.time(at)}{near}, {self.weekday_date(at)}"
