"""The configuration file of one agent: the enrolment that the office wrote, and where sound goes.

JSON: an `Enrolment`, and optionally `data_dir` (default: a folder next to the file, named after it), `sound`
(`alsa:DEVICE`, `file:FOLDER` or `none`; default `alsa:default`) and `clock` (`"system"`: the system clock of this
machine is to be believed, also where the kernel doesn't call it synchronised; `"test:FILE"`: a test moves the time, see
host/shared_clock.py). Relative paths start at the file's folder. Unknown fields are ignored.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from wire.enrolment import Enrolment
from wire.model import Malformed


class NoSettings(Exception):
    """The file can't be used; the message says why, and what to do."""


class AgentSettings(Enrolment):
    """The file, checked; paths are absolute."""

    data_dir: Annotated[Path, Field(strict=False)] = Path()
    sound: Annotated[str, StringConstraints(pattern=r"^(none|(alsa|file):.+)$")] = "alsa:default"
    clock: Annotated[str, StringConstraints(pattern=r"^(kernel|system|test:.+)$")] = "kernel"
    cache_bytes_limit: Annotated[int, Field(ge=0)] = 2_000_000_000
    """What plan and sounds may take of the disk; two gigabytes are some 180 hours of speech."""

    @property
    def test_clock(self) -> Path | None:
        """The file by which a test moves the time."""
        return Path(self.clock.removeprefix("test:")) if self.clock.startswith("test:") else None

    @property
    def journal_file(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def clips_folder(self) -> Path:
        return self.data_dir / "clips"

    @property
    def chunks_folder(self) -> Path:
        return self.data_dir / "chunks"


def read_settings_file(file: Path) -> AgentSettings:
    """Read and check the file. Raises NoSettings."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise NoSettings(
            f"{file} can't be read ({error.strerror}): put there the JSON that the office showed when this speaker"
            " was enrolled"
        ) from error
    try:
        settings = AgentSettings.from_json(data)
    except Malformed as error:
        raise NoSettings(
            f"{file} can't be used: {error}. It should be the JSON that the office showed when this speaker was"
            " enrolled; new credentials can be had from the office"
        ) from error
    folder = file.resolve().parent
    data_dir = settings.data_dir if "data_dir" in settings.model_fields_set else Path(f"{file.stem}-data")
    return settings.model_copy(
        update={
            "data_dir": folder / data_dir.expanduser(),
            "sound": _with_absolute_path(settings.sound, "file:", folder),
            "clock": _with_absolute_path(settings.clock, "test:", folder),
        }
    )


def _with_absolute_path(value: str, prefix: str, folder: Path) -> str:
    """Make the path after `prefix` absolute, by `folder`; a value without this prefix stays as it is."""
    return f"{prefix}{folder / Path(value.removeprefix(prefix)).expanduser()}" if value.startswith(prefix) else value
