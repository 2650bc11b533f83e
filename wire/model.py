"""What every message has in common: frozen, strict in its types; unknown fields are ignored.

So a later version may add fields. Writers send known fields alone, because they write from these same models.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wire.strict_json import MAX_INTEGER, NotJson, parse_object, write_object

BulletinClass = Literal["normal", "priority", "emergency"]
ALL_CLASSES: frozenset[BulletinClass] = frozenset({"normal", "priority", "emergency"})

Revision = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Text64 = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
"""At most 64 characters, none of them U+0000: PostgreSQL stores no text with it."""


class Malformed(ValueError):
    """Not JSON as the wire takes it, or a field is missing or wrong; `str()` names the first such field."""


class WireModel(BaseModel):
    """Base of all messages."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    @classmethod
    def from_fields(cls, fields: Mapping[str, object]) -> Self:
        """The message of parsed JSON; raises Malformed."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            raise Malformed(f"{where}: {first['msg']}") from None

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The message of unsigned bytes; raises Malformed."""
        try:
            return cls.from_fields(parse_object(data))
        except NotJson as error:
            raise Malformed(str(error)) from None

    def fields(self) -> Any:
        """The message as a dict ready for JSON. Its shape differs by model, so the caller annotates the result."""
        return self.model_dump(mode="json", by_alias=True)

    def to_json(self) -> bytes:
        """The message as bytes; only for messages that travel unsigned."""
        return write_object(self.fields())
