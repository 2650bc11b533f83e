"""Amounts: money, measures, shares and ranges: 500.000đ/tháng, 1.500 m², 20-25°C, 0,55%, 18/20 hộ, 6-12 tháng."""

import re

from audio.spoken_text.counted import is_counted
from audio.spoken_text.letters import CAPITAL, SMALL
from audio.spoken_text.number_words import cardinal, digit_by_digit, number, ordinal, value_of
from audio.spoken_text.reading import Reading, Stretch

UNITS = {
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
_COUNTS = ("ng", "tr", "tr.đ", "trđ", "đ", "đồng", "vnđ", "vnd", "usd", "k", "%", "‰")
_MEASURES = (frozenset(UNITS) | {"giờ", "giây", "phút", "sào"}) - frozenset(_COUNTS)
_WITH_CAPITALS = (
    *("Kg", "KG", "Km", "KM", "Ha", "HA", "kWh", "KWh", "Kwh", "KWH", "kW", "KW", "MW", "W", "kV", "KV", "kVA", "KVA"),
    *(
        "MVA",
        "V",
        "Hz",
        "VNĐ",
        "VND",
        "USD",
        "°C",
        "ºC",
        "oC",
        "°N",
        "°E",
        "mmHg",
        "dB",
        "L",
        "mL",
        "HP",
        "MHz",
        "GB",
        "MB",
    ),
)
_N = r"[0-9]+(?:[.,][0-9]+){0,6}"
_UNIT = "|".join(re.escape(unit) for unit in sorted([*UNITS, *_WITH_CAPITALS], key=len, reverse=True))
_LETTERS = rf"(?:%|[{SMALL}{CAPITAL}][{SMALL}{CAPITAL}0-9²³]*)"
_PER = rf"(?:\s?/\s?(?:[0-9]+\s)?{_LETTERS}(?:\s?/\s?{_LETTERS})*)?"
_MEASURE = re.compile(
    rf"(?<![\w.,])(?<![0-9]/)(?P<it>(?:(?P<from>{_N})\s?(?P<fromunit>(?:{_UNIT})?)\s?(?P<join>-|÷|~)\s?)?(?P<number>{_N})\s?(?P<unit>{_UNIT})(?P<per>{_PER}))(?![\w²³])"
)
_PER_ABBREVIATION = re.compile(r"(?<=\x01)(?P<it>\s?/\s?)(?=\x01)")
_UNIT_LEFT = re.compile(r"(?<=\x01)(?P<it>\s?(?P<unit>mm|cm|m|km|kg|ha|mm2|m2|m²|m3|m³|kV|kVA|kW))(?![\w²³])")
_COUNTED_PER = re.compile(rf"(?<=\x01)(?P<it>\s?/\s?(?P<per>[{SMALL}][{SMALL}0-9²³]*))(?!\w)")
_PER_WORDS = (
    "tháng|năm|ngày|người|hộ|kg|ha|m2|m²|m3|m³|km2|km²|giờ|lần|khẩu|con|cây|suất|lít|phút|tuần|học sinh|hội viên|"
    "sào|tấn|tạ|"
    "cháu|em|buổi|ca|công|đêm|lượt|trẻ|vụ|đợt|xã|ấp|thôn|cái|chiếc|bộ|cuốn|thẻ|mũi|liều|bình|"
    "bông|lớp|đầu người|nhân khẩu|thửa|gốc|kỳ|quý|vòng|môn|khóa|"
    "lượng|chỉ|chuyến|phần|tiết|bài|gói|vé|bao|hộp|chai|chậu|luống|khay|tổ|đội|nhóm|đoàn"
)
_PER_AFTER_WORD = re.compile(rf"(?P<it>(?<=[{SMALL}{CAPITAL}])\s?/\s?(?P<per>{_PER_WORDS}))(?!\w)")
_BY_AMOUNT = re.compile(rf"(?<=[{SMALL}{CAPITAL}])(?P<it>\s?/\s?)(?=\x01)")
_SCALED_UNIT = re.compile(
    r"(?:(?<=nghìn )|(?<=ngàn )|(?<=triệu )|(?<=tỷ )|(?<=tỉ )|(?<=vạn )|(?<=trăm ))"
    rf"(?P<it>(?P<unit>{_UNIT})(?P<per>{_PER}))(?![\w²³])"
)
_OF_NUMBER = re.compile(rf"(?<=[{SMALL}\x01])(?P<it>\s?/\s?)(?=\x01)")
_FRACTION = re.compile(
    r"(?<![\w/.,])(?P<it>(?P<part>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,7})\s?/\s?"
    rf"(?P<whole>[0-9]{{1,3}}(?:\.[0-9]{{3}})+|[0-9]{{1,7}})(?:\s?(?P<unit>(?:{_UNIT})(?!\w)))?)(?![\w/²³]|[.,][0-9])"
)
_CHAIN = re.compile(rf"(?<![\w.,/-])(?P<it>{_N}(?:\s?-\s?{_N}){{2,12}})(?![\w-]|/[0-9]|[.,][0-9])")
_RANGE = re.compile(rf"(?<![\w.,/-])(?P<it>(?P<from>{_N})\s?-\s?(?P<number>{_N}))(?![\w/-]|[.,][0-9])")
_SCALED = re.compile(rf"(?<![\w.,/-])(?P<it>(?P<from>{_N})\s?-\s?(?P<number>{_N}))(?=\s?(?:nghìn|ngàn|triệu|tỷ|tỉ))")
_PRODUCT = re.compile(
    rf"(?<![\w.,/])(?P<it>(?P<from>{_N})\s?[mc]?m?\s?[xX×]\s?(?P<number>{_N})(?:\s?(?P<unit>(?:mm|cm|m|km)[23²³]?)(?![\w²³]))?)(?![\w]|[.,][0-9])"
)
_TIMES = re.compile(rf"(?:(?<=\x01)|(?<=[{SMALL}{CAPITAL}])(?=\s))(?P<it>\s?[xX×]\s?)(?=\x01)")
_SPACED = re.compile(r"(?<![\w.,/])(?P<it>[1-9][0-9]{0,2}(?: [0-9]{3})+)(?=\s?(?:đồng|đ\b|VNĐ|VND|vnđ|vnd))")
_SPACED_WITHOUT_UNIT = re.compile(
    rf"(?<=[{SMALL}:(]\s)(?P<it>[1-9][0-9]{{0,2}}(?: [0-9]{{3}}){{1,3}})(?![\w/:]|[.,-][0-9]|\s[0-9])"
)
_IS_NUMBERED = re.compile(
    r"(?:ấp|tổ|thôn|xóm|bản|khóm|khu|phố|kp|đội|cụm|nhóm|lớp|khối|khóa|đợt|lần|mũi|vụ|quý|tuần|bài|mục|phần|cấp|loại|bậc|"
    r"hạng|vòng|kỳ|ca|số|nhà|đường|ngõ|hẻm|lô|thửa|điều|khoản|điểm|trang|phòng|tầng|máy|gọi|lộ|ngày|tháng|năm|giờ|thứ|mùng|"
    r"đoàn|trạm|kênh|bộ|bàn|xe|tuyến|chuyến|lh|hệ|thoại|nóng|đài|zalo|fax|khoản|đến|tới|mã|hiệu)[\s:(]*$"
)
_RATIO = re.compile(r"(?<=\x01)(?P<it>\s?:\s?)(?=\x01)")
_SCORE = re.compile(r"(?:tỷ|tỉ) số[^.;\n]{0,60}$")
_TO_THE_SAME = re.compile(
    r"\b(?P<noun>lớp|khối|tổ|ấp|thôn|bản|khóm|khu phố|điều|khoản|mục|trang|số|đội|cụm)\s\x01+(?P<it>\s?-\s?)"
    r"(?=(?P=noun)\s\x01)",
    re.IGNORECASE,
)
_OF_ONE_KIND = re.compile(r"(?<=\x01)(?P<it>\s?-\s?)(?=\x01)")
_YEARS_OLD = re.compile(r"(?<![\w.,/])(?P<it>(?P<years>[1-9][0-9]?|1[01][0-9])\s?t)(?!\w)")
_OF_PEOPLE = re.compile(
    r"(?:đủ|tuổi|nam|nữ|trẻ|công dân|sinh|người|cụ|nct|đến hết|hưởng thọ|từ trên|từ đủ)\b[^.;\n]{0,40}$"
)
_ROUND = re.compile(r"vòng(?: chung kết)?\s*$")
_JOINS_TWO = re.compile(r"liên (?:ấp|tổ|thôn|xóm|xã|khu|khóm|bản|huyện|tỉnh)\s*$")
_OF_RATIO = re.compile(r"(?:(?:tỷ|tỉ) lệ|taluy|độ dốc|bản đồ)\D{0,12}[0-9.,:]+$")
_IN = re.compile(r"(?<=\x01)(?P<it>\s?in\s?)(?=\x01)")
_WITH_REST = re.compile(
    r"(?<![\w.,/])(?P<it>(?P<number>[0-9]{1,2})(?P<unit>m|km|ha)(?P<rest>[14-9]|[1-9][0-9]))(?![\w²³/]|[.,][0-9])"
)
_BELOW_ZERO_TO = re.compile(rf"(?<=[\s(])(?P<it>-(?P<number>{_N}))(?=\s?(?:đến|-|tới)\s?-?{_N}\s?(?:°|ºC|oC|độ))")
_LESS = re.compile(rf"(?<=\()(?P<it>-)(?={_N}\s?(?:{_UNIT})(?!\w))")
_TONNES = re.compile(r"(?<![\w.,/])(?P<it>(?P<number>[0-9]+[.,][0-9]+)\s?T)(?!\w)")
_BELOW_ZERO = re.compile(rf"(?<![\w\x01])(?<![0-9\x01]\s)(?P<it>-(?P<number>{_N})\s?(?P<unit>°C|ºC|oC|°|độ))(?!\w)")
_ENGLISH_THOUSANDS = re.compile(
    r"(?<![\w.,/–-])(?P<it>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?![\w]|[.,][0-9]|\s?[-–]\s?[0-9])"
)
_CORNER = re.compile(r"(?<=[Nn]gã )(?P<it>[3-9])(?![\w/]|[.,][0-9])")
# After what is numbered a comma parts; 1,2 ha is a decimal.
_LIST = re.compile(
    r"(?:(?:tổ|ấp|thôn|bản|buôn|xóm|khóm|khu phố|khu|lớp|khối|điều|khoản|mũi|đợt|cụm|đội|nhóm|phòng|bàn)\s"
    r"(?P<it>[0-9]{1,3}(?:,[0-9]{1,3})+))(?![\w/]|[.,][0-9]|\s(?:ha|km|m|m2|triệu|tỷ|lần)\b)",
    re.IGNORECASE,
)
_TO_ANOTHER = re.compile(
    r"\x01(?:\s(?:nghìn|ngàn|triệu|tỷ|tỉ|tháng|tuổi|năm|ngày|giờ|phút|tuần|độ|đồng|(?P<counted>hộ|người))(?:\s(?:tuổi|đồng))?)?"
    r"(?P<it>\s?-\s?)(?=\x01)"
)
_SCALES = {"k": "nghìn", "tr": "triệu", "triệu": "triệu", "tỷ": "tỷ", "tỉ": "tỷ"}
_HALF_SAID = re.compile(
    rf"(?<![\w.,/])(?P<it>(?P<number>[0-9]{{1,3}})\s?(?P<scale>tr|triệu|tỷ|tỉ|k)(?P<rest>[1-9](?:[0-9]{{2}})?)(?P<per>{_PER}))(?![\w-]|[.,][0-9])"
)
_NUMBER = re.compile(rf"(?P<it>{_N})")
_SHARE_OF = re.compile(
    r"(?:(?:tổng )?số|tổng|dân số|diện tích|quân số|chặng|quãng|chiều|lượng|mức|giá|thời gian|của)\b"
)
_FAMILIES = (
    {"mi li mét", "xăng ti mét", "mét", "ki lô mét"},
    {"mi li gam", "gam", "ki lô gam", "yến", "tạ", "tấn"},
    {"đồng", "nghìn", "ngàn", "triệu", "tỷ", "tỉ"},
    {"giây", "phút", "giờ"},
)
_IS_PART_OF_ONE = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4))
_DIVIDED = re.compile(r"(?:ngày|buổi|giờ|tháng|năm|suất|lương|định mức|thời)\b")
_ABOUT = re.compile(r"(?:hơn|gần|khoảng|quá|ít nhất|tối thiểu|tối đa|trên|dưới|bằng)\s*$")


