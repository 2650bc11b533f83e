"""Numbers in words: `2.015` → hai nghìn không trăm mười lăm. Written as Vietnamese does: a point between thousands, a
comma before decimals.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_TOO_LARGE_FOR_WORDS = 10**15
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,5}")
_GROUPED_BY_COMMA = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){2,5}")


Thousand = Literal["nghìn", "ngàn"]
ZeroTens = Literal["linh", "lẻ"]
"""As in hai trăm linh năm."""
Four = Literal["tư", "bốn"]
"""After tens: hai mươi tư."""
THOUSANDS: tuple[Thousand, ...] = get_args(Thousand)
ZERO_TENS: tuple[ZeroTens, ...] = get_args(ZeroTens)
FOURS: tuple[Four, ...] = get_args(Four)


@dataclass(frozen=True)
class Dialect:
    """The words that differ between regions."""

    thousand: Thousand = "nghìn"
    zero_tens: ZeroTens = "linh"
    four: Four = "tư"


NORTHERN = Dialect()
SOUTHERN = Dialect(thousand="ngàn", zero_tens="lẻ", four="bốn")


def cardinal(value: int, dialect: Dialect) -> str:
    """A whole number, 0 or more; from a million billions on digit by digit."""
    if value >= _TOO_LARGE_FOR_WORDS:
        return digit_by_digit(str(value))
    if value == 0:
        return DIGITS[0]
    billions, rest = divmod(value, 10**9)
    said = [f"{cardinal(billions, dialect)} tỷ"] if billions else []
    for scale, name in ((10**6, "triệu"), (10**3, dialect.thousand), (1, "")):
        group, rest = divmod(rest, scale)
        if group:
            said.append(f"{_group(group, dialect, is_after_group=bool(said))} {name}".strip())
    return " ".join(said)


def digit_by_digit(digits: str) -> str:
    """Each digit by its name; what isn't a digit is left out."""
    return " ".join(DIGITS[int(digit)] for digit in digits if digit.isdecimal())


def month_word(month: int, dialect: Dialect) -> str:
    """Tháng tư, never tháng bốn."""
    return "tư" if month == 4 else cardinal(month, dialect)


def ordinal(value: int, dialect: Dialect) -> str:
    """What follows “thứ”: nhất, hai, ba, tư, năm …"""
    return {1: "nhất", 4: "tư"}.get(value) or cardinal(value, dialect)


def value_of(written: str) -> int | None:
    """The whole number that is written so, thousands by points or not; None for another."""
    if _GROUPED.fullmatch(written) or _GROUPED_BY_COMMA.fullmatch(written):
        return int(re.sub(r"[.,]", "", written))
    return int(written) if re.fullmatch(r"[0-9]{1,15}", written) else None


def number(written: str, dialect: Dialect) -> str:
    """A number as it is written, with its decimals. Codes that begin with zeros are said digit by digit."""
    if re.fullmatch(r"0[0-9]{2,}|[0-9]{16,}", written):
        return digit_by_digit(written)
    whole = value_of(written)
    if whole is not None:
        return cardinal(whole, dialect)
    head, _, decimals = written.rpartition("," if "," in written else ".")
    before = value_of(head)
    if before is None or not decimals.isdecimal():
        join = ", " if "," in written else " chấm "
        return join.join(number(each, dialect) for each in re.split(r"[.,]", written))
    return f"{cardinal(before, dialect)} phẩy {_decimals(decimals, dialect)}"


def _decimals(digits: str, dialect: Dialect) -> str:
    if digits[0] == "0" or len(digits) > 3:
        return digit_by_digit(digits)
    return cardinal(int(digits), dialect)


def _group(group: int, dialect: Dialect, *, is_after_group: bool) -> str:
    """Up to 999; after another group empty hundreds are said: hai nghìn không trăm mười lăm."""
    hundreds, rest = divmod(group, 100)
    tens, ones = divmod(rest, 10)
    said = []
    if hundreds or is_after_group:
        said.append(f"{DIGITS[hundreds]} trăm")
    if tens == 0:
        if ones and said:
            said.append(dialect.zero_tens)
        if ones:
            said.append(DIGITS[ones])
        return " ".join(said)
    said.append("mười" if tens == 1 else f"{DIGITS[tens]} mươi")
    if ones:
        after_tens = {1: "mốt" if tens > 1 else "một", 4: dialect.four if tens > 1 else "bốn", 5: "lăm"}
        said.append(after_tens.get(ones, DIGITS[ones]))
    return " ".join(said)
