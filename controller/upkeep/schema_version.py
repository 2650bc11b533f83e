"""At which step of the migrations a database stands, and at which it should."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from controller.database.migrations import alembic_config


def version_there(url: str) -> str | None:
    """The last step that this database has taken; None: it is empty. Raises what its driver raises."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def version_wanted(url: str) -> str | None:
    """The last step that this program knows."""
    return ScriptDirectory.from_config(alembic_config(url)).get_current_head()