def read_amounts(reading: Reading) -> None:
    """Money and measures with what they are per, shares, ranges, and at last every number that is left."""
    dialect = reading.dialect

    def say_number(written: str) -> str:
        return number(written, dialect)

    def say_money(written: str) -> str:
        """As English does, with a comma between thousands: no sum of money has a thousandth."""
        return say_number(written.replace(",", ".") if re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", written) else written)

    def alone(match: re.Match[str]) -> str:
        written = match["it"]
        names_something = re.fullmatch("[0-9]{7,}", written) and not re.match(rf"\s[{SMALL}]", reading.after(match, 2))
        return digit_by_digit(written) if names_something else say_number(written)

    def unit_words(written: str) -> str:
        words = UNITS.get(written.lower(), written)
        return dialect.thousand if words == "nghìn" else words

    def per_words(written: str, unit: str = "đồng") -> str:
        """30.000 đồng/người/ngày is so much "một người một ngày"; 100 kg/ha, one measure by another, "trên héc ta"."""
        parts = [part.strip() for part in written.split("/") if part.strip()]
        return "".join(f" {_by(part, unit)}" for part in parts)

    def _by(part: str, unit: str) -> str:
        count = re.fullmatch(r"([0-9]+)\s(.+)", part)
        if count:
            return f"trên {say_number(count[1])} {unit_words(count[2])}"
        by = "trên" if unit.lower() in _MEASURES and part.lower() in _MEASURES else "một"
        return f"{by} {unit_words(part)}"

    def measure(match: re.Match[str]) -> str | None:
        unit = match["unit"]
        if unit == "v":
            return None
        say = say_money if unit_words(unit) == "đồng" else say_number
        said = f"{say(match['number'])} {unit_words(unit)}{per_words(match['per'], unit)}"
        if match["from"]:
            first = say(match["from"])
            if match["fromunit"] and match["fromunit"] != unit:
                units = {unit_words(match["fromunit"]), unit_words(unit)}
                first += f" {unit_words(match['fromunit'])}"
                if len(units) == 2 and not any(units <= family for family in _FAMILIES):
                    return f"{first}, {said}"  # 220V-50Hz
            said = f"{first}, {said}" if match["unit"].upper() in ("°N", "°E") else f"{first} đến {said}"
        return said

    def fraction(match: re.Match[str]) -> str | None:
        part, whole = value_of(match["part"]), value_of(match["whole"])
        if part is None or not whole:
            return None
        after = reading.after(match).lstrip()
        few = part < whole <= 10
        if match["unit"] and (part, whole) in _IS_PART_OF_ONE:
            return f"{cardinal(part, dialect)} phần {ordinal(whole, dialect)} {unit_words(match['unit'])}"
        if part == 1 and _ROUND.search(reading.before(match)):
            return f"một phần {ordinal(whole, dialect)}"
        is_half = (part, whole) == (1, 2) or ((part, whole) in ((1, 3), (1, 4)) and _DIVIDED.match(after))
        if few and (
            is_half or _SHARE_OF.match(after) or (_ABOUT.search(reading.before(match)) and not is_of_many(after))
        ):
            return f"{cardinal(part, dialect)} phần {ordinal(whole, dialect)}"
        unit = f" {unit_words(match['unit'])}" if match["unit"] else ""
        return f"{cardinal(part, dialect)} trên {cardinal(whole, dialect)}{unit}"

    def is_of_many(after: str) -> bool:
        return bool(re.match(f"[{SMALL}]", after)) and not _SHARE_OF.match(after)

    def corner(match: re.Match[str]) -> str:
        return ordinal(int(match["it"]), dialect)

    def counted(match: re.Match[str]) -> str:
        return ", ".join(say_number(each) for each in re.split(r",\s?", match["it"]))

    def unit_of(stretch: Stretch | None) -> str:
        """The unit at the end of a measure; empty where it isn't one."""
        if stretch is None or stretch.why != "measure":
            return ""
        written = re.search(r"[^\W\d_]+[23²³]?$|[%°‰]$", reading.text[stretch.start : stretch.end])
        return unit_words(written[0]) if written else ""

    def to_another(match: re.Match[str]) -> str | None:
        """6 tháng - 5 tuổi, 500 triệu - 1 tỷ: a dash between two amounts."""
        kinds = ("number", "measure")
        units = [
            unit_of(each) for each in (reading.ending_at(match.start() + 1), reading.beginning_at(match.end("it")))
        ]
        if all(units) and units[0] != units[1] and not any(set(units) <= family for family in _FAMILIES):
            return None  # 220V-50Hz
        if match["counted"] and not reading.after(match).lstrip("0123456789., ").startswith(match["counted"]):
            return None  # 125 hộ - 480 khẩu: as many households, so many people
        is_from = reading.ending_at(match.start() + 1, *kinds)
        return " đến " if is_from and reading.beginning_at(match.end("it"), *kinds) else None

    def product(match: re.Match[str]) -> str:
        unit = f" {unit_words(match['unit'])}" if match["unit"] else ""
        return f"{say_number(match['from'])} nhân {say_number(match['number'])}{unit}"

    def chain(match: re.Match[str]) -> str:
        return ", ".join(say_number(each) for each in re.split(r"\s?-\s?", match["it"]))

    def between(match: re.Match[str]) -> str | None:
        first, second = value_of(match["from"]), value_of(match["number"])
        if match["from"].startswith("0") and len(match["from"]) > 2:
            return None
        is_score = _SCORE.search(reading.before(match, 80)) or _JOINS_TWO.search(reading.before(match))
        join = " đến " if not is_score and (first is None or second is None or first < second) else ", "
        return f"{say_number(match['from'])}{join}{say_number(match['number'])}"

    def half_said(match: re.Match[str]) -> str | None:
        """1tr2 is a million and two hundred thousand, said as people do: một triệu hai; 1tr5 một triệu rưỡi."""
        rest = "rưỡi" if match["rest"] == "5" else cardinal(int(match["rest"]), dialect)
        if len(match["rest"]) == 3:
            if match["scale"] == "k":
                return None
            rest += f" {unit_words('nghìn' if match['scale'] in ('tr', 'triệu') else 'triệu')}"
        return f"{say_number(match['number'])} {unit_words(_SCALES[match['scale']])} {rest}{per_words(match['per'])}"

    def with_rest(match: re.Match[str]) -> str:
        """1m65, 2km5: what follows the unit is of it."""
        rest = "rưỡi" if match["unit"] == "ha" and match["rest"] == "5" else cardinal(int(match["rest"]), dialect)
        return f"{say_number(match['number'])} {unit_words(match['unit'])} {rest}"

    def between_two_of_a_kind(match: re.Match[str]) -> str | None:
        """Km3 - Km5, BĐ2-BĐ3: the same word with two numbers."""
        start, end = match.span("it")
        beside = [each for each in (reading.ending_at(start), reading.beginning_at(end)) if each]
        written = [reading.text[each.start : each.end] for each in beside]
        kinds = [re.match(r"([^\W\d]+)\W?[0-9]", each) for each in written]
        return " đến " if len(kinds) == 2 and kinds[0] and kinds[1] and kinds[0][1] == kinds[1][1] else None

    def years_old(match: re.Match[str]) -> str | None:
        is_age = _OF_PEOPLE.search(reading.before(match)) or re.match(r"\s*trở (?:lên|xuống)", reading.after(match))
        return f"{say_number(match['years'])} tuổi" if is_age else None

    def unit_left(match: re.Match[str]) -> str | None:
        """60x60x60cm, 118,5/120m: the unit of a number that was read already."""
        is_of_number = reading.ending_at(match.start("it"), "number", "measure", "share", "range")
        return f" {unit_words(match['unit'])}" if is_of_number else None

    def tonnes(match: re.Match[str]) -> str | None:
        is_weight = re.search(r"(?:xe|tải|trọng)\D{0,12}$", reading.before(match))
        return f"{say_number(match['number'])} tấn" if is_weight else None

    def per_abbreviation(match: re.Match[str]) -> str | None:
        """155.000đ/HS: what is counted is an abbreviation."""
        is_sum = reading.ending_at(match.start("it"), "measure")
        return " một " if is_sum and reading.beginning_at(match.end("it"), "abbreviation") else None

    def counted_per(match: re.Match[str]) -> str | None:
        start = match.start("it")
        is_counted = bool(reading.ending_at(start, "number", "measure", "range", "share", "time")) or bool(
            reading.ending_at(start, "abbreviation")
            and re.search(r"[0-9][^.,;:\n]{0,20}/[^.,;:\n/]{1,12}$", reading.before(match))
        )
        # Two of a number would be heard in “hai mươi một ngày”.
        by = "mỗi" if reading.text[match.start("it") - 1].isdecimal() else "một"
        return f" {by} {unit_words(match['per'])}" if is_counted else None

    def per_after_word(match: re.Match[str]) -> str | None:
        is_of_a_number = re.search(r"(?:[0-9][^.;:\n]{0,40}|đồng|triệu|ngh?ìn|ngàn|lần)$", reading.before(match, 48))
        return f" một {unit_words(match['per'])}" if is_of_a_number else None

    def by_amount(match: re.Match[str]) -> str | None:
        """3 kg DAP/1.000m2: so much on so much."""
        is_measure = reading.beginning_at(match.end("it"), "measure")
        return " trên " if is_measure and re.search(r"[0-9][^.;:\n]{0,40}$", reading.before(match, 48)) else None

    reading.read(_OF_ONE_KIND, between_two_of_a_kind, "range")
    reading.read(_YEARS_OLD, years_old, "number")

    def english_thousands(match: re.Match[str]) -> str | None:
        """500,000/người, 2,500 hộ: nobody is counted in thousandths."""
        after = reading.after(match)
        is_whole = match["it"].endswith(",000") or re.match(r"\s?/", after) or is_counted(after)
        return say_number(match["it"].replace(",", "")) if is_whole else None

    reading.read(_ENGLISH_THOUSANDS, english_thousands, "number")
    reading.read(_CORNER, corner, "number")
    reading.read(_WITH_REST, with_rest, "measure")
    reading.read(_TONNES, tonnes, "measure")
    reading.read(_BELOW_ZERO_TO, lambda match: f"âm {say_number(match['number'])}", "number")
    reading.read(_LESS, lambda _: "trừ ", "sign")
    reading.read(_BELOW_ZERO, lambda match: f"âm {say_number(match['number'])} {unit_words(match['unit'])}", "measure")
    reading.read(_LIST, counted, "number")
    reading.read(_HALF_SAID, half_said, "measure")

    def spaced(match: re.Match[str]) -> str | None:
        """8 010 phiếu is a number, tổ 3 120 hộ two of them."""
        parts = match["it"].split(" ")
        is_one = any(part.startswith("0") for part in parts[1:]) or not _IS_NUMBERED.search(reading.before(match))
        return say_number("".join(parts)) if is_one else None

    reading.read(_SPACED_WITHOUT_UNIT, spaced, "number")
    reading.read(_SPACED, lambda match: say_number(match["it"].replace(" ", "")), "number")
    reading.read(_MEASURE, measure, "measure")
    reading.read(
        _SCALED_UNIT, lambda match: unit_words(match["unit"]) + per_words(match["per"], match["unit"]), "measure"
    )
    reading.read(_PER_AFTER_WORD, per_after_word, "measure")
    reading.read(_BY_AMOUNT, by_amount, "measure")
    reading.read(_SCALED, between, "range")
    reading.read(_PRODUCT, product, "measure")
    reading.read(_FRACTION, fraction, "share")
    reading.read(_CHAIN, chain, "number")
    reading.read(_RANGE, between, "range")
    reading.read(_NUMBER, alone, "number")
    reading.read(_TO_ANOTHER, to_another, "range")
    reading.read(_TO_THE_SAME, lambda _: " đến ", "range")
    reading.read(_RATIO, lambda match: " trên " if _OF_RATIO.search(reading.before(match)) else None, "share")
    reading.read(_IN, lambda _: " trong ", "share")
    reading.read(_OF_NUMBER, lambda match: " trên " if reading.text[match.end("it")].isdecimal() else None, "share")
    reading.read(_TIMES, lambda _: " nhân ", "measure")
    reading.read(_PER_ABBREVIATION, per_abbreviation, "measure")
    reading.read(_UNIT_LEFT, unit_left, "measure")
    reading.read(_COUNTED_PER, counted_per, "measure")
