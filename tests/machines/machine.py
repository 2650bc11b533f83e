"""One running empty machine, and the cable between two."""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.machines.terminal import Terminal
from tests.servers.waiting import wait_for

_NEEDED = ("mmdebstrap", "nsenter", "setsid", "unshare", "ip", "git")
_UP_WITHIN_S, _DOWN_WITHIN_S = 60.0, 60.0
_NETWORK = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def why_impossible() -> str | None:
    """A sentence why no machine can be made here; None if it can."""
    if os.geteuid() != 0:
        return "an empty machine needs root, for its mounts and its users"
    if missing := [each for each in _NEEDED if shutil.which(each) is None]:
        return f"an empty machine needs {', '.join(missing)} (.ci/packages)"
    if (groups := control_groups()) is None:
        return "an empty machine needs the second version of control groups (cgroup2), mounted"
    spaces = ("--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "--net", "--ipc", "--uts")
    try:
        tried = groups / f"loa-tried-{os.getpid()}"
        tried.mkdir()
        tried.rmdir()
        subprocess.run(["unshare", *spaces, "--cgroup", "true"], check=True, capture_output=True, text=True)
    except OSError as error:
        return f"this machine gives no control group: {error}"
    except subprocess.CalledProcessError as error:
        return f"this machine gives no namespaces: {error.stderr.strip()}"
    return None


def control_groups() -> Path | None:
    """This process's group in the tree of cgroup2, wherever that is mounted (alone or next to version 1)."""
    mounted = re.search(r"^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 ", Path("/proc/self/mountinfo").read_text(), re.MULTILINE)
    own = re.search(r"^0::/(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    if mounted is None or own is None:
        return None
    group = Path(mounted[1], own[1])
    return group if group.is_dir() else Path(mounted[1])


class Machine:
    """A machine named `hostname` whose disk has the files of the folder `image`, and over them those of `things`."""

    def __init__(self, hostname: str, image: Path, things: Path) -> None:
        groups = control_groups()
        assert groups is not None
        self.hostname = hostname
        self.control_group = groups / f"loa-machine-{hostname}-{os.getpid()}"
        self._console = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._keeper = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.machines.keeper", hostname, self.control_group),
                *(things, image),
            ],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._console,
            text=True,
            bufsize=1,
            start_new_session=True,  # Ctrl-C must reach only the test, which then closes its machines
        )
        self.process_1 = 0

    def switch_on(self) -> None:
        """Switch its power on; returns when it is up."""
        self.process_1 = int(self._tell("on") or 0)
        assert self.process_1, f"{self.hostname} doesn't start: {self.console()}"
        wait_for(self._is_up, lambda: f"{self.hostname} isn't up: {self.console()}", _UP_WITHIN_S)

    def cut_power(self) -> None:
        """Cut its power while it works; its disk stays. Does nothing if it is off."""
        if self.process_1:
            self._tell("off")
            self.process_1 = 0

    def terminal(self, answers: Mapping[str, str]) -> Terminal:
        """Open a terminal as root."""
        return Terminal(self.process_1, answers)

    def path(self, path: str) -> Path:
        """The path of a machine's file as seen from outside."""
        return Path(f"/proc/{self.process_1}/root", path.lstrip("/"))

    def run(self, *command: str) -> str:
        """Run a command of the test, which isn't from a document; returns its output. AssertionError if it fails."""
        done = self._run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def facts(self, unit: str, *names: str) -> dict[str, str]:
        """The values of these properties of a systemd unit."""
        lines = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def connect(self, address: str, port: int) -> socket.socket:
        """Connect from the machine to an address; returns the connection for the test's use."""
        made: list[socket.socket | OSError] = []

        def enter_and_connect() -> None:
            try:
                with open(f"/proc/{self.process_1}/ns/net") as network:  # noqa: PTH123 - its number is wanted
                    if _LIBC.setns(network.fileno(), _NETWORK):
                        raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.create_connection((address, port), timeout=60))
            except OSError as error:
                made.append(error)

        # A thread may enter another network namespace alone; this one ends there.
        visitor = threading.Thread(target=enter_and_connect)
        visitor.start()
        visitor.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def console(self) -> str:
        """The output of its process 1."""
        return os.pread(self._console.fileno(), 1 << 20, 0).decode(errors="replace")

    def close(self) -> None:
        """End it; returns when all of it is removed."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        status = self._keeper.wait(_DOWN_WITHIN_S)
        said = self.console()
        self._console.close()
        assert status == 0, f"the keeper of {self.hostname} ended with {status}: {said}"

    def _tell(self, word: str) -> str:
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(f"{word}\n")
        return self._keeper.stdout.readline().strip()

    def _is_up(self) -> bool:
        return self._run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", "--target", str(self.process_1), "--all", "--"]
        return subprocess.run([*inside, *command], capture_output=True, text=True, check=False)


def lay_cable(one: Machine, its_address: str, other: Machine, other_address: str) -> None:
    """Connect two machines by a network of their own; it ends when one of them loses its power."""
    for machine in (one, other):
        _wait_until_unplugged(machine)
    _ip(one, "link", "add", "name", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(other.process_1))
    for machine, address in ((one, its_address), (other, other_address)):
        _ip(machine, "address", "add", f"{address}/24", "dev", "eth0")
        _ip(machine, "link", "set", "eth0", "up")


def _wait_until_unplugged(machine: Machine) -> None:
    """Wait until the end of an earlier cable is gone: that happens a moment after the other machine ended."""
    devices = Path(f"/proc/{machine.process_1}/net/dev")
    wait_for(lambda: "eth0:" not in devices.read_text(), lambda: f"{machine.hostname} has a cable")


def _ip(machine: Machine, *words: str) -> None:
    subprocess.run(["nsenter", f"--net=/proc/{machine.process_1}/ns/net", "ip", *words], check=True)
