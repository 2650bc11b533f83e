"""The page “Ngày nghỉ lễ”: all officers read it; administrators add swap days, leave days out, enter the decree."""

from datetime import date

from controller.planning.holidays import YearHolidays, holidays_of_year
from controller.web.station.reading_language import COOKIE
from tests.web.conftest import Website


def _year(website: Website, year: int = 2026) -> YearHolidays:
    with website.office.database.reading() as session:
        return holidays_of_year(session, year)


def test_every_officer_reads_a_year_and_that_it_is_provisional(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/ngay-nghi")
    assert "Ngày nghỉ lễ năm 2026" in browser.seen
    assert "Tạm tính, chưa có quyết định" in browser.seen
    assert "Thứ Tư 02/09/2026 Quốc khánh" in browser.seen
    assert "/ngay-nghi/2026/" not in browser.page, "who may not change them sees no forms"
    browser.get("/ngay-nghi?nam=2027")
    assert "Tết Dương lịch" in browser.seen
    for year in ("1999", "2051", "9999999999"):
        browser.get(f"/ngay-nghi?nam={year}", 422)


def test_only_administrators_change_holidays(website: Website) -> None:
    administrator, editor = website.officer(), website.officer("editor")
    administrator.get("/ngay-nghi")
    editor.get("/ban-tin/moi")
    token = editor.page.partition('name="csrf" value="')[2].partition('"')[0]
    for deed in ("them", "bo", "quyet-dinh", "theo-luat"):
        fields = {"csrf": token, "ngay": "02/09/2026", "ten": "x", "quyet-dinh": "x"}
        assert editor.client.post(f"/ngay-nghi/2026/{deed}", data=fields).status_code == 403
    assert not _year(website).own


def test_a_swap_day_is_added_and_the_decree_makes_the_year_final(website: Website) -> None:
    browser = website.officer()
    browser.get("/ngay-nghi?nam=2026")
    browser.follow(browser.send("/ngay-nghi/2026/them", {"ngay": "28/12/2026"}))
    assert "Thứ Hai 28/12/2026 Nghỉ hoán đổi · thêm theo quyết định" in browser.seen
    assert _year(website).decree is None
    browser.follow(browser.send("/ngay-nghi/2026/quyet-dinh", {"quyet-dinh": "Quyết định 123/QĐ-TTg"}))
    assert "Theo Quyết định 123/QĐ-TTg" in browser.seen
    assert "Tạm tính" not in browser.seen
    assert _year(website).days[date(2026, 12, 28)] == "Nghỉ hoán đổi"


def test_a_day_is_left_out_and_restored(website: Website) -> None:
    browser = website.officer()
    browser.get("/ngay-nghi?nam=2026")
    name = _year(website).days[date(2026, 9, 2)]
    browser.follow(browser.send("/ngay-nghi/2026/bo", {"ngay": "02/09/2026"}))
    assert date(2026, 9, 2) not in _year(website).days
    assert "Nghỉ theo luật, nhưng đài đã bỏ" in browser.seen
    browser.follow(browser.send("/ngay-nghi/2026/them", {"ngay": "02/09/2026", "ten": name}))
    assert _year(website).days[date(2026, 9, 2)] == name
    assert "đài đã bỏ" not in browser.seen


def test_returning_to_the_law_removes_entered_days(website: Website) -> None:
    browser = website.officer()
    browser.get("/ngay-nghi?nam=2026")
    assert "Trở lại theo luật" not in browser.seen
    browser.follow(browser.send("/ngay-nghi/2026/them", {"ngay": "28/12/2026"}))
    browser.follow(browser.send("/ngay-nghi/2026/theo-luat"))
    assert not _year(website).own
    browser.get("/nhat-ky")
    assert "Sửa ngày nghỉ lễ năm 2026" in browser.seen
    assert "Trả ngày nghỉ lễ về theo luật" in browser.seen


def test_an_invalid_day_is_refused_at_its_field(website: Website) -> None:
    browser = website.officer()
    browser.get("/ngay-nghi?nam=2026")
    for day, said in (
        ("31/02/2026", "Không có ngày 31/02/2026."),
        ("01/01/2027", "Mọi ngày nghỉ ở đây phải thuộc năm 2026."),
        ("", "Ghi ngày phát"),
    ):
        answer = browser.send("/ngay-nghi/2026/them", {"ngay": day})
        assert answer.status_code == 422
        assert said in answer.text
        assert 'id="l-ngay"' in answer.text
    assert not _year(website).own


def test_a_holiday_that_was_added_on_the_english_page_has_its_vietnamese_name_on_the_others(website: Website) -> None:
    browser = website.officer()
    browser.client.cookies.set(COOKIE, "en")
    browser.get("/ngay-nghi?nam=2026")
    assert "Wednesday 02/09/2026 National Day" in browser.seen
    browser.follow(browser.send("/ngay-nghi/2026/them", {"ngay": "28/12/2026"}))
    assert "Monday 28/12/2026 Day off in exchange · added by an officer" in browser.seen
    assert _year(website).days[date(2026, 12, 28)] == "Nghỉ hoán đổi"
