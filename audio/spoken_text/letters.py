"""The letters of Vietnamese: for character classes, as Unicode mixes capitals and small ones; and their names."""

SMALL = "a-zđàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
CAPITAL = SMALL.upper()  # A-Z, then those with a mark

_NAMES = {
    "B": "bê",
    "C": "xê",
    "D": "dê",
    "Đ": "đê",
    "F": "ép",
    "G": "giê",
    "H": "hát",
    "J": "gi",
    "K": "ca",
    "L": "e-lờ",
    "M": "em-mờ",
    "N": "en-nờ",
    "P": "pê",
    "Q": "quy",
    "R": "e-rờ",
    "S": "ét-sì",
    "T": "tê",
    "V": "vê",
    "W": "vê-kép",
    "X": "ích-xì",
    "Y": "i-dài",
    "Z": "dét",
}


def spelt(written: str) -> str:
    """The names of its letters, as they are said in Vietnamese: TYT is “tê i-dài tê”. Vowels name themselves."""
    return " ".join(_NAMES.get(letter, letter.lower()) for letter in written.upper() if letter.isalpha())
