"""The national list of abbreviations (national_list.tsv): what each is short for, and next to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from audio.spoken_text.letters import CAPITAL, SMALL

_FILE = Path(__file__).with_name("national_list.tsv")


@dataclass(frozen=True)
class Abbreviation:
    """One line of the list. `before` and `after` are patterns for what must stand there; empty: anything may."""

    written: str
    spoken: str
    before: str
    after: str

    @property
    def is_plain(self) -> bool:
        """Whether it has this meaning next to any words."""
        return not (self.before or self.after)


@cache
def national_list() -> Mapping[str, Sequence[Abbreviation]]:
    """All lines by how they are written, those that want something next to them first."""
    found: dict[str, list[Abbreviation]] = {}
    lines = _FILE.read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        written, spoken, beside, _source = line.split("\t")
        before, after = _sides(beside)
        found.setdefault(written, []).append(Abbreviation(written, spoken, before, after))
    return {written: sorted(entries, key=lambda each: each.is_plain) for written, entries in found.items()}


def _sides(beside: str) -> tuple[str, str]:
    """The patterns before and after, of a column that is written `before|after`."""
    beside = beside.replace("A-ZĐÀ-Ỹ", CAPITAL).replace("a-zà-ỹ", SMALL)
    if beside.startswith("|"):
        return "", beside[1:]
    before, _, after = beside.rpartition("|")
    return before, after


@cache
def plain_meanings() -> Mapping[str, str]:
    """What abbreviations are short for whatever stands next to them; those that need something there are left out."""
    return {
        written: next(each.spoken for each in lines if each.is_plain)
        for written, lines in national_list().items()
        if any(each.is_plain for each in lines)
    }


def meanings(written: str) -> list[str]:
    """All that the list has for an abbreviation, each once."""
    return list(dict.fromkeys(each.spoken for each in national_list().get(written, ())))


def has_other_meanings(written: str) -> bool:
    """Whether the list has more than one meaning for it, or has it for some places alone."""
    lines = national_list().get(written, ())
    return len(meanings(written)) > 1 or not any(each.is_plain for each in lines)
