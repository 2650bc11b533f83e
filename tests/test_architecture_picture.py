"""The picture of docs/architecture.md shows what the sources import: no arrow too many, and no import without a way."""

import re
from collections.abc import Iterable
from itertools import pairwise

import pytest

from tests.test_direction import ORDER, ROOT, imports_of, room_in, sources

PROGRAMS = ("controller", "speaker_agent")
NOT_DRAWN = {
    "controller.settings",
    "speaker_agent.settings",
    "speaker_agent.check",
    "speaker_agent.tone",
    "speaker_agent.cli",
}
"""What every room may read, and the small commands on top."""

_BOX = re.compile(r'^ *(\w+)\["([^"]+)"\]$', re.MULTILINE)
_ARROWS = re.compile(r"^ *(\w[\w &]*(?: --> \w[\w &]*)+)$", re.MULTILINE)
_PROGRAM = re.compile(r'subgraph \w+\["(\w+)/.*?\n    end\n', re.DOTALL)

Arrow = tuple[str, str]


def imported() -> set[Arrow]:
    """(room, room that it imports), by their dotted names, inside each program."""
    found = set()
    for program in PROGRAMS:
        for path in sources(ROOT, program):
            for each in imports_of(ROOT, path):
                above = room_in(program, each.file.removesuffix(".py").replace("/", "."))
                below = room_in(program, each.name) or room_in(program, each.module)
                if above and below and above != below:
                    found.add((f"{program}.{above}", f"{program}.{below}"))
    return {arrow for arrow in found if not NOT_DRAWN & set(arrow)}


def drawn(document: str) -> tuple[dict[str, str], set[Arrow]]:
    """{room: its box}, and the arrows between boxes."""
    boxes: dict[str, str] = {}
    arrows: set[Arrow] = set()
    for picture in _PROGRAM.finditer(document):
        program = picture[1]
        if program not in PROGRAMS:
            continue
        rooms = {room for level in ORDER[program] for room in level.split()}
        for box, label in _BOX.findall(picture[0]):
            boxes |= {f"{program}.{word}": box for word in re.findall(r"\w+", label) if word in rooms}
        for chain in _ARROWS.findall(picture[0]):
            for left, right in pairwise(chain.split(" --> ")):
                arrows |= {(a.strip(), b.strip()) for a in left.split("&") for b in right.split("&")}
    return boxes, arrows


def reached(box: str, arrows: Iterable[Arrow]) -> set[str]:
    """All boxes below a box."""
    below: set[str] = set()
    ahead = [box]
    while ahead:
        here = ahead.pop()
        more = {b for a, b in arrows if a == here} - below
        below |= more
        ahead += more
    return below


def faults(document: str, real: set[Arrow]) -> list[str]:
    """What the picture shows and isn't so, or doesn't show and is so."""
    boxes, arrows = drawn(document)
    between = {(boxes[a], boxes[b]) for a, b in real if a in boxes and b in boxes and boxes[a] != boxes[b]}
    return [
        *(f"{room} isn't drawn" for room in sorted({room for arrow in real for room in arrow} - boxes.keys())),
        *(f"{a} doesn't import {b}" for a, b in sorted(arrows - between)),
        *(f"no way from {a} to {b}" for a, b in sorted(between) if b not in reached(a, arrows)),
    ]


def document() -> str:
    return (ROOT / "docs/architecture.md").read_text("utf-8")


def test_the_picture_is_so() -> None:
    assert faults(document(), imported()) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("station --> database", "database --> station", "database doesn't import station"),
        ("cli --> web & upkeep", "cli --> upkeep", "no way from cli to web"),
        ('        demo["demo/"]\n', "", "controller.demo isn't drawn"),
    ],
)
def test_a_picture_of_something_else_is_found(old: str, new: str, fault: str) -> None:
    assert old in document()
    assert fault in faults(document().replace(old, new), imported())
