"""The status: what a speaker reports of itself on connect, on a change, and every 60 s; and its last will."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from wire.ids import Ulid
from wire.instants import Instant
from wire.model import Revision, Text64, WireModel
from wire.receipts import ClockState
from wire.strict_json import MAX_INTEGER, write_object

STATUS_EVERY_S = 60
SILENT_AFTER_S = 150

Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]


class ClockReport(WireModel):
    """How far the speaker trusts its clock. `offset_ms`: the system clock's error as last measured; None: not yet."""

    state: ClockState
    offset_ms: float | None = None


class PlanReport(WireModel):
    """The number of broadcasts that the speaker keeps and that name it, and their `plan_digest`."""

    count: Count
    digest: Text64


class Status(WireModel):
    """A speaker's report of itself; the last will has only `online`, `boot` and `session`.

    `playing` and `volume` may be any JSON; the office shows them unchanged.
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
        """The message that the broker publishes where the speaker's connection breaks."""
        return write_object({"online": False, "boot": self.boot, "session": self.session})


def plan_digest(kept: Iterable[tuple[str, int]]) -> str:
    """SHA-256 (hex) of a line `{broadcast}:{revision}\\n` for each kept broadcast, the lines sorted by bytes."""
    lines = sorted(f"{broadcast}:{revision}\n".encode() for broadcast, revision in kept)
    return hashlib.sha256(b"".join(lines)).hexdigest()
