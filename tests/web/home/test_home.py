"""The first page: whole sentences about what needs an officer."""

import pytest

from controller.database.tables import Delivery
from controller.exchange.receipts import add_found_deliveries
from controller.places.speakers import admit_speaker
from controller.web.station.reading_language import COOKIE
from controller.web.words.states import REASON
from tests.fakes.quotas import full_quotas
from tests.web.conftest import Website
from wire.ids import new_ulid


def test_every_reason_of_a_refused_order_is_shown_with_its_time(website: Website) -> None:
    told = (*REASON, "eaten by {goats}")
    with website.commune.writing() as session:
        for n, reason in enumerate(told):
            broadcast, speaker = new_ulid(website.commune.now), f"loa-{n}-moi"
            area = website.commune.areas["ấp 2"]
            admit_speaker(session, website.commune.now, None, speaker=speaker, name=speaker, area=area)
            add_found_deliveries(session, website.commune.now, speaker, [broadcast], full_quotas())
            row = session.get_one(Delivery, (broadcast, speaker))
            row.state, row.reason, row.received_at = "rejected", reason, website.commune.now
    browser = website.officer()
    browser.get("/")
    assert browser.seen.count("Báo về lúc 17:00 hôm nay.") == len(told)
    assert "Quá giờ: đến 17:00 hôm nay vẫn chưa bắt đầu được." in browser.seen
    assert "eaten by {goats} Báo về lúc" in browser.seen
    assert "{time}" not in browser.seen


@pytest.mark.parametrize(
    ("language", "starts_in_s", "title"),
    [
        ("vi", None, "Lượt ngay chưa được phê duyệt"),
        ("vi", 3600, "Lượt 18:00 hôm nay chưa được phê duyệt"),
        ("en", None, "An immediate broadcast is not approved yet"),
        ("en", 3600, "The broadcast at 18:00 today is not approved yet"),
    ],
)
def test_a_broadcast_that_waits_for_approval_shows_its_instant(
    website: Website, language: str, starts_in_s: float | None, title: str
) -> None:
    website.commune.order(website.commune.announcement(), "ấp 1", starts_in_s=starts_in_s)
    browser = website.officer()
    browser.client.cookies.set(COOKIE, language)
    browser.get("/")
    assert title in browser.seen
