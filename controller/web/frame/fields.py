"""What requests to the REST interface have in common.

Unknown fields are refused, instants may leave out their milliseconds, and a list is answered page by page.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from sqlalchemy import ColumnElement
from sqlmodel import Session

from controller.database.rows_after import rows_after
from controller.errors import Invalid, NotFound
from controller.station.names import MAX_NAME_LENGTH, require_name
from controller.words.phrases import Phrase
from controller.words.validation import unfit
from schedules.limits import MAX_GAP_MS, MAX_TIMES
from wire.broadcast import MAX_NAMES
from wire.instants import parse_instant
from wire.settings import TimeOfDay


async def refuse_null_characters(request: Request) -> None:
    """Raises NotFound for a NUL in the address: PostgreSQL can't store one, so no name has one."""
    if "\0" in request.url.path or "%00" in request.url.path or "%00" in request.url.query:
        raise NotFound("address_unknown")


class Body(BaseModel):
    """The JSON body of a request: unknown fields and wrong types are refused with 422."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def fields(self) -> Any:
        """All fields as a dict. Each body has other fields: the caller says which TypedDict it is."""
        return self.model_dump(by_alias=True)

    def given(self) -> Any:
        """The fields that the request has, as a dict; the caller says which TypedDict it is."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: object) -> object:
        """PostgreSQL stores no NUL, and nothing encodes half of a surrogate pair, which JSON can write."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and re.search("[\0\ud800-\udfff]", text):
                raise unfit(Phrase("field_control_character"))
        return value


class View(BaseModel):
    """The JSON body of an answer."""

    model_config = ConfigDict(populate_by_name=True)


def _with_milliseconds(value: object) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"[0-9T:-]+Z", value):
        value = value[:-1] + ".000Z"
    try:
        return parse_instant(value)
    except ValueError:
        raise unfit(Phrase("field_instant")) from None


RequestInstant = Annotated[datetime, BeforeValidator(_with_milliseconds)]

_INSIDE_A_SENTENCE = {
    "line_blank": "field_blank",
    "line_too_long": "field_too_long",
    "line_control_character": "field_control_character",
}


def _name(text: str) -> str:
    try:
        return require_name("", text)
    except Invalid as error:
        code = _INSIDE_A_SENTENCE[error.phrase.code]
        raise unfit(Phrase(code)) from None


NameText = Annotated[str, StringConstraints(max_length=MAX_NAME_LENGTH), AfterValidator(_name)]
"""A name or a kind, as `require_name` has it."""

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]

Names = Annotated[list[str], Field(max_length=MAX_NAMES)]
"""Ids of areas or speakers."""
Times = Annotated[int, Field(ge=1, le=MAX_TIMES)]
GapMs = Annotated[int, Field(ge=0, le=MAX_GAP_MS)]


class QuietHoursBody(Body):
    """Local times of day: `from` is included, `to` is not."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay


VersionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""Of an announcement, in a path; the database keeps no larger one."""

Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str | None, Query(max_length=64)]

TableRow = TypeVar("TableRow")
Item = TypeVar("Item", bound=BaseModel)


def page_of(
    session: Session,
    table: type[TableRow],
    limit: int,
    after: str | None,
    views: Callable[[Sequence[TableRow]], list[Item]],
    where: ColumnElement[bool] | None = None,
) -> tuple[list[Item], str | None]:
    """At most `limit` items in the order of the table's ids, and the id to go on after (None: there are no more).

    `views` makes the items of all rows at once, so that a page costs a few queries and not some for each row.
    `where`: a condition for the rows; None: all of the table.
    """
    rows, next_after = rows_after(session, table, limit, after, where)
    return views(rows), next_after
