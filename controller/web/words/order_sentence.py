"""What an approver reads of an order, in one sentence: where, when, how often, how long."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from controller.database.tables import Broadcast, Clip, Schedule, Speaker, StandingText
from controller.orders.instants import run_time, wanted_start
from controller.planning.waiting import WaitingOrder
from controller.station.area_tree import area_tree
from controller.web.words.place_names import places
from controller.web.words.repeats import rule_words
from controller.web.words.states import BULLETIN_CLASS, word
from controller.web.words.vietnamese import StationClock, capital, duration, listed
from controller.words.numbers import counted
from controller.words.translation import _


def order_sentence(
    session: Session, clock: StationClock, waiting: WaitingOrder, speakers: Mapping[str, Speaker], clip: Clip
) -> str:
    """The sentence of an order that waits. `speakers`: at least those that it names, by their ids."""
    content = waiting.content
    single = [speakers[name] for name in content["speakers"] if name in speakers]
    whole = run_time(clip.duration_ms, content["times"], content["gap_ms"])
    said = _("{class_}: phát ở {where}, {when}, mỗi lượt dài {lasts}").format(
        class_=word(BULLETIN_CLASS, content["bulletin_class"]),
        where=places(area_tree(session), content["areas"], single),
        when=_when(clock, waiting.order),
        lasts=duration(round(whole.total_seconds() * 1000)),
    )
    if content["times"] > 1:
        said += counted(" ({n} lần liền)", content["times"])
    return capital(said) + "." + _latest(clock, waiting.order)


def _when(clock: StationClock, order: Broadcast | Schedule | StandingText) -> str:
    if isinstance(order, Broadcast):
        return _("ngay khi được duyệt") if order.starts_now else clock.when_in_full(wanted_start(order))
    if isinstance(order, Schedule):
        return _schedule_words(order)
    return _("khi một người phê duyệt cho phát, trong giờ {hours}, nhiều nhất {n} lần, đến {until}").format(
        hours=listed([f"{each['from']}–{each['to']}" for each in order.hours]),
        n=order.most_times,
        until=clock.when_in_full(order.until),
    )


def _schedule_words(order: Schedule) -> str:
    first = datetime.fromisoformat(order.first_start)
    said = _("{rule}, từ {first}").format(rule=rule_words(order), first=f"{first:%d/%m/%Y}")
    if order.until:
        said += _(" đến hết {last}").format(last=f"{datetime.fromisoformat(order.until):%d/%m/%Y}")
    if order.skip_holidays:
        said += _(", nghỉ ngày lễ")
    if order.exception_dates:
        said += counted(", trừ {n} ngày", len(order.exception_dates))
    return said


def _latest(clock: StationClock, order: Broadcast | Schedule | StandingText) -> str:
    if isinstance(order, Broadcast) and order.latest_start is not None:
        return " " + _("Đến {time} chưa bắt đầu được thì không phát.").format(time=clock.when(order.latest_start))
    return ""
