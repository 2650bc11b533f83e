"""Units: how each is written, and its words."""

import re
from collections.abc import Mapping

from audio.spoken_text.number_words import Dialect

UNITS: Mapping[str, str] = {
    "mm": "mi li mét",
    "mm2": "mi li mét vuông",
    "mm²": "mi li mét vuông",
    "hp": "mã lực",
    "cm": "xăng ti mét",
    "dm": "đề xi mét",
    "m": "mét",
    "km": "ki lô mét",
    "ha": "héc ta",
    "kg": "ki lô gam",
    "g": "gam",
    "gr": "gam",
    "gam": "gam",
    "mg": "mi li gam",
    "l": "lít",
    "lít": "lít",
    "ml": "mi li lít",
    "cc": "xê xê",
    "kwh": "ki lô oát giờ",
    "kw": "ki lô oát",
    "mw": "mê ga oát",
    "w": "oát",
    "kv": "ki lô vôn",
    "kva": "ki lô vôn am pe",
    "mva": "mê ga vôn am pe",
    "v": "vôn",
    "hz": "héc",
    "mhz": "mê ga héc",
    "gb": "gi ga bai",
    "mb": "mê ga bai",
    "h": "giờ",
    "tr": "triệu",
    "tr.đ": "triệu đồng",
    "trđ": "triệu đồng",
    "đ": "đồng",
    "đồng": "đồng",
    "đ đồng": "đồng",
    "vnđ": "đồng",
    "vnd": "đồng",
    "usd": "đô la Mỹ",
    "k": "nghìn",
    "°c": "độ C",
    "ºc": "độ C",
    "oc": "độ C",
    "°n": "độ vĩ bắc",
    "°e": "độ kinh đông",
    "°": "độ",
    "%": "phần trăm",
    "‰": "phần nghìn",
    "m2": "mét vuông",
    "m²": "mét vuông",
    "m3": "mét khối",
    "m³": "mét khối",
    "km2": "ki lô mét vuông",
    "km²": "ki lô mét vuông",
    "cm2": "xăng ti mét vuông",
    "cm²": "xăng ti mét vuông",
    "cm3": "xăng ti mét khối",
    "cm³": "xăng ti mét khối",
    "s": "giây",
    "mmol": "mi li mol",
    "th": "tháng",
    "ng": "người",
    "µg": "mi crô gam",
    "μg": "mi crô gam",
    "mmhg": "mi li mét thủy ngân",
    "db": "đề xi ben",
}
"""By how they are written in small letters."""

_WITH_CAPITALS = (
    *("Kg", "KG", "Km", "KM", "Ha", "HA", "kWh", "KWh", "Kwh", "KWH", "kW", "KW", "MW", "W", "kV", "KV", "kVA", "KVA"),
    *("MVA", "V", "Hz", "VNĐ", "VND", "USD", "°C", "ºC", "oC", "°N", "°E", "mmHg", "dB", "L", "mL", "HP", "MHz"),
    *("GB", "MB"),
)
UNIT = "|".join(re.escape(unit) for unit in sorted([*UNITS, *_WITH_CAPITALS], key=len, reverse=True))
"""A pattern for any of them, the longest first."""

_COUNTS = ("ng", "tr", "tr.đ", "trđ", "đ", "đồng", "vnđ", "vnd", "usd", "k", "%", "‰")
_MEASURES = (frozenset(UNITS) | {"giờ", "giây", "phút", "sào"}) - frozenset(_COUNTS)
_FAMILIES = (
    {"mi li mét", "xăng ti mét", "mét", "ki lô mét"},
    {"mi li gam", "gam", "ki lô gam", "yến", "tạ", "tấn"},
    {"đồng", "nghìn", "ngàn", "triệu", "tỷ", "tỉ"},
    {"giây", "phút", "giờ"},
)


def unit_words(written: str, dialect: Dialect) -> str:
    """The words for a unit; what is no unit stays as it is: `người` in 20.000 đồng/người."""
    words = UNITS.get(written.lower(), written)
    return dialect.thousand if words == "nghìn" else words


def is_measure(written: str) -> bool:
    """Whether a unit measures (kg, m, giờ); others count (đồng, người, %)."""
    return written.lower() in _MEASURES


def make_one_range(first: str, second: str) -> bool:
    """Whether amounts in these units (in words) may be the ends of one range: 500 m - 2 km, but not 220V-50Hz."""
    return first == second or any({first, second} <= family for family in _FAMILIES)
