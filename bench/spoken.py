"""Makes announcements with sound and approval, before a measure begins."""

import httpx

from tests.acceptance.station import Station
from wire.model import BulletinClass

_SENTENCE = "Kính thưa bà con, Ủy ban nhân dân xã thông báo lịch tiêm chủng tại nhà văn hóa thôn. "
_SENTENCE_S = 4.7


def words_lasting(length_s: float) -> str:
    """A text that espeak-ng speaks in about `length_s` seconds."""
    return _SENTENCE * round(length_s / _SENTENCE_S)


def make_approved(station: Station, words: str, bulletin_class: BulletinClass = "normal") -> str:
    """Write an announcement, submit it, wait for its sound; its orders are approved at once. Returns its id."""
    announcement = station.approved_announcement(words, bulletin_class)

    audio = f"/announcements/{announcement}/audio"
    station.wait_for(
        lambda: station.administrator.get(audio).status_code == httpx.codes.OK, f"{announcement} has no sound"
    )
    return announcement
