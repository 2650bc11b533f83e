"""Amounts: money, measures, shares and ranges: 500.000đ/tháng, 1.500 m², 20-25°C, 0,55%, 18/20 hộ, 6-12 tháng.

Every number that no table before has read is read here, at the latest by `ANY_NUMBER`. What follows that row joins what
has been read.
"""

from audio.spoken_text.reader import Reader, Table, always
from audio.spoken_text.readers.amounts import measures, numbers, ranges, rates, shares

AMOUNTS: Table = (
    Reader("QL1-QL2", "quốc lộ một đến quốc lộ hai", ranges.BETWEEN_CODES, ranges.say_between_codes, "range"),
    Reader("từ 60t trở lên", "từ sáu mươi tuổi trở lên", numbers.AGE, numbers.say_age, "number"),
    Reader("2,500 hộ", "hai nghìn năm trăm hộ", numbers.ENGLISH_THOUSANDS, numbers.say_english_thousands, "number"),
    Reader("ngã 4", "ngã tư", numbers.CROSSROADS, numbers.say_crossroads, "number"),
    Reader("cao 1m65", "cao một mét sáu mươi lăm", measures.UNIT_AND_REST, measures.say_unit_and_rest, "measure"),
    Reader("xe 3,5T", "xe ba phẩy năm tấn", measures.TONNES, measures.say_tonnes, "measure"),
    Reader("từ -2 đến 3°C", "từ âm hai đến ba độ C", measures.BELOW_ZERO_TO, measures.say_below_zero_to, "number"),
    Reader("(-5%)", "(trừ năm phần trăm)", measures.SUBTRACTED, always("trừ "), "sign"),
    Reader("sáng -2°C", "sáng âm hai độ C", measures.BELOW_ZERO, measures.say_below_zero, "measure"),
    Reader("các ấp 1,2,3", "các ấp một, hai, ba", numbers.NUMBERED_THINGS, numbers.say_each, "number"),
    Reader("3tr5/hộ", "ba triệu rưỡi một hộ", measures.SHORT_SUM, measures.say_short_sum, "measure"),
    Reader("có 8 010 phiếu", "có tám nghìn không trăm mười phiếu", numbers.SPACED, numbers.say_spaced, "number"),
    Reader("1 500 000 đồng", "một triệu năm trăm nghìn đồng", numbers.SPACED_SUM, numbers.say_spaced_sum, "number"),
    Reader("20-25°C", "hai mươi đến hai mươi lăm độ C", measures.MEASURE, measures.say_measure, "measure"),
    Reader("2 triệu đ/hộ", "hai triệu đồng một hộ", measures.SCALED_UNIT, measures.say_scaled_unit, "measure"),
    Reader("20 con/m2", "hai mươi con một mét vuông", rates.PER_AFTER_WORD, rates.say_per_after_word, "measure"),
    Reader("3 kg DAP/1 ha", "ba ki lô gam DAP trên một héc ta", rates.PER_MEASURE, rates.say_per_measure, "measure"),
    Reader("3 - 5 triệu", "ba đến năm triệu", ranges.RANGE_BEFORE_SCALE, ranges.say_range, "range"),
    Reader("50x70cm", "năm mươi nhân bảy mươi xăng ti mét", measures.PRODUCT, measures.say_product, "measure"),
    Reader("18/20 phiếu", "mười tám trên hai mươi phiếu", shares.FRACTION, shares.say_fraction, "share"),
    Reader("70 - 75 - 80 tuổi", "bảy mươi, bảy mươi lăm, tám mươi tuổi", ranges.CHAIN, ranges.say_chain, "number"),
    Reader("6-12 tháng", "sáu đến mười hai tháng", ranges.RANGE, ranges.say_range, "range"),
    Reader("105 người", "một trăm linh năm người", numbers.ANY_NUMBER, numbers.say_any_number, "number"),
    Reader("6 tháng - 5 tuổi", "sáu tháng đến năm tuổi", ranges.BETWEEN_AMOUNTS, ranges.say_between_amounts, "range"),
    Reader("lớp 6 - lớp 9", "lớp sáu đến lớp chín", ranges.BETWEEN_NUMBERED, always(" đến "), "range"),
    Reader("tỷ lệ 1:2000", "tỷ lệ một trên hai nghìn", shares.COLON, shares.say_colon, "share"),
    Reader("tiêm 5in1", "tiêm năm trong một", shares.IN, always(" trong "), "share"),
    Reader("đạt 9,5/10 điểm", "đạt chín phẩy năm trên mười điểm", shares.SLASH, shares.say_slash, "share"),
    Reader("1 viên x 2 lần", "một viên nhân hai lần", measures.TIMES, always(" nhân "), "measure"),
    Reader(
        "10.000đ/HS/tháng",
        "mười nghìn đồng một học sinh một tháng",
        rates.PER_ABBREVIATION,
        rates.say_per_abbreviation,
        "measure",
    ),
    Reader("6x6x6cm", "sáu nhân sáu nhân sáu xăng ti mét", measures.UNIT_ALONE, measures.say_unit_alone, "measure"),
    Reader("20/ngày", "hai mươi mỗi ngày", rates.PER_AFTER_AMOUNT, rates.say_per_after_amount, "measure"),
)
