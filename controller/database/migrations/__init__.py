"""The migrations, one file in `versions/` for each, run by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def bring_up_to_date(url: str) -> None:
    """Run all migrations that the database hasn't had; an empty database gets all tables. Raises CommandError."""
    command.upgrade(alembic_config(url), "head")
