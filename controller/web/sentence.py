"""The sentence that is read before a sound: where, when, how often, how long, through how many, how many are silent."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from controller.area_tree import AreaTree
from controller.order_preview import Preview
from controller.tables import Speaker
from controller.web.place_names import places
from controller.web.translation import _
from controller.web.vietnamese import StationClock, duration, number
from controller.web.words import SPEAKER, word


@dataclass(frozen=True)
class Sentence:
    """What the sentence says, part by part; the template joins them."""

    where: str
    at: str | None
    """None: now."""
    times: int
    lasts: str
    count: int
    offline: int
    muted: int
    soundless: int
    doubtful: tuple[tuple[str, str], ...]
    """Name and state of the speakers where it may not be heard."""
    meets: tuple[tuple[str, str], ...]
    """Time and title of broadcasts that it would meet there."""
    emergency: bool


def sentence_of(session: Session, tree: AreaTree, seen: Preview, clock: StationClock) -> Sentence:
    """The sentence of a preview."""
    row = seen.broadcast
    single = session.exec(select(Speaker).where(col(Speaker.speaker).in_(row.speakers))).all() if row.speakers else []
    return Sentence(
        where=places(tree, row.areas, single),
        at=clock.when_in_full(row.starts_at) if row.starts_at else None,
        times=row.times,
        lasts=duration(round(seen.whole.total_seconds() * 1000)),
        count=len(seen.speakers),
        offline=len(seen.standing("offline")),
        muted=len(seen.standing("muted")),
        soundless=len(seen.standing("soundless")),
        doubtful=tuple((each.speaker.name, word(SPEAKER, each.standing).lower()) for each in seen.doubtful),
        meets=tuple((clock.time(each.starts_at), each.title) for each in seen.meets if each.starts_at),
        emergency=row.bulletin_class == "emergency",
    )


def order_words(sentence: Sentence, time: str | None, state: str) -> str:
    """What the button says that orders it: its consequence.

    `state`: the announcement's, or `elsewhere`: approved by somebody who isn't in charge of all these places.
    """
    waits = state in ("submitted", "elsewhere")
    if time is not None:
        text = _("Gửi phê duyệt và đặt phát lúc {time} ở {n} cụm loa")
        if state == "approved":
            text = _("Đặt phát lúc {time} ở {n} cụm loa")
        elif waits:
            text = _("Đặt phát lúc {time} ở {n} cụm loa, chờ phê duyệt")
    elif state != "approved":
        text = _("Gửi phê duyệt để phát ngay ở {n} cụm loa")
        if waits:
            text = _("Phát ngay ở {n} cụm loa khi được phê duyệt")
    else:
        text = _("Phát khẩn cấp ngay ở {n} cụm loa") if sentence.emergency else _("Phát ngay ở {n} cụm loa")
    return text.format(n=number(sentence.count), time=time)
