"""What officers type becomes words, with no change of their meaning."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.spoken_text import spoken_text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Kính   thưa\tbà con ", "Kính thưa bà con"),
        ("Thông báo\r\n\r\n\n Cúp điện", "Thông báo\nCúp điện"),
        ("a\u00a0\u2003b\u2028c", "a b\nc"),
        (unicodedata.normalize("NFD", "Ủy ban nhân dân xã"), "Ủy ban nhân dân xã"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_white_space_is_folded_and_letters_are_composed(text: str, words: str) -> None:
    assert spoken_text(text).words == words


@given(st.text())
def test_what_is_spoken_text_already_stays_as_it_is(text: str) -> None:
    words = spoken_text(text).words
    assert spoken_text(words).words == words


def test_there_are_no_warnings_yet() -> None:
    assert spoken_text("UBND xã họp lúc 7h30 ngày 15/12").warnings == ()
