"""Every code that is used has its sentence, every sentence is used, and both name the same values.

It reads the sources. Codes are arguments of `Phrase` and of the subclasses of `PhrasedError`.
"""

import ast
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.words.sentences import SENTENCES
from controller.words.translation import Counted

ROOT = Path(__file__).parents[3]
PASSES_CODES_ON = ("controller/words/phrases.py", "controller/errors.py")
"""These files pass on a code that they were given, with its values."""
ROOT_ERROR = "PhrasedError"


@dataclass(frozen=True)
class Said:
    """One place that uses a code, with the names of its values."""

    where: str
    code: str
    values: frozenset[str]


def sources() -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted((ROOT / "controller").rglob("*.py"))
    }


class Reader:
    """Finds the codes that sources use, and the places whose code can't be read."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.said: list[Said] = []
        self.faults: list[str] = []
        trees = {file: ast.parse(text) for file, text in sources.items()}
        self._classes = {
            node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
        }
        for file, tree in trees.items():
            for call, within in _calls(tree, None):
                self._read(file, call, within)

    def _read(self, file: str, call: ast.Call, within: str | None) -> None:
        place = self._place_of_code(call, within)
        if place is None:
            return
        where = f"{file}:{call.lineno}"
        if len(call.args) <= place:
            self.faults.append(f"{where}: no code")
            return
        values = frozenset(each.arg for each in call.keywords if each.arg is not None)
        for code in _choices(call.args[place]):
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                self.said.append(Said(where, code.value, values))
            elif not isinstance(code, ast.Name | ast.Attribute | ast.Call):
                self.faults.append(f"{where}: a code must be written out: {ast.unparse(code)}")
        if file not in PASSES_CODES_ON and any(each.arg is None for each in call.keywords):
            self.faults.append(f"{where}: values must be written out")

    def _place_of_code(self, call: ast.Call, within: str | None) -> int | None:
        """The position of the code among the arguments; None if the call takes no code."""
        match call.func:
            case ast.Name("Phrase"):
                return 0
            case ast.Name("cls") if within is not None:
                return self._place(within)
            case ast.Name(name) | ast.Attribute(attr=name) if name in self._classes or name == ROOT_ERROR:
                return self._place(name)
            case ast.Attribute(ast.Call(ast.Name("super")), "__init__") if within is not None:
                return next((place for base in self._bases(within) if (place := self._place(base)) is not None), None)
            case _:
                return None

    def _place(self, name: str) -> int | None:
        if name == ROOT_ERROR:
            return 0
        node = self._classes.get(name)
        if node is None:
            return None
        inherited = next((place for base in self._bases(name) if (place := self._place(base)) is not None), None)
        if inherited is None:
            return None
        own = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
        if own is None:
            return inherited
        # A subclass with an __init__ takes a code if one of its arguments is named so; else its code is fixed.
        names = [each.arg for each in (*own.args.posonlyargs, *own.args.args)]
        return names.index("said") - 1 if "said" in names else None

    def _bases(self, name: str) -> list[str]:
        node = self._classes.get(name)
        return [ast.unparse(base).rpartition(".")[2] for base in node.bases] if node is not None else []


def _calls(node: ast.AST, within: str | None) -> Iterator[tuple[ast.Call, str | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, within
        yield from _calls(child, child.name if isinstance(child, ast.ClassDef) else within)


def _choices(code: ast.expr) -> list[ast.expr]:
    if isinstance(code, ast.IfExp):
        return _choices(code.body) + _choices(code.orelse)
    return [code]


def names_in(sentence: str | Counted) -> frozenset[str]:
    text = sentence.text if isinstance(sentence, Counted) else sentence
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def faults(sources: Mapping[str, str], sentences: Mapping[str, str | Counted]) -> list[str]:
    reader = Reader(sources)
    found = list(reader.faults)
    for said in reader.said:
        if said.code not in sentences:
            found.append(f"{said.where}: no sentence for {said.code}")
        elif said.values != names_in(sentences[said.code]):
            found.append(f"{said.where}: {said.code} names {sorted(names_in(sentences[said.code]))}")
    unsaid = sentences.keys() - {said.code for said in reader.said}
    texts = Counter(each.text if isinstance(each, Counted) else each for each in sentences.values())
    return [
        *found,
        *(f"{code} is never said" for code in sorted(unsaid)),
        *(f"two codes for one sentence: {text}" for text, count in texts.items() if count > 1),
    ]


def test_every_code_has_its_sentence_and_every_sentence_is_used() -> None:
    assert faults(sources(), SENTENCES) == []


def test_the_sources_are_not_empty() -> None:
    assert len(Reader(sources()).said) > 250


def test_codes_are_short_lower_case_words() -> None:
    wrong = [code for code in SENTENCES if not code.replace("_", "").isalnum() or not code.islower() or len(code) > 40]
    assert wrong == []


def test_each_code_is_defined_in_one_file_of_sentences() -> None:
    keys = [
        key.value
        for path in (ROOT / "controller/words").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    twice = [key for key, count in Counter(keys).items() if count > 1 and key in SENTENCES]
    assert twice == []


MADE_UP: dict[str, str | Counted] = {
    "late": "{time} đã qua.",
    "lost": "Không có.",
    "many": Counted("n", "Quá {n} chỗ."),
}
GOOD = {
    "controller/words/phrases.py": "class PhrasedError(Exception):\n  def __init__(self, said): self.p = Phrase(said)",
    "controller/errors.py": (
        "class Refused(PhrasedError): pass\n"
        "class Invalid(Refused):\n  def __init__(self, field, said, **v): super().__init__(said, **v)\n"
        "class Lost(Refused):\n  def __init__(self, row): super().__init__('lost')\n"
    ),
    "controller/x.py": "raise Invalid('starts_at', 'late', time='17:15')\nraise Lost(row)\nraise Lost\nsay(phrase)",
    "controller/y.py": "p = Phrase('many', n=2)\nraise Refused(p)\nraise errors.Refused('late', time=Phrase('lost'))",
}


def test_good_sources_have_no_fault() -> None:
    assert faults(GOOD, MADE_UP) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("raise Refused('Không có.')", "no sentence for Không có."),
        ("raise Refused('gone')", "no sentence for gone"),
        ("raise Invalid('lost', 'late')", "late names ['time']"),
        ("raise Invalid('starts_at', 'late', at='17:15')", "late names ['time']"),
        ("raise Invalid('starts_at', 'late', time='17:15', now='x')", "late names ['time']"),
        ("raise Invalid('starts_at', 'late' if x else 'gone', time='')", "no sentence for gone"),
        ("raise Invalid('starts_at')", "no code"),
        ("raise Refused(f'{x} đã qua.')", "must be written out"),
        ("raise Refused('l' + 'ost')", "must be written out"),
        ("raise Refused('late', **values)", "values must be written out"),
        ("class Own(Refused): pass\nraise Own('gone')", "no sentence for gone"),
        ("class Own(Invalid):\n  def __init__(self): super().__init__('x', 'gone')", "no sentence for gone"),
        ("class Own(Refused):\n  @classmethod\n  def of(cls): return cls('gone')", "no sentence for gone"),
        ("p = words.Phrase\nq = Phrase('many')", "many names ['n']"),
    ],
)
def test_each_kind_of_wrong_code_is_found(text: str, fault: str) -> None:
    found = faults({**GOOD, "controller/z.py": text}, MADE_UP)
    assert any(each.startswith("controller/z.py") and fault in each for each in found), found


def test_an_unused_sentence_and_a_double_sentence_are_found() -> None:
    assert faults(GOOD, {**MADE_UP, "unused": "Thừa."}) == ["unused is never said"]
    again = faults({**GOOD, "controller/z.py": "Phrase('gone')"}, {**MADE_UP, "gone": "Không có."})
    assert again == ["two codes for one sentence: Không có."]
