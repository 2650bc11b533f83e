"""Reads number words back into values: written independently of the code under test, so that wrong words show."""

import re

_ONES = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "nhất": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
}
_SCALES = {"nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9}
_BEFORE = {"tư": ("", "thứ", "tháng", "phần", "đến", "đến tháng", ","), "nhất": ("thứ",)}
_MILLENNIA = {("hai", "nghìn"), ("hai", "ngàn"), ("một", "nghìn"), ("một", "ngàn")}


def values(words: str) -> list[int]:
    """All whole numbers in these words, in order; digits spoken one by one are separate numbers."""
    found: list[int] = []
    tokens = re.findall(r"\w+|[^\w\s]", words.lower())
    one: _Number | None = None
    for at, token in enumerate(tokens):
        if token == "năm" and tuple(tokens[at + 1 : at + 3]) in _MILLENNIA and tokens[at - 1 : at] != ["tháng"]:
            token = "(year)"
        if one is not None and not one.goes_on(token):
            found.append(one.value)
            one = None
        if one is None:
            one = _Number.begin(token, tokens[at - 1] if at else "")
        else:
            one.add(token)
    if one is not None:
        found.append(one.value)
    return found


class _Number:
    """One number, word by word: whole thousands, hundreds and tens of the present group, a digit without a place."""

    def __init__(self) -> None:
        self.whole = 0
        self.group = 0
        self.digit: int | None = None
        self.wants_digit = False

    @classmethod
    def begin(cls, token: str, before: str) -> "_Number | None":
        one = cls()
        if before not in _BEFORE.get(token, (before,)):
            return None  # thông tư, thống nhất
        if token == "mười":
            one.group, one.wants_digit = 10, True
        elif token in _ONES:
            one.digit = _ONES[token]
        else:
            return None
        return one

    def goes_on(self, token: str) -> bool:
        if token in _ONES:
            return self.wants_digit or (self.digit is None and self.group % 100 == 0 and self.group + self.whole > 0)
        if token == "mười":
            return self.digit is None and not self.wants_digit and self.group % 100 == 0
        return token in ("mươi", "trăm", "linh", "lẻ") or token in _SCALES

    def add(self, token: str) -> None:
        if token in _ONES:
            if self.wants_digit:
                self.group, self.wants_digit = self.group + _ONES[token], False
            else:
                self.digit = _ONES[token]
        elif token == "mười":
            self.group, self.wants_digit = self.group + 10, True
        elif token == "mươi":
            self.group, self.digit, self.wants_digit = self.group + 10 * (self.digit or 0), None, True
        elif token == "trăm":
            self.group, self.digit, self.wants_digit = self.group + 100 * (self.digit or 0), None, False
        elif token in ("linh", "lẻ"):
            self.wants_digit = True
        else:
            self.whole = (
                (self.whole + self.group + (self.digit or 0)) * _SCALES[token]
                if token == "tỷ"
                else (self.whole + (self.group + (self.digit or 0)) * _SCALES[token])
            )
            self.group, self.digit, self.wants_digit = 0, None, False

    @property
    def value(self) -> int:
        return self.whole + self.group + (self.digit or 0)
