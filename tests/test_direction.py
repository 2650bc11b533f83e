"""Imports go one way, and each heavy library is imported in one file of a room. Read from the sources.

`ORDER` lists the rooms from the bottom up: a room may import rooms of lower levels, and none of its own or a higher
level. docs/architecture.md draws the same.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("host", "wire", "schedules", "audio", "controller", "speaker_agent")
"""What is installed."""
NOT_INSTALLED = ("tools", "tests", "bench")

# What each program, library and folder may import of the others. The agent is installed without the web, the
# database and a speech engine, so its entry names single modules. Tests may test tools; measures use what tests
# start.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "host": (),
    "wire": (),
    "schedules": ("wire",),
    "audio": ("host", "wire"),
    "controller": ("host", "wire", "schedules", "audio"),
    "speaker_agent": ("host", "wire", "schedules.arbitration", "audio.sound.opus", "audio.clip_store"),
    "tools": ROOMS,
    "tests": (*ROOMS, "tools"),
    "bench": (*ROOMS, "tests"),
}

# For each folder its rooms (folders or files), a line a level, from the bottom up. Files of one room may import each
# other; no chain of imports leads back to its file.
ORDER: dict[str, tuple[str, ...]] = {
    "controller": (
        "words",
        "errors settings",
        "database broker few_threads",
        "station",
        "sign_in people",
        "announcements",
        "orders",
        "broadcasts",
        "planning places outlook exchange",
        "running",
        "upkeep web demo",
        "serve",
        "cli",
    ),
    "controller.web": (
        "words admission",
        "frame",
        "api lines writing station people",
        "ordering speakers",
        "timetable results",
        "home approving",
        "pages entrance",
        "application",
    ),
    "speaker_agent": (
        "clock health",
        "memory device clips",
        "playback line",
        "agent settings",
        "app",
        "check tone",
        "cli",
    ),
    "audio": ("clip_store sound spoken_text", "speech", "preparation"),
}
MOST_FILES, MOST_FILES_OF_TESTS = 15, 30
ONE_DOOR_IN_A_ROOM = ("paho", "apscheduler", "subprocess")
OF_THE_CONTROLLER_ALONE = ("sqlmodel", "sqlalchemy", "alembic", "apscheduler", "fastapi", "starlette", "jinja2")
TABLES = "controller/database/tables.py"
WIRE_STANDS_ON = ("pydantic", "joserfc", "cryptography")
THE_AGENT_STANDS_ON = (*WIRE_STANDS_ON, "av", "paho")
DOES_MORE_THAN_ITS_DOCSTRING = ("audio/spoken_text/__init__.py", "controller/database/migrations/__init__.py")


@dataclass(frozen=True)
class Import:
    """One name that a file imports: `name` is the module, or module.thing for `from module import thing`."""

    file: str
    line: int
    module: str
    name: str

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def within(self, *modules: str) -> bool:
        """Whether the import is of one of these modules, of a name in one, or `from package import module` for one."""
        return any(self.module == each or self.module.startswith(each + ".") or self.name == each for each in modules)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports_of(root: Path, path: Path) -> Iterator[Import]:
    """Every import of a file, also inside functions and conditions; relative ones are made absolute."""
    file = path.relative_to(root).as_posix()
    package = list(path.relative_to(root).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"), file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(file, node.lineno, module, f"{module}.{alias.name}")


def sources(root: Path, room: str) -> list[Path]:
    return sorted((root / room).rglob("*.py"))


def faults(root: Path) -> list[str]:
    """Violations of the rules, a sentence each."""
    everything = {
        room: [each for path in sources(root, room) for each in imports_of(root, path)] for room in MAY_IMPORT
    }
    installed = {room: everything[room] for room in ROOMS}
    return [
        *_wrong_directions(everything),
        *_imports_up(installed),
        *_circles(everything),
        *_second_doors(installed),
        *_in_the_wrong_room(installed),
        *_too_heavy_for_a_board(installed),
        *_rooms_that_do_something_when_entered(root),
        *_crowded_folders(root),
        *_second_files_with_alsa(root),
    ]


def _wrong_directions(everything: dict[str, list[Import]]) -> Iterator[str]:
    for room, imports in everything.items():
        for each in imports:
            if each.top in MAY_IMPORT and each.top != room and not each.within(*MAY_IMPORT[room]):
                yield f"{each}: {room} may not"


def _imports_up(everything: dict[str, list[Import]]) -> Iterator[str]:
    for folder, levels in ORDER.items():
        level_of = {room: level for level, rooms in enumerate(levels) for room in rooms.split()}
        for each in everything[folder.partition(".")[0]]:
            importer = room_in(folder, each.file.removesuffix(".py").replace("/", "."))
            imported = room_in(folder, each.name) or room_in(folder, each.module)
            if importer == imported or not importer or not imported:
                continue
            for room in (importer, imported):
                if room not in level_of:
                    yield f"{each}: {folder}.{room} has no place in ORDER"
            if level_of.get(imported, -1) >= level_of.get(importer, len(levels)):
                yield f"{each}: {folder}.{importer} stands below or next to {folder}.{imported}"


def room_in(folder: str, module: str) -> str:
    """The room of the folder to which a module belongs; empty if to none."""
    inside = module.removeprefix(folder + ".")
    return "" if inside == module else inside.split(".")[0].replace("__init__", "")


def _circles(everything: dict[str, list[Import]]) -> Iterator[str]:
    files = {each.file for imports in everything.values() for each in imports}
    by_module = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in files}
    imports: dict[str, set[str]] = {file: set() for file in files}
    for each in (each for imports_of_room in everything.values() for each in imports_of_room):
        # `from a import b` means the file a/b.py if it exists; a/__init__.py isn't needed then.
        target = by_module.get(each.name) or by_module.get(each.module)
        if target is not None and target != each.file:
            imports[each.file].add(target)
    done: set[str] = set()
    for start in sorted(files):
        yield from _circles_from(start, imports, done, [])


def _circles_from(file: str, imports: dict[str, set[str]], done: set[str], path: list[str]) -> Iterator[str]:
    if file in path:
        yield "a circle: " + " → ".join([*path[path.index(file) :], file])
        return
    if file in done:
        return
    for other in sorted(imports[file]):
        yield from _circles_from(other, imports, done, [*path, file])
    done.add(file)


def _second_doors(everything: dict[str, list[Import]]) -> Iterator[str]:
    for room, imports in everything.items():
        for library in ONE_DOOR_IN_A_ROOM:
            files = sorted({each.file for each in imports if each.top == library})
            if len(files) > 1:
                yield f"{library} has more than one door in {room}: {', '.join(files)}"


def _in_the_wrong_room(everything: dict[str, list[Import]]) -> Iterator[str]:
    for room, imports in everything.items():
        for each in imports:
            if room != "controller" and each.top in OF_THE_CONTROLLER_ALONE:
                yield f"{each}: that belongs to the controller"
            if each.file != TABLES and each.name in ("sqlmodel", "sqlmodel.SQLModel", "sqlmodel.*"):
                yield f"{each}: tables are made in {TABLES}"
            if each.file.startswith("controller/web/") and each.name in ("sqlmodel.select", "sqlalchemy.select"):
                yield f"{each}: the web asks the rooms of the core, which query"
            if room == "host" and each.top not in {*sys.stdlib_module_names, "host"}:
                yield f"{each}: host stands on the standard library"
            if room == "wire" and each.top not in {*sys.stdlib_module_names, *WIRE_STANDS_ON, "wire"}:
                yield f"{each}: wire stands on the standard library, pydantic and the signing library"


def _too_heavy_for_a_board(everything: dict[str, list[Import]]) -> Iterator[str]:
    """All that the agent imports, directly or through others, must be in a [speaker] install."""
    by_module: dict[str, list[Import]] = {}
    for each in (each for imports in everything.values() for each in imports):
        by_module.setdefault(each.file.removesuffix(".py").replace("/", "."), []).append(each)
    reached, waiting = set[str](), [module for module in by_module if module.startswith("speaker_agent.")]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        for each in by_module[module]:
            waiting += [other for other in (each.module, each.name) if other in by_module]
            if each.top not in {*sys.stdlib_module_names, *ROOMS, *THE_AGENT_STANDS_ON}:
                yield f"{each}: not there in an install for a board"


def _rooms_that_do_something_when_entered(root: Path) -> Iterator[str]:
    for room in ROOMS:
        for folder in sorted({path.parent for path in sources(root, room)}):
            file = (folder / "__init__.py").relative_to(root).as_posix()
            statements = ast.parse((root / file).read_text("utf-8")).body if (root / file).exists() else []
            only_docstring = len(statements) == 1 and isinstance(statements[0], ast.Expr)
            if folder.name != "versions" and not only_docstring and file not in DOES_MORE_THAN_ITS_DOCSTRING:
                yield f"{file} should say what the room is for, and nothing else"


def _crowded_folders(root: Path) -> Iterator[str]:
    for top in MAY_IMPORT:
        for folder in sorted({path.parent for path in sources(root, top)}):
            most = MOST_FILES_OF_TESTS if top == "tests" else MOST_FILES
            count = len(list(folder.glob("*.py")))
            if count > most:
                yield f"{folder.relative_to(root)} has {count} files, more than {most}"


def _second_files_with_alsa(root: Path) -> Iterator[str]:
    """ctypes loads ALSA by its library's name."""
    for room in ROOMS:
        files = [
            path.relative_to(root).as_posix()
            for path in sources(root, room)
            if any(
                isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("libasound")
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
            )
        ]
        if len(files) > 1 or (files and room != "speaker_agent"):
            yield f"ALSA has a door too many in {room}: {', '.join(files)}"


