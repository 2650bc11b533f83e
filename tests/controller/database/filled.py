"""Fills every table of a database with one row, at any step of the migrations."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    select,
)
from sqlalchemy.sql.type_api import TypeEngine

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)

# Values that a check constraint or a reader needs; all others follow from the column's type.
SPECIAL: dict[str, Any] = {
    "one_officer_rule.reason": "Chỉ có một cán bộ",
    "approval.author": "officer-1",
    "announcement_version.version": 1,
    "agreement.manifest": "0" * 64,
    "manifest.manifest": "0" * 64,
    "area.approval_policy": {"two_for_emergency": True},
    "approval.approver": "officer-2",
    "approval.one_officer_rule": "rule-1",
    "speaker.volume": {"normal": 70, "priority": 80, "emergency": 90, "limit": 100},
    "area.quiet_hours": [{"from": "21:30", "to": "05:00"}],
    "area.session_limits": {"sessions_a_day": 3},
    "announcement.warnings": [],
    "announcement.corrections": [],
    "announcement.bulletin_class": "normal",
    "announcement.voice": "north",
    "broadcast.bulletin_class": "normal",
    "delivery.state": "played",
    "receipt.state": "played",
    "officer.role": "administrator",
    "weighty_deed.role": "approver",
    "weighty_deed.kind": "charge",
    "schedule.first_start": "2026-11-02T17:00:00",
    "schedule.time_zone": "Asia/Ho_Chi_Minh",
    "schedule.rrule": "FREQ=DAILY;BYHOUR=17;BYMINUTE=0",
    "schedule.exception_dates": [],
    "holiday.day": "2026-01-01",
    "holiday_year.year": 2026,
    "clip.sha256": "0" * 64,
    "clip.sentences": [[0, 1200]],
    "audit_entry.action": "area added",
    "audit_entry.detail": {"name": "Ấp 1"},
    "lexicon_entry.beside": "",
}
LISTS = {"areas", "speakers", "topics"}


def fill(engine: Engine) -> dict[str, dict[str, Any]]:
    """Insert one row into every table, referenced tables first; returns {table: row as it was stored}."""
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                for number in (1, 2) if table.name == "officer" else (1,):
                    connection.execute(insert(table).values(_row(table, number, engine.dialect.name)))
    return stored(engine)


def stored(engine: Engine) -> dict[str, dict[str, Any]]:
    """The first row of every table as it is stored."""
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: dict(row)
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
            and (row := connection.execute(select(table).order_by(*table.primary_key)).mappings().first()) is not None
        }


def _row(table: Table, number: int, dialect: str) -> dict[str, Any]:
    return {column.name: _value(table, column, number, dialect) for column in table.columns}


def _value(table: Table, column: Column[Any], number: int, dialect: str) -> Any:
    special = SPECIAL.get(f"{table.name}.{column.name}")
    if special is not None:
        return special
    key: ForeignKey | None = next(iter(column.foreign_keys), None)
    if key is not None:
        target = f"{key.column.table.name}.{key.column.name}"
        return None if key.column.table is table else SPECIAL.get(target, f"{key.column.name}-1")
    if isinstance(column.type, JSON) or column.name in LISTS:
        return [] if column.name in LISTS else {}
    return _of_type(column, column.type, number, dialect)


def _of_type(column: Column[Any], kind: TypeEngine[Any], number: int, dialect: str) -> Any:
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime) or (dialect == "sqlite" and getattr(kind, "length", None) == 32):
        return NOW.isoformat(" ", "microseconds") if dialect == "sqlite" else NOW
    if isinstance(kind, Float):
        return 1.5
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, LargeBinary):
        return b"bytes"
    return f"{column.name}-{number}"
