"""Changes that somebody makes in the database alone, past all deeds."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from controller.database.tables import AnnouncementVersion, Submission
from tests.people import Commune
from wire.model import BulletinClass

OTHER_SOUND = b"OggS another sound"
Change = Callable[[Session, Commune, str, str], object]
"""(session, commune, announcement, id of the order) → the change is made."""


def set_columns(table: Any, **values: Any) -> Change:
    """Change columns of the order; a value may be a function of the commune."""

    def change(session: Session, commune: Commune, _announcement: str, order: str) -> None:
        given = {name: value(commune) if callable(value) else value for name, value in values.items()}
        key = next(iter(table.__table__.primary_key.columns))
        session.connection().execute(update(table).where(key == order).values(**given))

    return change


def set_clip(session: Session, commune: Commune, announcement: str, _order: str) -> None:
    """Put another clip into what was handed in."""
    row = session.merge(commune.row(announcement))
    commune.give_sound(session, row, OTHER_SOUND)
    session.flush()
    session.connection().execute(
        update(Submission).where(col(Submission.announcement) == announcement).values(clip=row.clip)
    )


def set_class(bulletin_class: BulletinClass) -> Change:
    """Give all versions of the announcement another class."""

    def change(session: Session, _commune: Commune, announcement: str, _order: str) -> None:
        of_announcement = col(AnnouncementVersion.announcement) == announcement
        session.connection().execute(
            update(AnnouncementVersion).where(of_announcement).values(bulletin_class=bulletin_class)
        )

    return change