def test_imports_go_one_way() -> None:
    assert faults(ROOT) == []


def test_every_room_has_sources() -> None:
    # Else the test above would pass for a moved folder, because it reads nothing.
    for room in (*ROOMS, *NOT_INSTALLED):
        assert sources(ROOT, room)
    assert len([each for path in sources(ROOT, "wire") for each in imports_of(ROOT, path)]) > 50


def made_up(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return faults(root)


GOOD = {
    "host/__init__.py": '"""The machine."""\n',
    "host/whole_file.py": "import os\n",
    "wire/__init__.py": '"""The wire."""\n',
    "wire/ids.py": "import re\nfrom pydantic import BaseModel\nfrom wire import topics\n",
    "wire/topics.py": "from joserfc import jws\nfrom cryptography.hazmat import primitives\n",
    "schedules/__init__.py": '"""Schedules."""\n',
    "schedules/arbitration.py": "from wire.ids import x\nfrom schedules.quiet_hours import y\n",
    "audio/__init__.py": '"""Audio."""\n',
    "audio/clip_store.py": "",
    "audio/sound/__init__.py": '"""Sound."""\n',
    "audio/sound/opus.py": "import av\nimport wire.ids\n",
    "audio/speech/__init__.py": '"""Speech."""\n',
    "audio/speech/espeak.py": "import subprocess\nimport pydub\nfrom audio.sound import opus\n",
    "controller/__init__.py": '"""The office."""\n',
    "controller/database/__init__.py": '"""Rows."""\n',
    "controller/database/tables.py": "from sqlmodel import Field, SQLModel\n",
    "controller/places/__init__.py": '"""Places."""\n',
    "controller/places/areas.py": "from sqlmodel import Session\nimport schedules.preview\nfrom audio import speech\n",
    "controller/running/__init__.py": '"""Running."""\n',
    "controller/running/app.py": "import apscheduler\nimport paho.mqtt.client\nfrom controller.places import areas\n",
    "controller/web/__init__.py": '"""Pages."""\n',
    "controller/web/home/__init__.py": '"""Home."""\n',
    "controller/web/home/home.py": "from controller.running.app import x\nfrom controller.web.home import view\n",
    "controller/web/home/view.py": "",
    "speaker_agent/__init__.py": '"""The box."""\n',
    "speaker_agent/app.py": (
        "from audio import clip_store\nfrom audio.sound import opus\nfrom schedules.arbitration import arbitrate\n"
    ),
    "speaker_agent/line/__init__.py": '"""The line."""\n',
    "speaker_agent/line/link.py": "import paho.mqtt.client\n",
    "speaker_agent/device/__init__.py": '"""The device."""\n',
    "speaker_agent/device/alsa.py": "import ctypes\nctypes.CDLL('libasound.so.2')\n",
    "tools/catalogue.py": "from controller.running import app\n",
    "tests/people.py": "from controller.places import areas\n",
    "tests/test_catalogue.py": "from tests import people\nfrom tools import catalogue\n",
    "bench/planning.py": "from bench import lines\nfrom tests import people\n",
    "bench/lines.py": "",
}


def test_correct_imports_have_no_fault(tmp_path: Path) -> None:
    assert made_up(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("wire/x.py", "import schedules.arbitration", "wire/x.py:1 imports schedules.arbitration: wire may not"),
        ("wire/x.py", "from ..audio.sound import opus", "audio.sound.opus: wire may not"),
        ("wire/x.py", "def f():\n    if True:\n        import controller.app", "wire/x.py:3"),
        ("wire/x.py", "import paho", "wire stands on"),
        ("wire/x.py", "from host.whole_file import write_whole_file", "wire may not"),
        ("host/x.py", "from wire.ids import x", "host may not"),
        ("host/x.py", "import pydantic", "host stands on the standard library"),
        ("schedules/x.py", "from audio.sound import opus", "schedules may not"),
        ("audio/x.py", "from schedules.arbitration import arbitrate", "audio may not"),
        ("audio/x.py", "import controller", "audio may not"),
        ("controller/x.py", "from speaker_agent.clock import AgentClock", "controller may not"),
        ("controller/web/x.py", "from speaker_agent import clock", "controller may not"),
        ("speaker_agent/x.py", "import controller.tables", "speaker_agent may not"),
        ("speaker_agent/x.py", "from audio import espeak", "audio.espeak: speaker_agent may not"),
        ("speaker_agent/x.py", "from audio.sound import opus, espeak", "audio.sound.espeak: speaker_agent may not"),
        ("speaker_agent/x.py", "import audio", "audio: speaker_agent may not"),
        ("speaker_agent/x.py", "from audio.sound.opus_tools import x", "speaker_agent may not"),
        ("speaker_agent/x.py", "from schedules.preview import preview", "speaker_agent may not"),
        (
            "audio/sound/opus.py",
            "from audio.speech.espeak import say",
            "audio/speech/espeak.py:2 imports pydub: not there",
        ),
        ("audio/sound/opus.py", "from audio.speech import espeak", "audio/speech/espeak.py:2 imports pydub: not there"),
        ("schedules/arbitration.py", "import dateutil.rrule", "dateutil.rrule: not there in an install for a board"),
        ("speaker_agent/x.py", "import fastapi", "fastapi: not there in an install for a board"),
        ("controller/x.py", "import paho.mqtt.client", "paho has more than one door in controller"),
        ("controller/web/x.py", "from apscheduler.jobstores import base", "apscheduler has more than one door"),
        ("audio/x.py", "import subprocess", "subprocess has more than one door in audio"),
        ("audio/x.py", "def f():\n    from subprocess import run", "subprocess has more than one door in audio"),
        ("controller/x.py", "from sqlmodel import SQLModel", "tables are made in controller/database/tables.py"),
        ("controller/x.py", "import sqlmodel", "tables are made in controller/database/tables.py"),
        ("controller/x.py", "from sqlmodel import *", "tables are made in controller/database/tables.py"),
        ("controller/web/home/view.py", "from sqlmodel import Session, select", "the web asks the rooms of the core"),
        ("speaker_agent/x.py", "import sqlalchemy.orm", "belongs to the controller"),
        ("audio/x.py", "from sqlmodel import Session", "belongs to the controller"),
        ("audio/__init__.py", '"""Audio."""\nfrom audio.sound.opus import encode', "audio/__init__.py should say"),
        ("speaker_agent/__init__.py", "VERSION = 1", "speaker_agent/__init__.py should say"),
        ("controller/web/home/__init__.py", "", "controller/web/home/__init__.py should say"),
        ("controller/database/x.py", "from controller.places import areas", "controller.database stands below or next"),
        ("controller/errors.py", "from controller.database import tables", "controller.errors stands below or next"),
        ("controller/places/x.py", "from controller.planning import approvals", "places stands below or next to"),
        (
            "controller/places/x.py",
            "def f():\n    import controller.running.app",
            "controller.places stands below or next",
        ),
        ("controller/running/x.py", "from controller.web.home import view", "controller.running stands below or next"),
        (
            "controller/web/words/x.py",
            "from controller.web.home import view",
            "controller.web.words stands below or next",
        ),
        (
            "controller/web/lines/x.py",
            "from controller.web.api import views",
            "controller.web.lines stands below or next",
        ),
        ("controller/attic/x.py", "from controller.database import tables", "controller.attic has no place in ORDER"),
        ("controller/places/x.py", "from controller.attic import x", "controller.attic has no place in ORDER"),
        ("speaker_agent/line/x.py", "from speaker_agent import app", "speaker_agent.line stands below or next"),
        (
            "speaker_agent/clock/x.py",
            "from speaker_agent.line.link import x",
            "speaker_agent.clock stands below or next",
        ),
        ("audio/sound/x.py", "from audio.speech import espeak", "audio.sound stands below or next to audio.speech"),
        (
            "controller/web/home/view.py",
            "from controller.web.home import home",
            "a circle: controller/web/home/home.py",
        ),
        ("wire/topics.py", "import wire.ids", "a circle: wire/ids.py → wire/topics.py → wire/ids.py"),
        ("tools/x.py", "from tests.people import make_commune", "tests.people.make_commune: tools may not"),
        ("tools/x.py", "from bench import lines", "bench.lines: tools may not"),
        ("tests/x.py", "from bench import lines", "bench.lines: tests may not"),
        ("bench/x.py", "from tools import catalogue", "tools.catalogue: bench may not"),
        ("controller/x.py", "def f():\n    from tests import people", "tests.people: controller may not"),
        ("wire/x.py", "import tools.catalogue", "tools.catalogue: wire may not"),
        ("tests/people.py", "from tests import test_catalogue", "a circle: tests/people.py → tests/test_catalogue.py"),
        ("speaker_agent/x.py", "ctypes.CDLL('libasound.so.2')", "ALSA has a door too many in speaker_agent"),
        ("audio/x.py", "ctypes.CDLL('libasound.so.2')", "ALSA has a door too many in audio"),
    ],
)
def test_each_wrong_import_is_found(tmp_path: Path, file: str, text: str, fault: str) -> None:
    found = made_up(tmp_path, {**GOOD, file: text})
    assert any(fault in each for each in found), found


def test_a_folder_of_sixteen_files_is_found(tmp_path: Path) -> None:
    fifteen = {f"controller/places/x{number}.py": "" for number in range(13)}
    assert made_up(tmp_path, {**GOOD, **fifteen}) == []
    assert made_up(tmp_path, {"controller/places/x13.py": ""}) == ["controller/places has 16 files, more than 15"]


def test_room_names_inside_other_names_are_not_rooms(tmp_path: Path) -> None:
    assert made_up(tmp_path, {**GOOD, "schedules/x.py": "import audioop, wireless\nfrom controllers import y"}) == []
