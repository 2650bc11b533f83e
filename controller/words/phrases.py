"""What is to be said to a person, as a code and its values: said in the reader's language when it is read.

The sentences stand in `controller.words.sentences`. What is kept in the database is kept as JSON of code and values.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias, Union

from controller.words.numbers import decimal, number
from controller.words.sentences import SENTENCES
from controller.words.translation import Counted, _, ngettext

Value: TypeAlias = Union[str, int, float, "Phrase"]
"""Numbers are quantities, written as the reader's language writes them; a year, a port or a time of day is a str."""


@dataclass(frozen=True, init=False)
class Phrase:
    """`str()` is the sentence. Two are equal that say the same."""

    code: str
    _values: tuple[tuple[str, Value], ...]

    def __init__(self, code: str, /, **values: Value) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "_values", tuple(sorted(values.items())))

    @property
    def values(self) -> dict[str, Value]:
        """By the names that stand in the sentence."""
        return dict(self._values)

    def __str__(self) -> str:
        sentence = SENTENCES.get(self.code)
        said = {name: _said(value) for name, value in self._values}
        try:
            return _worded(sentence, self.values).format_map(said)
        except (KeyError, TypeError, ValueError, AttributeError):  # of another version's: no such code, or other values
            listed = ", ".join(f"{name}: {value}" for name, value in said.items())
            return _("Phiên bản này không có lời cho “{code}” ({values}). Báo kỹ thuật viên.").format(
                code=self.code, values=listed or "–"
            )

    def to_json(self) -> str:
        """As the database keeps it."""
        return json.dumps(self._fields(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote, by this version or another; raises ValueError for anything else."""
        return cls._of(json.loads(text))

    def _fields(self) -> dict[str, Any]:
        values = {name: value._fields() if isinstance(value, Phrase) else value for name, value in self._values}
        return {"code": self.code, "values": values}

    @classmethod
    def _of(cls, fields: object) -> Self:
        match fields:
            case {"code": str(code), "values": dict(values), **more} if not more:
                return cls(code, **{str(name): _read(value) for name, value in values.items()})
            case _:
                raise ValueError("not a phrase")


class PhrasedError(Exception):
    """An error that a person reads: what it says is a Phrase."""

    def __init__(self, said: str | Phrase, /, **values: Value) -> None:
        """A code and its values, or a whole Phrase."""
        self.phrase = said if isinstance(said, Phrase) else Phrase(said, **values)
        super().__init__(self.phrase)

    def __str__(self) -> str:
        return str(self.phrase)


def as_written(sentence: str) -> Phrase:
    """A whole sentence that has no code: written by an earlier version, or by another program."""
    return Phrase("as_written", sentence=sentence)


def kept_text(phrase: Phrase) -> str:
    """As a column of the database keeps it."""
    match phrase.values:
        case {"sentence": str(sentence)} if phrase.code == "as_written":
            return sentence
        case _:
            return phrase.to_json()


def kept_phrase(text: str) -> Phrase:
    """What a column keeps: a phrase, or a plain sentence of an office before 0.4."""
    try:
        return Phrase.from_json(text)
    except ValueError:
        return as_written(text)


def _worded(sentence: str | Counted | None, values: Mapping[str, Value]) -> str:
    if isinstance(sentence, Counted):
        n = values[sentence.by]
        if not isinstance(n, int):
            raise TypeError("what counts is a whole number")
        return ngettext(sentence.text, sentence.text, n)
    if sentence is None:
        raise KeyError
    return _(sentence)


def _said(value: Value) -> str:
    if isinstance(value, int):
        return number(value)
    return decimal(value) if isinstance(value, float) else str(value)


def _read(value: object) -> Value:
    if isinstance(value, dict):
        return Phrase._of(value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise ValueError("not a phrase's value")
