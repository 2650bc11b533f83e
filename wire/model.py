"""What every message has in common: frozen, exact in its types, deaf to fields that it doesn't know.

Readers ignore unknown fields, so that a later version may add some; writers never send any, because they write from
these same models.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wire.strict_json import LARGEST_INTEGER, NotJson, parse_object, write_object

BulletinClass = Literal["normal", "priority", "emergency"]
ALL_CLASSES: frozenset[BulletinClass] = frozenset({"normal", "priority", "emergency"})

Revision = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Text64 = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
"""Without U+0000, which PostgreSQL keeps in no text."""


class Malformed(ValueError):
    """A message lacks or misuses a field; the message names the first such field."""


class WireModel(BaseModel):
    """Base of all messages."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    @classmethod
    def from_fields(cls, fields: Mapping[str, object]) -> Self:
        """Check parsed JSON; raises Malformed."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            raise Malformed(f"{where}: {first['msg']}") from None

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read an unsigned message; raises Malformed."""
        try:
            return cls.from_fields(parse_object(data))
        except NotJson as error:
            raise Malformed(str(error)) from None

    def fields(self) -> Any:
        """The message as it travels: a dict, ready for JSON. Each model's has another shape, which the caller names."""
        return self.model_dump(mode="json", by_alias=True)

    def to_json(self) -> bytes:
        """The message as bytes, for those that travel unsigned."""
        return write_object(self.fields())
