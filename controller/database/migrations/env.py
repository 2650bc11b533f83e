"""How Alembic runs the migrations: `render_as_batch`, because SQLite can't alter a table in place."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine, create_engine, event
from sqlmodel import AutoString

from controller.database.tables import InstantColumn, metadata


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLAlchemy's own types into new migrations, which must still run when our column types have changed."""
    if kind == "type" and isinstance(item, InstantColumn):
        return 'sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")'
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _engine(url: str) -> Engine:
    """An engine that runs each migration in one transaction, on SQLite too.

    There the driver would commit each change of a table by itself, and a power cut would leave half a migration, which
    can neither be repeated nor skipped; so the transaction is opened by hand.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _run() -> None:
    engine = _engine(context.config.get_main_option("sqlalchemy.url", ""))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            render_item=_render,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
