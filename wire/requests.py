"""What a speaker asks the office for: the plan, missing chunks, the time; and the answer to a request for time."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wire.envelope import Opened, Rejected
from wire.ids import Sha256, Ulid
from wire.instants import Instant
from wire.model import Malformed, Revision, WireModel
from wire.strict_json import NotJson, parse_object

MAX_HAVE = 1000
MAX_MISSING = 1024
TIME_TYP = "time"

ChunkIndex = Annotated[int, Field(ge=0, le=1023)]
Nonce = Annotated[str, StringConstraints(min_length=22, max_length=128)]


class PlanRequest(WireModel):
    """`have`: the broadcasts and revisions that the speaker keeps; of more than 1,000, those that start last."""

    kind: Literal["plan"] = "plan"
    have: Annotated[
        tuple[Annotated[tuple[Ulid, Revision], Field(strict=False)], ...],
        Field(strict=False, max_length=MAX_HAVE),
    ]


class AudioRequest(WireModel):
    """Asks for chunks of one clip; `missing` holds their indexes, each from 0."""

    kind: Literal["audio"] = "audio"
    sha256: Sha256
    missing: Annotated[tuple[ChunkIndex, ...], Field(strict=False, min_length=1, max_length=MAX_MISSING)]


class TimeRequest(WireModel):
    """Asks for the office's clock. The nonce holds at least 128 random bits, so that no answer can be replayed."""

    kind: Literal["time"] = "time"
    nonce: Nonce


Request = PlanRequest | AudioRequest | TimeRequest

_REQUEST_BY_KIND: dict[str, type[PlanRequest] | type[AudioRequest] | type[TimeRequest]] = {
    "plan": PlanRequest,
    "audio": AudioRequest,
    "time": TimeRequest,
}


def read_request(data: bytes) -> Request:
    """Read a request; raises Malformed, also for a kind that this version doesn't know."""
    try:
        fields = parse_object(data)
    except NotJson as error:
        raise Malformed(str(error)) from None
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _REQUEST_BY_KIND:
        raise Malformed(f"kind: unknown {str(kind)[:64]}")
    return _REQUEST_BY_KIND[kind].from_fields(fields)


class TimeAnswer(WireModel):
    """The office's clock, in answer to the request with this nonce."""

    nonce: Nonce
    now: Instant


def read_time(opened: Opened) -> TimeAnswer:
    """Check the payload of a verified envelope; raises Rejected (not_allowed, malformed)."""
    opened.require_all_classes()
    try:
        return TimeAnswer.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
