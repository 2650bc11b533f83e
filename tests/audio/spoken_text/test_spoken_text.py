"""Typed text becomes the right spoken words: each number keeps its value, and nothing is lost."""

import re
import subprocess
import sys
import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.spoken_text import ReadingWarning, spoken_text
from audio.spoken_text.letters import SMALL
from audio.spoken_text.number_words import NORTHERN, SOUTHERN, Dialect, cardinal
from tests.audio.spoken_text.notices import fragments
from tests.audio.spoken_text.number_word_values import values

MONDAY = date(2026, 11, 23)
DIALECTS = st.sampled_from([NORTHERN, SOUTHERN, Dialect(four="bốn")])
_WRITTEN = re.compile(r"[0-9]{1,3}(?:[. ][0-9]{3})+(?![0-9])|[0-9]+")


def _folded(text: str, category: str = "") -> str:
    """Fold like the scorer: case, punctuation, the place of tone marks, and words that may stand between signs."""
    small = unicodedata.normalize("NFC", text).lower()
    small = "".join(f" {letter} " if letter in "%&+≥≤@°" else letter if letter.isalnum() else " " for letter in small)
    for first, second in (("òóỏõọ", "àáảãạ"), ("òóỏõọ", "èéẻẽẹ"), ("ùúủũụ", "ỳýỷỹỵ")):
        plain = {"àáảãạ": "a", "èéẻẽẹ": "e", "ỳýỷỹỵ": "y"}[second]
        for marked, other in zip(first, second, strict=True):
            bare = "o" if first[0] == "ò" else "u"
            small = re.sub(rf"(?<!q){bare}{other}\b", marked + plain, small)
    small = small.replace("mồng ", "mùng ")
    if category == "legal":
        small = re.sub(r"\b(?:gạch chéo|gạch ngang|gạch nối|gạch|xuyệt|trên)\b", " ", small)
    return " ".join(small.split())


def test_at_least_95_of_100_fragments_of_real_notices_are_read_as_an_announcer_would() -> None:
    all_of_them = fragments()
    wrong = [
        (each.text, spoken_text(each.text).words)
        for each in all_of_them
        if _folded(spoken_text(each.text).words, each.category)
        not in {_folded(reading, each.category) for reading in each.readings}
    ]
    assert len(wrong) <= 0.05 * len(all_of_them), wrong


def test_no_digit_of_the_fragments_is_read_wrong() -> None:
    wrong = []
    for each in fragments():
        for stretch in spoken_text(each.text).stretches:
            written = each.text[stretch.start : stretch.end]
            if not re.search(r"\b[IVX]+\b", written) and not _has_value(written, stretch.words):
                wrong.append((each.text, written, stretch.words))
    assert wrong == []


def _has_value(written: str, words: str) -> bool:
    """Whether the words hold the written numbers in order, each as a number or digit by digit."""
    if not re.search("[0-9]", written):
        return True
    written = re.sub(r"(/[0-9]{1,2}/)([0-9]{2})$", r"\g<1>20\2", written)  # 20/11/24
    if "rưỡi" in words:
        written = re.sub(r"(?<=tr)5(?![0-9])", "", written)
    if "đồng" in written:  # a sum of money has no thousandths: 47,500 is as English writes it
        written = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", ".", written)
    # The 2 of m2 is no number, 50k are thousands, 4tr millions, and minutes of 00 may be left out.
    counted = re.sub(r"(?<=[0-9])k\b", ".000", re.sub(r"(?<!Km)(?<=m)[23](?![0-9])", "", written))
    counted = re.sub(r"(?<=[0-9])tr\b", ".000.000", counted)
    numbers = [re.sub("[. ]", "", each) for each in _WRITTEN.findall(counted)]
    ones = len(re.findall(r"(?<!/)/\s?[^\W\d]", written)) - words.count(" trên ")
    for _ in range(ones):  # 50k/hộ: "một hộ", and no digit says one
        words = " ".join(words.rsplit(" một ", 1))
    # “năm” is also the word for a year: in the written text, or after a number, it isn't five.
    words = re.sub(r"năm\s*$", "", words) if written.endswith(("năm", "/")) else words
    words = re.sub(r"(?:sinh|hàng|hằng|lâu) năm|năm học", "", words)
    return _matches(numbers, values(words))


