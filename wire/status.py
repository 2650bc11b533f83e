"""The status: what a speaker says of itself on connect, on a change, and every minute; and its last will."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from wire.ids import Ulid
from wire.instants import Instant
from wire.model import Revision, Text64, WireModel
from wire.receipts import ClockState
from wire.strict_json import LARGEST_INTEGER, write_object

STATUS_EVERY_S = 60
SILENT_AFTER_S = 150

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]


class ClockReport(WireModel):
    """How far the speaker believes its clock; `offset_ms` is by how much the system's clock was found off."""

    state: ClockState
    offset_ms: float | None = None


class PlanReport(WireModel):
    """How many broadcasts it keeps that name it, and the digest of them."""

    count: Count
    digest: Text64


class Status(WireModel):
    """What a speaker says of itself; the last will has only `online`, `boot` and `session`.

    `playing`, `volume`: any JSON, shown as it came.
    """

    online: bool
    boot: Text64
    session: Count
    at: Instant | None = None
    agent: Text64 | None = None
    journal: Ulid | None = None
    clock: ClockReport | None = None
    plan: PlanReport | None = None
    settings_revision: Revision | None = None
    playing: Any = None
    volume: Any = None
    disk_free_bytes: Count | None = None
    cache_bytes: Count | None = None
    temperature_c: float | None = None
    last_error: str | None = None
    unacknowledged: Count | None = None
    refused: dict[str, Count] = Field(default_factory=dict)

    def last_will(self) -> bytes:
        """What the broker says for a speaker that is gone."""
        return write_object({"online": False, "boot": self.boot, "session": self.session})


def plan_digest(kept: Iterable[tuple[str, int]]) -> str:
    """SHA-256 (hex) of the lines `{broadcast}:{revision}\\n`, sorted by bytes."""
    lines = sorted(f"{broadcast}:{revision}\n".encode() for broadcast, revision in kept)
    return hashlib.sha256(b"".join(lines)).hexdigest()
