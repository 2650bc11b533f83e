"""The order in which a Vietnamese reader looks for a name: in the lists of places, loudspeakers and people."""

import re
import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACE = {letter: place for place, letter in enumerate(_ALPHABET)}
_TONES = "\u0300\u0309\u0303\u0301\u0323"
"""Huyền, hỏi, ngã, sắc, nặng, as dictionaries have them; a syllable without a mark stands before them."""

Syllable = tuple[int, tuple[int, ...], tuple[int, ...]]


def by_name(name: str) -> tuple[Syllable, ...]:
    """The key to sort names by, as Vietnamese dictionaries do: syllable by syllable.

    A number stands before words, by its value: Ấp 2 before Ấp 10. Of words the letters count first, in the order of
    the Vietnamese alphabet (Dương before Đông), then the tone: Ba, Bà, Bả, Bã, Bá, Bạ. What is neither letter nor
    digit only parts syllables; capitals, and where in its syllable a tone stands (Hoà, Hòa), make no difference.
    """
    parts = re.findall(r"[0-9]+|[^\W\d_]+", unicodedata.normalize("NFC", name).casefold())
    return tuple(map(_syllable, parts))


def by_given_name(name: str) -> tuple[Syllable, ...]:
    """The key for people: the given name, which stands last, counts first; then the family's and the middle ones."""
    syllables = by_name(name)
    return syllables[-1:] + syllables[:-1]


def _syllable(part: str) -> Syllable:
    if part.isdecimal():
        digits = part.lstrip("0")
        return 0, (len(digits), *map(int, digits)), ()
    apart = unicodedata.normalize("NFD", part)
    letters = unicodedata.normalize("NFC", "".join(each for each in apart if each not in _TONES))
    places = tuple(_PLACE.get(each, len(_ALPHABET) + ord(each)) for each in letters)
    return 1, places, tuple(_TONES.index(each) for each in apart if each in _TONES)