def _matches(numbers: list[str], said: list[int]) -> bool:
    if not numbers:
        return not said
    first, rest = numbers[0], numbers[1:]
    digits = [int(digit) for digit in first]
    return (
        (said[:1] == [int(first)] and _matches(rest, said[1:]))
        or (said[: len(digits)] == digits and _matches(rest, said[len(digits) :]))
        or (int(first) == 0 and _matches(rest, said))
    )


@given(st.integers(min_value=0, max_value=10**15 - 1), DIALECTS)
def test_a_number_keeps_its_value_in_words(number: int, dialect: Dialect) -> None:
    assert values(cardinal(number, dialect)) == [number]


@given(st.integers(min_value=0, max_value=10**12), DIALECTS)
def test_a_number_with_points_between_thousands_keeps_its_value(number: int, dialect: Dialect) -> None:
    said = spoken_text(f"Có {number:,} người".replace(",", "."), dialect).words
    assert values(said) == [number]


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from("/-."), DIALECTS)
def test_a_date_is_read_back_to_the_same_day(day: date, mark: str, dialect: Dialect) -> None:
    said = spoken_text(f"Họp ngày {day:%d}{mark}{day:%m}{mark}{day:%Y}, tại ấp", dialect).words
    assert values(said) == [day.day, day.month, day.year]


@given(st.dates(min_value=date(2024, 1, 1), max_value=date(2024, 12, 31)))
def test_a_day_and_a_month_are_read_back_after_the_word_day(day: date) -> None:
    said = spoken_text(f"Sáng ngày {day.day}/{day.month} họp").words
    assert f"tháng {'tư' if day.month == 4 else cardinal(day.month, NORTHERN)}" in said
    assert values(said) == [day.day, day.month]


@given(
    st.integers(0, 23), st.integers(0, 59), st.sampled_from(["{}h{:02}", "{:02}g{:02}", "{:02}:{:02}", "{} giờ {:02}"])
)
def test_a_time_is_read_back_to_the_same_minute(hour: int, minute: int, form: str) -> None:
    said = spoken_text(f"Tập trung lúc {form.format(hour, minute)} tại nhà văn hóa").words
    assert values(said) == ([hour, minute] if minute else [hour])


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True), st.sampled_from(["", " ", ".", "-"]))
def test_a_telephone_number_is_read_digit_by_digit(number: str, mark: str) -> None:
    written = mark.join((number[:4], number[4:7], number[7:]))
    assert values(spoken_text(f"Liên hệ {written} gặp bà Hoa").words) == [int(digit) for digit in number]


@given(st.integers(1, 10**6), st.sampled_from(["đ", " đồng", " VNĐ", "đ/kg", " đồng/tháng"]), DIALECTS)
def test_a_price_is_read_back_to_the_same_sum(thousands: int, unit: str, dialect: Dialect) -> None:
    written = f"{thousands * 1000:,}".replace(",", ".") + unit
    said = spoken_text(f"Giá {written}", dialect).words
    sum_said, currency, _ = said.partition(" đồng")
    assert values(sum_said) == [thousands * 1000]
    assert currency


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Kính   thưa\tbà con ", "Kính thưa bà con"),
        ("Thông báo\r\n\r\n\n Cúp điện", "Thông báo\nCúp điện"),
        ("a\u00a0\u2003b\u2028c", "a b\nc"),
        (unicodedata.normalize("NFD", "Ủy ban nhân dân xã"), "Ủy ban nhân dân xã"),
        ("", ""),
        (" \n ", ""),
        ("Mời\u200b bà\ufeff con 🎉", "Mời bà con 🎉"),
        (unicodedata.normalize("NFD", "Lúc 7h30 – 9h, thứ 2"), "Lúc bảy giờ ba mươi đến chín giờ, thứ hai"),
    ],
)
def test_white_space_is_folded_and_letters_are_composed(text: str, words: str) -> None:
    assert spoken_text(text).words == words


@given(st.lists(st.text(alphabet=sorted({*"abcdeghiklmnopqrstuvxy", *SMALL[3:]}), min_size=2, max_size=7), min_size=1))
def test_words_in_small_letters_do_not_change(words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))
    assert spoken_text(text).words == text


