"""Numbers in a text that can identify a person."""

import re
import unicodedata

from audio.spoken_text import SpokenText, spoken_text

_MIN_DIGITS_OF_PERSONAL_NUMBER = 7
_LONG_NUMBER = re.compile(r"[0-9](?:[\s./,_()+-]{0,2}[0-9]){6,}")
_GROUPED_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_IMPERSONAL_KINDS = ("measure", "range", "date", "time", "document", "address")


def personal_numbers(text: str, reading: SpokenText) -> list[str]:
    """Telephone, document and account numbers as written in the text: each can identify a person."""
    found = [text[each.start : each.end] for each in reading.stretches if each.kind in ("phone", "code")]
    # Also numbers that a correction or the lexicon reads as something else: here the rules alone decide the kind.
    masked = list("".join(str(unicodedata.digit(each, each)) for each in text))
    for each in spoken_text(text).stretches:
        if each.kind in _IMPERSONAL_KINDS or _GROUPED_THOUSANDS.fullmatch(text[each.start : each.end]):
            masked[each.start : each.end] = "x" * (each.end - each.start)
    found += [each for each in _LONG_NUMBER.findall("".join(masked)) if each not in found]
    return [each for each in found if sum(letter.isdecimal() for letter in each) >= _MIN_DIGITS_OF_PERSONAL_NUMBER]
