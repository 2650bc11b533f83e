"""Which migration a database has had last, and which is the newest."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from controller.database.migrations import alembic_config


def schema_version_of(url: str) -> str | None:
    """The last migration of this database; None if it has had none. Raises SQLAlchemy's DatabaseError."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest_schema_version(url: str) -> str | None:
    """The newest migration that this program has."""
    return ScriptDirectory.from_config(alembic_config(url)).get_current_head()
