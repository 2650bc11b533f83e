"""The page “Từ điển đọc”: all officers read it, those in charge change it, and it is imported and exported."""

import pytest

from controller.announcements.lexicon import entries_in
from controller.database.tables import LexiconEntry
from tests.web.conftest import Browser, Website


def _entries(website: Website, area: str | None = None) -> list[LexiconEntry]:
    with website.commune.database.reading() as session:
        return entries_in(session, website.commune.areas[area] if area else None)


@pytest.fixture
def tham(website: Website) -> Browser:
    browser = website.officer("tham")
    browser.get("/tu-dien")
    return browser


def _post(browser: Browser, fields: dict[str, str], path: str = "/tu-dien") -> int:
    csrf = browser.page.partition('name="csrf" value="')[2].partition('"')[0]
    answer = browser.client.post(path, data={"csrf": csrf, **fields})
    browser.page = answer.text
    if answer.status_code == 303:
        browser.follow(answer)
    return int(answer.status_code)


def test_an_empty_lexicon_says_how_to_add_words(tham: Browser) -> None:
    assert "Chưa có chữ nào. Khi soạn bản tin, sửa cách đọc" in tham.seen
    assert "Danh sách chung, có sẵn trong phần mềm:" in tham.seen
    assert "ủy ban nhân dân" in tham.seen


def test_an_entry_is_added_changed_and_removed_and_the_announcements_it_changes_are_listed(
    website: Website, tham: Browser
) -> None:
    announcement = website.commune.announcement(text="Họp XBT", title="Giấy mời")
    _post(tham, {"chu": "XBT", "doc": "xưởng bánh tráng", "gan": "Họp", "moi-kieu": "1"})
    assert "Đã ghi “XBT”" in tham.seen
    assert f'<a href="/ban-tin/{announcement}">Giấy mời</a>' in tham.page
    assert "Nguyễn Thị Hồng Thắm, 17:00 hôm nay" in tham.seen
    (row,) = _entries(website)
    assert (row.written, row.spoken, row.any_case, row.beside) == ("XBT", "xưởng bánh tráng", True, "Họp")
    tham.follow(tham.send(f"/tu-dien/{row.entry}", {"doc": "xưởng bún"}))
    assert [each.spoken for each in _entries(website)] == ["xưởng bún"]
    tham.follow(tham.send(f"/tu-dien/{row.entry}", {"viec": "bo"}))
    assert _entries(website) == []


def test_an_error_is_shown_at_its_field_and_the_typed_text_stays(tham: Browser) -> None:
    assert _post(tham, {"chu": "XBT", "doc": "xưởng 2"}) == 422
    assert "Lời đọc có “2”" in tham.seen
    assert 'value="xưởng 2"' in tham.page


def test_an_area_shows_its_inherited_entries_and_their_areas(website: Website, tham: Browser) -> None:
    hamlet = website.commune.areas["ấp 1"]
    _post(tham, {"chu": "NTM", "doc": "nông thôn mới"})
    _post(tham, {"chu": "XBT", "doc": "xưởng", "dia-ban": hamlet})
    tham.get(f"/tu-dien?dia_ban={hamlet}")
    assert "Đọc theo nơi bao quanh: 1 chữ" in tham.seen
    assert [each.written for each in _entries(website, "ấp 1")] == ["XBT"]


def test_an_officer_of_one_hamlet_reads_all_and_changes_that_hamlets_entries_alone(website: Website) -> None:
    website.commune.in_charge_of("editor", "ấp 1")
    browser = website.officer("editor")
    browser.get("/tu-dien")
    assert "Ghi vào từ điển" not in browser.seen
    assert _post(browser, {"chu": "XBT", "doc": "xưởng"}) == 403
    browser.get(f"/tu-dien?dia_ban={website.commune.areas['ấp 1']}")
    assert "Ghi vào từ điển" in browser.seen


def test_an_unknown_area_is_not_found(tham: Browser) -> None:
    tham.get("/tu-dien?dia_ban=nirgendwo", 404)
    tham.get("/tu-dien.csv?dia_ban=nirgendwo", 404)


def test_a_file_is_exported_and_imported(website: Website, tham: Browser) -> None:
    _post(tham, {"chu": "XBT", "doc": "xưởng"})
    answer = tham.client.get("/tu-dien.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="tu-dien-doc.csv"'
    data = answer.content + "AAB,một,,\r\n".encode()
    csrf = tham.page.partition('name="csrf" value="')[2].partition('"')[0]
    done = tham.client.post("/tu-dien/tep", data={"csrf": csrf, "dia-ban": ""}, files={"tep": ("x.csv", data)})
    tham.follow(done)
    assert "Đã thêm 1 chữ, sửa 0 chữ; 1 chữ giữ nguyên" in tham.seen
    assert [each.written for each in _entries(website)] == ["AAB", "XBT"]


def test_a_bad_file_and_a_missing_file_are_refused_with_what_to_do(tham: Browser) -> None:
    csrf = tham.page.partition('name="csrf" value="')[2].partition('"')[0]
    for files, says in (
        ({"tep": ("x.csv", b"AAB,1")}, "Dòng 1: Ghi lời đọc bằng chữ. Chưa ghi dòng nào của tệp."),
        ({}, "Cần chọn tệp CSV trước."),
    ):
        answer = tham.client.post("/tu-dien/tep", data={"csrf": csrf, "dia-ban": ""}, files=files)
        assert answer.status_code == 422
        assert says in answer.text
