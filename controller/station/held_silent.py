"""Silences that are held: an area stays silent until an officer lifts its silence."""

from sqlmodel import Session, col, select

from controller.database.tables import Silence


def silences_in_force(session: Session) -> list[Silence]:
    """The silences that nobody has lifted, the oldest first."""
    return list(
        session.exec(select(Silence).where(col(Silence.lifted_at).is_(None)).order_by(col(Silence.held_at))).all()
    )
