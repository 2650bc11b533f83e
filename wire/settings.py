"""A speaker's settings: where it stands, how loud it is, when it keeps quiet, and whom it believes. Taken whole."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from wire.clips import Clip
from wire.envelope import OfficeKey, Opened, Rejected
from wire.ids import Name
from wire.instants import Instant
from wire.model import BulletinClass, Malformed, Revision, WireModel

TYP = "settings"
HALF_A_DECIBEL = 0.5

VolumeStep = Annotated[int, Field(ge=0, le=100)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone") from None
    return name


ZoneName = Annotated[str, AfterValidator(_is_zone)]


class Volume(WireModel):
    """Steps from 0 (silent) to 100 (0 dBFS), half a decibel each, by bulletin class; `limit` caps them."""

    normal: VolumeStep = 70
    priority: VolumeStep = 80
    emergency: VolumeStep = 100
    limit: VolumeStep = 100

    def step(self, bulletin_class: BulletinClass) -> int:
        """The step at which a class sounds."""
        return min(
            {"normal": self.normal, "priority": self.priority, "emergency": self.emergency}[bulletin_class],
            self.limit,
        )


def gain_of_step_db(step: int) -> float:
    """What a volume step does to the sound: 100 is 0 dB, 0 is silence (minus infinity)."""
    return (step - 100) * HALF_A_DECIBEL if step else float("-inf")


class QuietHours(WireModel):
    """Local times of day, from (included) to (excluded); may span midnight."""

    from_: Annotated[TimeOfDay, Field(alias="from", serialization_alias="from")]
    to: TimeOfDay


class Settings(WireModel):
    """All that the office tells one speaker about itself."""

    speaker: Name
    revision: Revision
    issued_at: Instant
    name: str
    areas: Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=64)]
    time_zone: ZoneName
    volume: Volume
    muted: bool
    quiet_hours: Annotated[tuple[QuietHours, ...], Field(strict=False, max_length=48)]
    output_delay_ms: Annotated[int, Field(ge=0, le=10_000)]
    kept_clips: Annotated[tuple[Clip, ...], Field(strict=False, max_length=256)]
    keys: Annotated[tuple[OfficeKey, ...], Field(strict=False, min_length=1, max_length=64)]


def read_settings(opened: Opened, speaker: str) -> Settings:
    """What a verified envelope says to this speaker; raises Rejected (not_allowed, malformed, wrong_target)."""
    opened.require_all_classes()
    try:
        settings = Settings.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
    if settings.speaker != speaker:
        raise Rejected("wrong_target", f"settings of {settings.speaker}")
    return settings
