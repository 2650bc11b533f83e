"""Which Mosquitto a test runs: the installed one, or a newer one from Debian unstable.

Debian 12 and 13 have 2.0. Mosquitto 2.1 is fetched once into var/mosquitto-2.1/ and run from there by the loader and
the libraries that came with it; nothing is installed. Where it can't be had, the tests that want it are skipped.
"""

import fcntl
import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "mosquitto"
_KEPT_IN = ROOT / "var" / "mosquitto-2.1"
_FETCH_LIMIT_S = 300


@dataclass(frozen=True)
class Build:
    """A Mosquitto: how it is started, its version, and the folder of its plugins."""

    command: tuple[str, ...]
    version: tuple[int, int]
    plugins: Path

    def access(self, accounts: Path, acl: Path) -> str:
        """The file of deploy/mosquitto/access/ for this version, with these paths."""
        name = "2.0" if self.version < (2, 1) else "2.1"
        written = (DEPLOY / "access" / f"{name}.conf").read_text()
        for there, here in (
            ("/var/lib/loa-xa/broker/accounts", accounts),
            ("/etc/loa-xa/mosquitto/acl", acl),
            ("/usr/lib/x86_64-linux-gnu/mosquitto/", f"{self.plugins}/"),
        ):
            written = written.replace(there, str(here))
        return written


@functools.cache
def installed() -> Build:
    """The Mosquitto of this machine."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.fail("mosquitto is missing: apt-get install mosquitto")
    plugins = next(iter(Path("/usr/lib").glob("*/mosquitto/mosquitto_acl_file.so")), Path("/usr/lib/mosquitto/none"))
    return Build((program,), _version((program,)), plugins.parent)


@functools.cache
def unstable() -> Build:
    """Mosquitto 2.1 or newer, from Debian unstable; skips the test where it can't be fetched."""
    if installed().version >= (2, 1):
        return installed()
    try:
        root = _fetched()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no Mosquitto 2.1 could be fetched from Debian unstable: {error}")
    [libraries] = {file.parent for file in (root / "usr/lib").glob("*/libmosquitto.so.1")}
    # The loader is started under the name of the program: the office looks whether a pid is a mosquitto's.
    command = (str(root / "mosquitto"), "--library-path", str(libraries), str(root / "usr/sbin/mosquitto"))
    return Build(command, _version(command), libraries / "mosquitto")


def _fetched() -> Path:
    _KEPT_IN.parent.mkdir(exist_ok=True)
    with _KEPT_IN.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _KEPT_IN.exists():
            unfinished = _KEPT_IN.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _fetch(unfinished)
            unfinished.rename(_KEPT_IN)
    return _KEPT_IN


def _fetch(folder: Path) -> None:
    # A test machine's clock may be later than the day until which unstable's list is good.
    options = ("APT::Install-Recommends false", "Acquire::Check-Valid-Until false")
    subprocess.run(
        [
            *("mmdebstrap", "--variant=extract", "--include=mosquitto", "--quiet"),
            *(f"--aptopt={option}" for option in options),
            *("sid", str(folder)),
        ],
        check=True,
        capture_output=True,
        timeout=_FETCH_LIMIT_S,
    )
    [loader] = (folder / "usr/lib").glob("*/ld-linux*.so.*")
    shutil.copy(loader, folder / "mosquitto")
    subprocess.run(["/sbin/ldconfig", "-n", str(loader.parent)], check=True, timeout=_FETCH_LIMIT_S)


def _version(command: tuple[str, ...]) -> tuple[int, int]:
    told = subprocess.run([*command, "-h"], capture_output=True, text=True, check=False, timeout=20).stdout
    found = re.search(r"version (\d+)\.(\d+)", told)
    assert found is not None, told
    return int(found[1]), int(found[2])
