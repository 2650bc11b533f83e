"""Ids: ULIDs for broadcasts and journals, lower-case names for areas and speakers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.ids import derive_ulid, is_name, is_sha256, is_ulid, new_ulid
from wire.instants import unix_milliseconds

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_new_ulid_is_valid_and_holds_its_instant() -> None:
    ulid = new_ulid(NOW)
    assert is_ulid(ulid)
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + CROCKFORD.index(letter)
    assert number == unix_milliseconds(NOW)


def test_ulids_of_one_instant_differ() -> None:
    assert len({new_ulid(NOW) for _ in range(1000)}) == 1000


def test_the_same_names_have_the_same_ulid_and_other_names_another() -> None:
    assert derive_ulid(NOW, "a", "b") == derive_ulid(NOW, "a", "b")
    assert derive_ulid(NOW, "a", "b")[:10] == new_ulid(NOW)[:10]
    assert is_ulid(derive_ulid(NOW, "a", "b"))
    assert len({derive_ulid(NOW, *names) for names in (("a", "b"), ("b", "a"), ("ab",), ("a", "b", ""))}) == 4
    assert derive_ulid(NOW, "a") != derive_ulid(NOW + timedelta(milliseconds=1), "a")


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_a_later_ulid_sorts_later(since_1970_ms: int, later_ms: int) -> None:
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=since_1970_ms)
    assert new_ulid(first) < new_ulid(first + timedelta(milliseconds=later_ms))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1WW",
        "81KYB5T8G0ZX7M2Q4R6S8T0V1W",
        "01kyb5t8g0zx7m2q4r6s8t0v1w",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1I",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1L",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1O",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1U",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1W\n",
        "01KYB5T8G0ZX7M2Q4R6S8T0V1/",
        "٠1KYB5T8G0ZX7M2Q4R6S8T0V1W",
    ],
)
def test_other_texts_are_no_ulid(text: str) -> None:
    assert not is_ulid(text)


@pytest.mark.parametrize("text", ["a", "0", "a-b", "a--b", "thon-dong-2", "office1", "offices", "a" * 64, "xn--office"])
def test_these_are_ids_of_areas_and_speakers(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "-", "-a", "a-", "A", "office", "a" * 65, "a b", "a/b", "a+b", "#", "+", "$sys", "thôn", "a_b", "a.b", "a\n"],
)
def test_these_are_no_ids_of_areas_and_speakers(text: str) -> None:
    assert not is_name(text)


@given(st.text(alphabet="abz019-", max_size=66))
def test_an_id_has_1_to_64_letters_and_no_dash_at_an_end(text: str) -> None:
    assert is_name(text) == (1 <= len(text) <= 64 and not text.startswith("-") and not text.endswith("-"))


def test_a_sha256_is_64_lower_case_hexadecimal_digits() -> None:
    assert is_sha256("0" * 63 + "f")
    for text in ("", "0" * 63, "0" * 65, "0" * 63 + "F", "0" * 63 + "g", "0" * 64 + "\n"):
        assert not is_sha256(text)
