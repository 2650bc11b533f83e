"""Money and measures, with what they are per: 500.000đ/tháng, 1.500 m², 20-25°C, 0,55%, 1tr2, 1m65, 50x70cm."""

import re

from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.number_words import Dialect, cardinal, number
from audio.spoken_text.readers.amounts.numbers import NUMBER
from audio.spoken_text.readers.amounts.rates import PER, per_words
from audio.spoken_text.readers.amounts.units import UNIT, make_one_range, unit_words
from audio.spoken_text.reading import Reading

UNIT_AND_REST = re.compile(
    r"(?<![\w.,/])(?P<it>(?P<number>[0-9]{1,2})(?P<unit>m|km|ha)(?P<rest>[14-9]|[1-9][0-9]))(?![\w²³/]|[.,][0-9])"
)
TONNES = re.compile(r"(?<![\w.,/])(?P<it>(?P<number>[0-9]+[.,][0-9]+)\s?T)(?!\w)")
BELOW_ZERO_TO = re.compile(
    rf"(?<=[\s(])(?P<it>-(?P<number>{NUMBER}))(?=\s?(?:đến|-|tới)\s?-?{NUMBER}\s?(?:°|ºC|oC|độ))"
)
SUBTRACTED = re.compile(rf"(?<=\()(?P<it>-)(?={NUMBER}\s?(?:{UNIT})(?!\w))")
BELOW_ZERO = re.compile(rf"(?<![\w\x01])(?<![0-9\x01]\s)(?P<it>-(?P<number>{NUMBER})\s?(?P<unit>°C|ºC|oC|°|độ))(?!\w)")
SHORT_SUM = re.compile(
    rf"(?<![\w.,/])(?P<it>(?P<number>[0-9]{{1,3}})\s?(?P<scale>tr|triệu|tỷ|tỉ|k)(?P<rest>[1-9](?:[0-9]{{2}})?)(?P<per>{PER}))(?![\w-]|[.,][0-9])"
)
MEASURE = re.compile(
    rf"(?<![\w.,])(?<![0-9]/)(?P<it>(?:(?P<from>{NUMBER})\s?(?P<fromunit>(?:{UNIT})?)\s?(?P<join>-|÷|~)\s?)?(?P<number>{NUMBER})\s?(?P<unit>{UNIT})(?P<per>{PER}))(?![\w²³])"
)
SCALED_UNIT = re.compile(
    r"(?:(?<=nghìn )|(?<=ngàn )|(?<=triệu )|(?<=tỷ )|(?<=tỉ )|(?<=vạn )|(?<=trăm ))"
    rf"(?P<it>(?P<unit>{UNIT})(?P<per>{PER}))(?![\w²³])"
)
PRODUCT = re.compile(
    rf"(?<![\w.,/])(?P<it>(?P<from>{NUMBER})\s?[mc]?m?\s?[xX×]\s?(?P<number>{NUMBER})(?:\s?(?P<unit>(?:mm|cm|m|km)[23²³]?)(?![\w²³]))?)(?![\w]|[.,][0-9])"
)
TIMES = re.compile(rf"(?:(?<=\x01)|(?<=[{SMALL}{CAPITAL}])(?=\s))(?P<it>\s?[xX×]\s?)(?=\x01)")
UNIT_ALONE = re.compile(r"(?<=\x01)(?P<it>\s?(?P<unit>mm|cm|m|km|kg|ha|mm2|m2|m²|m3|m³|kV|kVA|kW))(?![\w²³])")
_SCALES = {"k": "nghìn", "tr": "triệu", "triệu": "triệu", "tỷ": "tỷ", "tỉ": "tỷ"}


def say_unit_and_rest(match: re.Match[str], reading: Reading) -> str:
    """1m65, 2km5: what follows the unit is of it."""
    is_half = match["unit"] == "ha" and match["rest"] == "5"
    rest = "rưỡi" if is_half else cardinal(int(match["rest"]), reading.dialect)
    return f"{number(match['number'], reading.dialect)} {unit_words(match['unit'], reading.dialect)} {rest}"


def say_tonnes(match: re.Match[str], reading: Reading) -> str | None:
    """Xe 3,5T."""
    is_weight = re.search(r"(?:xe|tải|trọng)\D{0,12}$", reading.before(match))
    return f"{number(match['number'], reading.dialect)} tấn" if is_weight else None


def say_below_zero_to(match: re.Match[str], reading: Reading) -> str:
    """-2 đến 3°C."""
    return f"âm {number(match['number'], reading.dialect)}"


def say_below_zero(match: re.Match[str], reading: Reading) -> str:
    """-2°C."""
    return f"âm {number(match['number'], reading.dialect)} {unit_words(match['unit'], reading.dialect)}"


def say_short_sum(match: re.Match[str], reading: Reading) -> str | None:
    """1tr2 is a million and two hundred thousand, said as people do: một triệu hai; 1tr5 một triệu rưỡi."""
    dialect, scale = reading.dialect, match["scale"]
    rest = "rưỡi" if match["rest"] == "5" else cardinal(int(match["rest"]), dialect)
    if len(match["rest"]) == 3:
        if scale == "k":
            return None
        rest += f" {unit_words('nghìn' if scale in ('tr', 'triệu') else 'triệu', dialect)}"
    words = f"{number(match['number'], dialect)} {unit_words(_SCALES[scale], dialect)} {rest}"
    return words + per_words(match["per"], "đồng", dialect)


def say_measure(match: re.Match[str], reading: Reading) -> str | None:
    """25 kg, 20-25°C, 220V-50Hz, 30.000 đồng/người/ngày."""
    dialect, unit = reading.dialect, match["unit"]
    if unit == "v":
        return None  # the letter of “v.v.”; volts have a capital
    words = unit_words(unit, dialect)
    last = f"{_number_of(match['number'], words, dialect)} {words}{per_words(match['per'], unit, dialect)}"
    if not match["from"]:
        return last
    first = _number_of(match["from"], words, dialect)
    if match["fromunit"] and match["fromunit"] != unit:
        first_words = unit_words(match["fromunit"], dialect)
        first += f" {first_words}"
        if not make_one_range(first_words, words):
            return f"{first}, {last}"
    is_place = unit.upper() in ("°N", "°E")
    return f"{first}, {last}" if is_place else f"{first} đến {last}"


def _number_of(written: str, unit: str, dialect: Dialect) -> str:
    """Of money as English writes it too, with a comma between thousands: no sum of money has a thousandth."""
    is_english = unit == "đồng" and re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", written)
    return number(written.replace(",", ".") if is_english else written, dialect)


def say_scaled_unit(match: re.Match[str], reading: Reading) -> str:
    """The đ of 2 triệu đ/hộ."""
    dialect = reading.dialect
    return unit_words(match["unit"], dialect) + per_words(match["per"], match["unit"], dialect)


def say_product(match: re.Match[str], reading: Reading) -> str:
    """50x70cm."""
    unit = f" {unit_words(match['unit'], reading.dialect)}" if match["unit"] else ""
    return f"{number(match['from'], reading.dialect)} nhân {number(match['number'], reading.dialect)}{unit}"


def say_unit_alone(match: re.Match[str], reading: Reading) -> str | None:
    """60x60x60cm, 118,5/120m: the unit of a number that has been read."""
    is_of_number = reading.ending_at(match.start("it"), "number", "measure", "share", "range")
    return f" {unit_words(match['unit'], reading.dialect)}" if is_of_number else None
