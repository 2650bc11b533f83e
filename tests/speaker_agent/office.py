"""Messages of an office for the tests of the agent, signed by the keys with which the speaker was enrolled."""

import hashlib
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from audio.sound.opus import duration_ms, encode
from tests.sounds import noise
from wire.broadcast import TYP as BROADCAST_TYP
from wire.broadcast import Broadcast
from wire.clips import OGG_OPUS, Clip, chunk, chunk_count
from wire.envelope import OfficeKey, Signer
from wire.ids import new_ulid
from wire.model import BulletinClass
from wire.receipts import ACKNOWLEDGEMENT_TYP, Acknowledgement
from wire.requests import TIME_TYP, TimeAnswer
from wire.settings import TYP as SETTINGS_TYP
from wire.settings import Settings
from wire.topics import ACKNOWLEDGEMENT, AREA_BROADCAST, AUDIO, DEFAULT_ROOT, SETTINGS, SPEAKER_BROADCAST, TIME

ME = "loa-1"
SIGNER = Signer("k1", bytes(range(32)))
SPARE = Signer("k2", bytes(range(1, 33)))
WEAK = Signer("k3", bytes(range(2, 34)))
STRANGER = Signer("k9", bytes(range(9, 41)))
FORGER = Signer("k1", bytes(range(3, 35)))
KEYS = (
    OfficeKey(kid="k1", public_key=SIGNER.public_key, may=("normal", "priority", "emergency")),
    OfficeKey(kid="k2", public_key=SPARE.public_key, may=("normal", "priority", "emergency")),
    OfficeKey(kid="k3", public_key=WEAK.public_key, may=("normal",)),
)
Message = tuple[str, bytes]


@cache
def sound(length_ms: int, seed: int = 1) -> bytes:
    """An Ogg Opus of noise, of exactly this length."""
    return encode(noise(length_ms * 48, seed))


def clip_of(data: bytes) -> Clip:
    """The `Clip` of a sound, as a broadcast names it."""
    return Clip(
        sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), duration_ms=duration_ms(data), media_type=OGG_OPUS
    )


def chunks_of(data: bytes) -> list[Message]:
    """The messages that carry the sound's chunks."""
    clip = clip_of(data)
    return [
        (AUDIO.under(DEFAULT_ROOT, sha256=clip.sha256, index=index), chunk(data, index))
        for index in range(chunk_count(clip.bytes))
    ]


def broadcast(
    starts_at: datetime | None,
    *sounds: bytes,
    issued_at: datetime | None = None,
    bulletin_class: BulletinClass = "normal",
    **changes: Any,
) -> Broadcast:
    """A broadcast with the office's defaults; one without a start needs its `issued_at`."""
    begins_at = starts_at or issued_at
    assert begins_at is not None
    issued_at = issued_at or begins_at - timedelta(minutes=10)
    clips = tuple(clip_of(data) for data in sounds)
    latest_start = begins_at + timedelta(minutes=2)
    length_ms = changes.get("times", 1) * sum(clip.duration_ms for clip in clips)
    fields: dict[str, Any] = {
        "broadcast": new_ulid(begins_at),
        "revision": 1,
        "issued_at": issued_at,
        "expires_at": latest_start + timedelta(minutes=10, milliseconds=length_ms),
        "kind": "clips",
        "state": "planned",
        "areas": ("thon-1",),
        "speakers": (),
        "bulletin_class": bulletin_class,
        "starts_at": starts_at,
        "latest_start": latest_start,
        "clips": clips,
        "times": 1,
        "gap_ms": 3000,
        "gain_db": 0.0,
        "title": "Thông báo",
        "language": "vi",
        "approvals": (),
    }
    return Broadcast(**{**fields, **changes})


def revised(before: Broadcast, **changes: Any) -> Broadcast:
    """The next revision."""
    return before.model_copy(update={"revision": before.revision + 1, **changes})


def signed(said: Broadcast, signer: Signer = SIGNER, area: str | None = None) -> Message:
    """The signed message, on the speaker's own topic or on an area's."""
    if area is not None:
        topic = AREA_BROADCAST.under(DEFAULT_ROOT, area=area, broadcast=said.broadcast)
    else:
        topic = SPEAKER_BROADCAST.under(DEFAULT_ROOT, speaker=ME, broadcast=said.broadcast)
    return topic, signer.sign(said, BROADCAST_TYP)


def settings(issued_at: datetime, revision: int = 1, **changes: Any) -> Settings:
    """Settings of a speaker in hamlet 1 of the commune, with full volume and without quiet hours."""
    fields: dict[str, Any] = {
        "speaker": ME,
        "revision": revision,
        "issued_at": issued_at,
        "name": "Cụm loa thôn 1",
        "areas": ("xa-phu-lam", "thon-1"),
        "time_zone": "Asia/Ho_Chi_Minh",
        "volume": {"normal": 100, "priority": 100, "emergency": 100, "limit": 100},
        "muted": False,
        "quiet_hours": (),
        "output_delay_ms": 0,
        "kept_clips": (),
        "keys": KEYS,
    }
    return Settings.model_validate({**fields, **changes})


def signed_settings(said: Settings, signer: Signer = SIGNER) -> Message:
    return SETTINGS.under(DEFAULT_ROOT, speaker=ME), signer.sign(said, SETTINGS_TYP)


def signed_time(nonce: str, now: datetime, signer: Signer = SIGNER) -> Message:
    return TIME.under(DEFAULT_ROOT, speaker=ME), signer.sign(TimeAnswer(nonce=nonce, now=now), TIME_TYP)


def signed_acknowledgement(journal: str, upto: int, signer: Signer = SIGNER, speaker: str = ME) -> Message:
    said = Acknowledgement(speaker=speaker, journal=journal, upto=upto)
    return ACKNOWLEDGEMENT.under(DEFAULT_ROOT, speaker=ME), signer.sign(said, ACKNOWLEDGEMENT_TYP)


def configuration(broker: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The configuration file of the speaker."""
    return {
        "speaker": ME,
        "password": "secret-1",
        "broker": broker,
        "topic_root": DEFAULT_ROOT,
        "office_keys": [key.fields() for key in KEYS],
        **more,
    }
