"""Decides which text is Vietnamese: one that has a letter that English lacks, outside our name."""

import re

OUR_NAME = "Loa Xã"

_LETTERS = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE | re.UNICODE
)


def is_vietnamese(text: str) -> bool:
    """“Đã phát” is Vietnamese; a word without such a letter (“loa”) can't be told from an English one."""
    return _LETTERS.search(text.replace(OUR_NAME, "")) is not None
