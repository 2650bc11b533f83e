"""The token that says that a password was right, and opens nothing without the code."""

from datetime import timedelta

import pytest

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import Officer
from controller.sign_in.half_way import GOOD_FOR, HalfWaySignIns
from tests.people import MONDAY

HALF_WAY = HalfWaySignIns(KeyedHash("secret of this office"))


def _officer(officer: str = "01A", hashed: str = "hash", *, disabled: bool = False) -> Officer:
    return Officer(
        officer=officer,
        username=officer,
        name=officer,
        role="editor",
        password_hash=hashed,
        disabled=disabled,
        created_at=MONDAY,
    )


def test_it_is_good_for_five_minutes() -> None:
    token = HALF_WAY.issue(_officer(), MONDAY)
    assert HALF_WAY.officer_in(token) == "01A"
    assert HALF_WAY.is_good(token, _officer(), MONDAY)
    assert HALF_WAY.is_good(token, _officer(), MONDAY + GOOD_FOR)
    assert not HALF_WAY.is_good(token, _officer(), MONDAY + GOOD_FOR + timedelta(seconds=2))
    assert not HALF_WAY.is_good(token, _officer(), MONDAY - timedelta(seconds=1)), "a clock was set back"


def test_it_is_good_for_its_officer_alone_while_the_password_is_the_same() -> None:
    token = HALF_WAY.issue(_officer(), MONDAY)
    for other in (None, _officer("01B"), _officer(hashed="another"), _officer(disabled=True)):
        assert not HALF_WAY.is_good(token, other, MONDAY)
    assert not HalfWaySignIns(KeyedHash("another secret")).is_good(token, _officer(), MONDAY)


@pytest.mark.parametrize("token", ["", ".", "01A", "01A.", "01A.1.", "01A.x.y", "01A.1.ký tự lạ", "." * 100])
def test_what_was_not_given_out_is_not_good(token: str) -> None:
    assert not HALF_WAY.is_good(token, _officer(), MONDAY)
