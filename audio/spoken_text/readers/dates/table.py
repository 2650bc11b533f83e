"""Dates: 30/5/2024, 6-5-2021, 1-15/6, ngày 3, 5 và 7/6, 7/2025, năm học 2024-2025, 10/3 âm lịch, thứ 2, T2-T6."""

from audio.spoken_text.reader import Reader, Table, always, between
from audio.spoken_text.readers.dates import dashed_days, days, months, weekdays

DATES: Table = (
    Reader("Giỗ 3/3/Quý Mão", "Giỗ ba tháng ba năm Quý Mão", days.LUNAR_YEAR, days.say_lunar_year, "date"),
    Reader("từ 1-15/6", "từ một đến mười lăm tháng sáu", days.SEVERAL_DAYS, days.say_several_days, "date"),
    Reader("2.9.2000", "hai tháng chín năm hai nghìn", days.FULL_DATE, days.say_full_date, "date"),
    Reader("Quý I-II/2000", "Quý một đến hai năm hai nghìn", months.QUARTER, months.say_quarter, "date"),
    Reader("T11/2000", "tháng mười một năm hai nghìn", months.T_MONTH_AND_YEAR, months.say_t_month_and_year, "date"),
    Reader("đợt I/2000", "đợt một năm hai nghìn", months.ROUND, months.say_round, "date"),
    Reader("7/2000", "tháng bảy năm hai nghìn", months.MONTH_AND_YEAR, months.say_month_and_year, "date"),
    Reader("ngày 2/9/00", "ngày hai tháng chín năm hai nghìn", days.SHORT_YEAR, days.say_short_year, "date"),
    Reader("Lễ 30/4", "Lễ ba mươi tháng tư", days.DAY_AND_MONTH, days.say_date_or_leave_share, "date"),
    Reader(
        "từ 05-1 đến 07-1", "từ năm tháng một đến bảy tháng một", dashed_days.FROM_TO, dashed_days.say_from_to, "date"
    ),
    Reader("sáng 2-9", "sáng hai tháng chín", dashed_days.AFTER_CUE, dashed_days.say_after_cue, "date"),
    Reader(
        "24-1: họp", "hai mươi tư tháng một: họp", dashed_days.AT_HEAD_OF_LINE, dashed_days.say_at_head_of_line, "date"
    ),
    Reader("2-8 âm lịch", "hai tháng tám âm lịch", dashed_days.AMONG_WORDS, dashed_days.say_among_words, "date"),
    Reader(
        "ngày 30-4 và 1-5",
        "ngày ba mươi tháng tư và một tháng năm",
        dashed_days.AFTER_DAY,
        dashed_days.say_after_day,
        "date",
    ),
    Reader(
        "năm học 2000-2001",
        "năm học hai nghìn, hai nghìn không trăm linh một",
        months.TWO_YEARS,
        months.say_two_years,
        "date",
    ),
    Reader(
        "từ 2000-05",
        "từ hai nghìn đến hai nghìn không trăm linh năm",
        months.SHORTENED_YEARS,
        months.say_two_years,
        "date",
    ),
    Reader("tháng 11, 12", "tháng mười một, mười hai", months.TWO_MONTHS, months.say_two_months, "date"),
    Reader("tháng 4", "tháng tư", months.AFTER_WORD, months.say_after_word, "date"),
    Reader("T3-T5-T7", "thứ ba, thứ năm, thứ bảy", weekdays.SEVERAL, weekdays.say_several, "date"),
    Reader("Rằm T7", "Rằm tháng bảy", months.T_MONTH, months.say_t_month, "date"),
    Reader("T2 đến T6", "thứ hai đến thứ sáu", weekdays.T_DAY, weekdays.say_t_day, "date"),
    Reader("T9-T12", "tháng chín đến tháng mười hai", months.T_MONTHS, months.say_t_months, "date"),
    Reader("chiều CN", "chiều chủ nhật", weekdays.SUNDAY, weekdays.say_sunday, "date"),
    Reader("thứ 2, 4 và 6", "thứ hai, tư và sáu", weekdays.LISTED, weekdays.say_listed, "date"),
    Reader("Thứ 2-6", "Thứ hai đến thứ sáu", weekdays.FROM_TO, weekdays.say_from_to, "date"),
    Reader("thứ 4", "thứ tư", weekdays.ORDINAL, weekdays.say_ordinal, "date"),
    Reader("10/3 ÂL", "mười tháng ba âm lịch", days.LUNAR, days.say_lunar, "date"),
    Reader("30/4 - 1/5", "ba mươi tháng tư đến một tháng năm", days.BETWEEN_DATES, between("đến", "date"), "date"),
    Reader(
        "22h 2/1 - 4h 3/1",
        "hai mươi hai giờ ngày hai tháng một đến bốn giờ ngày ba tháng một",
        days.BETWEEN_DATES,
        days.say_between_moments,
        "date",
    ),
    Reader("30/4 - hết 3/5", "ba mươi tháng tư đến hết ba tháng năm", days.BEFORE_LAST_DAY, always("đến"), "date"),
)
