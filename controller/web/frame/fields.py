"""What requests have in common: unknown fields are refused, instants may leave out their milliseconds, lists go on."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from controller.errors import NotFound
from controller.words.phrases import Phrase
from controller.words.validation import unfit
from schedules.limits import LONGEST_GAP_MS, MOST_TIMES
from wire.instants import parse_instant
from wire.settings import TimeOfDay


def refuse_null_characters(request: Request) -> None:
    """PostgreSQL keeps none, so nothing has one in its name; raises NotFound."""
    if "\0" in request.url.path or "%00" in request.url.path or "%00" in request.url.query:
        raise NotFound("address_unknown")


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def fields(self) -> Any:
        """All fields, checked, as a dict. Each body's has another shape, which the caller names."""
        return self.model_dump(by_alias=True)

    def given(self) -> Any:
        """The same, but only the fields that the request has."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        """PostgreSQL keeps no NUL; half of a surrogate pair, which JSON can write, is no character to anybody."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and re.search("[\0\ud800-\udfff]", text):
                raise unfit(Phrase("field_control_character"))
        return value


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(populate_by_name=True)


def _with_milliseconds(value: object) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"[0-9T:-]+Z", value):
        value = value[:-1] + ".000Z"
    try:
        return parse_instant(value)
    except ValueError:
        raise unfit(Phrase("field_instant")) from None


RequestInstant = Annotated[datetime, BeforeValidator(_with_milliseconds)]

# Besides control characters those that turn the direction of writing: a name must be read as it is.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SEEN = frozenset("LNPS")
"""Categories of characters that stand by themselves: a mark alone, or a space of any width, is no name."""


def _one_line(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if not any(unicodedata.category(each)[0] in _SEEN for each in text):
        raise unfit(Phrase("field_blank"))
    if _CONTROL.search(text):
        raise unfit(Phrase("field_control_character"))
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)]
"""A name or the like: one line of text in NFC that can be seen."""

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]

Times = Annotated[int, Field(ge=1, le=MOST_TIMES)]
GapMs = Annotated[int, Field(ge=0, le=LONGEST_GAP_MS)]


class QuietHoursBody(Body):
    """Local times of day, from (included) to (excluded)."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay


Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str | None, Query(max_length=64)]

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


def page_of(
    session: Session,
    table: type[Row],
    key: Any,
    limit: int,
    after: str | None,
    views: Callable[[Sequence[Row]], list[Item]],
    of: SelectOfScalar[Row] | None = None,
) -> tuple[list[Item], str | None]:
    """One page of a list in the order of its ids, and the id to go on after (None: that was all).

    `views` shows all rows at once, so that a page costs a few questions, not some for each row. `of`: not all rows.
    """
    query = (select(table) if of is None else of).order_by(key).limit(limit + 1)
    if after is not None:
        query = query.where(key > after)
    rows: Sequence[Row] = session.exec(query).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return views(shown), str(getattr(shown[-1], key.key)) if more else None
