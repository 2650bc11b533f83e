"""The broadcast: one announcement at one instant, to some areas or speakers. Decisions travel, not rules."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from wire.clips import OGG_OPUS, Clip
from wire.envelope import Opened, Rejected
from wire.ids import Name, Ulid
from wire.instants import Instant
from wire.model import BulletinClass, Malformed, Revision, WireModel

TYP = "broadcast"
KIND: Final = "clips"
MOST_NAMES = 300


class Approval(WireModel):
    """Who approved, and when."""

    officer: str
    at: Instant


class Broadcast(WireModel):
    """One revision of a broadcast, as it travels."""

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
    def _is_whole(self) -> "Broadcast":
        # None at all is a revision that withdraws the broadcast everywhere.
        if len(self.areas) + len(self.speakers) > MOST_NAMES:
            raise ValueError(f"a broadcast names at most {MOST_NAMES} areas and speakers")
        if self.starts_at is None and self.bulletin_class != "emergency":
            raise ValueError("starts_at is null in an emergency alone")
        return self

    @property
    def planned_at(self) -> datetime:
        """The instant by which broadcasts are put in order: `starts_at`, else `issued_at`."""
        return self.starts_at or self.issued_at

    @property
    def once_ms(self) -> int:
        """The clips once through."""
        return sum(clip.duration_ms for clip in self.clips)

    @property
    def length_ms(self) -> int:
        """All repetitions, and the pauses between them."""
        return self.times * self.once_ms + (self.times - 1) * self.gap_ms

    def is_for(self, speaker: str, chain: Collection[str]) -> bool:
        """Whether it names this speaker, or an area of its chain."""
        return speaker in self.speakers or any(area in chain for area in self.areas)


def read_broadcast(opened: Opened, topic_id: str) -> Broadcast:
    """What a verified envelope says, from whose topic it came; raises Rejected (unsupported, malformed, not_allowed).

    Whether it has expired, whom it is for and which revision is held is the speaker's to judge.
    """
    kind = opened.payload.get("kind")
    if isinstance(kind, str) and kind != KIND:
        raise Rejected("unsupported", f"kind {kind[:64]}")
    if any(
        isinstance(clip, dict) and isinstance(clip.get("media_type"), str) and clip["media_type"] != OGG_OPUS
        for clip in _list(opened.payload.get("clips"))
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


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
