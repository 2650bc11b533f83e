"""What a manifest says, in one sentence: where, when, how often, how long. Approvers read it, and who looks later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from controller.database.column_types import ManifestFields, ScheduleManifestFields
from controller.database.tables import Clip, Speaker
from controller.orders.inside import rule_of
from controller.orders.instants import run_time
from controller.orders.orders import LATEST_START_AFTER, NOW_LATEST_START_AFTER, usual_expiry
from controller.station.area_tree import AreaTree
from controller.web.words.place_names import every_place
from controller.web.words.repeats import repeat_of, rule_words
from controller.web.words.states import BULLETIN_CLASS, word
from controller.web.words.vietnamese import StationClock, capital, duration, listed
from controller.words.numbers import counted
from controller.words.translation import _
from schedules.recurrence import BadRule, next_occurrences
from wire.instants import parse_instant

_END_OF_DAY = time(23, 59)
_MOST_PLACES_INSIDE = 6
"""More places than this are named behind the sentence, so that they don't bury its hour."""


@dataclass(frozen=True)
class OrderSentence:
    """`says`: the sentence. `places`: each place, where they are too many to stand in it; else none."""

    says: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        if not self.places:
            return self.says
        return self.says + " " + _("Nơi phát: {places}.").format(places=listed(self.places))


def order_sentence(
    tree: AreaTree, clock: StationClock, content: ManifestFields, speakers: Mapping[str, Speaker], clip: Clip
) -> OrderSentence:
    """The sentence of an order, by the content of its manifest. `speakers`: all of the station, by ids."""
    named = every_place(tree, content["areas"], content["speakers"], speakers.values())
    behind = tuple(named) if len(named) > _MOST_PLACES_INSIDE else ()
    whole = run_time(clip.duration_ms, content["times"], content["gap_ms"])
    lasts = duration(round(whole.total_seconds() * 1000))
    if content["times"] > 1:
        gap = duration(content["gap_ms"])
        lasting = counted(
            "mỗi lượt đọc {n} lần cách nhau {gap}, tổng cộng {lasts}", content["times"], gap=gap, lasts=lasts
        )
    else:
        lasting = _("mỗi lượt dài {lasts}").format(lasts=lasts)
    said = _("{class_}: phát ở {where}, {when}, {lasting}").format(
        class_=word(BULLETIN_CLASS, content["bulletin_class"]),
        where=counted("{n} nơi kể sau đây", len(behind)) if behind else listed(named),
        when=_when(clock, content),
        lasting=lasting,
    )
    return OrderSentence(capital(said) + "." + _latest(clock, content, whole), behind)


def _when(clock: StationClock, content: ManifestFields) -> str:
    if "rrule" in content:
        return _schedule_words(clock, content)
    if "most_times" in content:
        return _("khi một người phê duyệt cho phát, trong giờ {hours}, nhiều nhất {n} lượt, đến {until}").format(
            hours=listed([f"{each['from']}–{each['to']}" for each in content["hours"]]),
            n=content["most_times"],
            until=clock.when_in_full(parse_instant(content["until"])),
        )
    if content["starts_at"] is None:
        return _("ngay khi được phê duyệt")
    return clock.when_in_full(parse_instant(content["starts_at"]))


def _schedule_words(clock: StationClock, content: ScheduleManifestFields) -> str:
    rule = rule_words(content["rrule"], content["first_start"], content["time_zone"], clock)
    first = datetime.fromisoformat(content["first_start"])
    # A rule that is quoted may leave the time of day to the first start.
    quoted = repeat_of(content["rrule"], first) is None
    said = _("{rule}, từ {first}").format(rule=rule, first=_wall(first) if quoted else f"{first:%d/%m/%Y}")
    if content["until"]:
        last = datetime.fromisoformat(content["until"])
        if last.time() >= _END_OF_DAY:
            said += _(" đến hết {last}").format(last=f"{last:%d/%m/%Y}")
        else:
            said += _(" đến {last}").format(last=_wall(last))
    if content["skip_holidays"]:
        said += _(", nghỉ ngày lễ")
    if content["exception_dates"]:
        said += _(", trừ {days}").format(days=listed(_runs(map(date.fromisoformat, content["exception_dates"]))))
    if not clock.keeps(content["time_zone"]):
        said += _next_here(clock, content)
    return said


def _wall(at: datetime) -> str:
    return f"{at:%H:%M:%S %d/%m/%Y}" if at.second else f"{at:%H:%M %d/%m/%Y}"


def _runs(days: Iterable[date]) -> list[str]:
    """The days in order, as dates; days in a row as the first and the last one."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [f"{run[0]:%d/%m/%Y}–{run[-1]:%d/%m/%Y}" if len(run) > 1 else f"{run[0]:%d/%m/%Y}" for run in runs]


def _next_here(clock: StationClock, content: ScheduleManifestFields) -> str:
    try:
        coming = next_occurrences(rule_of(content), clock.now, 1)
    except BadRule:  # its zone is gone: it makes no occurrence
        return ""
    return "".join(_("; lượt tới {time} giờ ở đây").format(time=clock.when_in_full(each.starts_at)) for each in coming)


def _latest(clock: StationClock, content: ManifestFields, whole: timedelta) -> str:
    if content["bulletin_class"] == "emergency":
        return " " + _latest_of_emergency(clock, content, whole)
    if "latest_start" not in content:
        return ""
    said = " " + _not_begun(clock, parse_instant(content["latest_start"]))
    if "expires_at" in content:
        said += " " + _("Còn hiệu lực đến {time}.").format(time=clock.when(parse_instant(content["expires_at"])))
    return said


def _latest_of_emergency(clock: StationClock, content: ManifestFields, whole: timedelta) -> str:
    """A speaker begins an emergency until it expires, whatever its latest start is."""
    if "latest_start" not in content:
        late = LATEST_START_AFTER if "rrule" in content else NOW_LATEST_START_AFTER
        lasts = usual_expiry("emergency", clock.now, clock.now + late, whole) - clock.now
        return _("Trễ quá {lasts} thì không phát lượt đó.").format(lasts=duration(round(lasts.total_seconds() * 1000)))
    if "expires_at" in content:
        return _not_begun(clock, parse_instant(content["expires_at"]))
    latest = parse_instant(content["latest_start"])  # of “now” also the latest approval, from which on it counts
    begins = parse_instant(content["starts_at"]) if content["starts_at"] else latest
    return _not_begun(clock, usual_expiry("emergency", begins, latest, whole))


def _not_begun(clock: StationClock, until: datetime) -> str:
    return _("Đến {time} chưa bắt đầu được thì không phát.").format(time=clock.when(until))
