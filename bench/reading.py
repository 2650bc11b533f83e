"""Reading: characters of real notices that become spoken words in a second."""

import statistics
import time

from audio.spoken_text import spoken_text
from bench.lines import Line, at_least
from tests.audio.spoken_text.notices import fragments

ROUNDS = 5
LENGTH = 20_000
"""The longest text that an announcement may have."""


def measure() -> list[Line]:
    """The lines to print."""
    text = "\n".join(each.text for each in fragments())[:LENGTH]
    spoken_text(text)
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        spoken_text(text)
        rates.append(len(text) / (time.perf_counter() - began))
    return [at_least("characters a second:", statistics.median(rates), 100_000, "")]
