"""A speaker's settings: its areas, volume, quiet hours, and the keys that it trusts. Each message replaces them all."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from wire.clips import Clip
from wire.envelope import OfficeKey, Opened, Rejected
from wire.ids import Name
from wire.instants import Instant
from wire.model import BulletinClass, Malformed, Revision, WireModel

TYP = "settings"
DB_PER_STEP = 0.5

MAX_VOLUME_STEP = 100
MAX_OUTPUT_DELAY_MS = 10_000
MAX_QUIET_HOURS = 48

VolumeStep = Annotated[int, Field(ge=0, le=MAX_VOLUME_STEP)]
OutputDelayMs = Annotated[int, Field(ge=0, le=MAX_OUTPUT_DELAY_MS)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone") from None
    return name


ZoneName = Annotated[str, AfterValidator(_check_zone)]


class Volume(WireModel):
    """A step from 0 (silent) to 100 (0 dBFS) for each bulletin class, 0.5 dB a step; `limit` caps all three."""

    normal: VolumeStep = 70
    priority: VolumeStep = 80
    emergency: VolumeStep = MAX_VOLUME_STEP
    limit: VolumeStep = MAX_VOLUME_STEP

    def step(self, bulletin_class: BulletinClass) -> int:
        """The step of a class, capped by `limit`."""
        return min(
            {"normal": self.normal, "priority": self.priority, "emergency": self.emergency}[bulletin_class],
            self.limit,
        )


def gain_of_step_db(step: int) -> float:
    """The gain of a volume step: 0 dB at 100, −49.5 dB at 1, minus infinity (silence) at 0."""
    return (step - MAX_VOLUME_STEP) * DB_PER_STEP if step else float("-inf")


class QuietHours(WireModel):
    """Local times of day, `from` included, `to` excluded; `to` before `from` spans midnight."""

    from_: Annotated[TimeOfDay, Field(alias="from", serialization_alias="from")]
    to: TimeOfDay


class Settings(WireModel):
    """All settings of one speaker. `areas` is its chain; `kept_clips`: clips to hold on the disk in advance."""

    speaker: Name
    revision: Revision
    issued_at: Instant
    name: str
    areas: Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=64)]
    time_zone: ZoneName
    volume: Volume
    muted: bool
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(strict=False, max_length=MAX_QUIET_HOURS)]
    output_delay_ms: OutputDelayMs
    kept_clips: Annotated[tuple[Clip, ...], Field(strict=False, max_length=256)]
    keys: Annotated[tuple[OfficeKey, ...], Field(strict=False, min_length=1, max_length=64)]


def read_settings(opened: Opened, speaker: str) -> Settings:
    """Check the payload of a verified envelope; raises Rejected (not_allowed, malformed, wrong_target)."""
    opened.require_all_classes()
    try:
        settings = Settings.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
    if settings.speaker != speaker:
        raise Rejected("wrong_target", f"settings of {settings.speaker}")
    return settings
