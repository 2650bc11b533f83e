"""All migrations together make exactly the tables of the code, on both databases."""

from itertools import count
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect
from sqlmodel import SQLModel, select

from controller.database.migrations import alembic_config, bring_up_to_date
from controller.database.tables import Officer, Station, metadata
from controller.database.transactions import Database
from tests.controller.database.filled import fill, stored
from tests.servers.postgresql import PostgreSQL


def _difference(url: str) -> list[object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return list(difference)


def test_all_steps_together_make_the_tables_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    bring_up_to_date(url)
    bring_up_to_date(url)
    assert _difference(url) == []


def test_all_steps_together_make_the_tables_on_postgresql(postgresql: PostgreSQL) -> None:
    url = postgresql.new_database()
    bring_up_to_date(url)
    bring_up_to_date(url)
    assert _difference(url) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_each_step_can_be_reverted(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'office.db'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    bring_up_to_date(url)
    command.downgrade(alembic_config(url), "base")
    engine = create_engine(url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_step_that_is_interrupted_leaves_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    tables_made = count()

    def power_cut(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE" in statement and next(tables_made) == 5:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", power_cut)
    try:
        with pytest.raises(KeyboardInterrupt):
            bring_up_to_date(url)
    finally:
        event.remove(Engine, "before_cursor_execute", power_cut)
    bring_up_to_date(url)
    with Database(url).reading() as session:
        assert session.exec(select(Station)).all() == []


EARLIER = [step.revision for step in ScriptDirectory.from_config(alembic_config("sqlite://")).walk_revisions()][:0:-1]
DROPPED = {
    "speaker_status": {"online", "digest"},
    "submission": {"author"},
    "approval": {"submission", "author", "clip", "withdrawn_at", "withdrawn_by"},
    "answered": {"request_hash"},
}
MADE_OF_OTHERS = {"announcement_version", "writer", "manifest", "agreement"}
"""Tables that a step fills from rows of others."""


@pytest.mark.parametrize("revision", EARLIER)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_database_with_rows_in_every_table_keeps_them(
    kind: str, revision: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'office.db'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    command.upgrade(alembic_config(url), revision)
    engine = create_engine(url)
    before = fill(engine)
    bring_up_to_date(url)
    after = stored(engine)
    engine.dispose()
    assert len(before) > 15
    for table, row in before.items():
        kept = {name: value for name, value in row.items() if name not in DROPPED.get(table, ())}
        assert after[table] | kept == after[table], table
    with Database(url).reading() as session:
        for model in _models():
            table = str(model.__tablename__)
            expected = (table in before or table in MADE_OF_OTHERS) + (model is Officer)
            assert len(session.exec(select(model)).all()) == expected, model


def _models() -> list[type[SQLModel]]:
    return [mapper.class_ for mapper in inspect(Officer).registry.mappers]
