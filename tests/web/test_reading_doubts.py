"""What the machine may say wrongly is shown where it is written and where it is ordered, and asks for one tick."""

import pytest

from controller.announcements import standing
from tests.web.conftest import Browser, Website

DOUBTFUL = "UBND xã mời CT họp thứ Ba, 25/11/2026; gọi 0912 345 67."


def _written(website: Website, text: str) -> tuple[Browser, str]:
    announcement = website.commune.announcement(title="Giấy mời", text=text)
    website.make_sounds()
    return website.officer("editor"), announcement


def _state(website: Website, announcement: str) -> str:
    with website.commune.database.reading() as session:
        return standing(session, website.commune.row(announcement)).state


def test_the_words_and_the_doubts_stand_beside_the_text(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}")
    assert "ủy ban nhân dân xã mời CT họp thứ Ba, hai mươi lăm tháng mười một" in browser.seen
    assert "“CT” Chữ viết tắt có nhiều nghĩa." in browser.seen
    assert "“thứ Ba, 25/11/2026” Thứ không khớp với ngày." in browser.seen
    assert "“0912 345 67” Số điện thoại thừa hoặc thiếu chữ số." in browser.seen


@pytest.mark.parametrize("page", ["gui", "kiem-tra"])
def test_one_tick_confirms_all_of_them_and_without_it_nothing_is_sent(website: Website, page: str) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    path = f"/ban-tin/{announcement}"
    choices = f"dia-ban={website.commune.areas['ấp 1']}&khi=gio-dinh&ngay=24/11/2026&gio=17:15&lan=1"
    browser.get(path if page == "gui" else f"{path}/kiem-tra?{choices}")
    assert "Tôi đã xem lại, đọc như vậy là đúng" in browser.seen
    unticked = browser.send(f"{path}/{page}")
    assert unticked.status_code == 409
    assert "rồi xác nhận" in unticked.text
    assert _state(website, announcement) == "draft"
    browser.get(path if page == "gui" else f"{path}/kiem-tra?{choices}")
    ticked = {"da-xem": "ambiguous_abbreviation phone_length wrong_weekday"}
    assert ticked["da-xem"].split() == sorted(_offered(browser))
    assert browser.send(f"{path}/{page}", ticked).status_code == 303
    assert _state(website, announcement) == "submitted"


def _offered(browser: Browser) -> list[str]:
    return browser.page.partition('name="da-xem" value="')[2].partition('"')[0].split()


def test_what_cannot_be_said_is_not_sent_with_any_tick(website: Website) -> None:
    browser, announcement = _written(website, "Mời bà con 🎉 họp")
    browser.get(f"/ban-tin/{announcement}")
    assert "“🎉” Chưa đọc được" in browser.seen
    refused = browser.send(f"/ban-tin/{announcement}/gui", {"da-xem": "unread"})
    assert refused.status_code == 409
    assert _state(website, announcement) == "draft"


def test_a_recorded_voice_is_not_asked_about(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    with website.commune.writing() as session:
        row = website.commune.row(announcement)
        row.recording = "a" * 64
        session.add(row)
    browser.get(f"/ban-tin/{announcement}")
    assert "Xem lại cách đọc" not in browser.seen
