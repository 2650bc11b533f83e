"""Fragments of real public notices, and how a good announcer may read them.

    python -m tests.audio.spoken_text.notices > CASES.tsv        # for the scorer

The readings were written by hand before the first rule of `audio.spoken_text`. A fragment is a paragraph of a file:

    category
    the fragment as it was pasted
    where it is from | kind and place
    a reading, or several, a line each

In a reading `{a|b}` is either, `<name>` what `words.lst` says, @N nghìn or ngàn, @4 tư or bốn, @L linh or lẻ, and so on
(`_DIALECTS`): the same throughout one reading. Names, telephones and numbers of private persons are replaced by others
of the same shape.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_DIALECTS = {
    "@N": ("nghìn", "ngàn"),
    "@4": ("tư", "bốn"),
    "@L": ("linh", "lẻ"),
    "@K": (
        *("ki lô gam", "kí lô gam", "ký lô gam", "kilôgam", "kilô gam", "kilogam", "kilo gam"),
        *("ki lô", "ký lô", "kí lô", "ký", "cân"),
    ),
    "@P": ("một", "mỗi", "trên", "trên một", "trên mỗi"),
    "@H": ("héc ta", "hécta", "hecta", "ha"),
    "@C": ("xăng ti mét", "xăng timét", "xen ti mét", "xentimét", "xăngtimét", "centimet", "phân"),
    "@M": ("ki lô mét", "kí lô mét", "ky lô mét", "kilômét", "kilô mét", "kilomet", "ki lo mét", "cây số"),
}


@dataclass(frozen=True)
class Fragment:
    """One fragment, and all readings of it that are right."""

    category: str
    text: str
    readings: tuple[str, ...]


def fragments() -> list[Fragment]:
    """All fragments, file by file."""
    words = dict(line.split("=", 1) for line in (FOLDER / "words.lst").read_text(encoding="utf-8").splitlines() if line)
    return [each for file in sorted(FOLDER.glob("*.txt")) for each in _of_file(file, words)]


def _of_file(file: Path, words: dict[str, str]) -> Iterator[Fragment]:
    for paragraph in re.split(r"\n\s*\n", file.read_text(encoding="utf-8").strip()):
        category, text, _source, *readings = (line.strip() for line in paragraph.splitlines() if line[:1] != "#")
        found = dict.fromkeys(reading for line in readings for reading in _readings(line, words))
        yield Fragment(category, text, tuple(found))


def _readings(line: str, words: dict[str, str]) -> Iterator[str]:
    while "<" in line:
        line = re.sub("<([^<>]+)>", lambda match: words[match[1]], line)
    marks = [mark for mark in _DIALECTS if mark in line]
    for reading in _either(line):
        for chosen in itertools.product(*(_DIALECTS[mark] for mark in marks)):
            said = reading
            for mark, word in zip(marks, chosen, strict=True):
                said = said.replace(mark, word)
            yield " ".join(said.split())


def _either(line: str) -> list[str]:
    """All lines that `{a|b}` stands for, also nested."""
    lines, rest = _sequence(line)
    assert rest == "", f"a brace too many: {line}"
    return list(dict.fromkeys(lines))


def _sequence(line: str) -> tuple[list[str], str]:
    """The possible texts of a line up to the end of its alternative, and the rest of the line."""
    said = [""]
    while line and line[0] not in "|}":
        if line[0] == "{":
            found: list[str] = []
            while line[0] != "}":
                either, line = _sequence(line[1:])
                found += either
            line = line[1:]
        else:
            plain = re.match(r"[^{|}]+", line)
            assert plain is not None
            found, line = [plain[0]], line[plain.end() :]
        said = [before + each for before in said for each in dict.fromkeys(found)]
    return said, line
