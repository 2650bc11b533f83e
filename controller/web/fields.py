"""What requests have in common: unknown fields are refused, instants may leave out their milliseconds, lists go on."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlmodel import Session, select

from wire.instants import parse_instant
from wire.settings import TimeOfDay


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(populate_by_name=True)


def _with_milliseconds(value: object) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"[0-9T:-]+Z", value):
        value = value[:-1] + ".000Z"
    return parse_instant(value)


RequestInstant = Annotated[datetime, BeforeValidator(_with_milliseconds)]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _one_line(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("không để trống")
    if _CONTROL.search(text):
        raise ValueError("có ký tự điều khiển; xóa đi")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)]
"""A name or the like: one line, not empty."""

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class QuietHoursBody(Body):
    """Local times of day, from (included) to (excluded)."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay


Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str | None, Query(max_length=64)]

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


def page_of(
    session: Session, table: type[Row], key: Any, limit: int, after: str | None, view: Callable[[Row], Item]
) -> tuple[list[Item], str | None]:
    """One page of a list in the order of its ids, and the id to go on after (None: that was all)."""
    query = select(table).order_by(key).limit(limit + 1)
    if after is not None:
        query = query.where(key > after)
    rows: Sequence[Row] = session.exec(query).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return [view(row) for row in shown], str(getattr(shown[-1], key.key)) if more else None
