"""On each page that lists places, loudspeakers or people, they stand where a Vietnamese reader looks for them."""

import pytest

from controller.database.tables import Officer
from controller.places.areas import add_area
from controller.places.speakers import admit_speaker, change_speaker
from tests.people import set_online
from tests.web.conftest import Website

SPEAKERS = ("Cầu Đá", "Chợ Ấp 2", "Chợ Ấp 10", "Dốc Sỏi", "Đình thần")
AREAS = ("Ấp 1", "Ấp 2", "Ấp 10", "Khu phố Đông", "Khu phố Hòa An")


@pytest.fixture
def website(website: Website) -> Website:
    """The commune's speakers stand in one hamlet, one more in the commune itself; two more areas, two more people."""
    commune = website.commune
    with commune.writing() as session:
        now, tham = commune.now, commune.officers["tham"]
        for name in ("Khu phố Hòa An", "Ấp 10", "Khu phố Đông"):
            kind = "ấp" if name.startswith("Ấp") else "khu phố"
            add_area(session, now, None, name=name, kind=kind, parent=commune.areas["xã"])
        admit_speaker(session, now, None, speaker="loa-5", name="Đình thần", area=commune.areas["ấp 1"])
        for speaker, name in zip(
            ("loa-1a", "loa-1b", "loa-2", "loa-xa"), ("Chợ Ấp 10", "Chợ Ấp 2", "Dốc Sỏi", "Cầu Đá"), strict=True
        ):
            change_speaker(session, now, tham, speaker, {"name": name, "area": commune.areas["ấp 1"]})
        session.get_one(Officer, commune.officers["editor"].officer).name = "Lê Thị Đào"
        session.get_one(Officer, commune.officers["quang"].officer).name = "Vũ Duy"
        set_online(session, now, "loa-1b", "loa-5")
    return website


def _places(page: str, names: tuple[str, ...]) -> list[int]:
    places = [page.find(f"{name}<") for name in names]
    assert -1 not in places, f"{names[places.index(-1)]} is not on the page"
    return places


def test_the_areas(website: Website) -> None:
    places = _places(website.officer().get("/dia-ban"), AREAS)
    assert places == sorted(places)


@pytest.mark.parametrize("area", [None, "xã", "ấp 1"])
def test_the_speakers_are_the_same_list_for_whoever_is_in_charge_of_them(website: Website, area: str | None) -> None:
    if area:
        website.commune.in_charge_of("tham", area)
    page = website.officer().get("/cum-loa")
    for standing in (("Cầu Đá", "Chợ Ấp 10", "Dốc Sỏi"), ("Chợ Ấp 2", "Đình thần")):
        places = _places(page, standing)
        assert places == sorted(places)


def test_the_people_by_their_given_names(website: Website) -> None:
    _masthead, table = website.officer().get("/can-bo").split("<table", 1)
    places = _places(table, ("Vũ Duy", "Lê Thị Đào", "Nguyễn Thị Hồng Thắm"))
    assert places == sorted(places)


def test_the_places_of_an_order(website: Website) -> None:
    commune = website.commune
    speakers = ("loa-5", "loa-1a", "loa-2", "loa-1b")
    commune.order(commune.approved(), speakers=speakers, starts_in_s=60.0)
    browser = website.officer()
    browser.get("/luot-phat")
    assert "Chợ Ấp 2, Chợ Ấp 10, Dốc Sỏi và Đình thần" in browser.seen


def test_the_results_of_a_broadcast(website: Website) -> None:
    commune = website.commune
    broadcast = commune.order(commune.approved(), "xã", starts_in_s=60.0).broadcast
    places = _places(website.officer().get(f"/luot-phat/{broadcast}"), SPEAKERS)
    assert places == sorted(places)
