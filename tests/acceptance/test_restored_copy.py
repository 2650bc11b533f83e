"""An office restored from an older copy: it learns from the loudspeakers what happened since."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Station, ahead, said
from tests.servers.postgresql import PostgreSQL, postgresql
from tests.servers.waiting import wait_for

__all__ = ["postgresql"]

pytestmark = pytest.mark.acceptance

SPEAKERS = ["loa-1", "loa-2"]
WITHIN_S = 60.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    database_url = ""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        database_url = server.new_database()
    with Station(tmp_path, database_url=database_url) as station:
        yield station


def test_a_copy_from_before_three_broadcasts_finds_them_at_the_speakers(station: Station, tmp_path: Path) -> None:
    for name in SPEAKERS:
        station.add_speaker(name)
    words = station.approved_announcement("Mời bà con đi họp.")
    copy = tmp_path / "copy.tar"
    station.command("backup", str(copy))
    three = [station.order(words, speakers=[name]) for name in SPEAKERS]
    three.append(station.order(words))
    station.wait_until_final(*three)
    for speaker in station.speakers.values():
        station.wait_until_all_is_committed(speaker)
    station.office.stop()
    station.command("restore", str(copy), "--replace")

    station.office.start()
    begun = time.monotonic()
    assert {row[0] for row in station.receipts().values()}.isdisjoint(three), "the copy isn't from before"
    new = station.order(words)
    became = station.wait_until_final(new, limit_s=WITHIN_S)
    assert {name: each["state"] for name, each in became.items()} == dict.fromkeys(SPEAKERS, "played")

    def shown() -> bool:
        answers = [station.administrator.get(f"/broadcasts/{broadcast}") for broadcast in three]
        return all(
            answer.is_success and answer.json()["found"] and _all_played(answer.json()["deliveries"])
            for answer in answers
        )

    wait_for(shown, station.logs, WITHIN_S - (time.monotonic() - begun))
    for broadcast, where in zip(three, [SPEAKERS[:1], SPEAKERS[1:], SPEAKERS], strict=True):
        found = said(station.administrator.get(f"/broadcasts/{broadcast}"))
        assert sorted(each["speaker"] for each in found["deliveries"]) == where
        assert all(each["found"] and each["heard_ms"] for each in found["deliveries"])
    for speaker in station.speakers.values():
        station.wait_until_all_is_committed(speaker)
        for broadcast in [*three, new]:
            assert len(speaker.heard(broadcast)) <= 1, "it sounded again"


def test_a_broadcast_that_was_approved_after_the_copy_is_shown_as_planned_and_can_be_cancelled(
    station: Station, tmp_path: Path
) -> None:
    for name in SPEAKERS:
        station.add_speaker(name)
    words = station.announcement("Mời bà con đi họp.")
    said(station.administrator.post(f"/announcements/{words}/submission", json={}))
    broadcast = station.order(words, starts_at=ahead(120))
    copy = tmp_path / "copy.tar"
    station.command("backup", str(copy))
    station.approve(words)
    for speaker in station.speakers.values():
        speaker.wait_for_receipt(broadcast, "ready")
    station.office.stop()
    station.command("restore", str(copy), "--replace")

    station.office.start()

    def state() -> str:
        return str(said(station.administrator.get(f"/broadcasts/{broadcast}"))["state"])

    wait_for(lambda: state() == "planned" and len(station.deliveries(broadcast)) == len(SPEAKERS), station.logs)
    said(station.administrator.post(f"/broadcasts/{broadcast}/cancellation", json={}))
    became = station.wait_until_final(broadcast)
    assert {name: each["state"] for name, each in became.items()} == dict.fromkeys(SPEAKERS, "cancelled")
    assert all(not speaker.heard(broadcast) for speaker in station.speakers.values())


def _all_played(deliveries: list[dict[str, str]]) -> bool:
    return all(each["state"] == "played" for each in deliveries)
