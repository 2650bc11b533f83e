"""Thousands of rows at once: the statement is SQLAlchemy's, the rows go to the driver without its work on each one.

Measured on SQLite: 7 µs a receipt against 15.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Insert, Update
from sqlmodel import Session


def write_rows(session: Session, statement: Insert | Update, rows: Sequence[Mapping[str, object]]) -> None:
    """Execute for each row. All have the same keys: names of columns, and of the statement's own parameters."""
    if not rows:
        return
    connection = session.connection()
    sql, parameters = _prepared(statement, connection.dialect, frozenset(rows[0]))
    columns = [[row[name] for row in rows] for name, _ in parameters]
    for index, (_, process) in enumerate(parameters):
        if process is not None:
            columns[index] = _processed(process, columns[index])
    connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


def _processed(process: Callable[[object], object], values: list[object]) -> list[object]:
    """What it makes of each value; once for neighbours that are the very same, such as the instant of a batch."""
    last, made = None, process(None)
    after: list[object] = []
    for value in values:
        if value is not last:
            last, made = value, process(value)
        after.append(made)
    return after


@functools.lru_cache
def _prepared(
    statement: Insert | Update, dialect: Dialect, keys: frozenset[str]
) -> tuple[str, list[tuple[str, Callable[[object], object] | None]]]:
    """The statement as the driver takes it; in its order the names, and what must be done to the values of each."""
    kind: Any = type(dialect)  # each takes a paramstyle, their common class doesn't say so
    positional: Dialect = kind(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    compiled = statement.compile(dialect=positional, column_keys=sorted(keys))
    names = compiled.positiontup or []
    return str(compiled), [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    ]
