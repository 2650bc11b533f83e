"""Which words of a text were changed: what stood there, what stands there now, and a few words around them."""

from dataclasses import dataclass
from difflib import SequenceMatcher

_AROUND = 4
"""Words before and after a change that are shown with it."""
_MOST_COMPARED = 400
"""Of more words between the first and the last changed one, all count as changed: comparing them would take long."""


@dataclass(frozen=True)
class WordChange:
    """One place. `old` empty: words were added; `new` empty: words were taken out. `before`, `after`: around it."""

    before: str
    old: str
    new: str
    after: str


def word_changes(old: str, new: str) -> list[WordChange]:
    """The places in which two texts differ, in the order of the text; white space doesn't count."""
    before, after = old.split(), new.split()
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(map(len, middle)) > _MOST_COMPARED:
        blocks = [(0, len(middle[0]), 0, len(middle[1]))]
    else:
        matcher = SequenceMatcher(None, *middle, autojunk=False)
        blocks = [(*each[1:],) for each in matcher.get_opcodes() if each[0] != "equal"]
    return [
        WordChange(
            before=" ".join(after[max(0, head + begin - _AROUND) : head + begin]),
            old=" ".join(middle[0][old_begin:old_end]),
            new=" ".join(middle[1][begin:end]),
            after=" ".join(after[head + end : head + end + _AROUND]),
        )
        for old_begin, old_end, begin, end in blocks
        if (old_begin, begin) != (old_end, end)
    ]


def _common(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
