"""The tables. The database is the truth: what must happen later is a row with its deadline.

Instants are `InstantColumn`s: aware datetimes in UTC (SQLite itself has no time zones). Lists and small records are
JSON columns. State that can be derived from other columns is not stored.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from audio.speech.port import Voice
from controller.database.column_types import (
    ApprovalPolicyFields,
    AuditAction,
    AuditDetail,
    BroadcastFields,
    CorrectionFields,
    DeliveryState,
    ExcessKind,
    ManifestFields,
    PasswordLinkKind,
    QuietHoursFields,
    Role,
    SessionKind,
    SessionLimitsFields,
    SettingsFields,
    StatusFields,
    VolumeFields,
    WarningFields,
    WeightyKind,
)
from controller.words.phrases import Phrase, kept_phrase, kept_text
from schedules.limits import DEFAULT_GAP_MS
from wire.model import BulletinClass
from wire.outcomes import ReceiptState
from wire.receipts import ClockState

SHORTEST_REASON = 10
"""Characters of the reason for the one-officer rule."""

# A column with one of a few words is annotated as a Literal and holds the word itself. An Enum column would hold member
# names and bring CHECK constraints or types of its own; and rows that bypass the ORM (many_rows, Core, JSON) would hold
# words where the ORM has members.

# Constraints have names, so that a later migration can drop them on SQLite too.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


class InstantColumn(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one raises ValueError. On SQLite: text of fixed length, which sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return String(32) if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone: this datetime is naive")
        value = value.astimezone(UTC)
        return value.isoformat(" ", "microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class PhraseColumn(TypeDecorator[Phrase]):
    """A phrase as JSON. Rows written before 0.4 hold a plain sentence; it becomes a phrase that shows it unchanged."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Phrase | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's
        return None if value is None else kept_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Phrase | None:  # noqa: ARG002  # SQLAlchemy's
        return None if value is None else kept_phrase(value)


# These return Any, as sqlmodel's Field does: the annotation says the column's type.
def _instant(**options: Any) -> Any:
    nullable = options.pop("nullable", False)
    return Field(sa_type=InstantColumn, nullable=nullable, **options)


def _optional_instant(**options: Any) -> Any:
    return Field(default=None, sa_type=InstantColumn, nullable=True, **options)


def _fixed_word(**options: Any) -> Any:
    return Field(sa_type=String, **options)


def _json(**options: Any) -> Any:
    return Field(sa_type=JSON, nullable=options.pop("nullable", False), **options)


def _unsigned(name: str, column: str) -> Index:
    """The few rows that wait for the publisher: it looks twice a second."""
    where = text("message IS NULL")
    return Index(name, column, sqlite_where=where, postgresql_where=where)


class Station(SQLModel, table=True):
    """Facts of the station by key, such as its name or whether gTTS may be used; see controller/station/facts.py."""

    key: str = Field(primary_key=True, max_length=64)
    value: str = Field(sa_type=Text)


class Area(SQLModel, table=True):
    """A node of the tree province → commune → hamlet. `quiet_hours`, `session_limits` None: inherited."""

    area: str = Field(primary_key=True, max_length=64)
    name: str
    kind: str
    parent: str | None = Field(default=None, foreign_key="area.area", index=True)
    latitude: float | None = None
    longitude: float | None = None
    quiet_hours: list[QuietHoursFields] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    session_limits: SessionLimitsFields | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    approval_policy: ApprovalPolicyFields = _json(default_factory=dict, sa_column_kwargs={"server_default": "{}"})
    created_at: datetime = _instant()


class Speaker(SQLModel, table=True):
    """A loudspeaker cluster with one agent: what the office decides about it. Its reports: `SpeakerStatus`."""

    speaker: str = Field(primary_key=True, max_length=64)
    name: str
    area: str = Field(foreign_key="area.area", index=True)
    latitude: float | None = None
    longitude: float | None = None
    caretaker: str = ""
    caretaker_phone: str = ""
    volume: VolumeFields = _json()
    output_delay_ms: int = 0
    muted: bool = False
    muted_at: datetime | None = _optional_instant()
    muted_by: str | None = Field(default=None, foreign_key="officer.officer")
    broker_password_hash: str
    created_at: datetime = _instant()
    silent_after: datetime | None = _optional_instant(index=True)
    """When it counts as offline unless it sends a status before; None while it is offline."""

    @property
    def is_online(self) -> bool:
        """Whether its last status is recent enough."""
        return self.silent_after is not None


