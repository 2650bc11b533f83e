"""Errors in the pages' frame, problems under the interface, the same headers on all, and files that may be kept."""

import re

import pytest
from sqlalchemy.exc import OperationalError

from controller.web.frame.static_files import StaticFiles
from tests.web.conftest import Website

HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options")


@pytest.mark.parametrize(
    "path",
    ["/khong-co", "/ban-tin/khong-co", "/luot-phat/khong-co", "/cum-loa/khong-co", "/phe-duyet/khong-co", "/dia-ban/x"],
)
def test_what_is_not_there_is_a_page_in_the_frame(website: Website, path: str) -> None:
    browser = website.officer()
    browser.get(path, 404)
    assert "Im lặng" in browser.seen, "silence can be reached from every page"
    assert "Về trang đầu" in browser.seen


def test_under_the_interface_it_stays_a_problem(website: Website) -> None:
    answer = website.visitor().client.get("/api/v1/khong-co")
    assert answer.headers["content-type"] == "application/problem+json"
    unexpected = website.visitor().client.get("/api/v1/broadcasts")
    assert (unexpected.status_code, unexpected.headers["www-authenticate"]) == (401, "Bearer")


def test_somebody_not_signed_in_sees_no_more_than_that_a_page_is_not_there(website: Website) -> None:
    visitor = website.visitor()
    visitor.get("/khong-co", 404)
    assert "Im lặng" not in visitor.seen
    assert "Đăng xuất" not in visitor.seen


def test_an_unexpected_error_is_a_page_with_all_headers(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = website.officer()

    def broken(*_: object) -> None:
        raise RuntimeError("something that nobody thought of")

    monkeypatch.setattr("controller.web.writing.announcements.newest_announcements", broken)
    answer = browser.client.get("/ban-tin")
    assert answer.status_code == 500
    assert "Chưa làm được, không có gì bị đổi." in answer.text
    assert "nobody thought of" not in answer.text
    assert all(name in answer.headers for name in HEADERS)


def test_a_database_that_does_not_answer_still_leaves_a_page(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = website.officer()

    def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("unable to open database file"))

    monkeypatch.setattr("controller.web.frame.error_page.station_facts", broken)
    monkeypatch.setattr("controller.web.frame.access.who_is", broken)
    answer = browser.client.get("/")
    assert answer.status_code == 500
    assert "vẫn lỗi thì gọi kỹ thuật viên" in answer.text
    assert all(name in answer.headers for name in HEADERS)


def test_a_full_disk_is_said_in_words(website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")

    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("controller.web.writing.write.write_announcement", full)
    answer = browser.send("/ban-tin/moi", {"ten": "Họp", "van-ban": "Lời."})
    assert answer.status_code == 507
    assert "Máy chủ hết chỗ. Chưa lưu. Gọi kỹ thuật viên." in answer.text


def test_every_page_has_the_strict_headers_and_is_kept_by_nobody(website: Website) -> None:
    browser = website.officer()
    for path in ("/", "/dang-nhap", "/ban-tin", "/khong-co", "/phan/trang-dau"):
        answer = browser.client.get(path)
        assert all(name in answer.headers for name in HEADERS), path
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert browser.client.get("/").headers["cache-control"] == "no-store"


def test_files_are_kept_for_ever_under_the_hash_of_what_they_are(website: Website) -> None:
    visitor = website.visitor()
    page = visitor.get("/dang-nhap")
    files = set(re.findall(r'"(/tinh/[^"#]+)', page))
    assert {file.rsplit(".", 1)[1] for file in files} == {"css", "js", "svg"}
    for file in files:
        answer = visitor.client.get(file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    version = StaticFiles().url("style.css").split("/")[2]
    for gone in (f"/tinh/{'0' * 16}/style.css", f"/tinh/{version}/../page.py", f"/tinh/{version}/page.py"):
        assert visitor.client.get(gone).status_code == 404


def test_no_page_names_another_host_nor_an_inline_script_or_style(website: Website) -> None:
    browser = website.officer()
    announcement = website.commune.approved()
    for path in (
        "/",
        f"/ban-tin/{announcement}",
        f"/ban-tin/{announcement}/phat",
        "/cum-loa",
        "/cai-dat",
        "/dang-nhap",
    ):
        page = browser.client.get(path).text
        page = page.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in page, path
        assert "https://" not in page, path
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", page), path
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page):
            assert script == "", path


def test_a_method_that_is_not_meant_is_a_page_too(website: Website) -> None:
    answer = website.officer().client.put("/ban-tin")
    assert answer.status_code == 405
    assert "Quay lại trang trước" in answer.text


def test_the_broker_that_is_down_is_said_on_every_page(website: Website) -> None:
    browser = website.officer()
    browser.get("/")
    assert "Văn phòng mất liên lạc với máy chủ truyền tin." in browser.seen
