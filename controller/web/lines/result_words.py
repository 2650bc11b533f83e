"""Why a delivery ended as it did and what to do next, in words for officers, with the times of that delivery.

The words of the reasons themselves are `REASON` in controller/web/words/states.py.
"""

from datetime import datetime

from controller.database.tables import Broadcast
from controller.orders.orders import begins_until
from controller.outlook.results import Result
from controller.station.speaker_lists import Caretaker
from controller.web.words.states import reason_in_words
from controller.web.words.vietnamese import StationClock, duration
from controller.words.translation import _

LATE_MS = 2000
"""A start that is later than this is told; a shorter delay isn't heard."""


def why(result: Result, broadcast: Broadcast, clock: StationClock, caretaker: Caretaker) -> str:
    """The reason and the next step; empty: all is well. `caretaker`: whom the reader may call about the speaker."""
    delivery = result.delivery
    if result.shown == "no_report":
        return _no_report(result, clock) + _whom_to_call(caretaker)
    if delivery.reason is None:
        return _late_start(delivery.started_at, broadcast)
    return reason_in_words(delivery.reason, _time(delivery.reason, result, broadcast, clock))


def _time(reason: str, result: Result, broadcast: Broadcast, clock: StationClock) -> str:
    until = begins_until(broadcast)
    if reason == "late" and until is not None:
        return clock.time(until)
    at = broadcast.cancelled_at or result.delivery.ended_at
    return clock.time(at) if at is not None else "?"


def _late_start(started_at: datetime | None, broadcast: Broadcast) -> str:
    if started_at is None or broadcast.starts_at is None:
        return ""
    late_ms = round((started_at - broadcast.starts_at).total_seconds() * 1000)
    return _("Bắt đầu muộn {lasts}.").format(lasts=duration(late_ms)) if late_ms >= LATE_MS else ""


def _no_report(result: Result, clock: StationClock) -> str:
    delivery, speaker = result.delivery, result.speaker
    if speaker.speaker.is_online:
        return _("Cụm loa có liên lạc nhưng chưa báo kết quả.")
    lost = (
        _("Mất liên lạc từ {time}").format(time=clock.when(speaker.heard_of))
        if speaker.heard_of
        else _("Chưa báo về lần nào")
    )
    if delivery.started_at is not None:
        return _("{lost}; bắt đầu lúc {time}, chưa báo kết thúc.").format(
            lost=lost, time=clock.time_to_second(delivery.started_at)
        )
    if delivery.ready_at is not None:
        return _("{lost}, nhưng đã nhận bản tin nên có thể vẫn phát.").format(lost=lost)
    if delivery.accepted_at is not None:
        return _("{lost}; đã nhận lệnh, chưa tải xong âm thanh.").format(lost=lost)
    return _("{lost}, chưa nhận bản tin này.").format(lost=lost)


def _whom_to_call(caretaker: Caretaker) -> str:
    if not caretaker.name:
        return ""
    phone = f", {caretaker.phone}" if caretaker.phone else ""
    return " " + _("Gọi {who}{phone} để hỏi.").format(who=caretaker.name, phone=phone)
