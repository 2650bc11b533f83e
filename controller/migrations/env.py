"""How Alembic runs the steps: `render_as_batch`, because SQLite can't alter a table in place."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import create_engine
from sqlmodel import AutoString

from controller.tables import InstantColumn, metadata


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Steps are written in SQLAlchemy's own types: they must still run when ours have changed."""
    if kind == "type" and isinstance(item, InstantColumn):
        return 'sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")'
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _run() -> None:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url", ""))
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_render)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
