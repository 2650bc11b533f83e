"""All text for people can be translated: there is no Vietnamese text in sources and templates that isn't marked.

Docstrings and comments don't count. Vietnamese that is data is listed here with its reason.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.words.vietnamese import is_vietnamese

ROOT = Path(__file__).parents[3]
MARKS = ("_", "mark", "pgettext", "ngettext", "Counted", "counted")
WORDS_FOLDER = "controller/words/"

DATA: dict[str, tuple[str, ...]] = {
    # The columns of the lexicon's file, which stations keep and exchange, and what its cells say for “yes”.
    "controller/announcements/lexicon.py": (
        "chữ viết",
        "cách đọc",
        "mọi kiểu chữ",
        "gần chữ",
        "người sửa",
        "lúc (UTC)",
        "có",
    ),
    # Examples of what is typed at a station.
    "controller/cli.py": (
        '--username tham --name "Nguyễn Thị Hồng Thắm" --role editor',
        '--name "Ấp 1" --kind ấp --parent a-0123456789',
        '--speaker loa-ap-1 --name "Nhà văn hóa ấp 1" --area a-0123456789',
    ),
    # A browser's name.
    "controller/web/words/devices.py": ("Cốc Cốc",),
    # The demonstration's commune and its people.
    "controller/demo/station.py": (
        "Xã Phú Lâm",
        "xã",
        "Ấp ",
        "ấp",
        "Nhà văn hóa ấp ",
        "Nguyễn Thị Hồng Thắm",
        "Công chức văn hóa xã",
        "Lê Minh Quang",
        "Phó Chủ tịch UBND xã",
    ),
    # The alphabet, in its order.
    "controller/station/name_order.py": ("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz",),
    # A voice is tried with it.
    "controller/upkeep/checks.py": ("một hai ba",),
    "controller/web/writing/voices.py": ("Kính thưa bà con. Đây là giọng đọc của đài truyền thanh.",),
    # How times, lists and ranges are typed.
    "controller/web/frame/typed_times.py": (r"([0-9]{1,2})\s*(?:[:.]|h|g|giờ)\s*([0-9]{2})?", r"\s*(?:–|-|đến)\s*"),
    "controller/web/ordering/repeat_form.py": (r"[,;]|\bvà\b", r"[\s,;]+|và"),
    "controller/web/speakers/areas.py": ("không", "không có"),
    # A language calls itself by its own name.
    "controller/web/frame/base.html": ("Tiếng Việt",),
    # A letter that Unicode doesn't take apart.
    "controller/web/speakers/add_speaker.py": ("đ",),
    # A kind of area, as it begins the names of areas.
    "controller/web/words/place_names.py": ("khu phố", "khu phố "),
}
READS_NOTICES = ("controller/web/writing/reading_view.py",)
"""They hold patterns for the Vietnamese of notices, and words that are put into notices."""


_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_TRANSLATED = re.compile(r"{%[-+]?\s*trans\b.*?endtrans\s*[-+]?%}", re.DOTALL)
_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_MARKED = re.compile(rf"\b(?:(?:_|n?gettext|counted)\(|pgettext\(\s*{_TEXT},)\s*{_TEXT}(?:\s*{_TEXT})*")


def bare_in_python(text: str) -> Iterator[str]:
    """The Vietnamese constants of a source that aren't marked for translation."""
    tree = ast.parse(text)
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(id(node.value))  # a docstring, or one below a constant
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            passed_over.update(id(each) for each in node.args if isinstance(each, ast.Constant))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in passed_over:
            continue
        if is_vietnamese(node.value):
            yield node.value


def bare_in_template(text: str) -> Iterator[str]:
    """The Vietnamese texts of a template that aren't marked for translation."""
    for pattern in (_COMMENT, _TRANSLATED, _MARKED):
        text = pattern.sub("", text)
    yield from (each.strip() for each in re.findall(r"[^<>\n]+", text) if is_vietnamese(each))


def bare() -> dict[str, list[str]]:
    found = {}
    for path in sorted((ROOT / "controller").rglob("*")):
        if path.suffix in (".py", ".html"):
            text = path.read_text("utf-8")
            found[path.relative_to(ROOT).as_posix()] = list(
                bare_in_python(text) if path.suffix == ".py" else bare_in_template(text)
            )
    return {file: texts for file, texts in found.items() if texts}


def test_every_vietnamese_text_is_marked_for_translation() -> None:
    for file, texts in bare().items():
        if not file.startswith(WORDS_FOLDER) and file not in READS_NOTICES:
            assert [text for text in texts if text not in DATA.get(file, ())] == [], file


def test_every_sentence_of_the_words_is_marked_for_translation() -> None:
    assert {file: texts for file, texts in bare().items() if file.startswith(WORDS_FOLDER)} == {}


def test_the_lists_of_exceptions_name_only_existing_files_and_texts() -> None:
    found = bare()
    assert {file: [text for text in texts if text not in found.get(file, ())] for file, texts in DATA.items()} == {
        file: [] for file in DATA
    }
    assert [file for file in READS_NOTICES if file not in found] == []


@pytest.mark.parametrize(
    "text",
    [
        'raise Invalid("areas", "Chọn ít nhất một nơi.")',
        'said = f"Quá {n} chỗ."',
        'words = {"x": "Đã phát"}',
        'def f():\n    """Nói gì."""\n    return "Nói gì."',
        '_(f"Quá {n} chỗ.")',
        'say("đ")',
        'print("Loa Xã ở Ấp 1")',
    ],
)
def test_an_unmarked_text_of_a_source_is_found(text: str) -> None:
    assert list(bare_in_python(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        '"""Chọn ít nhất một nơi."""',
        '_("Chọn ít nhất một nơi.")',
        'mark("Chọn ít nhất "\n     "một nơi.")',
        'Counted("n", "Quá {n} chỗ.")',
        'ngettext("Một chỗ", "Nhiều chỗ", n)',
        'pgettext("one", "Một chỗ")',
        'X = 1\n"""Là gì."""',
        '# Chọn ít nhất một nơi.\nx = "places"',
        'title = "Loa Xã"',
    ],
)
def test_a_marked_text_of_a_source_is_no_fault(text: str) -> None:
    assert list(bare_in_python(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Chọn nơi</p>", ["Chọn nơi"]),
        ('<p title="Chọn nơi">x</p>', ['p title="Chọn nơi"']),
        ('{{ "Chọn nơi" }}', ['{{ "Chọn nơi" }}']),
        ('{{ _("Chọn nơi") }} ở đây', ["{{ ) }} ở đây"]),
        ('<p>{{ _("Chọn nơi") }}{# Ở đâu? #}</p>', []),
        ("{% trans n=n %}Quá {{ n }} chỗ{% endtrans %}", []),
        ("{%- trans trimmed n=n %}\n  Quá {{ n }} chỗ\n{% endtrans +%} ở đây", ["ở đây"]),
        ('{{ _("Chọn nơi "\n   "ở đây") }}', []),
        ('{{ counted("{n} nơi", n) }}', []),
        ('{{ pgettext("one", "Chọn nơi") }}', []),
        ('{{ pgettext("one", name) }} ở đây', ['{{ pgettext("one", name) }} ở đây']),
        ('{% trans "one" %}Chọn nơi{% endtrans %}', []),
        ("<title>{{ title }} – Loa Xã</title>", []),
    ],
)
def test_an_unmarked_text_of_a_template_is_found(text: str, found: list[str]) -> None:
    assert list(bare_in_template(text)) == found
