"""The fragments themselves: no two are equal, and their readings are words."""

import re
import unicodedata
from collections import Counter

from tests.audio.spoken_text.notices import fragments


def test_each_fragment_is_listed_once_and_its_readings_are_words() -> None:
    found = fragments()
    assert len(found) >= 200
    assert [text for text, times in Counter(each.text for each in found).items() if times > 1] == []
    for each in found:
        assert each.text == unicodedata.normalize("NFC", each.text)
        assert "\t" not in each.text
        assert each.readings
        wrong = [reading for reading in each.readings if re.search(r"[0-9%&+@°≤≥/{}|<>]", reading)]
        assert wrong == [], each.text
