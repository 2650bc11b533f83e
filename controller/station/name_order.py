"""Sort keys for names in Vietnamese dictionary order: for lists of places, speakers and people."""

import re
import unicodedata
from functools import lru_cache

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACE_IN_ALPHABET = {letter: place for place, letter in enumerate(_ALPHABET)}
_TONES = "\u0300\u0309\u0303\u0301\u0323"
"""Huyền, hỏi, ngã, sắc, nặng, in the order of dictionaries; a syllable without a tone mark sorts before all of them."""

Syllable = tuple[int, tuple[int, ...], tuple[int, ...]]


@lru_cache(maxsize=16_384)
def by_name(name: str) -> tuple[Syllable, ...]:
    """The sort key of a name, compared syllable by syllable.

    Numbers sort before words, by value: Ấp 2 before Ấp 10. Words sort by letters in the order of the Vietnamese
    alphabet (Dương before Đông), then by tone: Ba, Bà, Bả, Bã, Bá, Bạ. A character that is neither letter nor digit
    only separates syllables. Upper and lower case are equal, and so are two places of a tone mark (Hoà, Hòa).
    """
    parts = re.findall(r"[0-9]+|[^\W\d_]+", unicodedata.normalize("NFC", name).casefold())
    return tuple(map(_syllable, parts))


def by_given_name(name: str) -> tuple[Syllable, ...]:
    """The sort key of a person: the given name (the last syllable) first, then the family name and middle names."""
    syllables = by_name(name)
    return syllables[-1:] + syllables[:-1]


def _syllable(part: str) -> Syllable:
    if part.isdecimal():
        digits = part.lstrip("0")
        return 0, (len(digits), *map(int, digits)), ()
    apart = unicodedata.normalize("NFD", part)
    letters = unicodedata.normalize("NFC", "".join(each for each in apart if each not in _TONES))
    places = tuple(_PLACE_IN_ALPHABET.get(each, len(_ALPHABET) + ord(each)) for each in letters)
    return 1, places, tuple(_TONES.index(each) for each in apart if each in _TONES)
