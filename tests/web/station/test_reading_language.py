"""The language of the pages: Vietnamese, until English is chosen in this browser."""

import re

import pytest

from controller.web.station.reading_language import COOKIE
from tests.web.conftest import Browser, Website
from tests.web.station.test_sign_in import WRONG


def switch(browser: Browser) -> str:
    """Follow the link to the other language; returns the page to which it leads back."""
    found = re.search(r'href="(/ngon-ngu/[^"]+)"', browser.page)
    assert found is not None, browser.page
    answer = browser.client.get(found[1].replace("&amp;", "&"))
    assert answer.status_code == 303
    return browser.get(answer.headers["location"])


def language_of(page: str) -> str:
    found = re.search(r'<html lang="(\w+)"', page)
    assert found is not None
    return found[1]


def test_pages_are_vietnamese_until_english_is_chosen_even_if_the_browser_asks_for_english(website: Website) -> None:
    browser = website.officer()
    browser.client.headers["Accept-Language"] = "en-GB,en;q=0.9"
    assert language_of(browser.get("/")) == "vi"


def test_a_choice_leads_back_to_the_same_page_and_holds_on_the_others(website: Website) -> None:
    browser = website.officer()
    assert "Kết quả phát" in browser.get("/luot-phat?loc=tat-ca")
    assert "Results" in switch(browser)
    assert language_of(browser.page) == "en"
    assert "/ngon-ngu/vi?tiep=/luot-phat%3Floc%3Dtat-ca" in browser.page
    assert "Station settings" in browser.get("/lich-tuan")
    assert "Cài đặt của đài" in switch(browser)
    assert "Cài đặt của đài" in browser.get("/")


def test_the_choice_is_offered_before_signing_in_and_stays_after_a_wrong_password(website: Website) -> None:
    browser = website.visitor()
    browser.get("/dang-nhap?tiep=/lich")
    assert language_of(switch(browser)) == "en"
    assert 'value="/lich"' in browser.page, "where to go after signing in is kept"
    answer = browser.send("/dang-nhap", WRONG)
    assert answer.status_code == 401
    assert language_of(answer.text) == "en"
    assert "/ngon-ngu/vi?tiep=/dang-nhap" in answer.text


def test_the_answer_to_a_form_offers_no_switch_because_it_cannot_be_asked_for_again(website: Website) -> None:
    """A password that is shown once, or what was typed and refused, would be lost."""
    browser = website.officer()
    browser.get("/cum-loa/moi")
    fields = {"ten": "Nhà văn hóa ấp 9", "dia-ban": website.commune.areas["ấp 1"], "ma": "loa-9"}
    shown_once = browser.send("/cum-loa/moi", fields)
    assert shown_once.status_code == 200
    assert "loa-9" in shown_once.text
    assert "/ngon-ngu/" not in shown_once.text
    refused = browser.client.post("/dang-xuat", data={})
    assert (refused.status_code, "/ngon-ngu/" in refused.text) == (403, False)


def test_error_pages_are_in_the_chosen_language(website: Website) -> None:
    browser = website.officer()
    browser.client.cookies.set(COOKIE, "en")
    assert "No such page" in browser.get("/khong-co", 404)


def test_a_choice_never_leads_to_another_host_or_out_of_the_pages(website: Website) -> None:
    client = website.officer().client
    for wanted in ("//evil.example/", "https://evil.example/", "/dang-xuat", "/phan/su-kien"):
        assert client.get("/ngon-ngu/en", params={"tiep": wanted}).headers["location"] == "/"


@pytest.mark.parametrize("wanted", ["fr", "EN", "en%2F..", "vi%00"])
def test_another_language_is_refused_and_sets_no_cookie(website: Website, wanted: str) -> None:
    answer = website.officer().client.get(f"/ngon-ngu/{wanted}")
    assert 400 <= answer.status_code < 500
    assert COOKIE not in answer.cookies


def test_a_cookie_with_another_value_means_vietnamese(website: Website) -> None:
    browser = website.officer()
    browser.client.cookies.set(COOKIE, "xx")
    assert language_of(browser.get("/")) == "vi"


def test_the_rest_interface_answers_by_its_header_and_not_by_the_cookie(website: Website) -> None:
    browser = website.visitor()
    browser.client.cookies.set(COOKIE, "en")
    assert "Gửi kèm" in browser.client.get("/api/v1/areas").json()["detail"]
    english = browser.client.get("/api/v1/areas", headers={"Accept-Language": "en"})
    assert "Gửi kèm" not in english.text
