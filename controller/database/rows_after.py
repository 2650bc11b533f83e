"""Reading a table page by page, in the order of its ids."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, inspect
from sqlmodel import Session, select

TableRow = TypeVar("TableRow")


def rows_after(
    session: Session, table: type[TableRow], limit: int, after: str | None, where: ColumnElement[bool] | None = None
) -> tuple[Sequence[TableRow], str | None]:
    """At most `limit` rows, and the id to go on after (None: there are no more).

    `after`: only rows whose id is greater. `where`: a condition for the rows.
    """
    [key] = inspect(table).primary_key
    query = select(table).order_by(key).limit(limit + 1)
    if where is not None:
        query = query.where(where)
    if after is not None:
        query = query.where(key > after)
    rows = session.exec(query).all()
    page = rows[:limit]
    return page, str(getattr(page[-1], key.key)) if len(rows) > limit else None
