"""Makes announcements with sound and approval, before a measure begins."""

import httpx

from tests.acceptance.station import Station, said
from wire.model import BulletinClass

_SENTENCE = "Kính thưa bà con, Ủy ban nhân dân xã thông báo lịch tiêm chủng tại nhà văn hóa thôn. "
_SENTENCE_S = 4.7


def words_lasting(length_s: float) -> str:
    """A text that espeak-ng speaks in about `length_s` seconds."""
    return _SENTENCE * round(length_s / _SENTENCE_S)


def make_approved(station: Station, words: str, bulletin_class: BulletinClass = "normal") -> str:
    """Write an announcement, wait for its sound, submit it and have it approved; returns its id."""
    announcement = station.announcement(words, bulletin_class)

    audio = f"/announcements/{announcement}/audio"
    station.wait_for(
        lambda: station.administrator.get(audio).status_code == httpx.codes.OK, f"{announcement} has no sound"
    )
    said(station.administrator.post(f"/announcements/{announcement}/submission", json={}))
    said(station.approver.post(f"/announcements/{announcement}/approval", json={}))
    return announcement
