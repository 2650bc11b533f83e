"""The loads under which silence has to work, with their fields."""

from collections.abc import Iterator
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


def loads(crowded: CrowdedStation) -> Iterator[tuple[str, AbstractContextManager[Any]]]:
    """(name, the load as a context) of each."""
    port, token = crowded.port, crowded.token()
    yield "nothing", nullcontext()
    yield "500 sign-ins a second", crowded.load("sign_ins", port=port, a_second=500, addresses=256)
    yield "300 sign-ins at once", crowded.load("at_once", port=port, connections=300, addresses=1)
    for kind in FLOODS:
        yield (
            f"flood of {kind}",
            crowded.load(
                "speaker_flood",
                port=crowded.station.broker.port,
                name="flood",
                password=crowded.flood_password,
                kind=kind,
            ),
        )
    draft = crowded.station.announcement("Nháp")
    yield "uploads", crowded.load("uploads", port=port, token=token, announcement=draft, connections=8)
    yield "sounds", crowded.load("sounds", port=port, token=token, connections=40, text=LONG * 60)
    add_lexicon(crowded.station.database_url, 5_000)
    yield "texts with lexicon", crowded.load("texts", port=port, token=token, connections=4, text=(LONG * 240)[:20_000])


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
