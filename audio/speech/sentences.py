"""Splits spoken words into sentences, so that pauses can be put between them: people outdoors need those to follow."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_SENTENCE_END = re.compile(r"(?<=[.!?;…])[\"”’)]*\s+")
MAX_SENTENCES = 400
"""Engines work once for each sentence. In a text with more, short sentences are joined with their neighbours."""


@dataclass(frozen=True)
class Sentence:
    """A sentence; it has a letter or digit, unless the whole text has none. `ends_paragraph`: a line break follows."""

    words: str
    ends_paragraph: bool


def sentences_of(words: str) -> list[Sentence]:
    """At most 400 sentences with all the words in their order; only white space is lost."""
    shortest = len(words) // MAX_SENTENCES
    found: list[Sentence] = []
    for piece in _pieces(words):
        if found and _joins(found[-1], piece, shortest):
            found[-1] = Sentence(f"{found[-1].words} {piece.words}", piece.ends_paragraph)
        else:
            found.append(piece)
    return found


def _pieces(words: str) -> Iterator[Sentence]:
    for paragraph in filter(None, map(str.strip, words.split("\n"))):
        cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(paragraph)), len(paragraph)]
        kept = [each for start, end in pairwise(cuts) if (each := paragraph[start:end].strip())]
        for each in kept[:-1]:
            yield Sentence(each, ends_paragraph=False)
        yield Sentence(kept[-1], ends_paragraph=True)


def _joins(before: Sentence, piece: Sentence, shortest: int) -> bool:
    if not (_has_letters(before.words) and _has_letters(piece.words)):
        return True
    return min(len(before.words), len(piece.words)) < shortest


def _has_letters(words: str) -> bool:
    return any(letter.isalnum() for letter in words)
