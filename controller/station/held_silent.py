"""Areas that are held silent until somebody lifts it."""

from sqlmodel import Session, col, select

from controller.database.tables import Silence


def silences_in_force(session: Session) -> list[Silence]:
    """What is held silent now, the oldest first."""
    return list(
        session.exec(select(Silence).where(col(Silence.lifted_at).is_(None)).order_by(col(Silence.held_at))).all()
    )
