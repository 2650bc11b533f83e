"""The golden messages as values, and the keys that sign them.

The files in golden/, next to this one, are these messages as the first version sent them. They
are never written again, because speakers in use send such messages. A new kind of message is added by

    python -m tests.wire.golden_messages

which writes missing files and changes no existing one.

A new field of a message is added so: its writer writes it in every message, so keep the old golden message and set its
`replaced_by` to the name of a new one that has the field (`status_2.json`); run the command; put the new one into
docs/protocol.md in place of the old example, and into `test_every_field_is_explained`. The old file must still decode.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wire import topics
from wire.broadcast import TYP as BROADCAST_TYP
from wire.broadcast import Approval, Broadcast
from wire.clips import OGG_OPUS, Clip
from wire.envelope import OfficeKey, Signer
from wire.instants import parse_instant
from wire.model import WireModel
from wire.receipts import ACKNOWLEDGEMENT_TYP, Acknowledgement, Receipt, Receipts, write_receipts
from wire.requests import TIME_TYP, AudioRequest, PlanRequest, TimeAnswer, TimeRequest
from wire.settings import TYP as SETTINGS_TYP
from wire.settings import QuietHours, Settings, Volume
from wire.status import ClockReport, PlanReport, Status, plan_digest

FOLDER = Path(__file__).parent / "golden"
ROOT = topics.DEFAULT_ROOT
SPEAKER = "thon-dong-2"
AREA = "xa-tan-phu"

# These private keys belong to no station: they sign golden messages and are public.
OFFICE = Signer("van-phong-2026", bytes(range(32)))
SAFE = Signer("ket-sat-2026", bytes(range(32, 64)))
KEYS = (
    OfficeKey(kid=OFFICE.kid, public_key=OFFICE.public_key, may=("normal", "priority", "emergency")),
    OfficeKey(kid=SAFE.kid, public_key=SAFE.public_key, may=("normal", "priority", "emergency")),
)

MORNING = "01KYB5T8G0ZX7M2Q4R6S8T0V1W"
ALARM = "01KYB9E1R3H5K7N9P1Q3S5T7V9"
JOURNAL = "01KYA0J4C6D8E0F2G4H6J8K0M2"

CLIP = Clip(
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    bytes=184_754,
    duration_ms=60_000,
    media_type=OGG_OPUS,
)
SIREN = Clip(
    sha256="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    bytes=31_337,
    duration_ms=10_000,
    media_type=OGG_OPUS,
)

MANIFEST = "5d41402abc4b2a76b9719d911017c592ae2f5d6b4a7d8c1e0f93b6a2d4c8e7f1"

_PLANNED_1 = Broadcast(
    broadcast=MORNING,
    revision=1_795_345_200_000,
    issued_at=parse_instant("2026-11-22T11:00:00.000Z"),
    expires_at=parse_instant("2026-11-23T10:14:03.000Z"),
    kind="clips",
    state="planned",
    areas=(AREA,),
    speakers=(),
    bulletin_class="normal",
    starts_at=parse_instant("2026-11-23T10:00:00.000Z"),
    latest_start=parse_instant("2026-11-23T10:02:00.000Z"),
    clips=(CLIP,),
    times=2,
    gap_ms=3000,
    gain_db=0.0,
    title="Lịch tiêm chủng tháng 12",
    language="vi",
    approvals=(Approval(officer="Nguyễn Thị Hòa", at=parse_instant("2026-11-22T10:58:30.250Z")),),
)
PLANNED = _PLANNED_1.model_copy(
    update={"approvals": (_PLANNED_1.approvals[0].model_copy(update={"manifest": MANIFEST}),)}
)
_TAKEN_BACK = {
    "revision": 1_795_345_200_001,
    "issued_at": parse_instant("2026-11-22T11:05:00.000Z"),
    "state": "cancelled",
}
_CANCELLED_1, _CANCELLED = (each.model_copy(update=_TAKEN_BACK) for each in (_PLANNED_1, PLANNED))
EMERGENCY = Broadcast(
    broadcast=ALARM,
    revision=1_795_348_800_000,
    issued_at=parse_instant("2026-11-22T12:00:00.000Z"),
    expires_at=parse_instant("2026-11-22T13:00:00.000Z"),
    kind="clips",
    state="planned",
    areas=(),
    speakers=(SPEAKER, "thon-tay-1"),
    bulletin_class="emergency",
    starts_at=None,
    latest_start=parse_instant("2026-11-22T12:10:00.000Z"),
    clips=(SIREN, CLIP),
    times=3,
    gap_ms=0,
    gain_db=-1.5,
    title="Nước lũ lên nhanh",
    language="vi",
    approvals=(),
)
SETTINGS = Settings(
    speaker=SPEAKER,
    revision=1_795_340_000_000,
    issued_at=parse_instant("2026-11-22T09:33:20.000Z"),
    name="Cụm loa Thôn Đông 2",
    areas=("tinh-dong-nai", AREA, "thon-dong"),
    time_zone="Asia/Ho_Chi_Minh",
    volume=Volume(normal=70, priority=80, emergency=100, limit=95),
    muted=False,
    quiet_hours=(QuietHours(from_="21:30", to="05:00"),),
    output_delay_ms=120,
    kept_clips=(SIREN,),
    keys=KEYS,
)
_TIME = TimeAnswer(nonce="vT3kQ0m2Zr8bX1yW5uN7cA", now=parse_instant("2026-11-22T12:00:00.123Z"))
_ACKNOWLEDGEMENT = Acknowledgement(speaker=SPEAKER, journal=JOURNAL, upto=17)
STATUS = Status(
    online=True,
    at=parse_instant("2026-11-22T12:00:01.500Z"),
    agent="1.2.0",
    boot="6f1c2d3e-0b8a-4c5d-9e7f-001122334455",
    session=4,
    journal=JOURNAL,
    clock=ClockReport(state="trusted", offset_ms=3.1),
    plan=PlanReport(count=1, digest=plan_digest([(MORNING, PLANNED.revision)])),
    settings_revision=SETTINGS.revision,
    playing=None,
    volume=70,
    disk_free_bytes=12_884_901_888,
    cache_bytes=216_091,
    temperature_c=48.5,
    last_error=None,
    unacknowledged=3,
    refused={"bad_signature": 2},
)


def _receipt(seq: int, state: str, at: str, **more: Any) -> Receipt:
    fields = {"reason": None, "heard_ms": 0, "start_error_ms": None, "volume": 70, **more}
    return Receipt.from_fields(
        {
            "seq": seq,
            "broadcast": MORNING,
            "revision": PLANNED.revision,
            "state": state,
            "at": at,
            "clock": "trusted",
            **fields,
        }
    )


STEPS = (
    _receipt(15, "accepted", "2026-11-22T11:00:00.410Z"),
    _receipt(16, "ready", "2026-11-22T11:00:03.020Z"),
    _receipt(17, "started", "2026-11-23T10:00:00.001Z", start_error_ms=0.4),
    _receipt(18, "partial", "2026-11-23T10:00:41.250Z", reason="cancelled", heard_ms=41_249, start_error_ms=0.4),
)
RECEIPTS = Receipts(journal=JOURNAL, first=1, receipts=STEPS)
_PLAN_REQUEST = PlanRequest(have=((MORNING, PLANNED.revision),))
_AUDIO_REQUEST = AudioRequest(sha256=CLIP.sha256, missing=(0, 2))
_TIME_REQUEST = TimeRequest(nonce=_TIME.nonce)


@dataclass(frozen=True)
class Golden:
    """One message: its value, its topic, and its bytes as written today. `typ` is None for an unsigned message.

    `replaced_by`: the newer message of its kind, which today's writer writes and the page shows; empty: none.
    """

    value: WireModel | Receipts
    topic: str
    typ: str | None
    written: bytes
    replaced_by: str = ""


def _signed(value: WireModel, topic: str, typ: str, replaced_by: str = "") -> Golden:
    return Golden(value, topic, typ, OFFICE.sign(value, typ), replaced_by)


def _plain(value: WireModel, topic: str) -> Golden:
    return Golden(value, topic, None, value.to_json())


_TO_AREA = topics.AREA_BROADCAST.under(ROOT, area=AREA, broadcast=MORNING)
_TO_SPEAKER = topics.SPEAKER_BROADCAST.under(ROOT, speaker=SPEAKER, broadcast=ALARM)
_REQUESTS = topics.REQUESTS.under(ROOT, speaker=SPEAKER)
_STATUSES = topics.STATUS.under(ROOT, speaker=SPEAKER)

MESSAGES: Mapping[str, Golden] = {
    "broadcast_planned.jws": _signed(_PLANNED_1, _TO_AREA, BROADCAST_TYP, "broadcast_planned_2.jws"),
    "broadcast_planned_2.jws": _signed(PLANNED, _TO_AREA, BROADCAST_TYP),
    "broadcast_cancelled.jws": _signed(_CANCELLED_1, _TO_AREA, BROADCAST_TYP, "broadcast_cancelled_2.jws"),
    "broadcast_cancelled_2.jws": _signed(_CANCELLED, _TO_AREA, BROADCAST_TYP),
    "broadcast_emergency_now.jws": _signed(EMERGENCY, _TO_SPEAKER, BROADCAST_TYP),
    "settings.jws": _signed(SETTINGS, topics.SETTINGS.under(ROOT, speaker=SPEAKER), SETTINGS_TYP),
    "time.jws": _signed(_TIME, topics.TIME.under(ROOT, speaker=SPEAKER), TIME_TYP),
    "acknowledgement.jws": _signed(
        _ACKNOWLEDGEMENT, topics.ACKNOWLEDGEMENT.under(ROOT, speaker=SPEAKER), ACKNOWLEDGEMENT_TYP
    ),
    "status.json": _plain(STATUS, _STATUSES),
    "last_will.json": Golden(
        Status(online=False, boot=STATUS.boot, session=STATUS.session), _STATUSES, None, STATUS.last_will()
    ),
    "receipts.json": Golden(
        RECEIPTS,
        topics.RECEIPTS.under(ROOT, speaker=SPEAKER),
        None,
        write_receipts(JOURNAL, 1, STEPS),
    ),
    "request_plan.json": _plain(_PLAN_REQUEST, _REQUESTS),
    "request_audio.json": _plain(_AUDIO_REQUEST, _REQUESTS),
    "request_time.json": _plain(_TIME_REQUEST, _REQUESTS),
}

WRITTEN_TODAY = tuple(name for name, golden in MESSAGES.items() if not golden.replaced_by)


def _write_what_is_missing() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, golden in MESSAGES.items():
        path = FOLDER / name
        if not path.exists():
            path.write_bytes(golden.written)
    manifest: dict[str, Any] = {
        "root": ROOT,
        "speaker": SPEAKER,
        "keys": [key.fields() for key in KEYS],
        "messages": {
            name: {"topic": golden.topic, "typ": golden.typ, "kid": OFFICE.kid if golden.typ else None}
            for name, golden in MESSAGES.items()
        },
    }
    path = FOLDER / "manifest.json"
    if path.exists():
        kept = json.loads(path.read_text("utf-8"))
        manifest = {**manifest, **kept, "messages": {**manifest["messages"], **kept["messages"]}}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    _write_what_is_missing()
