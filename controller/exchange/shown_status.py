"""What is kept of a status: all that pages and REST show, within bounds.

The protocol bounds a status only by its 64 KiB, and lets `playing`, `volume` and `last_error` be anything.
"""

from controller.database.column_types import StatusFields
from wire.status import Status
from wire.strict_json import write_object

MOST_ANY_BYTES = 1024
"""Of `playing` and `volume` as JSON; a larger one is left out."""
MOST_ERROR_CHARACTERS = 500
MOST_REFUSED = 20
"""Kinds of refusals, each of at most MOST_REASON_CHARACTERS."""
MOST_REASON_CHARACTERS = 64
PLAUSIBLE_C = (-100.0, 200.0)
PLAUSIBLE_OFFSET_MS = 200 * 366 * 86_400_000


def shown_fields(status: Status) -> StatusFields:
    """The status as it is stored."""
    fields: StatusFields = status.fields()
    fields["playing"] = _small(fields["playing"])
    fields["volume"] = _small(fields["volume"])
    error = fields["last_error"]
    if error is not None:
        fields["last_error"] = _without_nul(error)[:MOST_ERROR_CHARACTERS]
    fields["refused"] = {
        _without_nul(reason)[:MOST_REASON_CHARACTERS]: count
        for reason, count in list(fields["refused"].items())[:MOST_REFUSED]
    }
    temperature_c = fields["temperature_c"]
    if temperature_c is not None and not PLAUSIBLE_C[0] <= temperature_c <= PLAUSIBLE_C[1]:
        fields["temperature_c"] = None
    clock = fields["clock"]
    if clock is not None and clock["offset_ms"] is not None and abs(clock["offset_ms"]) > PLAUSIBLE_OFFSET_MS:
        fields["clock"] = {**clock, "offset_ms": None}
    return fields


def _small(value: object) -> object:
    """The value, or None if it is large or holds U+0000, which PostgreSQL can't keep."""
    written = write_object({"": value})
    return None if len(written) > MOST_ANY_BYTES or b"\\u0000" in written else value


def _without_nul(text: str) -> str:
    return text.replace("\0", "")
