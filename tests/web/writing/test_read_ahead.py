"""A long text is read before the transaction that stores it: nobody who writes waits for that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlmodel import Session

from audio.spoken_text import SpokenText, spoken_text
from controller.announcements import readings
from controller.announcements.drafts import read_ahead, write_announcement
from controller.announcements.lexicon import Wording, set_entry
from controller.web.application import API
from controller.web.frame.access import COOKIE
from tests.web.conftest import Browser, Website

TEXT = "Kính mời bà con ấp 3 họp lúc 7h30."
FORM = {"ten": "Họp dân", "loai": "normal", "van-ban": TEXT}


@pytest.fixture
def read_while_writing(website: Website, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are read while a transaction writes."""
    found: list[str] = []
    open_now = [0]
    writing = website.office.database.writing

    @contextmanager
    def watched(*, first: bool = False) -> Iterator[Session]:
        with writing(first=first) as session:
            open_now[0] += 1
            try:
                yield session
            finally:
                open_now[0] -= 1

    def noted(text: str, *more: Any) -> SpokenText:
        if open_now[0]:
            found.append(text)
        return spoken_text(text, *more)

    monkeypatch.setattr(website.office.database, "writing", watched)
    monkeypatch.setattr(readings, "spoken_text", noted)
    readings._read.cache_clear()
    return found


def _by_page(browser: Browser) -> None:
    browser.get("/ban-tin/moi")
    page = browser.send("/ban-tin/moi", FORM).headers["location"]
    browser.get(page)
    assert browser.send(page, {"van-ban": f"{TEXT} Mang theo 50.000 đ."}).status_code == 303


def _by_rest(browser: Browser) -> None:
    headers = {"Authorization": f"Bearer {browser.client.cookies[COOKIE]}"}
    body = {"title": "Họp dân", "text": TEXT, "bulletin_class": "normal"}
    made = browser.client.post(f"{API}/announcements", json=body, headers=headers)
    assert made.status_code == 201, made.text
    where = f"{API}/announcements/{made.json()['announcement']}"
    changes = {"text": f"{TEXT} Mang theo 50.000 đ."}
    changed = browser.client.patch(where, json=changes, headers={**headers, "If-Match": "*"})
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize("write", [_by_page, _by_rest])
def test_a_text_is_read_before_it_is_stored(
    website: Website, read_while_writing: list[str], write: Callable[[Browser], None]
) -> None:
    write(website.officer())
    assert read_while_writing == []


def test_a_lexicon_that_changes_meanwhile_is_in_the_words(website: Website) -> None:
    commune = website.commune
    fields: Any = {"title": "Họp dân", "text": "Mời bà con đến TYT.", "bulletin_class": "normal"}
    read_ahead(website.office.database, commune.now, commune.officers["tham"], fields)
    with website.office.database.writing() as session:
        set_entry(session, commune.now, commune.officers["tham"], None, Wording("TYT", "trạm xá"))
        row = write_announcement(session, commune.now, commune.officers["tham"], fields)
        assert row.spoken_text == "Mời bà con đến trạm xá."
