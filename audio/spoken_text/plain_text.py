"""One form of what was pasted: NFC, no invisible signs, one kind of dash, one space; and where each came from."""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0e\ufe0f"
_LINE_BREAKS = "\r\n\v\f\x85\u2028\u2029"
_DASHES = "‐‑‒–—―−"
_PIECE = re.compile(
    rf"(?P<invisible>[{_INVISIBLE}\x00-\x08\x0e-\x1f]+)|(?P<breaks>\s*[{_LINE_BREAKS}]\s*)|(?P<space>\s+)|(?P<dash>[{_DASHES}])|"
    rf"(?P<composed>[^\s][\u0300-\u036f]+)|(?P<plain>[^\s{_INVISIBLE}\x00-\x08\x0e-\x1f{_DASHES}\u0300-\u036f]+(?![\u0300-\u036f]))|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class PlainText:
    """`text`, and in `origins` for each of its characters, and its end, the place in what was written."""

    text: str
    origins: tuple[int, ...]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The place in what was written of `start` ≤ i < `end`."""
        return self.origins[start], self.origins[end - 1] + 1 if end > start else self.origins[start]

    def place(self, at: int) -> int:
        """The place in `text` of what was written at `at`."""
        return bisect_left(self.origins, at)


def plain_text(written: str) -> PlainText:
    """Any text in that form."""
    parts: list[str] = []
    origins: list[int] = []
    for match in _PIECE.finditer(written):
        at, end = match.span()
        if match.lastgroup == "invisible":
            continue
        if match.lastgroup == "plain":
            text = unicodedata.normalize("NFC", match[0])
            origins += range(at, end) if len(text) == end - at else [at] * len(text)
        else:
            text = {"breaks": "\n", "space": " ", "dash": "-"}.get(match.lastgroup or "") or unicodedata.normalize(
                "NFC", match[0]
            )
            origins += [at] * len(text)
        parts.append(text)
    return PlainText("".join(parts), (*origins, len(written)))
