"""Announcements that are spoken and approved before a measure begins."""

import httpx

from tests.acceptance.station import Station, said
from wire.model import BulletinClass

_SENTENCE = "Kính thưa bà con, Ủy ban nhân dân xã thông báo lịch tiêm chủng tại nhà văn hóa thôn. "
_SENTENCE_S = 4.7


def words_of(length_s: float) -> str:
    """A text that takes about so long to say."""
    return _SENTENCE * round(length_s / _SENTENCE_S)


def spoken_and_approved(station: Station, words: str, bulletin_class: BulletinClass = "normal") -> str:
    """Written by one person, made into sound, approved by the other."""
    announcement = station.announcement(words, bulletin_class)

    audio = f"/announcements/{announcement}/audio"
    station.wait_for(
        lambda: station.administrator.get(audio).status_code == httpx.codes.OK, f"{announcement} has no sound"
    )
    said(station.administrator.post(f"/announcements/{announcement}/submission", json={}))
    said(station.approver.post(f"/announcements/{announcement}/approval", json={}))
    return announcement
