"""The commands of a document, in the order in which a reader types them.

The steps of a document are its headings `## 1. …`. In a step,

    ```sh        is typed as root, box by box, unchanged;
    ```text      is the output of the box before it: each line must come, in this order, and … stands for any text;
    ### If …     begins boxes that are typed only where that is so: a test asks for them by these words.

Boxes of other kinds (toml, json) are examples and aren't typed. Placeholders for the reader, such as the commune's host
name, are replaced from a table of the test.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_STEP, _CONDITION = re.compile(r"## (\d+)\. (.+)"), re.compile(r"### (.+)")
_FENCE = "```"


@dataclass
class Box:
    """Commands that are typed together, and expected lines of their output."""

    commands: str
    prints: list[str] = field(default_factory=list)

    def missing(self, printed: str) -> list[str]:
        """The expected lines from the first missing one on; empty if all came in order."""
        lines = iter(printed.splitlines())
        for at, expected in enumerate(self.prints):
            pattern = re.compile(".*".join(re.escape(part) for part in expected.split("…")))
            if not any(pattern.fullmatch(line.rstrip()) for line in lines):
                return self.prints[at:]
        return []


class Page:
    """The boxes of a document by step and condition (empty: the boxes of the step itself)."""

    def __init__(self, file: Path, replaced: Mapping[str, str]) -> None:
        self._name = file.name
        self._boxes: dict[tuple[int, str], list[Box]] = {}
        text = file.read_text("utf-8")
        for placeholder, value in replaced.items():
            assert placeholder in text, f"{file.name} has no {placeholder!r} to replace"
            text = text.replace(placeholder, value)
        self._read(text.splitlines())

    def step(self, number: int, condition: str = "") -> list[Box]:
        """The boxes of a step; AssertionError if there are none."""
        boxes = self._boxes.get((number, condition))
        assert boxes, f"{self._name}: no commands in step {number} {condition}"
        return boxes

    @property
    def places(self) -> list[tuple[int, str]]:
        """All steps and conditions that have boxes, in the order of the document."""
        return list(self._boxes)

    def apt_lines(self, *steps: int) -> list[str]:
        """The apt-get lines of these steps."""
        return [
            line
            for number in steps
            for box in self.step(number)
            for line in box.commands.splitlines()
            if line.startswith("apt-get install ")
        ]

    def _read(self, lines: list[str]) -> None:
        step, condition = 0, ""
        kind, box = "", list[str]()
        for line in lines:
            if kind:
                if line.strip() != _FENCE:
                    box.append(line)
                    continue
                self._keep(step, condition, kind, box)
                kind, box = "", []
            elif line.startswith(_FENCE):
                kind = line.removeprefix(_FENCE).strip() or "unnamed"
            elif line.startswith("## "):
                found = _STEP.fullmatch(line)
                step, condition = int(found[1]) if found else 0, ""
            elif found := _CONDITION.fullmatch(line):
                condition = found[1]

    def _keep(self, step: int, condition: str, kind: str, lines: list[str]) -> None:
        boxes = self._boxes.setdefault((step, condition), []) if step else []
        if kind == "sh":
            boxes.append(Box("\n".join(lines) + "\n"))
        elif kind == "text" and step:
            assert boxes, f"{self._name}, step {step}: what prints {lines}?"
            boxes[-1].prints += lines
