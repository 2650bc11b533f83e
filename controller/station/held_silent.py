"""Silences that are held: an area stays silent until an officer lifts its silence."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from controller.database.tables import Silence


def silences_in_force(session: Session) -> list[Silence]:
    """The silences that nobody has lifted, the oldest first."""
    return list(
        session.exec(select(Silence).where(col(Silence.lifted_at).is_(None)).order_by(col(Silence.held_at))).all()
    )


def silence_over(silences: Sequence[Silence], chain: Collection[str]) -> Silence | None:
    """The oldest of these silences that holds an area of the chain; None: it isn't held silent."""
    return next((each for each in silences if each.area in chain), None)
