"""The broadcast message: one announcement at one instant, to some areas or speakers. Rules of recurrence stay home."""

from collections.abc import Collection, Set
from datetime import datetime
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field, model_validator

from wire.clips import OGG_OPUS, Clip
from wire.envelope import Opened, Rejected
from wire.ids import Name, Ulid
from wire.instants import Instant
from wire.model import BulletinClass, Malformed, Revision, WireModel

TYP = "broadcast"
KIND: Final = "clips"
MAX_NAMES = 300


class Addressed(Protocol):
    """A message or a row that is for areas and single speakers."""

    @property
    def areas(self) -> Collection[str]: ...
    @property
    def speakers(self) -> Collection[str]: ...


def names_speaker(addressed: Addressed, speaker: str, chain: Set[str]) -> bool:
    """Whether it names this speaker, or an area in `chain` (the speaker's area and all areas above it)."""
    return speaker in addressed.speakers or not chain.isdisjoint(addressed.areas)


class Approval(WireModel):
    """Who approved it, by name, and when. `manifest`: what was approved, by its SHA-256; None: sent before 1.1."""

    officer: str
    at: Instant
    manifest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class Broadcast(WireModel):
    """One revision of a broadcast. `starts_at` is None only in an emergency: it sounds as soon as it is on the disk."""

    broadcast: Ulid
    revision: Revision
    issued_at: Instant
    expires_at: Instant
    kind: Literal["clips"]
    state: Literal["planned", "cancelled"]
    areas: Annotated[tuple[Name, ...], Field(strict=False)]
    speakers: Annotated[tuple[Name, ...], Field(strict=False)]
    bulletin_class: BulletinClass
    starts_at: Instant | None
    latest_start: Instant
    clips: Annotated[tuple[Clip, ...], Field(strict=False, min_length=1, max_length=100)]
    times: Annotated[int, Field(ge=1, le=1000)]
    gap_ms: Annotated[int, Field(ge=0, le=3_600_000)]
    gain_db: Annotated[float, Field(ge=-120, le=40)]
    title: str
    language: str
    approvals: Annotated[tuple[Approval, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _check_targets_and_start(self) -> "Broadcast":
        # No name at all is valid: that revision withdraws the broadcast everywhere.
        if len(self.areas) + len(self.speakers) > MAX_NAMES:
            raise ValueError(f"a broadcast names at most {MAX_NAMES} areas and speakers")
        if self.starts_at is None and self.bulletin_class != "emergency":
            raise ValueError("starts_at is null in an emergency alone")
        return self

    @property
    def begins_at(self) -> datetime:
        """`starts_at`, or `issued_at` where that is None: arbitration orders broadcasts of one class by it."""
        return self.starts_at or self.issued_at

    @property
    def once_ms(self) -> int:
        """Length of all clips, each played once."""
        return sum(clip.duration_ms for clip in self.clips)

    @property
    def length_ms(self) -> int:
        """Length of all repetitions and of the pauses between them."""
        return self.times * self.once_ms + (self.times - 1) * self.gap_ms

    def is_for(self, speaker: str, chain: Collection[str]) -> bool:
        """Whether it names this speaker, or an area in `chain` (the speaker's area and all areas above it)."""
        return names_speaker(self, speaker, frozenset(chain))


def read_broadcast(opened: Opened, topic_id: str) -> Broadcast:
    """Check the payload of a verified envelope; `topic_id` is the broadcast's id in the topic that it came on.

    Raises Rejected (unsupported, malformed, not_allowed). Doesn't check expiry, targets or revision: the speaker does.
    """
    kind = opened.payload.get("kind")
    if isinstance(kind, str) and kind != KIND:
        raise Rejected("unsupported", f"kind {kind[:64]}")
    if any(
        isinstance(clip, dict) and isinstance(clip.get("media_type"), str) and clip["media_type"] != OGG_OPUS
        for clip in _list_or_empty(opened.payload.get("clips"))
    ):
        raise Rejected("unsupported", "a clip's media type")
    try:
        broadcast = Broadcast.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
    if broadcast.broadcast != topic_id:
        raise Rejected("malformed", f"its id {broadcast.broadcast} is not the topic's")
    if broadcast.bulletin_class not in opened.may:
        raise Rejected("not_allowed", f"key {opened.kid} may not sign {broadcast.bulletin_class}")
    return broadcast


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []
