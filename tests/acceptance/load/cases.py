"""The loads under which silence has to work, with their fields."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlmodel import select

from controller.database.tables import LexiconEntry, Officer
from controller.database.transactions import Database
from controller.running.clock import utc_now
from tests.acceptance.load.loads import FLOODS
from tests.acceptance.load.presses import CrowdedStation
from wire.ids import new_ulid

LONG = "Kính thưa bà con, ngày 30/5 lúc 7h30 tại NVH ấp 3 họp dân, mang theo 2.500.000 đồng. "


LOADS = (
    "nothing",
    "500 sign-ins a second",
    "300 sign-ins at once",
    *(f"flood of {kind}" for kind in FLOODS),
    "uploads",
    "sounds",
    "texts with lexicon",
)


def load(crowded: CrowdedStation, name: str) -> AbstractContextManager[Any]:
    """The load of this name, as a context."""
    web: dict[str, Any] = {"port": crowded.port, "token": crowded.token()}
    match name:
        case "nothing":
            return nullcontext()
        case "500 sign-ins a second":
            return crowded.load("sign_ins", port=crowded.port, a_second=500, addresses=256)
        case "300 sign-ins at once":
            return crowded.load("at_once", port=crowded.port, connections=300, addresses=1)
        case "uploads":
            draft = crowded.station.announcement("Nháp")
            return crowded.load("uploads", **web, announcement=draft, connections=8)
        case "sounds":
            return crowded.load("sounds", **web, connections=40, text=LONG * 60)
        case "texts with lexicon":
            add_lexicon(crowded.station.database_url, 5_000)
            return crowded.load("texts", **web, connections=4, text=(LONG * 240)[:20_000])
    return crowded.load(
        "speaker_flood",
        port=crowded.station.broker.port,
        name="flood",
        password=crowded.flood_password,
        kind=name.removeprefix("flood of "),
    )


def add_lexicon(url: str, size: int) -> None:
    """Put so many entries into the station's lexicon."""
    database = Database(url)
    with database.writing() as session:
        officer = session.exec(select(Officer)).first()
        assert officer is not None
        session.add_all(
            LexiconEntry(
                entry=new_ulid(utc_now()),
                area=None,
                written=f"họp số {number}" if number % 2 else f"ZX{number}Q",
                spoken="họp dân ấp",
                any_case=bool(number % 3),
                beside="" if number % 5 else "bà con",
                changed_by=officer.officer,
                changed_at=utc_now(),
            )
            for number in range(size)
        )
    database.close()
