"""What columns hold besides plain values: the words of a fixed set, and the shapes of JSON.

`…Fields` is a message of `wire/`, or a part of one, as it travels.
"""

from typing import Literal, NotRequired, get_args

# pydantic, which SQLModel stands on, refuses typing's own before Python 3.12.
from typing_extensions import TypedDict

from audio.spoken_text.doubts import DoubtKind
from wire.model import BulletinClass
from wire.outcomes import ReceiptState
from wire.receipts import ClockState

Role = Literal["administrator", "editor", "approver"]
ROLES: tuple[Role, ...] = get_args(Role)

DeliveryState = Literal["pending", ReceiptState, "no_report"]
"""A receipt's, or the office's own: before the first receipt, and where none came in time."""

AuditAction = Literal[
    "announcement approved",
    "announcement changed",
    "announcement read again",
    "announcement refused",
    "announcement submitted",
    "announcement written",
    "approval withdrawn",
    "area added",
    "area changed",
    "broadcast cancelled",
    "broadcast ordered",
    "credentials renewed",
    "holidays reset",
    "holidays set",
    "lexicon entry removed",
    "lexicon entry set",
    "occurrence changed",
    "officer added",
    "officer disabled",
    "officer enabled",
    "one officer allowed",
    "one officer ended",
    "password changed",
    "priority decided",
    "priority left",
    "reading corrected",
    "recording dropped",
    "recording kept",
    "schedule changed",
    "schedule ended",
    "schedule made",
    "signed in",
    "silence lifted",
    "silence ordered",
    "speaker admitted",
    "speaker changed",
    "station changed",
    "template dropped",
    "template kept",
]

QuietHoursFields = TypedDict("QuietHoursFields", {"from": str, "to": str})


class SessionLimitsFields(TypedDict, total=False):
    """What an area allows; what is missing or None isn't limited. `weekdays`: 0 is Monday."""

    sessions_a_day: int | None
    minutes_a_session: int | None
    weekdays: list[int] | None


class VolumeFields(TypedDict):
    """Steps from 0 to 100 by bulletin class; `limit` caps them."""

    normal: int
    priority: int
    emergency: int
    limit: int


WarningFields = TypedDict("WarningFields", {"kind": DoubtKind, "text": str, "from": int, "to": int, "blocks": bool})
"""Something in an announcement's text that may be said wrongly: `text` stands at from ≤ i < to."""


class PlaceFields(TypedDict):
    """A place of an announcement's text: what is written there, what stands before and after it.

    `nth` (from 0) `of` as many that look the same; `of` is missing where an older version wrote it.
    """

    written: str
    before: str
    after: str
    nth: int
    of: NotRequired[int]


class CorrectionFields(PlaceFields):
    """How a place is to be read, before any rule; `spoken` None: right as it is read, and not to be doubted."""

    spoken: str | None


class ClipFields(TypedDict):
    """A finished sound that a broadcast plays."""

    sha256: str
    bytes: int
    duration_ms: int
    media_type: Literal["audio/ogg; codecs=opus"]


class ApprovalFields(TypedDict):
    """Who approved, by name, and when."""

    officer: str
    at: str


class BroadcastFields(TypedDict):
    """One revision of a broadcast."""

    broadcast: str
    revision: int
    issued_at: str
    expires_at: str
    kind: Literal["clips"]
    state: Literal["planned", "cancelled"]
    areas: list[str]
    speakers: list[str]
    bulletin_class: BulletinClass
    starts_at: str | None
    latest_start: str
    clips: list[ClipFields]
    times: int
    gap_ms: int
    gain_db: float
    title: str
    language: str
    approvals: list[ApprovalFields]


class OfficeKeyFields(TypedDict):
    """A public key that speakers are told to trust."""

    kid: str
    public_key: str
    may: list[BulletinClass]


class UnnumberedSettingsFields(TypedDict):
    """A speaker's settings before they are a revision: by these it is told whether anything has changed."""

    time_zone: str
    keys: list[OfficeKeyFields]
    speaker: str
    name: str
    areas: list[str]
    volume: VolumeFields
    muted: bool
    quiet_hours: list[QuietHoursFields]
    output_delay_ms: int
    kept_clips: list[ClipFields]


class SettingsFields(UnnumberedSettingsFields):
    """One revision of a speaker's settings."""

    revision: int
    issued_at: str


class ClockReportFields(TypedDict):
    """How far a speaker believes its clock."""

    state: ClockState
    offset_ms: float | None


class PlanReportFields(TypedDict):
    """How many broadcasts a speaker keeps, and their digest."""

    count: int
    digest: str


class StatusFields(TypedDict, total=False):
    """The last word of a speaker; empty: it has never said any. `playing`, `volume`: whatever JSON it sent."""

    online: bool
    boot: str
    session: int
    at: str | None
    agent: str | None
    journal: str | None
    clock: ClockReportFields | None
    plan: PlanReportFields | None
    settings_revision: int | None
    playing: object
    volume: object
    disk_free_bytes: int | None
    cache_bytes: int | None
    temperature_c: float | None
    last_error: str | None
    unacknowledged: int | None
    refused: dict[str, int]


class AuditDetail(TypedDict, total=False):
    """What is told of a deed besides its subject. Each action has some of these; an older version's may have others."""

    # of announcements, their sound and their reading
    fields: list[str]
    confirmed: list[str]
    clip: str
    sha256: str
    reason: str
    written: str
    spoken: str | None
    always: bool
    undone: bool
    # of broadcasts, and of silence
    areas: list[str]
    second: str
    hold: bool
    cancelled: list[str]
    reduced: list[str]
    # of schedules and holidays
    rrule: str
    occurrence: str
    dropped: bool
    moved_to: str
    announcement: str | None
    days: dict[str, str]
    decree: str | None
    # of officers
    username: str
    role: Role
    # of areas and speakers: the new values
    name: str
    kind: str
    parent: str | None
    latitude: float | None
    longitude: float | None
    quiet_hours: list[QuietHoursFields] | None
    session_limits: SessionLimitsFields | str | None
    area: str
    caretaker: str
    caretaker_phone: str
    volume: VolumeFields
    output_delay_ms: int
    muted: bool
    # of the station: the new values, `name` and `session_limits` too
    technician: str
    technician_phone: str
    gtts: str
    time_zone: str
    keys: str
    horizon_days: str
    word_for_thousand: str
    word_for_zero_tens: str
    word_for_four: str
    horn_filter: str
    siren: str
