"""Reading: characters of real notices that become spoken words in a second."""

import time

from audio.spoken_text import spoken_text
from bench.lines import ReportLine, at_least
from bench.rounds import repeat
from tests.audio.spoken_text.notices import fragments

TEXT_CHARACTERS = 20_000
"""The longest text that an announcement may have."""


def measure() -> list[ReportLine]:
    text = "\n".join(each.text for each in fragments())[:TEXT_CHARACTERS]
    spoken_text(text)

    def rate() -> float:
        began = time.perf_counter()
        spoken_text(text)
        return len(text) / (time.perf_counter() - began)

    rates = repeat(rate)
    return [ReportLine(f"characters a second: {rates.summary()}"), at_least("median", rates.median, 100_000)]
