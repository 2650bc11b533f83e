"""Finding speakers: one or several by their ids, those of an officer's areas, all; and who looks after one."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from controller.database.tables import Speaker
from controller.errors import NotFound
from controller.station.area_tree import AreaTree
from controller.station.charges import Charges, may, tops


def require_speaker(session: Session, speaker: str) -> Speaker:
    """The speaker that a request's path names; raises NotFound."""
    row = session.get(Speaker, speaker)
    if row is None:
        raise NotFound("speaker_unknown", speaker=speaker)
    return row


def speakers_in_charge(session: Session, charges: Charges, tree: AreaTree) -> list[Speaker]:
    """The speakers in the areas of these charges, whatever their role, by name."""
    return tree.speakers_in(session, tops(charges, "viewer", tree))


def speakers_named(session: Session, names: Collection[str]) -> dict[str, Speaker]:
    """Those of these speakers that exist, by their ids."""
    rows = session.exec(select(Speaker).where(col(Speaker.speaker).in_(names))).all() if names else ()
    return {row.speaker: row for row in rows}


def all_speakers(session: Session) -> dict[str, Speaker]:
    """All speakers by their ids."""
    return {row.speaker: row for row in session.exec(select(Speaker)).all()}


def areas_by_speaker(session: Session) -> dict[str, str]:
    """{speaker: the area in which it stands} of all."""
    return dict(session.exec(select(Speaker.speaker, Speaker.area)).all())


@dataclass(frozen=True)
class Caretaker:
    """Who looks after a speaker, and a telephone; both empty: nobody is noted, or it isn't for this reader."""

    name: str = ""
    phone: str = ""


def caretaker_of(speaker: Speaker, charges: Charges, tree: AreaTree) -> Caretaker:
    """The caretaker, for readers whose charges reach the speaker's area: name and telephone are a private person's."""
    if not may(charges, "viewer", [speaker.area], tree):
        return Caretaker()
    return Caretaker(speaker.caretaker, speaker.caretaker_phone)
