"""The letters of Vietnamese, for character classes: Unicode mixes capitals and small ones."""

SMALL = "a-zđàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
CAPITAL = SMALL.upper()  # A-Z, then those with a mark
