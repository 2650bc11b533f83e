"""What a manifest says, in one sentence: where, when, how often, how long. Approvers read it, and who looks later."""

from collections.abc import Mapping
from datetime import datetime

from controller.database.column_types import ManifestFields, ScheduleManifestFields
from controller.database.tables import Clip, Speaker
from controller.orders.instants import run_time
from controller.station.area_tree import AreaTree
from controller.web.words.place_names import places
from controller.web.words.repeats import rule_words
from controller.web.words.states import BULLETIN_CLASS, word
from controller.web.words.vietnamese import StationClock, capital, duration, listed
from controller.words.numbers import counted
from controller.words.translation import _
from wire.instants import parse_instant


def order_sentence(
    tree: AreaTree, clock: StationClock, content: ManifestFields, speakers: Mapping[str, Speaker], clip: Clip
) -> str:
    """The sentence of an order, by the content of its manifest. `speakers`: at least those that it names, by ids."""
    single = [speakers[name] for name in content["speakers"] if name in speakers]
    whole = run_time(clip.duration_ms, content["times"], content["gap_ms"])
    said = _("{class_}: phát ở {where}, {when}, mỗi lượt dài {lasts}").format(
        class_=word(BULLETIN_CLASS, content["bulletin_class"]),
        where=places(tree, content["areas"], single),
        when=_when(clock, content),
        lasts=duration(round(whole.total_seconds() * 1000)),
    )
    if content["times"] > 1:
        gap = duration(content["gap_ms"])
        said += counted(" ({n} lần, cách nhau {gap})", content["times"], gap=gap)
    return capital(said) + "." + _latest(clock, content)


def _when(clock: StationClock, content: ManifestFields) -> str:
    if "rrule" in content:
        return _schedule_words(content)
    if "most_times" in content:
        return _("khi một người phê duyệt cho phát, trong giờ {hours}, nhiều nhất {n} lần, đến {until}").format(
            hours=listed([f"{each['from']}–{each['to']}" for each in content["hours"]]),
            n=content["most_times"],
            until=clock.when_in_full(parse_instant(content["until"])),
        )
    if content["starts_at"] is None:
        return _("ngay khi được phê duyệt")
    return clock.when_in_full(parse_instant(content["starts_at"]))


def _schedule_words(content: ScheduleManifestFields) -> str:
    rule, first = rule_words(content["rrule"], content["first_start"]), datetime.fromisoformat(content["first_start"])
    said = _("{rule}, từ {first}").format(rule=rule, first=f"{first:%d/%m/%Y}")
    if content["until"]:
        said += _(" đến hết {last}").format(last=f"{datetime.fromisoformat(content['until']):%d/%m/%Y}")
    if content["skip_holidays"]:
        said += _(", nghỉ ngày lễ")
    if content["exception_dates"]:
        said += counted(", trừ {n} ngày", len(content["exception_dates"]))
    return said


def _latest(clock: StationClock, content: ManifestFields) -> str:
    if "latest_start" not in content:
        return ""
    said = " " + _("Đến {time} chưa bắt đầu được thì không phát.").format(
        time=clock.when(parse_instant(content["latest_start"]))
    )
    if "expires_at" in content:
        said += " " + _("Còn hiệu lực đến {time}.").format(time=clock.when(parse_instant(content["expires_at"])))
    return said
