"""The language of an answer: Vietnamese, unless English is asked for."""

import pytest

from controller.words.preference import of_accept_language, of_environment
from controller.words.translation import _, language, ngettext, speaking


@pytest.mark.parametrize(
    ("header", "reads"),
    [
        ("", "vi"),
        ("en", "en"),
        ("EN-us", "en"),
        ("vi", "vi"),
        ("en-US,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en-US;q=0.6,en;q=0.5", "vi"),
        ("en;q=0.5, vi;q=0.8", "vi"),
        ("en;q=0.8, vi;q=0.5", "en"),
        ("en, vi", "vi"),
        ("fr", "vi"),
        ("fr, en;q=0.2", "en"),
        ("*", "vi"),
        ("en;q=0.3, *;q=0.8", "vi"),
        ("vi;q=0.3, *;q=0.8", "en"),
        ("en;q=0", "vi"),
        ("vi;q=0, *", "en"),
        ("english", "vi"),
        ("en;q=2", "vi"),
        ("en; q = 0.9 ", "en"),
        (";;,,\x00", "vi"),
        ("en" * 5000, "vi"),
    ],
)
def test_a_request_asks_for_its_language_in_accept_language(header: str, reads: str) -> None:
    assert of_accept_language(header) == reads


@pytest.mark.parametrize(
    ("value", "reads"),
    [("", "vi"), ("en", "en"), ("EN", "en"), ("en_US.UTF-8", "en"), ("vi", "vi"), ("fr", "vi"), ("enx", "vi")],
)
def test_a_command_takes_its_language_from_the_environment(value: str, reads: str) -> None:
    assert of_environment({"LOA_LANGUAGE": value}) == reads


def test_a_command_with_english_as_its_default_is_vietnamese_where_asked() -> None:
    assert of_environment({}, otherwise="en") == "en"
    assert of_environment({"LOA_LANGUAGE": "vi"}, otherwise="en") == "vi"


def test_the_language_is_restored_at_the_end_of_a_block_also_after_an_error() -> None:
    with speaking("en"):
        with pytest.raises(RuntimeError), speaking("vi"):
            raise RuntimeError(language())
        assert language() == "en"
    assert language() == "vi"


def test_a_text_without_a_translation_stays_vietnamese() -> None:
    with speaking("en"):
        assert _("Chưa ai dịch câu này.") == "Chưa ai dịch câu này."
        assert ngettext("{n} con dê", "{n} con dê", 2) == "{n} con dê"
        assert _("") == "", "the catalogue's head isn't a text"
