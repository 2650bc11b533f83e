"""The sentence that an officer reads before ordering: where, when, how often, how long, through how many speakers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from controller.database.tables import Broadcast
from controller.orders.orders import begins_until
from controller.orders.standings import AnnouncementState
from controller.outlook.order_preview import Preview
from controller.station.area_tree import AreaTree
from controller.station.speaker_lists import speakers_named
from controller.web.words.place_names import places
from controller.web.words.states import BULLETIN_CLASS, SPEAKER, word
from controller.web.words.vietnamese import StationClock, duration
from controller.words.numbers import counted
from controller.words.phrases import Phrase
from controller.words.translation import _
from schedules.arbitration import RANK

OrderState = Literal[AnnouncementState, "standing"]
"""The announcement's; `standing`: a standing text, which the reader may set off now without another's approval."""


@dataclass(frozen=True)
class RecurringPart:
    """The part of the sentence that says how something recurs.

    `words`: the rule. `begins`, `ends`: the first day, and the last one (empty: none is set). `days`: its first days;
    `left_out`: days on which it won't sound, with the reason. `provisional`: years whose holidays no decree has fixed.
    `changes`: whether it changes an existing schedule.
    """

    words: str
    begins: str
    ends: str
    skips_holidays: bool
    days: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    provisional: tuple[int, ...]
    changes: bool = False


@dataclass(frozen=True)
class Sentence:
    """What the sentence says, part by part; the template joins them. Counts are of speakers."""

    where: str
    at: str | None
    """None: now."""
    times: int
    lasts: str
    count: int
    offline: int
    muted: int
    soundless: int
    quiet: int
    """At how many of them quiet hours prevent it or stop it."""
    doubtful: tuple[tuple[str, str], ...]
    """Name and state of each speaker at which it may not be heard."""
    meets: tuple[tuple[str, str], ...]
    """Time and title of each broadcast that it would meet at one of these speakers."""
    order: tuple[str, ...]
    """Which of those that meet sounds first, and what becomes of the other."""
    emergency: bool
    again: RecurringPart | None = None
    """None: it sounds once."""
    warnings: tuple[Phrase, ...] = ()
    """Limits of an area that it exceeds, where the station allows that."""
    instead: tuple[str, str] | None = None
    """The next time at which it would meet none of its own class, and the path of this page with that time chosen."""


def sentence_of(session: Session, tree: AreaTree, seen: Preview, clock: StationClock) -> Sentence:
    """The sentence of a preview."""
    row = seen.broadcast
    single = list(speakers_named(session, row.speakers).values())
    return Sentence(
        where=places(tree, row.areas, single),
        at=clock.when_in_full(row.starts_at) if row.starts_at else None,
        times=row.times,
        lasts=duration(round(seen.run_time.total_seconds() * 1000)),
        count=len(seen.speakers),
        offline=len(seen.with_standing("offline")),
        muted=len(seen.with_standing("muted")),
        soundless=len(seen.with_standing("soundless")),
        quiet=len(seen.quiet),
        doubtful=tuple(_doubtful(seen)),
        meets=tuple((clock.time(each.starts_at), each.title) for each in seen.meets if each.starts_at),
        order=who_is_first(row, [(row.starts_at, each) for each in seen.meets], clock),
        emergency=row.bulletin_class == "emergency",
    )


def _doubtful(seen: Preview) -> Iterator[tuple[str, str]]:
    for each in seen.speakers:
        if each.standing != "working":
            yield each.speaker.name, word(SPEAKER, each.standing).lower()
        elif each.speaker.speaker in seen.quiet:
            yield each.speaker.name, _("giờ yên tĩnh")


def who_is_first(
    row: Broadcast, meetings: Iterable[tuple[datetime | None, Broadcast]], clock: StationClock
) -> tuple[str, ...]:
    """What happens where broadcasts meet, by the speakers' own rule: the higher class first, in one class the earlier.

    `meetings`: when this broadcast begins (None: now), and what it meets then.
    """
    said = []
    for begins, other in meetings:
        rank = _rank(row) - _rank(other)
        if rank < 0 and row.bulletin_class == "emergency":
            said.append(_("Ở nơi trùng, bản tin khẩn cấp phát trước."))
        elif rank < 0:
            said.append(_("Ở nơi trùng, bản tin ưu tiên này phát trước; bản tin thông thường dừng lại hoặc chờ."))
        elif rank > 0:
            said.append(
                _(
                    "Ở nơi trùng, bản tin {class_} phát trước: bản tin này phải chờ, hoặc dừng giữa chừng rồi phát "
                    "tiếp; đến {time} chưa bắt đầu được thì không phát."
                ).format(
                    class_=word(BULLETIN_CLASS, other.bulletin_class).lower() if other.bulletin_class else "",
                    time=_latest(row, begins, clock),
                )
            )
        elif begins is None or (other.starts_at is not None and other.starts_at <= begins):
            said.append(
                _("Ở nơi trùng, bản tin này phải chờ; đến {time} chưa bắt đầu được thì không phát.").format(
                    time=_latest(row, begins, clock)
                )
            )
        else:
            said.append(
                _("Ở nơi trùng, “{title}” phải chờ; đến {time} chưa bắt đầu được thì không phát.").format(
                    title=other.title, time=_latest(other, other.starts_at, clock)
                )
            )
    return tuple(dict.fromkeys(said))


def _rank(row: Broadcast) -> int:
    return next(rank for bulletin_class, rank in RANK.items() if bulletin_class == row.bulletin_class)


def _latest(row: Broadcast, begins: datetime | None, clock: StationClock) -> str:
    """The last time of day at which the broadcast still begins, if it was to begin at `begins`."""
    limit = begins_until(row)
    if limit is None:
        return ""
    return clock.time(limit + (begins - row.starts_at) if begins and row.starts_at else limit)


def button_words(sentence: Sentence, time: str | None, state: OrderState) -> str:
    """What the button says that orders it: what will happen. `time` None: now."""
    handed_in = state in ("submitted", "approved")
    if sentence.again is not None:
        text = _("Gửi phê duyệt và đặt lịch phát ở {speakers}")
        if sentence.again.changes:
            text = _("Lưu lịch: phát ở {speakers}, chờ phê duyệt")
        elif handed_in:
            text = _("Đặt lịch phát ở {speakers}, chờ phê duyệt")
    elif time is not None:
        text = _("Gửi phê duyệt và đặt phát lúc {time} ở {speakers}")
        if handed_in:
            text = _("Đặt phát lúc {time} ở {speakers}, chờ phê duyệt")
    elif state == "standing":
        text = _("Phát khẩn cấp ngay ở {speakers}") if sentence.emergency else _("Phát ngay ở {speakers}")
    else:
        text = _("Gửi phê duyệt để phát ngay ở {speakers}")
        if handed_in:
            text = _("Phát ngay ở {speakers} khi được phê duyệt")
    return text.format(speakers=counted("{n} cụm loa", sentence.count), time=time)
