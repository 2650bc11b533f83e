"""Receipts: a speaker's reports on its broadcasts, numbered by its journal; and the office's acknowledgement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from wire.envelope import Opened, Rejected
from wire.ids import Name, Ulid, is_ulid
from wire.instants import Instant
from wire.model import Malformed, Revision, Text64, WireModel
from wire.outcomes import ReceiptState
from wire.settings import VolumeStep
from wire.strict_json import MAX_INTEGER, NotJson, parse_object, write_object

MAX_RECEIPTS = 100
ACKNOWLEDGEMENT_TYP = "acknowledgement"

Seq = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
ClockState = Literal["trusted", "held", "untrusted"]


class Receipt(WireModel):
    """One state of one broadcast at one speaker. `heard_ms`: sound that left the device, pauses not counted."""

    seq: Seq
    broadcast: Ulid
    revision: Revision
    state: ReceiptState
    at: Instant
    clock: ClockState
    reason: Text64 | None
    heard_ms: Annotated[int, Field(ge=0, le=MAX_INTEGER)] | None
    start_error_ms: Annotated[float, Field(allow_inf_nan=False)] | None
    volume: VolumeStep | None


@dataclass(frozen=True)
class UnreadReceipt:
    """A receipt of which only `seq` could be read; the office stores its JSON bytes `as_it_came`."""

    seq: int
    as_it_came: bytes


@dataclass(frozen=True)
class Receipts:
    """A message of receipts. `first`: the lowest `seq` that the journal still holds; None where it can't be read."""

    journal: str
    first: int | None
    receipts: tuple[Receipt | UnreadReceipt, ...]


def write_receipts(journal: str, first: int, receipts: Sequence[Receipt]) -> bytes:
    """A message of at most 100 receipts, oldest first; raises ValueError for more."""
    if len(receipts) > MAX_RECEIPTS:
        raise ValueError(f"a message holds at most {MAX_RECEIPTS} receipts")
    return write_object({"journal": journal, "first": first, "receipts": [receipt.fields() for receipt in receipts]})


def read_receipts(data: bytes) -> Receipts:
    """Read a message. Raises Malformed where `journal` or the list of receipts can't be read.

    A receipt without a readable `seq` is left out.
    """
    exact = _read_exact(data)
    if exact is not None:
        return exact
    try:
        fields = parse_object(data)
    except NotJson as error:
        raise Malformed(str(error)) from None
    journal, first, items = fields.get("journal"), fields.get("first"), fields.get("receipts")
    if not isinstance(journal, str) or not is_ulid(journal):
        raise Malformed("no readable journal")
    if not isinstance(items, list):
        raise Malformed("no list of receipts")
    receipts = tuple(receipt for item in items if (receipt := _read_receipt(item)) is not None)
    return Receipts(journal, first if _is_seq(first) else None, receipts)


class _ExactMessage(WireModel):
    """A message with exactly the fields that this version writes."""

    journal: Ulid
    first: Seq
    receipts: tuple[Receipt, ...]


_MESSAGE_KEYS = len(_ExactMessage.model_fields)
_RECEIPT_KEYS = len(Receipt.model_fields)


def _read_exact(data: bytes) -> Receipts | None:
    """The common case, three times as fast: exactly the fields that this version writes. Counting the keys finds
    unknown and repeated ones. None for every other message, valid or not: `read_receipts` takes the slow way.
    """
    if b"\\" in data:
        return None
    try:
        exact = _ExactMessage.model_validate_json(data)
    except ValidationError:
        return None
    if data.count(b'":') != _MESSAGE_KEYS + _RECEIPT_KEYS * len(exact.receipts):
        return None
    return Receipts(exact.journal, exact.first, exact.receipts)


def _read_receipt(item: Any) -> Receipt | UnreadReceipt | None:
    """`item`: any JSON. None where not even its `seq` can be read."""
    try:
        return Receipt.from_fields(item)
    except Malformed:
        seq = item.get("seq") if isinstance(item, dict) else None
        return UnreadReceipt(seq, write_object(item)) if _is_seq(seq) and isinstance(seq, int) else None


def _is_seq(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


class Acknowledgement(WireModel):
    """Every receipt of that journal up to `upto` is committed in the office's database, or known to be lost."""

    speaker: Name
    journal: Ulid
    upto: Annotated[int, Field(ge=0, le=MAX_INTEGER)]


def read_acknowledgement(opened: Opened, speaker: str) -> Acknowledgement:
    """Check the payload of a verified envelope; raises Rejected (not_allowed, malformed, wrong_target)."""
    opened.require_all_classes()
    try:
        acknowledgement = Acknowledgement.from_fields(opened.payload)
    except Malformed as error:
        raise Rejected("malformed", str(error)) from None
    if acknowledgement.speaker != speaker:
        raise Rejected("wrong_target", f"acknowledgement of {acknowledgement.speaker}")
    return acknowledgement
