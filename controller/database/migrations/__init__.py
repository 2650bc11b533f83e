"""The tables, as they came to be: one file a step, run by Alembic."""

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
    """Take all steps that the database hasn't taken."""
    command.upgrade(alembic_config(url), "head")
