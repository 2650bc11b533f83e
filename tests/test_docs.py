"""Links, commands and places in the documents exist."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller import cli as controller_cli
from speaker_agent import cli as speaker_cli
from tests.machines.page import Page

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md")])
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
# In the documents `loa` and `speaker` stand for the programs with their settings.
_TYPED = re.compile(r"^(?:.* && |\w+=\$\()?(loa|speaker) ([a-z][^|)\n]*)", re.MULTILINE)
_IN_A_UNIT = re.compile(r"/bin/loa-(controller|speaker) ([^'\n]*)")
_CODE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_existing_files(document: Path) -> None:
    missing = [link for link in _LINK.findall(document.read_text("utf-8")) if not (document.parent / link).exists()]
    assert missing == []


def typed_commands() -> Iterator[tuple[str, str]]:
    """Program and arguments of each command in the documents and units."""
    for document in DOCUMENTS:
        for code in _CODE.findall(document.read_text("utf-8")):
            for program, arguments in _TYPED.findall(code):
                yield "controller" if program == "loa" else "speaker", arguments
    for unit in ROOT.glob("deploy/systemd/*.service"):
        yield from _IN_A_UNIT.findall(unit.read_text("utf-8"))


def test_commands_of_the_documents_are_parsed() -> None:
    parsers = {"controller": controller_cli.make_parser(), "speaker": speaker_cli.make_parser()}
    commands = list(typed_commands())
    for program, arguments in commands:
        words = shlex.split(arguments, comments=True)
        if program == "speaker" and "--config" not in words:
            words += ["--config", "speaker.json"]
        parsers[program].parse_args(words)
    assert len(commands) > 15


_TOP = "wire|schedules|audio|controller|speaker_agent|tests|bench|tools|deploy|docs"
_NAMED = re.compile(rf"`((?:{_TOP})(?:/\w+)*(?:\.py|\.md|/))(?:::(\w+))?`")


def named_places(text: str) -> Iterator[tuple[str, str]]:
    """Each `path/to/file.py::name`, `path/to/file.py` or `folder/` of a document: the path, and the name or nothing."""
    yield from _NAMED.findall(text)


def is_there(path: str, name: str) -> bool:
    """Whether the place exists, and defines the name."""
    place = ROOT / path
    return place.exists() and (
        not name
        or re.search(rf"^(?:class|(?:async )?def) {name}\b", place.read_text("utf-8"), re.MULTILINE) is not None
    )


def test_places_that_the_documents_name_exist() -> None:
    documents = [ROOT / "README.md", *ROOT.glob("CONTRIBUTING.md"), *ROOT.glob("docs/*.md")]
    named = [(document.name, *each) for document in documents for each in named_places(document.read_text("utf-8"))]
    assert [each for each in named if not is_there(*each[1:])] == []
    assert len([each for each in named if each[2]]) > 30


def test_a_place_that_has_moved_is_found() -> None:
    assert list(named_places("at `wire/attic.py::Keys` and `wire/envelope.py`")) == [
        ("wire/attic.py", "Keys"),
        ("wire/envelope.py", ""),
    ]
    assert not is_there("wire/attic.py", "Keys")
    assert not is_there("wire/envelope.py", "Attic")
    assert is_there("wire/envelope.py", "Keys")


@pytest.mark.parametrize("document", ["install.md", "raspberry-pi.md"])
def test_steps_are_numbered_and_their_boxes_are_commands(document: str) -> None:
    page = Page(ROOT / "docs" / document, {})
    steps = sorted({number for number, _ in page.places})
    assert steps == list(range(1, len(steps) + 1))
    for place in page.places:
        for box in page.step(*place):
            read = subprocess.run(["bash", "-n"], input=box.commands, text=True, capture_output=True, check=False)
            assert read.returncode == 0, f"{place}: {box.commands}\n{read.stderr}"


def test_the_documents_and_the_package_name_one_version() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"].partition(".dev")[0]
    newest = [
        re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / changes).read_text("utf-8"), re.MULTILINE)[0]
        for changes in ("CHANGELOG.md", "docs/changes-for-developers.md")
    ]
    assert newest == [packaged, packaged]