class SpeakerStatus(SQLModel, table=True):
    """The last status that a speaker sent, and whether its plan agrees with the office's.

    `status` is the whole of it; other columns repeat only what queries or comparisons need. So a new field of the
    status needs no column.
    """

    __tablename__ = "speaker_status"

    speaker: str = Field(primary_key=True, foreign_key="speaker.speaker")
    received_at: datetime = _instant()
    online_since: datetime | None = _optional_instant()
    boot: str = ""
    session: int = Field(default=0, sa_type=BigInteger)
    journal: str | None = None
    settings_revision: int | None = Field(default=None, sa_type=BigInteger)
    status: StatusFields = _json()
    found: dict[str, int] = _json(default_factory=dict)
    """{broadcast: revision} of its last plan request that are unknown here, or here only in a lower revision."""
    out_of_step_since: datetime | None = _optional_instant()
    repairs: int = 0
    repair_due: datetime | None = _optional_instant(index=True)


class SpeakerExcess(SQLModel, table=True):
    """How much of one kind a speaker sent beyond its measure, or beyond belief: `count` times from `since` on."""

    __tablename__ = "speaker_excess"

    speaker: str = Field(primary_key=True, foreign_key="speaker.speaker")
    kind: ExcessKind = _fixed_word(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    since: datetime = _instant()
    last_at: datetime = _instant()


class SpeakerSettings(SQLModel, table=True):
    """One revision of a speaker's settings: `content` as on the wire, `message` signed (None: not signed yet)."""

    __tablename__ = "speaker_settings"
    __table_args__ = (_unsigned("ix_speaker_settings_unsigned", "speaker"),)

    speaker: str = Field(primary_key=True, foreign_key="speaker.speaker")
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    content: SettingsFields = _json()
    message: bytes | None = Field(default=None, sa_type=LargeBinary)


class Officer(SQLModel, table=True):
    """A person who may sign in. `area`: the officer is in charge of its subtree; None: of the whole station.

    `password_hash` empty: there is no password yet, only a `PasswordLink`.
    """

    officer: str = Field(primary_key=True)
    username: str = Field(unique=True)
    name: str
    position: str = ""
    role: Role = _fixed_word()
    area: str | None = Field(default=None, foreign_key="area.area")
    password_hash: str
    disabled: bool = False
    created_at: datetime = _instant()


class Deputy(SQLModel, table=True):
    """An officer who approves in the place of another: `officer` for `absent`, at `since` ≤ t < `ends_at`.

    The charge is that of `absent` at t, and none while that account is disabled. `ended_at`: it was taken back.
    """

    deputy: str = Field(primary_key=True)
    absent: str = Field(foreign_key="officer.officer", index=True)
    officer: str = Field(foreign_key="officer.officer", index=True)
    named_at: datetime = _instant()
    since: datetime = _instant()
    ends_at: datetime = _instant()
    ended_at: datetime | None = _optional_instant()
    ended_by: str | None = Field(default=None, foreign_key="officer.officer")


class SignIn(SQLModel, table=True):
    """A session: of a browser (by cookie) or of a program (by bearer token). Only the token's hash is kept.

    `device`: what it says of itself, its User-Agent. `last_used_at`: to a minute; a page that fetches its parts by
    itself isn't used. `by_passkey`: it was opened by a passkey, so no code is wanted.
    """

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True)
    officer: str = Field(foreign_key="officer.officer", index=True)
    kind: SessionKind = _fixed_word()
    device: str = ""
    csrf: str
    by_passkey: bool = False
    created_at: datetime = _instant()
    last_used_at: datetime = _instant()
    expires_at: datetime = _instant(index=True)


class PasswordLink(SQLModel, table=True):
    """A link by which an officer sets the own password, once. Only the hash of its token is kept.

    `holds_from` None: it waits for its `WeightyDeed`. `ended_at`: it was used (`used_at`), or replaced by a newer one,
    or withdrawn. `told_at`: the officer has read that it was made.
    """

    __tablename__ = "password_link"

    token_hash: str = Field(primary_key=True)
    officer: str = Field(foreign_key="officer.officer", index=True)
    kind: PasswordLinkKind = _fixed_word()
    made_by: str = Field(foreign_key="officer.officer")
    made_at: datetime = _instant()
    holds_from: datetime | None = _optional_instant()
    expires_at: datetime = _instant()
    used_at: datetime | None = _optional_instant()
    ended_at: datetime | None = _optional_instant()
    told_at: datetime | None = _optional_instant()


