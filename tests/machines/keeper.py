"""The process that owns one machine: it starts systemd in its own namespaces, and leaves nothing when it ends.

    python -m tests.machines.keeper HOSTNAME CGROUP LOWER_FOLDER…

It reads lines on standard input. `on` starts the machine; the answer is the process number of its systemd, or
none if the start failed. `off` cuts its power; the answer is an empty line. The end of the input, however the
writing process ended, is a final `off`. The machine's disk is an overlay in memory over
the lower folders, of which the first is uppermost; it lasts from one `on` to the next. CGROUP is made and removed.

It must be root: the machine's user namespace maps root to root, without rights over this machine.
It imports the standard library alone, and has one thread, as unshare(2) requires.
"""

import contextlib
import ctypes
import errno
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
# … and host name, IPC, network, process numbers, control groups.
_NEW_MACHINE = _NEW_USERS | _NEW_MOUNTS | 0x04000000 | 0x08000000 | 0x40000000 | 0x20000000 | 0x02000000
_NOSUID, _NODEV, _NOEXEC, _BIND, _RECURSIVE, _PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
_DETACH = 2
_SET_DEATH_SIGNAL = 1
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LESS_URGENT = 5  # so that tests that measure time go first
_EMPTY_WITHIN_S = 10.0


def main() -> None:
    hostname, cgroup, *lower = sys.argv[1:]
    os.nice(_LESS_URGENT)
    folder = tempfile.mkdtemp(prefix=f"{Path(cgroup).name}-")
    _unshare(_NEW_MOUNTS)
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    _mount("tmpfs", folder, "tmpfs", 0, "mode=700")
    try:
        for name in ("upper", "work", "root"):
            Path(folder, name).mkdir()
        layers = f"lowerdir={':'.join(lower)},upperdir={folder}/upper,workdir={folder}/work"
        _mount("overlay", f"{folder}/root", "overlay", 0, layers)
        while sys.stdin.readline() == "on\n":
            _run_until_off(f"{folder}/root", hostname, Path(cgroup))
    finally:
        _checked(_LIBC.umount2(folder.encode(), _DETACH), "umount")
        Path(folder).rmdir()


def _run_until_off(root: str, hostname: str, cgroup: Path) -> None:
    cgroup.mkdir()
    starter, process_1 = _start(root, hostname, cgroup)
    try:
        if process_1:
            print(process_1, flush=True)  # noqa: T201 - that is what is asked of it
            sys.stdin.readline()
    finally:
        if process_1:
            with contextlib.suppress(ProcessLookupError):  # all processes of the machine end with it
                os.kill(process_1, signal.SIGKILL)
        os.waitpid(starter, 0)
        _remove(cgroup)
    print(flush=True)  # noqa: T201


def _start(root: str, hostname: str, cgroup: Path) -> tuple[int, int]:
    """Start the machine; returns the pids of its starter and of its process 1 (0 if that failed)."""
    go_in, go_out = os.pipe()
    told_in, told_out = os.pipe()
    if not (starter := os.fork()):
        os.close(go_out)
        os.close(told_in)
        _be_starter(root, hostname, go_in, told_out)
    os.close(go_in)
    os.close(told_out)
    (cgroup / "cgroup.procs").write_text(str(starter))
    os.write(go_out, b"!")
    if os.read(told_in, 1):  # its user namespace exists
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{starter}/{name}").write_text("0 0 65536\n")
        os.write(go_out, b"!")
    process_1 = int(os.read(told_in, 20) or b"0")
    os.close(go_out)
    os.close(told_in)
    return starter, process_1


def _be_starter(root: str, hostname: str, go: int, told: int) -> None:
    """Become the parent of the machine's process 1, and end with it."""
    try:
        os.read(go, 1)
        _unshare(_NEW_MACHINE)
        os.write(told, b"!")
        os.read(go, 1)
        _die_with_parent()
        if not (process_1 := os.fork()):
            _die_with_parent()
            _become_systemd(root, hostname)
        os.write(told, str(process_1).encode())
        os.close(told)
        os.waitpid(process_1, 0)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
    finally:
        os._exit(0)


def _become_systemd(root: str, hostname: str) -> None:
    try:
        _mount("none", "/", "", _RECURSIVE | _PRIVATE)
        _mount(root, root, "", _BIND | _RECURSIVE)
        _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
        _mount("sysfs", f"{root}/sys", "sysfs", _NOSUID | _NODEV | _NOEXEC)
        _mount("cgroup2", f"{root}/sys/fs/cgroup", "cgroup2", _NOSUID | _NODEV | _NOEXEC)
        for name in ("dev", "run", "tmp"):
            _mount("tmpfs", f"{root}/{name}", "tmpfs", _NOSUID, f"mode={'1777' if name == 'tmp' else '755'}")
        for name in _DEVICES:
            Path(f"{root}/dev/{name}").touch()
            _mount(f"/dev/{name}", f"{root}/dev/{name}", "", _BIND)
        for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=0666,mode=620"), ("shm", "tmpfs", "")):
            Path(f"{root}/dev/{name}").mkdir()
            _mount(kind, f"{root}/dev/{name}", kind, _NOSUID, options)
        Path(f"{root}/dev/ptmx").symlink_to("pts/ptmx")
        Path(f"{root}/dev/fd").symlink_to("/proc/self/fd")
        _checked(_LIBC.sethostname(hostname.encode(), len(hostname)), "sethostname")
        os.chdir(root)
        _checked(_LIBC.pivot_root(b".", b"."), "pivot_root")
        _checked(_LIBC.umount2(b".", _DETACH), "umount")
        os.execve(  # noqa: S606 - no shell is wanted
            "/lib/systemd/systemd",
            ["systemd", "--log-target=console", "--unit=multi-user.target"],
            {"container": "loa-test", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
    except OSError as error:
        sys.stderr.write(f"{error}\n")
    finally:
        os._exit(1)


def _die_with_parent() -> None:
    """Let this process die with its parent: a killed keeper ends its machine. A later unshare(2) of users undoes it."""
    _checked(_LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL), "prctl")


def _unshare(what: int) -> None:
    _checked(_LIBC.unshare(what), "unshare")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _checked(
        _LIBC.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode()),
        f"mount {source} at {target}",
    )


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _remove(cgroup: Path) -> None:
    """Remove the group and the machine's groups inside it, once the processes of the ended machine are gone."""
    until = time.monotonic() + _EMPTY_WITHIN_S
    for folder in sorted((Path(each[0]) for each in os.walk(cgroup)), reverse=True):
        while True:
            try:
                folder.rmdir()
                break
            except OSError as error:
                if error.errno != errno.EBUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)


if __name__ == "__main__":
    main()
