"""Spoken words cut into sentences, so that a pause may stand between them which people can follow outdoors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_END = re.compile(r"(?<=[.!?;…])[\"”’)]*\s+")
MOST = 400
"""An engine is asked once for each: in a text of more, short ones stay together."""


@dataclass(frozen=True)
class Sentence:
    """Never without a letter or digit, unless all the text is; `ends_paragraph`: a line break follows."""

    words: str
    ends_paragraph: bool


def sentences_of(words: str) -> list[Sentence]:
    """All of the words in their order; nothing is lost but white space."""
    shortest = len(words) // MOST
    found: list[Sentence] = []
    for piece in _pieces(words):
        if found and _stays_with(found[-1], piece, shortest):
            found[-1] = Sentence(f"{found[-1].words} {piece.words}", piece.ends_paragraph)
        else:
            found.append(piece)
    return found


def _pieces(words: str) -> Iterator[Sentence]:
    for paragraph in filter(None, map(str.strip, words.split("\n"))):
        cuts = [0, *(match.end() for match in _END.finditer(paragraph)), len(paragraph)]
        kept = [each for start, end in pairwise(cuts) if (each := paragraph[start:end].strip())]
        for each in kept[:-1]:
            yield Sentence(each, ends_paragraph=False)
        yield Sentence(kept[-1], ends_paragraph=True)


def _stays_with(before: Sentence, piece: Sentence, shortest: int) -> bool:
    if not (_is_said(before.words) and _is_said(piece.words)):
        return True
    return min(len(before.words), len(piece.words)) < shortest


def _is_said(words: str) -> bool:
    return any(letter.isalnum() for letter in words)
