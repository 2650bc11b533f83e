"""The office's two short answers: what time it is, and which receipts are safe."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wire.envelope import Opened, Rejected
from wire.ids import Name, Ulid
from wire.instants import Instant
from wire.model import Malformed, WireModel
from wire.strict_json import LARGEST_INTEGER

TIME_TYP = "time"
ACKNOWLEDGEMENT_TYP = "acknowledgement"

Nonce = Annotated[str, StringConstraints(min_length=22, max_length=128)]


class TimeAnswer(WireModel):
    """The office's clock, for the request that bore this nonce."""

    nonce: Nonce
    now: Instant


class Acknowledgement(WireModel):
    """Every receipt of that journal to `upto` is committed in the office's database, or is known to be gone."""

    speaker: Name
    journal: Ulid
    upto: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]


def read_time(opened: Opened) -> TimeAnswer:
    """What a verified envelope says; raises Rejected (not_allowed, malformed)."""
    opened.require_all_classes()
    try:
        return TimeAnswer.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None


def read_acknowledgement(opened: Opened, speaker: str) -> Acknowledgement:
    """What a verified envelope says to this speaker; raises Rejected (not_allowed, malformed, wrong_target)."""
    opened.require_all_classes()
    try:
        acknowledgement = Acknowledgement.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
    if acknowledgement.speaker != speaker:
        raise Rejected("wrong_target", f"acknowledgement of {acknowledgement.speaker}")
    return acknowledgement
