"""The root filesystem of an empty machine, and the packages that it can install without a network.

It is Debian 12 with systemd. Of the packages that a document's apt-get lines name, it has only the files in apt's
cache, so that `apt-get install` really installs them. `WHEELS` holds the Python packages of constraints.txt, and
pip is told to look there and nowhere else.
"""

import fcntl
import hashlib
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
WHEELS = "/srv/wheels"

_SUITE, _ITS_PYTHON = "bookworm", "3.11"
_KEPT_IN = ROOT / "var" / "machines"
# Of the packages that Debian's installer puts onto every machine, those that the documents use without naming them.
_SYSTEM = ("systemd-sysv", "adduser")
# These units need a kernel of their own, or a network.
_MASKED = ("sys-kernel-debug.mount", "sys-kernel-tracing.mount", "apt-daily.timer", "apt-daily-upgrade.timer")
_UNREAD = ("doc", "man", "locale", "info")


def image(apt_lines: Sequence[str]) -> Path:
    """The folder of a root filesystem on which these `apt-get install …` lines work.

    Made at the first call, and kept in var/ until one of its ingredients changes. Raises CalledProcessError.
    """
    ingredients = (Path(__file__).read_bytes(), "\n".join(apt_lines).encode(), *(each.encode() for each in _python()))
    key = hashlib.sha256(b"\0".join((*ingredients, (ROOT / "constraints.txt").read_bytes()))).hexdigest()[:16]
    _KEPT_IN.mkdir(parents=True, exist_ok=True)
    with (_KEPT_IN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = _KEPT_IN / key
        if not made.exists():
            for old in [each for each in _KEPT_IN.iterdir() if each.is_dir()]:
                shutil.rmtree(old)
            unfinished = _KEPT_IN / f"{key}.unfinished"
            _make(unfinished, apt_lines)
            unfinished.rename(made)
    return made


def _make(folder: Path, apt_lines: Sequence[str]) -> None:
    wheels = folder.with_suffix(".wheels")
    downloading = subprocess.Popen(
        [
            *(sys.executable, "-m", "pip", "download", "-q", "--dest", str(wheels), "--only-binary=:all:"),
            *("--python-version", _ITS_PYTHON, "-c", str(ROOT / "constraints.txt"), *_python()),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _run("mmdebstrap", *_options(apt_lines), _SUITE, str(folder))
        said = downloading.communicate()[0]
        if downloading.returncode != 0:
            raise subprocess.CalledProcessError(downloading.returncode, downloading.args, said)
    finally:
        downloading.kill()
        downloading.wait()
    wheels.rename(folder / WHEELS.lstrip("/"))
    (folder / "etc/pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {WHEELS}\n")
    (folder / "etc/hostname").unlink()  # that is the building machine's
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")


def _options(apt_lines: Sequence[str]) -> list[str]:
    # The machine keeps this configuration: without it, apt would ask for packages that the machine doesn't have.
    hooks = [
        f'chroot "$1" systemctl mask {shlex.join(_MASKED)}',
        *(f'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" {line} --yes --download-only' for line in apt_lines),
    ]
    return [
        *("--mode=root", "--variant=minbase", f"--include={','.join(_SYSTEM)}", "--skip=cleanup/apt"),
        *("--aptopt=APT::Install-Recommends false", "--aptopt=Acquire::Languages none"),
        *("--dpkgopt=force-unsafe-io", *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _UNREAD)),
        *(f"--customize-hook={hook}" for hook in hooks),
    ]


def _python() -> list[str]:
    """Download the Python packages that both programs and their build need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    lines = [
        *(*project["build-system"]["requires"], *project["project"]["dependencies"]),
        *(*extras["controller"], *extras["speaker"]),
    ]
    there = {"python_version": _ITS_PYTHON}
    wanted = [Requirement(line) for line in sorted(set(lines))]
    return [
        f"{each.name}{'[' + ','.join(each.extras) + ']' if each.extras else ''}{each.specifier}"
        for each in wanted
        if each.marker is None or each.marker.evaluate(there)
    ]


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
