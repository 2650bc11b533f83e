"""Names of holidays, and why a day is left out of a schedule.

The names of the law's calendar are kept in Vietnamese; others stay as they were typed.
"""

import re
from typing import Literal

from controller.words.translation import _, mark
from schedules.recurrence import Skipped

SWAP_DAY = mark("Nghỉ hoán đổi")
"""The usual name of a day off that an officer adds."""
_NAMES = (
    SWAP_DAY,
    mark("Nghỉ bù"),
    mark("Tết Dương lịch"),
    mark("Tết Dương lịch (nghỉ bù)"),
    mark("29 Tết"),
    mark("Giao thừa Tết Nguyên Đán"),
    mark("Tết Nguyên Đán"),
    mark("Mùng hai Tết Nguyên Đán"),
    mark("Mùng ba Tết Nguyên Đán"),
    mark("Mùng bốn Tết Nguyên Đán"),
    mark("Mùng năm Tết Nguyên Đán"),
    mark("Ngày Giỗ Tổ Hùng Vương"),
    mark("Ngày Giỗ Tổ Hùng Vương (nghỉ bù)"),
    mark("Ngày Chiến thắng"),
    mark("Ngày Chiến thắng (nghỉ bù)"),
    mark("Ngày Quốc tế Lao động"),
    mark("Ngày Quốc tế Lao động (nghỉ bù)"),
    mark("Quốc khánh"),
    mark("Quốc khánh (nghỉ bù)"),
    mark("Ngày Văn hóa Việt Nam"),
    mark("Ngày Văn hóa Việt Nam (nghỉ bù)"),
)
_IN_PLACE_OF = mark("Ngày nghỉ (thay cho ngày {date})")
_IN_PLACE_OF_DATE = re.compile(re.escape(_IN_PLACE_OF).replace(r"\{date\}", "([0-9/]+)"))


def holiday_name(kept: str) -> str:
    """A kept name as the reader says it."""
    if found := _IN_PLACE_OF_DATE.fullmatch(kept):
        return _(_IN_PLACE_OF).format(date=found[1])
    return _(kept) if kept in _NAMES else kept


def why_left_out(skipped: Skipped | Literal["dropped"], holiday: str) -> str:
    """Why an occurrence doesn't sound; empty: it does. `holiday`: the kept name of its day; empty: not known."""
    match skipped:
        case "holiday":
            return holiday_name(holiday) or _("ngày lễ")
        case "exception":
            return _("ngày trừ ra")
        case "dropped":
            return _("cán bộ bỏ lượt này")
        case None:
            return ""


def kept_name(typed: str) -> str:
    """The name to keep for one that an officer typed or left as it was proposed, in the officer's language."""
    return next((name for name in _NAMES if _(name) == typed), typed)
