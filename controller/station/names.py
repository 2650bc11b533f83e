"""What a name may be: of a person, a place or a speaker. Each deed that stores one asks here, for every door."""

import re
import unicodedata

from controller.errors import Invalid

MAX_NAME_LENGTH = 200
MAX_PHONE_LENGTH = 40

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of writing, halves of a surrogate pair: no name is read so."""
_VISIBLE_CATEGORIES = frozenset("LNPS")
"""Unicode categories of characters that are seen on their own: a combining mark alone, or a space, is no name."""


def require_name(field: str, text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """The text in NFC without the space around it. Raises Invalid: too long, nothing to see, or unreadable."""
    name = unicodedata.normalize("NFC", text).strip()
    if not any(unicodedata.category(each)[0] in _VISIBLE_CATEGORIES for each in name):
        raise Invalid(field, "line_blank")
    if len(name) > max_length:
        raise Invalid(field, "line_too_long", most=max_length)
    if _UNREADABLE.search(name):
        raise Invalid(field, "line_control_character")
    return name


def require_name_if_any(field: str, text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """The same for a field that may be empty."""
    return require_name(field, text, max_length) if text.strip() else ""