@given(st.text())
def test_anything_that_no_voice_can_say_has_a_blocking_warning(text: str) -> None:
    read = spoken_text(text)
    left = re.search(r"[0-9%&+≥≤@°]", read.words)
    assert left is None or any(warning.blocks for warning in read.warnings)


@given(st.text())
def test_each_change_and_each_warning_has_its_place(text: str) -> None:
    read = spoken_text(text, today=MONDAY)
    ends = [0, *(stretch.end for stretch in read.stretches)]
    for stretch, end in zip(read.stretches, ends, strict=False):
        assert end <= stretch.start <= stretch.end <= len(text)
    for warning in read.warnings:
        assert text[warning.start : warning.end] == warning.text


def test_words_that_were_read_are_not_read_again() -> None:
    assert spoken_text("Thư gửi kh1@ubnd.vn").words == "Thư gửi kh một a còng ubnd chấm vn"


def test_the_southern_dialect_has_its_own_words() -> None:
    assert spoken_text("2.105 hộ", SOUTHERN).words == "hai ngàn một trăm lẻ năm hộ"


WARNED = [
    ("unknown_capitals", "Máy bơm hiệu TOKIWA mới về", "Anh LÊ VĂN AN và chị HOA"),
    ("unknown_capitals", "Lệ phí theo XQZ", "UBND xã thông báo"),
    ("ambiguous_abbreviation", "Mời CT đến họp", "Mời CT UBND đến họp"),
    ("ambiguous_abbreviation", "Liên hệ ĐT mới", "ĐT: 0912 345 678"),
    ("ambiguous_abbreviation", "Mời Đ/c Hà", "Đ/c: ấp 5"),
    ("ambiguous_abbreviation", "BCH họp sáng mai", "BCH Quân sự xã họp"),
    ("ambiguous_abbreviation", "Theo TT mới", "TT Tân Phú"),
    ("ambiguous_abbreviation", "Xin KP", "KP 3"),
    ("ambiguous_date", "Họp vụ 5/6 nhé", "Đã có 5/6 ấp"),
    ("impossible_date", "Họp ngày 30/2/2026", "Họp ngày 28/2/2026"),
    ("impossible_date", "Họp ngày 31/4", "Họp ngày 30/4"),
    ("impossible_date", "Họp ngày 31 tháng 11 năm 2026", "Họp ngày 30 tháng 11 năm 2026"),
    ("past_date", "Họp ngày 5 tháng 10 năm 2026", "Họp ngày 5 tháng 12 năm 2026"),
    ("wrong_weekday", "Thứ Ba, ngày 25 tháng 11 năm 2026", "Thứ Tư, ngày 25 tháng 11 năm 2026"),
    ("wrong_weekday", "thứ 6 30/11", "từ thứ 2 đến thứ 6 (30/11 - 4/12)"),
    ("unknown_capitals", "THÔNG BÁO CỦA BQT CHỢ", "THÔNG BÁO CỦA BAN QUẢN LÝ CHỢ"),
    ("impossible_time", "Họp lúc 25H30", "Mưa 24-48h tới"),
    ("impossible_time", "Họp lúc 25h10", "Họp lúc 23h10"),
    ("impossible_time", "Họp lúc 7h75", "Trong vòng 48 giờ"),
    ("wrong_weekday", "Họp thứ Ba, 25/11/2026", "Họp thứ Tư, 25/11/2026"),
    ("wrong_weekday", "Họp ngày 29/11 (thứ Bảy)", "Họp ngày 29/11 (Chủ nhật)"),
    ("phone_length", "Gọi 0912 345 67", "Gọi 0912 345 678"),
    ("phone_length", "Gọi 0251.3856.12 gặp trưởng ấp", "Gọi 0251.3856.123 gặp trưởng ấp"),
    ("past_date", "Họp ngày 20/11/2026", "Họp ngày 25/11/2026"),
    ("past_date", "Nộp trước 01/11/2026", "Quyết định số 5/QĐ-UBND ngày 01/11/2026"),
]


