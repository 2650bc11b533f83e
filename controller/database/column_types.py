"""The types of columns: words of a fixed set, and the shapes of JSON.

`…Fields`: a message of `wire/`, or a part of one, in the form of the wire.
"""

from typing import Literal, NotRequired, final, get_args

# pydantic, on which SQLModel is built, refuses typing.TypedDict before Python 3.12.
from typing_extensions import TypedDict

from audio.spoken_text.doubts import DoubtKind
from wire.model import BulletinClass
from wire.outcomes import ReceiptState
from wire.receipts import ClockState

Role = Literal["viewer", "editor", "approver", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do all that the ones before it may: `controller.station.charges`."""

SessionKind = Literal["browser", "program"]
"""`program`: by bearer token."""

PasswordLinkKind = Literal["invitation", "reset"]
"""`invitation`: of an account that has no password yet."""

WeightyKind = Literal["charge", "enable", "link", "one officer"]
"""What a second administrator agrees to: `controller.people.weighty_deeds`."""

DeliveryState = Literal["pending", ReceiptState, "no_report"]
"""A receipt's state, or the office's own: `pending` before the first receipt, `no_report` if none came in time."""

ExcessKind = Literal[
    "status",
    "receipts",
    "requests",
    "malformed",
    "stored_receipts",
    "unread_receipts",
    "unknown_broadcasts",
    "journals",
    "contradictions",
    "revisions",
    "new_settings",
    "plan_requests",
    "chunks",
]
"""What a speaker sent beyond its measure (broker/gate.py, exchange/quotas.py) or beyond belief."""

AuditAction = Literal[
    "announcement approved",
    "announcement changed",
    "announcement read again",
    "announcement refused",
    "announcement submitted",
    "announcement written",
    "announcement taken up",
    "approval withdrawn",
    "area added",
    "area changed",
    "broadcast cancelled",
    "broadcast ordered",
    "broadcast reviewed",
    "charge changed",
    "credentials renewed",
    "deputy ended",
    "deputy let begin",
    "deputy named",
    "holidays reset",
    "holidays set",
    "invitation made",
    "lexicon entry removed",
    "lexicon entry set",
    "occurrence changed",
    "officer added",
    "officer disabled",
    "officer enabled",
    "one officer allowed",
    "one officer ended",
    "passkey added",
    "passkey refused",
    "passkey removed",
    "password changed",
    "password set by link",
    "priority decided",
    "priority left",
    "reading corrected",
    "recording dropped",
    "recording kept",
    "recovery code used",
    "reset link made",
    "schedule changed",
    "schedule ended",
    "schedule made",
    "second factor off",
    "second factor on",
    "sessions ended",
    "sign-ins failed",
    "signed in",
    "silence lifted",
    "silence ordered",
    "speaker admitted",
    "speaker changed",
    "standing text ended",
    "standing text made",
    "standing text set off",
    "station changed",
    "template dropped",
    "template kept",
    "weighty deed agreed",
    "weighty deed asked",
    "weighty deed withdrawn",
]

QuietHoursFields = TypedDict("QuietHoursFields", {"from": str, "to": str})


class SessionLimitsFields(TypedDict, total=False):
    """What an area allows; a key that is missing or None sets no limit. `weekdays`: 0 is Monday."""

    sessions_a_day: int | None
    minutes_a_session: int | None
    weekdays: list[int] | None


class ApprovalPolicyFields(TypedDict, total=False):
    """What an area asks of approvals of orders that touch it; areas below it may ask for more, not for less.

    `two_for_emergency`, `two_for_whole`: two approvers for an emergency, and for an order to the whole area.
    `same_day_moves`: an editor may move an occurrence within its day without asking again.
    """

    two_for_emergency: bool
    two_for_whole: bool
    same_day_moves: bool


class VolumeFields(TypedDict):
    """Volume from 0 to 100 for each bulletin class; `limit` caps all of them."""

    normal: int
    priority: int
    emergency: int
    limit: int


WarningFields = TypedDict("WarningFields", {"kind": DoubtKind, "text": str, "from": int, "to": int, "blocks": bool})
"""Something in an announcement's text that may be read wrongly: `text` at the characters from ≤ i < to."""


class PlaceFields(TypedDict):
    """A place of an announcement's text: the characters there, and some before and after them.

    It is the `nth` (from 0) of `of` places that look the same. Rows of older versions have no `of`.
    """

    written: str
    before: str
    after: str
    nth: int
    of: NotRequired[int]


class CorrectionFields(PlaceFields):
    """How a place is to be read, whatever the rules say. `spoken` None: an officer confirmed the reading."""

    spoken: str | None


class ClipFields(TypedDict):
    """A finished sound that a broadcast plays."""

    sha256: str
    bytes: int
    duration_ms: int
    media_type: Literal["audio/ogg; codecs=opus"]


class ApprovalFields(TypedDict):
    """Who approved, by name, when, and the name of the manifest that was approved."""

    officer: str
    at: str
    manifest: str


class CommonManifestFields(TypedDict):
    """What each manifest binds: the sound, the places, and how often it is said."""

    clip: str
    bulletin_class: BulletinClass
    areas: list[str]
    speakers: list[str]
    times: int
    gap_ms: int


@final
class BroadcastManifestFields(CommonManifestFields):
    """What is approved of one broadcast. `starts_at` None: now. `expires_at`: only if the order names one."""

    starts_at: str | None
    latest_start: str
    expires_at: NotRequired[str]


@final
class ScheduleManifestFields(CommonManifestFields):
    """What is approved of a schedule; wall times in `time_zone`."""

    first_start: str
    time_zone: str
    rrule: str
    exception_dates: list[str]
    skip_holidays: bool
    until: str | None


@final
class StandingManifestFields(CommonManifestFields):
    """What is approved of a standing text: within these local hours, so often at most, until that instant."""

    hours: list[QuietHoursFields]
    most_times: int
    until: str


ManifestFields = BroadcastManifestFields | ScheduleManifestFields | StandingManifestFields


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
    """A speaker's settings without revision and instant: compared to see whether a new revision is needed."""

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
    """A speaker's report on its own clock."""

    state: ClockState
    offset_ms: float | None


class PlanReportFields(TypedDict):
    """How many broadcasts a speaker keeps, and their digest."""

    count: int
    digest: str


class StatusFields(TypedDict, total=False):
    """The last status of a speaker; empty before the first. `playing`, `volume`: JSON as sent, unchecked."""

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
    """Details of an audit entry. Each action has some of these keys; rows of older versions may have others."""

    # of announcements, their sound and their reading
    fields: list[str]
    confirmed: list[str]
    clip: str
    sha256: str
    manifests: list[str]
    version: int
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
    unsplit: list[str]
    # of schedules and holidays
    rrule: str
    occurrence: str
    dropped: bool
    moved_to: str
    announcement: str | None
    days: dict[str, str]
    decree: str | None
    # of officers, and of deputies (`absent`: an officer's id; `last_day`: ISO)
    username: str
    role: Role
    deed: WeightyKind
    wrong: int
    refused: int
    networks: int
    absent: str
    last_day: str
    # of any act: the ids of the officers in whose place it was done
    in_place_of: list[str]
    # of a command that stops sound: who ran it, by the name that the system knows
    system_user: str
    # of areas and speakers (new values)
    name: str
    kind: str
    parent: str | None
    latitude: float | None
    longitude: float | None
    quiet_hours: list[QuietHoursFields] | None
    session_limits: SessionLimitsFields | str | None
    approval_policy: ApprovalPolicyFields
    area: str
    caretaker: str
    caretaker_phone: str
    volume: VolumeFields
    output_delay_ms: int
    muted: bool
    # of the station (new values; also `name` and `session_limits` above)
    technician: str
    technician_phone: str
    gtts: str
    time_zone: str
    keys: str
    horizon_days: str
    receipts_days: str
    word_for_thousand: str
    word_for_zero_tens: str
    word_for_four: str
    approvers_second_factor: str
    horn_filter: str
    siren: str