class SecondFactor(SQLModel, table=True):
    """The secret of an officer's telephone (TOTP), encrypted. `confirmed_at` None: it isn't asked for yet.

    `last_step`: the time step of the newest code that was taken. `wrong`: codes since then that were not.
    """

    __tablename__ = "second_factor"

    officer: str = Field(primary_key=True, foreign_key="officer.officer")
    secret: str
    made_at: datetime = _instant()
    confirmed_at: datetime | None = _optional_instant()
    last_step: int = Field(default=0, sa_type=BigInteger)
    wrong: int = 0


class RecoveryCode(SQLModel, table=True):
    """A keyed hash of a code that does once in place of the telephone's."""

    __tablename__ = "recovery_code"

    officer: str = Field(primary_key=True, foreign_key="officer.officer")
    code_hash: str = Field(primary_key=True)


class Passkey(SQLModel, table=True):
    """A key on a device of an officer (WebAuthn); `passkey`: its id, `public_key`: COSE, both in base64url.

    `name`: the owner's. `sign_count`: the device's counter when it was used last; 0: it has none. `transports`: how
    the browser reaches it.
    """

    passkey: str = Field(primary_key=True)
    officer: str = Field(foreign_key="officer.officer", index=True)
    name: str
    public_key: str
    sign_count: int = Field(default=0, sa_type=BigInteger)
    transports: list[str] = _json()
    added_at: datetime = _instant()
    last_used_at: datetime | None = _optional_instant()


class UsedChallenge(SQLModel, table=True):
    """The SHA-256 of a challenge that a passkey has answered, until it is too old to be answered again."""

    __tablename__ = "used_challenge"

    challenge_hash: str = Field(primary_key=True)
    used_at: datetime = _instant()


class WeightyDeed(SQLModel, table=True):
    """What one administrator asked, until a second one agrees (`agreed_by`), it is withdrawn, or `due_at` comes.

    `officer`: whom it is about; None: the one-officer rule, for which `reason` is. `role`, `area`: the charge that the
    officer is to have. `link`: what the officer is to set a password by. `withdrawn_by` None: the program, because
    `asked_by` was no longer in charge.
    """

    __tablename__ = "weighty_deed"

    deed: str = Field(primary_key=True)
    kind: WeightyKind = _fixed_word()
    officer: str | None = Field(default=None, foreign_key="officer.officer", index=True)
    role: Role | None = _fixed_word(default=None)
    area: str | None = Field(default=None, foreign_key="area.area")
    reason: str = ""
    link: str | None = Field(default=None, foreign_key="password_link.token_hash")
    asked_by: str = Field(foreign_key="officer.officer")
    asked_at: datetime = _instant()
    due_at: datetime = _instant()
    agreed_by: str | None = Field(default=None, foreign_key="officer.officer")
    done_at: datetime | None = _optional_instant()
    withdrawn_at: datetime | None = _optional_instant()
    withdrawn_by: str | None = Field(default=None, foreign_key="officer.officer")

    @property
    def waits(self) -> bool:
        """Whether it is neither carried out nor withdrawn."""
        return self.done_at is None and self.withdrawn_at is None


