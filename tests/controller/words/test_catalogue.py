"""The catalogues are complete, use the same values as the texts, and are compiled from their present state."""

import re
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from controller.words.sentences import SENTENCES
from controller.words.translation import CATALOGUES, Counted
from tools.catalogue import ROOT, catalogue_files, extract_texts, mo_bytes, po_bytes, read_catalogue, updated_catalogue

ENGLISH = CATALOGUES / "en" / "LC_MESSAGES" / "loa.po"
_PLACE = re.compile(r"%\((\w+)\)s|</?(?:a|b|br|code|em|i|span|strong|time)\b[^>]*>")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extract_texts()


def forms(said: str | tuple[str, ...] | list[str] | None) -> list[str]:
    if said is None:
        return []
    return [said] if isinstance(said, str) else list(said)


def fields(text: str) -> Counter[str]:
    """The values of a text, as Python (`{name}`) and as templates (`%(name)s`) put them in, and its HTML tags."""
    places = Counter(each[0] for each in _PLACE.finditer(text))
    try:
        return places + Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return places  # “{” alone: a text without values


def faults(template: Catalog, catalogue: Catalog) -> list[str]:
    """Texts without a translation, and translations that name other values than the text.

    The form for one may leave the number out.
    """
    found = []
    for message in template:
        if not message.id:
            continue
        text = forms(message.id)[0]
        translated = catalogue.get(text, message.context)
        said = forms(translated.string) if translated is not None else []
        if not said or not all(said):
            found.append(f"not translated: {text}")
        values = fields(text).keys()
        for number, each in enumerate(said):
            once = len(said) > 1 and number == 0  # “read once” has no number
            if each and fields(each).keys() not in ((values, values - {"n"}) if once else (values,)):
                found.append(f"other values: {each}")
    return found


def test_every_text_is_translated_with_the_same_values(template: Catalog) -> None:
    assert faults(template, read_catalogue(ENGLISH)) == []


def test_a_missing_and_a_changed_text_are_found(template: Catalog) -> None:
    catalogue = read_catalogue(ENGLISH)
    lacking, other = catalogue.get("Chọn tiếng."), catalogue.get("{username} phê duyệt; mật khẩu: {password}")
    assert lacking is not None
    assert other is not None
    lacking.string, other.string = "", "{user} approves; password: {password}"
    assert faults(template, catalogue) == [
        "other values: {user} approves; password: {password}",
        "not translated: Chọn tiếng.",
    ]


def test_one_text_has_a_translation_for_each_context(template: Catalog) -> None:
    catalogue = read_catalogue(ENGLISH)
    menu, column = catalogue.get("Cụm loa"), catalogue.get("Cụm loa", "one")
    assert [each and each.string for each in (menu, column)] == ["Speakers", "Speaker"]
    assert column is not None
    column.string = ""
    assert faults(template, catalogue) == ["not translated: Cụm loa"]


@pytest.mark.parametrize(
    ("one", "many", "found"),
    [
        ("read once,", "read {n} times,", []),
        ("read {n} time,", "read a few times,", ["other values: read a few times,"]),
        ("read once in {place},", "read {n} times,", ["other values: read once in {place},"]),
    ],
)
def test_only_the_form_for_one_may_leave_its_number_out(
    template: Catalog, one: str, many: str, found: list[str]
) -> None:
    catalogue = read_catalogue(ENGLISH)
    read = catalogue.get("đọc {n} lần,")
    assert read is not None
    read.string = (one, many)
    assert faults(template, catalogue) == found


def test_every_sentence_is_gathered(template: Catalog) -> None:
    texts = {forms(message.id)[0] for message in template}
    for code, sentence in SENTENCES.items():
        text = sentence.text if isinstance(sentence, Counted) else sentence
        has_words = any(letter.isalpha() and ord(letter) > 127 for letter in text)
        assert text in texts or not has_words, code


@pytest.mark.parametrize("file", catalogue_files(), ids=lambda file: file.parts[-3])
def test_the_compiled_catalogue_is_that_of_the_sources(template: Catalog, file: Path) -> None:
    assert file.read_bytes() == po_bytes(updated_catalogue(file, template)), "run make catalogue"
    assert file.with_suffix(".mo").read_bytes() == mo_bytes(read_catalogue(file)), "run make catalogue"


def test_an_update_removes_old_texts_and_adds_new_ones() -> None:
    smaller = Catalog()
    smaller.add("Chọn tiếng.", locations=[("controller/x.py", 0)])
    smaller.add("Một câu mới.", locations=[("controller/x.py", 0)])
    catalogue = updated_catalogue(ENGLISH, smaller)
    kept, new = catalogue.get("Chọn tiếng."), catalogue.get("Một câu mới.")
    assert [kept and kept.string, new and new.string] == ["Choose the language.", None]
    assert len(catalogue) == 2
    assert not catalogue.obsolete


def test_a_text_that_gets_two_forms_loses_its_translation() -> None:
    """Babel would keep the old translation as uncertain, and leave it out of the compiled catalogue silently."""
    counted = Catalog()
    counted.add(("Chọn tiếng.", "Chọn tiếng."), locations=[("controller/x.py", 0)])
    found = updated_catalogue(ENGLISH, counted).get("Chọn tiếng.")
    assert found is not None
    assert (found.fuzzy, found.string) == (False, ("", ""))


def test_the_compiled_catalogue_is_in_the_package() -> None:
    assert "catalogue/*/LC_MESSAGES/*.mo" in (ROOT / "pyproject.toml").read_text("utf-8")
