"""Which text is Vietnamese: one with a letter that English lacks, and that isn't our name."""

import re

OUR_NAME = "Loa Xã"

_LETTERS = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE | re.UNICODE
)


def is_vietnamese(text: str) -> bool:
    """“Đã phát” is; a word that happens to have no mark (“loa”) isn't told from an English one."""
    return _LETTERS.search(text.replace(OUR_NAME, "")) is not None