class Clip(SQLModel, table=True):
    """A finished sound; its bytes lie in the clip store."""

    sha256: str = Field(primary_key=True)
    bytes: int
    duration_ms: int = Field(sa_type=BigInteger)
    recipe: str | None = Field(default=None, index=True)
    """Hash of all that decides the sound: a clip with the wanted recipe is used again. None: a fallback voice spoke."""
    engine: str | None = None
    sentences: list[list[int]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """[from, to] of each sentence in milliseconds. None: not known, as in a recorded voice."""
    created_at: datetime = _instant()
    published_at: datetime | None = _optional_instant()
    """When the broker had acknowledged all its chunks; None: not yet, or cleared there."""


class Announcement(SQLModel, table=True):
    """What is to be said, in its newest version. `version` rises with each change; a clip belongs to one version.

    `area`: whoever is in charge of it may change it; None: of the whole station.
    """

    announcement: str = Field(primary_key=True)
    area: str | None = Field(default=None, foreign_key="area.area", index=True)
    title: str
    text: str = Field(sa_type=Text)
    spoken_text: str = Field(sa_type=Text)
    warnings: list[WarningFields] = _json()
    bulletin_class: BulletinClass = _fixed_word()
    language: str = "vi"
    voice: Voice = _fixed_word(default="north")
    speed: float = 1.0
    version: int = 1
    author: str = Field(foreign_key="officer.officer")
    """The officer who changed it last. Who may not approve it: `Writer`."""
    created_at: datetime = _instant()
    changed_at: datetime = _instant(index=True)
    recording: str | None = None
    """SHA-256, in the store of recordings, of a voice that replaces speech; None: it is spoken by an engine."""
    clip_version: int = 0
    """The version that `clip` or `clip_failure` belongs to. Below `version`: the clip is still to be made."""
    clip: str | None = Field(default=None, foreign_key="clip.sha256")
    clip_engine: str | None = None
    clip_fallback: str | None = None
    clip_failure: Phrase | None = Field(default=None, sa_type=PhraseColumn)
    template: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the text is offered when a new announcement is written."""
    corrections: list[CorrectionFields] = _json(default_factory=list, sa_column_kwargs={"server_default": "[]"})
    """How single places of this text are to be read, whatever rules and lexicon say."""
    may_leave_country: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the author agreed that this text's telephone and document numbers are sent to Google's voice abroad."""


class AnnouncementVersion(SQLModel, table=True):
    """One version of an announcement as it was written. `fields`: what the change to it changed; [] in the first."""

    __tablename__ = "announcement_version"

    announcement: str = Field(primary_key=True, foreign_key="announcement.announcement")
    version: int = Field(primary_key=True)
    title: str
    text: str = Field(sa_type=Text)
    spoken_text: str = Field(sa_type=Text)
    bulletin_class: BulletinClass = _fixed_word()
    language: str
    voice: Voice = _fixed_word()
    speed: float
    recording: str | None = None
    corrections: list[CorrectionFields] = _json()
    may_leave_country: bool
    fields: list[str] = _json()
    entries: list[str] = _json()
    """Lexicon entries that it is read by and that nobody had approved then."""
    changed_by: str = Field(foreign_key="officer.officer")
    changed_at: datetime = _instant()


class Writer(SQLModel, table=True):
    """An officer who contributed to what a version says since the last approved one, and so may not approve it."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["announcement", "version"], ["announcement_version.announcement", "announcement_version.version"]
        ),
    )

    announcement: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    officer: str = Field(primary_key=True, foreign_key="officer.officer")


class LexiconEntry(SQLModel, table=True):
    """How a written form is read in an area and all areas below it; `area` None: in the whole station."""

    __tablename__ = "lexicon_entry"

    entry: str = Field(primary_key=True)
    area: str | None = Field(default=None, foreign_key="area.area", index=True)
    written: str
    spoken: str
    any_case: bool = False
    beside: str = ""
    """A word that must stand near the written form; empty: the entry holds everywhere."""
    changed_by: str = Field(foreign_key="officer.officer")
    changed_at: datetime = _instant()
    approved: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether somebody other than `changed_by` has approved a sound that it was used in."""


class Submission(SQLModel, table=True):
    """One version of an announcement with one clip, handed in for approval."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["announcement", "version"], ["announcement_version.announcement", "announcement_version.version"]
        ),
    )

    submission: str = Field(primary_key=True)
    announcement: str = Field(index=True)
    version: int
    clip: str = Field(foreign_key="clip.sha256")
    submitted_by: str = Field(foreign_key="officer.officer")
    submitted_at: datetime = _instant()
    refused_at: datetime | None = _optional_instant()
    refused_by: str | None = Field(default=None, foreign_key="officer.officer")
    refusal: str | None = None


class OneOfficerRule(SQLModel, table=True):
    """The written decision that authors may approve their own announcements, for a station with one officer."""

    __tablename__ = "one_officer_rule"
    __table_args__ = (CheckConstraint(f"length(reason) >= {SHORTEST_REASON}", name="written"),)

    rule: str = Field(primary_key=True)
    reason: str
    signed_by: str = Field(foreign_key="officer.officer")
    since: datetime = _instant()
    ended_at: datetime | None = _optional_instant()


class Manifest(SQLModel, table=True):
    """What two people agree to; `manifest` is the SHA-256 (hex) of `content` as canonical JSON (RFC 8785)."""

    manifest: str = Field(primary_key=True, max_length=64)
    content: ManifestFields = _json()


class Agreement(SQLModel, table=True):
    """A manifest that one order asks approval of: `of_order` is the id of a broadcast, a schedule or a standing text.

    It is in force once `completed_at` is set, unless it was withdrawn, or the order has a later one in force. An
    approval holds for the one order that it was given to, so that nobody else can order the same thing again by it.
    """

    of_order: str = Field(primary_key=True)
    manifest: str = Field(primary_key=True, foreign_key="manifest.manifest")
    announcement: str = Field(foreign_key="announcement.announcement", index=True)
    submission: str = Field(foreign_key="submission.submission", index=True)
    ordered_by: str = Field(foreign_key="officer.officer")
    asked_at: datetime = _instant()
    completed_at: datetime | None = _optional_instant()
    withdrawn_at: datetime | None = _optional_instant()
    withdrawn_by: str | None = Field(default=None, foreign_key="officer.officer")
    refused_at: datetime | None = _optional_instant()
    refused_by: str | None = Field(default=None, foreign_key="officer.officer")
    refusal: str | None = None


class Approval(SQLModel, table=True):
    """One officer's approval of an agreement.

    A trigger of the database refuses an officer who ordered it, or is a `Writer` of the version that it says, unless a
    OneOfficerRule allows it.
    """

    __table_args__ = (ForeignKeyConstraint(["of_order", "manifest"], ["agreement.of_order", "agreement.manifest"]),)

    of_order: str = Field(primary_key=True)
    manifest: str = Field(primary_key=True)
    approver: str = Field(primary_key=True, foreign_key="officer.officer")
    at: datetime = _instant()
    one_officer_rule: str | None = Field(default=None, foreign_key="one_officer_rule.rule")


class StandingText(SQLModel, table=True):
    """An announcement that is approved beforehand: one approver may set it off in these places and hours.

    `until`: no later. `most_times`: as often at most.
    """

    __tablename__ = "standing_text"

    standing: str = Field(primary_key=True)
    announcement: str = Field(foreign_key="announcement.announcement", index=True)
    areas: list[str] = _json()
    hours: list[QuietHoursFields] = _json()
    most_times: int
    until: datetime = _instant()
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS
    created_by: str = Field(foreign_key="officer.officer")
    created_at: datetime = _instant()
    ended_at: datetime | None = _optional_instant()
    ended_by: str | None = Field(default=None, foreign_key="officer.officer")


class Schedule(SQLModel, table=True):
    """A rule by which broadcasts recur. Wall times are local to `time_zone`: `YYYY-MM-DDTHH:MM:SS`.

    `plan_due`: when the timetable compares it with its broadcasts next; None: never again. `trouble`: why the first
    occurrence that the last comparison couldn't make could not be made; the next comparison forgets it.
    """

    schedule: str = Field(primary_key=True)
    announcement: str = Field(foreign_key="announcement.announcement", index=True)
    areas: list[str] = _json()
    speakers: list[str] = _json()
    first_start: str
    time_zone: str
    rrule: str = Field(sa_type=Text)
    exception_dates: list[str] = _json()
    skip_holidays: bool = False
    until: str | None = None
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS
    created_by: str = Field(foreign_key="officer.officer")
    created_at: datetime = _instant()
    changed_by: str | None = Field(default=None, foreign_key="officer.officer")
    """Who changed it last; None: nobody has."""
    changed_at: datetime = _instant()
    orderers: dict[str, str] = _json(default_factory=dict)
    """{officer: when that officer made or changed it last}."""
    ended_at: datetime | None = _optional_instant()
    ended_by: str | None = Field(default=None, foreign_key="officer.officer")
    plan_due: datetime | None = _optional_instant(index=True)
    trouble: Phrase | None = Field(default=None, sa_type=PhraseColumn)


class OccurrenceChange(SQLModel, table=True):
    """One occurrence that differs from its rule: dropped, moved, or with another announcement.

    `occurrence`, `moved_to`: wall times in the schedule's zone.
    """

    __tablename__ = "occurrence_change"

    schedule: str = Field(primary_key=True, foreign_key="schedule.schedule")
    occurrence: str = Field(primary_key=True)
    dropped: bool = False
    moved_to: str | None = None
    announcement: str | None = Field(default=None, foreign_key="announcement.announcement")
    changed_by: str | None = Field(default=None, foreign_key="officer.officer")
    """None: a command, run at the machine."""
    changed_at: datetime = _instant()
    orderers: dict[str, str] = _json(default_factory=dict)
    """{officer: when that officer changed it last}."""


class Holiday(SQLModel, table=True):
    """A day (ISO date) on which schedules that skip holidays are silent: by law, or a swap day by decree."""

    day: str = Field(primary_key=True)
    name: str


class HolidayYear(SQLModel, table=True):
    """A year whose holidays are in the table `holiday`. `decree` None: provisional, the decree isn't published yet."""

    __tablename__ = "holiday_year"

    year: int = Field(primary_key=True)
    decree: str | None = None
    changed_by: str | None = Field(default=None, foreign_key="officer.officer")
    changed_at: datetime = _instant()


class PriorityOrder(SQLModel, table=True):
    """`first` goes before `second`: two priority broadcasts that want the same minutes, or two schedules that do.

    `decided_by` None: no officer decided until ten minutes before, so the one that was made first goes first.
    """

    __tablename__ = "priority_order"

    first: str = Field(primary_key=True)
    second: str = Field(primary_key=True)
    decided_by: str | None = Field(default=None, foreign_key="officer.officer")
    decided_at: datetime = _instant()


class Broadcast(SQLModel, table=True):
    """One announcement at one instant, to some areas or speakers.

    `planned_at`: since when it is on the wire (None: it waits for approval, or lapsed). `announcement` None: a speaker
    reported it and this database doesn't know it (it was restored from an older copy). Planned, but `submission` None:
    a speaker reported it, and its approval isn't known here. `manifest`: what was approved of it, which may be its
    schedule's or a standing text's.

    `schedule` and `occurrence` (the rule's own wall time, also if it was moved) tell which occurrence it is.
    `replaced`: the office took it back, because its rule, announcement, class or approval changed, or its schedule
    ended, or an officer restored the occurrence after cancelling it; no page lists it. An occurrence has at most one
    broadcast that isn't replaced. `wanted_start`: the start that was ordered, if `starts_at` is later because another
    priority bulletin goes first.
    """

    __table_args__ = (
        Index(
            "ix_broadcast_occurrence",
            "schedule",
            "occurrence",
            unique=True,
            sqlite_where=text("schedule IS NOT NULL AND NOT replaced"),
            postgresql_where=text("schedule IS NOT NULL AND NOT replaced"),
        ),
    )

    broadcast: str = Field(primary_key=True)
    schedule: str | None = Field(default=None, foreign_key="schedule.schedule")
    occurrence: str | None = None
    replaced: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    wanted_start: datetime | None = _optional_instant()
    announcement: str | None = Field(default=None, foreign_key="announcement.announcement", index=True)
    title: str
    bulletin_class: BulletinClass | None = _fixed_word()
    areas: list[str] = _json()
    speakers: list[str] = _json()
    starts_now: bool = False
    starts_at: datetime | None = _optional_instant(index=True)
    latest_start: datetime | None = _optional_instant(index=True)
    expires_at: datetime | None = _optional_instant(index=True)
    report_due: datetime | None = _optional_instant(index=True)
    times: int = 1
    gap_ms: int = DEFAULT_GAP_MS
    gain_db: float = 0.0
    duration_ms: int | None = Field(default=None, sa_type=BigInteger)
    submission: str | None = Field(default=None, foreign_key="submission.submission")
    manifest: str | None = Field(default=None, foreign_key="manifest.manifest", index=True)
    created_by: str | None = Field(default=None, foreign_key="officer.officer")
    created_at: datetime = _instant()
    planned_at: datetime | None = _optional_instant()
    cancelled_at: datetime | None = _optional_instant()
    cancelled_by: str | None = Field(default=None, foreign_key="officer.officer")
    cleared_at: datetime | None = _optional_instant()
    """When the broker had acknowledged that its topics are cleared."""
    set_off_by: str | None = Field(default=None, foreign_key="officer.officer")
    """Who set it off by a standing text, alone; None: its own approval planned it."""
    reviewed_at: datetime | None = _optional_instant()
    reviewed_by: str | None = Field(default=None, foreign_key="officer.officer")


class BroadcastRevision(SQLModel, table=True):
    """One revision of a broadcast: `content` as on the wire, `message` signed (None: not signed yet).

    `topics`: where it is published, without the root; a later revision has all topics of the earlier ones.
    """

    __tablename__ = "broadcast_revision"
    __table_args__ = (_unsigned("ix_broadcast_revision_unsigned", "broadcast"),)

    broadcast: str = Field(primary_key=True, foreign_key="broadcast.broadcast")
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    content: BroadcastFields = _json()
    topics: list[str] = _json()
    message: bytes | None = Field(default=None, sa_type=LargeBinary)


class Delivery(SQLModel, table=True):
    """What is known of one broadcast at one speaker. `state` is `pending` until the first receipt."""

    __table_args__ = (Index("ix_delivery_speaker", "speaker"),)

    broadcast: str = Field(primary_key=True, foreign_key="broadcast.broadcast")
    speaker: str = Field(primary_key=True, foreign_key="speaker.speaker")
    state: DeliveryState = _fixed_word(default="pending")
    reason: str | None = None
    """Any text: newer agents may send reasons that `wire.outcomes` doesn't list yet."""
    accepted_at: datetime | None = _optional_instant()
    ready_at: datetime | None = _optional_instant()
    started_at: datetime | None = _optional_instant()
    ended_at: datetime | None = _optional_instant()
    heard_ms: int | None = Field(default=None, sa_type=BigInteger)
    start_error_ms: float | None = None
    received_at: datetime | None = _optional_instant()
    found: bool = False
    """Whether the speaker reported it without the office having planned it there."""


class Journal(SQLModel, table=True):
    """How far one journal of one speaker is safe: every receipt up to `upto` is stored here, or known to be lost."""

    speaker: str = Field(primary_key=True, foreign_key="speaker.speaker")
    journal: str = Field(primary_key=True)
    upto: int = Field(default=0, sa_type=BigInteger)
    highest: int = Field(default=0, sa_type=BigInteger)
    """The highest stored `seq`. Above `upto`: receipts between them are missing."""
    lost: int = Field(default=0, sa_type=BigInteger)
    """How many receipts the speaker had deleted before they were stored here."""


class Receipt(SQLModel, table=True):
    """A receipt as a speaker sent it. `unread`: the bytes of one that could not be parsed."""

    speaker: str = Field(primary_key=True)
    journal: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    broadcast: str | None = Field(default=None, index=True)
    revision: int | None = Field(default=None, sa_type=BigInteger)
    state: ReceiptState | None = _fixed_word(default=None)
    at: datetime | None = _optional_instant()
    clock: ClockState | None = _fixed_word(default=None)
    reason: str | None = None
    heard_ms: int | None = Field(default=None, sa_type=BigInteger)
    start_error_ms: float | None = None
    volume: int | None = None
    received_at: datetime = _instant()
    unread: bytes | None = Field(default=None, sa_type=LargeBinary)


class Silence(SQLModel, table=True):
    """An area that is held silent, emergencies included, until an officer lifts the silence."""

    silence: str = Field(primary_key=True)
    area: str = Field(foreign_key="area.area", index=True)
    held_by: str | None = Field(default=None, foreign_key="officer.officer")
    """None: a command, run at the machine."""
    held_at: datetime = _instant()
    lifted_at: datetime | None = _optional_instant()
    lifted_by: str | None = Field(default=None, foreign_key="officer.officer")


class AuditEntry(SQLModel, table=True):
    """Who did what, when."""

    __tablename__ = "audit_entry"

    entry: str = Field(primary_key=True)
    at: datetime = _instant(index=True)
    officer: str | None = Field(default=None, foreign_key="officer.officer")
    action: AuditAction = _fixed_word()
    subject: str
    detail: AuditDetail = _json()


class StoredAnswer(SQLModel, table=True):
    """The answer to a POST with an `Idempotency-Key`, encrypted under that key and the caller's token."""

    __tablename__ = "answered"

    key_hash: str = Field(primary_key=True)
    request_hash: str
    status: int
    answer: bytes = Field(sa_type=LargeBinary)
    at: datetime = _instant(index=True)