@pytest.mark.parametrize(("kind", "raises", "does_not"), WARNED)
def test_a_warning_is_given_for_doubtful_text_alone(kind: str, raises: str, does_not: str) -> None:
    assert kind in {warning.kind for warning in spoken_text(raises, today=MONDAY).warnings}
    assert kind not in {warning.kind for warning in spoken_text(does_not, today=MONDAY).warnings}


def test_only_a_warning_of_unread_text_blocks() -> None:
    left = spoken_text("Mời bà con 🎉 giá ٣ đồng ^ 5").warnings
    assert left == tuple(
        ReadingWarning("unread", text, at, at + 1, True) for text, at in (("🎉", 11), ("٣", 17), ("^", 24))
    )
    others = [each for _, raises, _ in WARNED for each in spoken_text(raises, today=MONDAY).warnings]
    assert not any(each.blocks for each in others)


def test_without_a_present_day_no_date_counts_as_past() -> None:
    assert spoken_text("Họp ngày 20/11/2026").warnings == ()
    tomorrow = MONDAY + timedelta(days=1)
    assert spoken_text(f"Họp ngày {tomorrow:%d/%m/%Y}", today=MONDAY).warnings == ()


def test_the_command_prints_one_line_for_each_line() -> None:
    lines = "Họp 7h30\n\nGọi 114\n"
    command = [sys.executable, "-m", "audio.spoken_text"]
    said = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    assert said == "Họp bảy giờ ba mươi\n\nGọi một một bốn\n"


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1/",
        "1-",
        "1.",
        "1,",
        "AB-",
        "UBND ",
        " ",
        "\n",
        "a@",
        "a.",
        "km",
        "0-",
        "I ",
        "thứ 2 - ",
        "5kg/",
        "e\u0301",
        "🎉",
    ],
)
def test_the_longest_text_of_any_kind_is_read_to_its_end(piece: str) -> None:
    words = spoken_text(piece * (20_000 // len(piece))).words
    assert not re.search("[0-9]", words)


def test_a_very_long_number_is_read_digit_by_digit() -> None:
    assert spoken_text("12345678901234567").words.split()[:3] == ["một", "hai", "ba"]
    assert len(spoken_text("1" * 5000).words.split()) == 5000


def test_a_letter_and_a_point_at_the_end_of_a_line_belong_to_that_line() -> None:
    assert spoken_text("Khối H.\nCông an xã mời").words == "Khối H.\nCông an xã mời"
    assert spoken_text("Mời bà con TP.\nBiên Hòa").words == "Mời bà con thành phố.\nBiên Hòa"


@pytest.mark.parametrize("text", ["Xem http://a.vn/²", "Thư a²@b.vn", "Xem a.vn/٣", "gọi 1900²"])
def test_digits_of_other_scripts_give_a_blocking_warning(text: str) -> None:
    assert [each.kind for each in spoken_text(text).warnings if each.blocks] == ["unread"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lớp 3 A họp", "Lớp ba A họp"),
        ("Nhóm 2 K họp", "Nhóm hai K họp"),
        ("Giá 50k", "Giá năm mươi nghìn"),
        ("Điện áp 220V", "Điện áp hai trăm hai mươi vôn"),
        ("thôn 3 120 hộ nghèo", "thôn ba một trăm hai mươi hộ nghèo"),
        ("Hỗ trợ 1 500 000 đồng", "Hỗ trợ một triệu năm trăm nghìn đồng"),
    ],
)
def test_a_letter_after_a_number_is_a_unit_only_where_it_is_one(text: str, words: str) -> None:
    assert spoken_text(text).words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BHXH, BHYT, ANTT", "bảo hiểm xã hội, bảo hiểm y tế, an ninh trật tự"),
        ("QL.51, ĐT 741", "quốc lộ năm mươi mốt, đường tỉnh bảy trăm bốn mươi mốt"),
        ("CT.HĐND xã", "chủ tịch hội đồng nhân dân xã"),
        ("xe 60C-123.45", "xe sáu mươi C, một hai ba, bốn năm"),
        ("3tr5/hộ", "ba triệu rưỡi một hộ"),
        ("1tr2", "một triệu hai"),
        ("T11/2025", "tháng mười một năm hai nghìn không trăm hai mươi lăm"),
        ("đợt I/2025", "đợt một năm hai nghìn không trăm hai mươi lăm"),
        ("500 triệu - 1 tỷ đồng", "năm trăm triệu đến một tỷ đồng"),
        ("6 tháng - 5 tuổi", "sáu tháng đến năm tuổi"),
        ("ngã 4", "ngã tư"),
        ("các ấp 1,2,3", "các ấp một, hai, ba"),
        ("tăng 1,2 lần", "tăng một phẩy hai lần"),
        ("độ mặn 4g/l", "độ mặn bốn gam trên lít"),
        ("TT Y tế huyện", "trung tâm Y tế huyện"),
        ("trực ban xã: 3.856.114", "trực ban xã: ba, tám năm sáu, một một bốn"),
        ("trực: 0251.114", "trực: không hai năm một, một một bốn"),
        ("lớp 6/3", "lớp sáu trên ba"),
        ("hạng 3/5", "hạng ba trên năm"),
        ("sáng -2°C", "sáng âm hai độ C"),
        ("1/2 ngày", "một phần hai ngày"),
        ("cao 1m65, rộng 1m2", "cao một mét sáu mươi lăm, rộng một mét vuông"),
        ("50x70cm", "năm mươi nhân bảy mươi xăng ti mét"),
        ("cấp cứu 115; công an 113", "cấp cứu một một năm; công an một một ba"),
        ("công an 15 xã", "công an mười lăm xã"),
        ("máy T2 chạy T2", "máy T hai chạy thứ hai"),
        ("tỷ số 3-1 (22-25)", "tỷ số ba, một (hai mươi hai, hai mươi lăm)"),
        ("xe trên 5T", "xe trên năm tấn"),
        ("QĐ 1.256/QĐ-UBND", "quyết định một nghìn hai trăm năm mươi sáu quyết định ủy ban nhân dân"),
        ("đường ĐH.10", "đường huyện mười"),
        ("tiêm 5in1", "tiêm năm trong một"),
        ("số TK 1234 5678 9012", "số tài khoản một hai ba bốn, năm sáu bảy tám, chín không một hai"),
        ("thẻ 9704 1234 5678 9012", "thẻ chín bảy không bốn, một hai ba bốn, năm sáu bảy tám, chín không một hai"),
        ("bản tin số 12/2025", "bản tin số mười hai năm hai nghìn không trăm hai mươi lăm"),
        ("3.1. Hồ sơ", "ba chấm một. Hồ sơ"),
        ("I.1. Mục đích", "một chấm một. Mục đích"),
        ("tỷ lệ 1:2000", "tỷ lệ một trên hai nghìn"),
        ("120 lít/người/ngày", "một trăm hai mươi lít một người một ngày"),
        ("50 mg/l", "năm mươi mi li gam trên lít"),
        ("anh/em tổ dân phố", "anh, em tổ dân phố"),
        ("QL1-QL13", "quốc lộ một đến quốc lộ mười ba"),
        (
            "22h 26/11 - 4h 27/11",
            "hai mươi hai giờ ngày hai mươi sáu tháng mười một đến bốn giờ ngày hai mươi bảy tháng mười một",
        ),
        ("lúc 6 giờ 30/4", "lúc sáu giờ ngày ba mươi tháng tư"),
        ("7h 30-11h 30", "bảy giờ ba mươi đến mười một giờ ba mươi"),
        ("mũi 3/4 (nhắc lại)", "mũi ba trên bốn (nhắc lại)"),
        ("Vòng 1/8", "Vòng một phần tám"),
        ("20-30 con/m2", "hai mươi đến ba mươi con một mét vuông"),
        ("ubnd xã, bhyt, tại nvh ấp 3", "ủy ban nhân dân xã, bảo hiểm y tế, tại nhà văn hóa ấp ba"),
        ("SN 2000-2007", "sinh năm hai nghìn đến hai nghìn không trăm linh bảy"),
        ("Mã số BHXH 7521234567", "Mã số bảo hiểm xã hội bảy năm hai một, hai ba bốn, năm sáu bảy"),
        ("3 kg DAP/1.000m2", "ba ki lô gam DAP trên một nghìn mét vuông"),
        ("T9-T12", "tháng chín đến tháng mười hai"),
        ("Gió ĐB cấp 6", "Gió đông bắc cấp sáu"),
        ("từ 60t trở lên", "từ sáu mươi tuổi trở lên"),
        ("thu gom T3-T5-T7", "thu gom thứ ba, thứ năm, thứ bảy"),
        ("ngày 2, 7 AL hàng tháng", "ngày hai, bảy âm lịch hàng tháng"),
        ("thùng 240L", "thùng hai trăm bốn mươi lít"),
        ("KP 120tr", "kinh phí một trăm hai mươi triệu"),
        ("gọi 113; 111 - bảo vệ trẻ em", "gọi một một ba; một một một - bảo vệ trẻ em"),
        ("24-11: đại hội", "hai mươi tư tháng mười một: đại hội"),
        ("ngày 24, 25-11", "ngày hai mươi tư, hai mươi lăm tháng mười một"),
        ("ngày 30-4 và 1-5", "ngày ba mươi tháng tư và một tháng năm"),
        ("1 viên x 2 lần/ngày", "một viên nhân hai lần một ngày"),
        ("Soạn BHYT gửi 8079", "Soạn bảo hiểm y tế gửi tám không bảy chín"),
        ("P.302, P.5", "phòng ba trăm linh hai, phường năm"),
        ("tổ 3/KP2", "tổ ba, khu phố hai"),
        (
            "từ 7.30 đến 11.00 và 13.30 - 16.30 ngày 9/12",
            "từ bảy giờ ba mươi đến mười một giờ và mười ba giờ ba mươi đến "
            "mười sáu giờ ba mươi ngày chín tháng mười hai",
        ),
        ("cao từ 7.30 đến 11.00 m", "cao từ bảy phẩy ba mươi đến mười một phẩy không không mét"),
        ("có 8 010 phiếu", "có tám nghìn không trăm mười phiếu"),
        ("tổ 3 120 hộ", "tổ ba một trăm hai mươi hộ"),
        ("ngày 12-22/12-2018", "ngày mười hai đến hai mươi hai tháng mười hai năm hai nghìn không trăm mười tám"),
        ("25.000đ đồng/con", "hai mươi lăm nghìn đồng một con"),
        ("LH a. Hùng, c.Lan", "liên hệ anh Hùng, c.Lan"),
        ("đường liên ấp 3-4", "đường liên ấp ba, bốn"),
        ("Sáng mai 7g có đoàn khám", "Sáng mai bảy giờ có đoàn khám"),
        ("qua NH/ví điện tử", "qua ngân hàng, ví điện tử"),
        ("20/ngày", "hai mươi mỗi ngày"),
        ("Quý I-II/2026", "Quý một đến hai năm hai nghìn không trăm hai mươi sáu"),
        ("Trình độ 12/12", "Trình độ mười hai trên mười hai"),
        ("Ngày 20.11 & 22.12", "Ngày hai mươi tháng mười một và hai mươi hai tháng mười hai"),
        ("ngày 20.11, 2.5 ha", "ngày hai mươi tháng mười một, hai phẩy năm héc ta"),
        ("lúa, ngô, v.v", "lúa, ngô, vân vân"),
        ("Thứ bảy (29/11) 8g ra quân", "Thứ bảy (hai mươi chín tháng mười một) tám giờ ra quân"),
        ("trước 31-12; sau 2-3 ngày", "trước ba mươi mốt tháng mười hai; sau hai đến ba ngày"),
        ("125 hộ - 480 khẩu", "một trăm hai mươi lăm hộ - bốn trăm tám mươi khẩu"),
        ("nếp 7k5", "nếp bảy nghìn rưỡi"),
        ("Nguyen Thi Tu", "Nguyen Thi Tu"),
        (
            "LH: 0905 123 456/0906 123 457",
            "liên hệ: không chín không năm, một hai ba, bốn năm sáu, không chín không sáu, một hai ba, bốn năm bảy",
        ),
        (
            "ĐT 0251.3856.123/0905123456",
            "điện thoại không hai năm một, ba tám năm sáu, một hai ba, không chín không năm, một hai ba, bốn năm sáu",
        ),
        (
            "18001091 hoặc 113/114/115",
            "một tám không không một không chín một hoặc một một ba, một một bốn, một một năm",
        ),
        ("Thứ 7 (5-12)", "Thứ bảy (năm tháng mười hai)"),
        ("Từ 05-12 đến 07-12", "Từ năm tháng mười hai đến bảy tháng mười hai"),
        ("Nhân dịp 2-9, đường 2-9", "Nhân dịp hai tháng chín, đường hai tháng chín"),
        ("Hạn nộp: 5-12", "Hạn nộp: năm tháng mười hai"),
        ("15-8 âm lịch", "mười lăm tháng tám âm lịch"),
        ("28,29,30/11 nghỉ", "hai mươi tám, hai mươi chín, ba mươi tháng mười một nghỉ"),
        ("Mỗi hộ 1tr5, hộ nghèo 2tr5.", "Mỗi hộ một triệu rưỡi, hộ nghèo hai triệu rưỡi."),
        ("Nhiệt độ xuống -2 độ", "Nhiệt độ xuống âm hai độ"),
        ("500,000/người, 2,500 hộ", "năm trăm nghìn mỗi người, hai nghìn năm trăm hộ"),
        ("8h -> 9h", "tám giờ đến chín giờ"),
        ("3G, 4G vẫn dùng", "ba G, bốn G vẫn dùng"),
        (
            "24/24 hộ đã nộp, trực 24/24",
            "hai mươi tư trên hai mươi tư hộ đã nộp, trực hai mươi tư trên hai mươi tư giờ",
        ),
        ("Đạt 5/1950 hộ nghèo", "Đạt năm trên một nghìn chín trăm năm mươi hộ nghèo"),
        ("Kênh T4, Lô T3", "Kênh T bốn, Lô T ba"),
        ("13.30 - 17.00", "mười ba giờ ba mươi đến mười bảy giờ"),
        ("Bị can Trần Văn H. Công an xã mời", "Bị can Trần Văn H. Công an xã mời"),
        ("P. Chủ tịch UBND", "phó Chủ tịch ủy ban nhân dân"),
        ("BÀ NGUYỄN THỊ VI NHẬN QUÀ", "BÀ NGUYỄN THỊ VI NHẬN QUÀ"),
        ("Khu L, nhà L", "Khu L, nhà L"),
        ("tháng 11, 4 hộ; thứ 2, 4 hộ", "tháng mười một, bốn hộ; thứ hai, bốn hộ"),
        ("220V-50Hz", "hai trăm hai mươi vôn, năm mươi héc"),
        (
            "hẻm 12/4, 12/6, 35/2B đường Lê Lợi",
            "hẻm mười hai trên bốn, mười hai trên sáu, ba mươi lăm trên hai B đường Lê Lợi",
        ),
        ("155.000đ/HS/tháng", "một trăm năm mươi lăm nghìn đồng một học sinh một tháng"),
        ("lớp 1A-1E họp", "lớp một A đến một E họp"),
        ("25tr500", "hai mươi lăm triệu năm trăm nghìn"),
        ("Thứ 2-6 làm việc", "Thứ hai đến thứ sáu làm việc"),
        ("Rằm T7 (15/7 ÂL)", "Rằm tháng bảy (mười lăm tháng bảy âm lịch)"),
        ("ngày 2-10 hàng tháng", "ngày hai đến mười hàng tháng"),
        ("60x60x60cm", "sáu mươi nhân sáu mươi nhân sáu mươi xăng ti mét"),
        (
            "Mã HS: 000.00.12.H23-240612-0005",
            "Mã hồ sơ: không không không, không không, một hai, H hai ba, hai bốn không sáu một hai, "
            "không không không năm",
        ),
        ("TL 2.345,5kg", "trọng lượng hai nghìn ba trăm bốn mươi lăm phẩy năm ki lô gam"),
        ("pha 1/4 lít nước", "pha một phần tư lít nước"),
        ("FM 97,5 MHz", "FM chín mươi bảy phẩy năm mê ga héc"),
        ("8g - 11g", "tám giờ đến mười một giờ"),
        ("gọi 0912 345 678 hoặc 113", "gọi không chín một hai, ba bốn năm, sáu bảy tám hoặc một một ba"),
    ],
)
def test_cases_from_other_notices_are_read(text: str, words: str) -> None:
    assert spoken_text(text).words == words
