"""`loa-speaker check`: looks at each thing that must be right before the agent can do its work."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from speaker_agent.app import AlreadyRunning, lock_data, open_clock, open_device
from speaker_agent.device.port import DeviceFailed, Sound
from speaker_agent.line.link import CannotConnect, probe
from speaker_agent.memory.journal import Journal, journal_fault
from speaker_agent.settings import AgentSettings, NoSettings, read_settings_file
from wire.model import ALL_CLASSES

LEAST_FREE_BYTES = 200 * 1024 * 1024
_TRY_AHEAD = timedelta(seconds=1)

ToDo = str | None
"""What is wrong and what to do; None: nothing, it is right."""


def check(file: Path) -> Iterator[tuple[str, ToDo]]:
    """The things that were looked at, each with what to do; the first one ends it if the file can't be used."""
    try:
        settings = read_settings_file(file)
    except NoSettings as error:
        yield f"configuration {file}", str(error)
        return
    yield f"configuration {file}", None
    yield "keys of the office", _keys(settings)
    yield f"data folder {settings.data_dir}", _data_folder(settings)
    yield "journal", _journal(settings)
    yield "clock", _clock(settings)
    yield f"sound {settings.sound}", _sound(settings)
    yield _broker(settings)


def _keys(settings: AgentSettings) -> ToDo:
    all_classes = [key for key in settings.office_keys if set(key.may) == ALL_CLASSES]
    if not all_classes:
        return "no key in the file may sign all three classes: enrol this speaker again at the office"
    if len(settings.office_keys) < 2:
        return "only one key of the office is there, the one in the safe is missing: enrol this speaker again"
    return None


def _data_folder(settings: AgentSettings) -> ToDo:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir) as file:
            file.write(bytes(4096))
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        return f"can't be written ({error.strerror}): let the user who runs the agent write there"
    if free < LEAST_FREE_BYTES:
        return f"only {free // 1024**2} MiB are free: make room for at least {LEAST_FREE_BYTES // 1024**2} MiB"
    return None


def _journal(settings: AgentSettings) -> ToDo:
    fault = journal_fault(settings.journal_file)
    if fault is None:
        return None
    return (
        f"{settings.journal_file} can't be read ({fault}): start the agent, which keeps the file and begins a new one"
    )


def _clock(settings: AgentSettings) -> ToDo:
    if settings.test_clock is not None:
        return (
            f'a test moves the time ({settings.test_clock}): take "clock" out of the configuration, and begin with an'
            " empty data folder; this one has believed a time that wasn't"
        )
    with ExitStack() as stack:
        journal = None
        if settings.journal_file.exists() and journal_fault(settings.journal_file) is None:
            journal = Journal(settings.journal_file, open_clock(settings, None).now())
            stack.callback(journal.close)
        state = open_clock(settings, journal).state()
    if state == "untrusted":
        return (
            "the time isn't known: switch on time synchronisation (timedatectl set-ntp true); the agent also asks the"
            " office for the time once it is connected"
        )
    return None


def _sound(settings: AgentSettings) -> ToDo:
    """Opens the device for a start that is revoked before its first frame."""
    device = open_device(settings, open_clock(settings, None), lambda: None)
    try:
        device.start(Sound("check", iter([]), 0), open_clock(settings, None).now() + _TRY_AHEAD)
    except DeviceFailed as error:
        return str(error)
    finally:
        device.close()
    return None


def _broker(settings: AgentSettings) -> tuple[str, ToDo]:
    what = f"broker {settings.broker.host}:{settings.broker.port}"
    with ExitStack() as stack:
        try:
            lock_data(settings, stack)
            probe(settings)
        except AlreadyRunning:
            # To sign in under the same name would cut the agent's connection.
            return f"{what} (reached; signing in was not tried, because the agent runs)", _reached(settings)
        except (CannotConnect, OSError) as error:
            return what, str(error)
    return what, None


def _reached(settings: AgentSettings) -> ToDo:
    try:
        socket.create_connection((settings.broker.host, settings.broker.port), timeout=5).close()
    except OSError as error:
        return f"can't be reached ({error}): is the network up, is the broker running?"
    return None
