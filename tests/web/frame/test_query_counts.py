"""A page asks the database as often for six rows as for two: more rows take longer, and no more questions."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.web.conftest import Browser, Website, make_website
from tests.web.frame.one_of_everything import add_one_of_everything
from tests.web.frame.page_addresses import FOR_VISITORS, TRIES, assert_walked_all, filled, route_of

Counts = dict[str, tuple[int, int]]
"""How many questions each address asks: at two rows, and at six."""


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counts]:
    """By the try; each with the addresses that there are at one row."""
    website = make_website(tmp_path_factory.mktemp("site"))
    add_one_of_everything(website.commune, 0)
    with website.office.database.reading() as session:
        addresses = {each: filled(session, each) for each in TRIES}
    add_one_of_everything(website.commune, 1)
    two = _questions(website, addresses)
    for number in range(2, 6):
        add_one_of_everything(website.commune, number)
    six = _questions(website, addresses)
    website.office.database.close()
    website.commune.database.close()
    return {each: {address: (two[address], six[address]) for address in addresses[each]} for each in TRIES}


def _questions(website: Website, addresses: dict[str, list[str]]) -> dict[str, int]:
    officer, visitor = website.officer(), website.visitor()
    return {
        address: _asked(website, visitor if route_of(address) in FOR_VISITORS else officer, address)
        for each in addresses.values()
        for address in each
    }


def _asked(website: Website, browser: Browser, address: str) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = website.office.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        browser.get(address)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_every_page_is_counted(counts: dict[str, Counts]) -> None:
    assert_walked_all([address for found in counts.values() for address in found])
    assert min(asked for found in counts.values() for asked, _ in found.values()) > 0


@pytest.mark.parametrize("page", TRIES)
def test_six_rows_take_as_many_questions_as_two(counts: dict[str, Counts], page: str) -> None:
    assert {address: six for address, (_, six) in counts[page].items()} == {
        address: two for address, (two, _) in counts[page].items()
    }


@pytest.mark.parametrize("page", [each for each in TRIES if "nhung-ngay=t2-t6" in each])
def test_a_rule_for_each_day_takes_as_many_questions_as_one_for_two_days_a_month(website: Website, page: str) -> None:
    announcement, area = website.commune.approved(), website.commune.areas["ấp 1"]
    each_day = page.replace("t2-t6", "hang-ngay").replace("&tru-le=co", "").format(announcement=announcement, area=area)
    two_days_a_month = each_day.replace("hang-ngay", "mung-1-ram")
    officer = website.officer()
    assert _asked(website, officer, each_day) == _asked(website, officer, two_days_a_month)
