"""docs/install.md and docs/raspberry-pi.md, followed literally on empty machines.

The commands are read from the two pages (page.py has the convention). The tests add what pages can't contain: the
answers of a person, the USB stick, the cable, and a timer that doesn't wait for the night. The tests are
one story in their order in the file. `make test-machines` runs them; of `make test` the demo on a machine with nothing
but Python is the short form.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machines.image import ROOT, image
from tests.machines.machine import Machine, lay_cable, why_impossible
from tests.machines.officer import Officer
from tests.machines.page import Page
from tests.servers.waiting import wait_for

pytestmark = pytest.mark.acceptance

PASSWORD = "mot-hai-ba-bon-nam"
ANSWERS = {"[Y/n] ": "y", "khẩu: ": PASSWORD}
OFFICE_ADDRESS, SPEAKER_ADDRESS = "198.51.100.10", "198.51.100.11"
REPLACED = {
    "<this repository>": "file:///srv/loa-xa",
    "loa.example.vn": "loa.phu-lam.example",
    "192.0.2.10": OFFICE_ADDRESS,
}
HEARD = "/var/lib/loa-speaker/heard"
NO_TIME_SERVER, CLOCK_CHIP = "If no time server can be reached", "If a clock chip alone keeps the time"
BY_HOSTS, KEYS_LOST = "If the network doesn't know the office by its name", "If only the keys were lost"
NEW_MACHINE, SAME_MACHINE = "If the machine is a new one", "If the machine is the same"

OFFICE = Page(ROOT / "docs/install.md", REPLACED)
LOUDSPEAKER = Page(ROOT / "docs/raspberry-pi.md", {**REPLACED, "alsa:plughw:CARD=Device": f"file:{HEARD}"})

# The highest exposure level by `systemd-analyze security`, in tenths; a unit without any sandbox has 100.
OFFICE_UNITS = {"loa-controller.service": 16, "loa-backup.service": 16, "loa-mosquitto-reload.service": 14}
SPEAKER_UNITS = {"loa-speaker.service": 36}
SYSTEMD_GIVES_UP_AFTER = 5  # starts in ten seconds, unless the unit says otherwise


@dataclass(frozen=True)
class Village:
    """The machines, and the folder with the files on the USB stick between them."""

    office: Machine
    loudspeaker: Machine
    new_office: Machine
    stick: Path


@pytest.fixture(scope="module")
def root_filesystem() -> Path:
    """The root filesystem of an empty machine."""
    if reason := why_impossible():
        pytest.skip(reason)
    return image([*OFFICE.apt_lines(1, 10), *LOUDSPEAKER.apt_lines(1)])


@pytest.fixture(scope="module")
def village(root_filesystem: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """An office and a loudspeaker, installed by the pages up to the backup, and a machine with only the program."""
    things, stick = tmp_path_factory.mktemp("things"), tmp_path_factory.mktemp("stick")
    (things / "media/usb").mkdir(parents=True)
    copy_this_repository(things / "srv/loa-xa")
    with ExitStack() as machines:

        def machine(hostname: str) -> Machine:
            made = Machine(hostname, root_filesystem, things)
            machines.callback(made.close)
            made.switch_on()
            return made

        made = Village(machine("office"), machine("loudspeaker"), machine("new-office"), stick)
        install(made)
        yield made


def install(village: Village) -> None:
    """Install three machines at the same time; office and loudspeaker to the end."""
    office, loudspeaker = village.office, village.loudspeaker
    lay_cable(office, OFFICE_ADDRESS, loudspeaker, SPEAKER_ADDRESS)
    with ThreadPoolExecutor() as people:
        work = [
            people.submit(follow, office, OFFICE, 1, 2, 3, 4, (4, NO_TIME_SERVER), 5, 6, 7, 8, 9, 10),
            people.submit(follow, loudspeaker, LOUDSPEAKER, 1),
            people.submit(follow, village.new_office, OFFICE, 1),
        ]
    for each in work:
        each.result()
    carry(village.stick, office, loudspeaker)
    follow(loudspeaker, LOUDSPEAKER, 2, (2, BY_HOSTS), 3, (4, CLOCK_CHIP), 5)
    follow(office, OFFICE, 11)


def test_the_office_shows_the_admitted_loudspeaker_online_and_it_plays(village: Village) -> None:
    assert list(village.loudspeaker.path(HEARD).glob("loa-ap-1_*_tone.wav"))
    assert_loudspeaker_plays(village.office, village.loudspeaker)


def test_each_unit_runs_in_its_sandbox_with_a_watchdog(village: Village) -> None:
    for machine, units in ((village.office, OFFICE_UNITS), (village.loudspeaker, SPEAKER_UNITS)):
        assert machine.run("systemctl", "is-system-running") == "running", machine.run("systemctl", "--failed")
        machine.run("systemd-analyze", "verify", *units)
        for unit, tenths_of_exposure in units.items():
            machine.run("systemd-analyze", "security", "--no-pager", f"--threshold={tenths_of_exposure}", unit)
    for machine, unit in ((village.office, "loa-controller"), (village.loudspeaker, "loa-speaker")):
        facts = machine.facts(unit, "MainPID", "WatchdogUSec", "StartLimitIntervalUSec")
        assert (facts["WatchdogUSec"], facts["StartLimitIntervalUSec"]) == ("2min", "0")
        status = machine.run("cat", f"/proc/{facts['MainPID']}/status")
        assert "\nNoNewPrivs:\t1\n" in status
        assert "\nCapBnd:\t0000000000000000\n" in status

    def was_told_again() -> bool:
        facts = village.office.facts("loa-controller", "ActiveEnterTimestampMonotonic", "WatchdogTimestampMonotonic")
        return int(facts["WatchdogTimestampMonotonic"]) > int(facts["ActiveEnterTimestampMonotonic"]) + 1_000_000

    wait_for(was_told_again, lambda: "the main loop doesn't say that it turns")


def test_the_timer_makes_the_backup(village: Village) -> None:
    folder = village.office.path("/var/backups/loa-xa")
    for by_hand in folder.iterdir():
        by_hand.unlink()
    sooner = village.office.path("/etc/systemd/system/loa-backup.timer.d")
    sooner.mkdir()
    (sooner / "sooner.conf").write_text("[Timer]\nOnActiveSec=1\nRandomizedDelaySec=0\nAccuracySec=10ms\n")
    village.office.run("systemctl", "daemon-reload")
    village.office.run("systemctl", "restart", "loa-backup.timer")
    wait_for(lambda: list(folder.glob("*.tar")), lambda: village.office.run("journalctl", "-u", "loa-backup.service"))
    with village.office.terminal(ANSWERS) as terminal:
        terminal.follow([OFFICE.step(11)[-1]])  # that one is now on the stick


def test_a_broker_that_failed_for_long_starts_once_its_certificate_is_corrected(village: Village) -> None:
    certificate = village.office.path("/etc/loa-xa/tls/broker.crt")
    away = certificate.rename(certificate.with_suffix(".away"))
    village.office.run("systemctl", "restart", "--no-block", "mosquitto")
    wait_for(
        lambda: int(village.office.facts("mosquitto", "NRestarts")["NRestarts"]) > SYSTEMD_GIVES_UP_AFTER,
        lambda: village.office.run("systemctl", "show", "mosquitto"),
    )
    away.rename(certificate)
    administrator(village.office).await_online()


def test_a_new_version_and_an_older_backup_are_installed(village: Village) -> None:
    office = village.office
    newest = max(office.path("/var/backups/loa-xa").glob("?.tar"), key=lambda file: file.stat().st_mtime)
    page = Page(ROOT / "docs/install.md", {**REPLACED, "7.tar": newest.name})
    with ThreadPoolExecutor() as people:
        at_the_loudspeaker = people.submit(follow, village.loudspeaker, LOUDSPEAKER, 6)
        follow(office, page, 13, (12, SAME_MACHINE), (12, KEYS_LOST))
    at_the_loudspeaker.result()
    assert_loudspeaker_plays(office, village.loudspeaker)


def test_a_new_machine_takes_over(village: Village) -> None:
    carry(village.stick, village.office, village.new_office)
    assert (village.stick / "khoa-du-phong").stat().st_size > 0
    village.office.cut_power()
    lay_cable(village.new_office, OFFICE_ADDRESS, village.loudspeaker, SPEAKER_ADDRESS)
    follow(village.new_office, OFFICE, 3, 4, (4, NO_TIME_SERVER), (12, NEW_MACHINE), 5, 8, 10, 11)
    assert_loudspeaker_plays(village.new_office, village.loudspeaker)


def test_after_a_power_cut_everything_starts_again_by_itself(village: Village) -> None:
    for machine in (village.new_office, village.loudspeaker):
        machine.cut_power()
    for machine in (village.new_office, village.loudspeaker):
        machine.switch_on()
    lay_cable(village.new_office, OFFICE_ADDRESS, village.loudspeaker, SPEAKER_ADDRESS)
    assert_loudspeaker_plays(village.new_office, village.loudspeaker)
    assert "loa-backup.timer" in village.new_office.run("systemctl", "list-timers", "--no-pager")


@pytest.mark.parametrize("holder_is_killed", [False, True])
def test_a_machine_leaves_nothing_behind(root_filesystem: Path, tmp_path: Path, holder_is_killed: bool) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_MACHINE, root_filesystem, tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    group = Path(holder.stdout.readline().strip())
    processes = [int(each) for file in group.rglob("cgroup.procs") for each in file.read_text().split()]
    assert processes
    if holder_is_killed:
        holder.kill()
    holder.communicate("the end")
    wait_for(lambda: not group.exists(), lambda: f"{group} is still there")
    assert [each for each in processes if Path(f"/proc/{each}").exists()] == []
    wait_for(lambda: not list(Path(tempfile.gettempdir()).glob(f"{group.name}*")), lambda: "its folder is still there")
    assert Path("/proc/self/mountinfo").read_text() == before


HOLD_A_MACHINE = """
import sys
from pathlib import Path
from tests.machines.machine import Machine

machine = Machine("held", Path(sys.argv[1]), Path(sys.argv[2]))
machine.switch_on()
print(machine.control_group, flush=True)
sys.stdin.read()
machine.close()
"""


def follow(machine: Machine, page: Page, *places: int | tuple[int, str]) -> None:
    """Type these steps of the page on the machine."""
    with machine.terminal(ANSWERS) as terminal:
        for place in places:
            step, condition = (place, "") if isinstance(place, int) else place
            terminal.follow(page.step(step, condition))


def carry(stick: Path, one: Machine, other: Machine) -> None:
    """Move the stick from one machine to the other."""
    shutil.copytree(one.path("/media/usb"), stick, dirs_exist_ok=True)
    shutil.copytree(stick, other.path("/media/usb"), dirs_exist_ok=True)


def administrator(office: Machine) -> Officer:
    return Officer(office, "tham", PASSWORD)


def assert_loudspeaker_plays(office: Machine, loudspeaker: Machine) -> None:
    """The loudspeaker is shown as online, plays a broadcast of the office, and its recording exists."""
    heard = loudspeaker.path(HEARD)
    before = set(heard.glob("*.wav"))
    tham = administrator(office)
    tham.await_online()
    assert tham.broadcast(Officer(office, "quang", PASSWORD)) == {"loa-ap-1": "played"}
    assert len(set(heard.glob("*.wav")) - before) == 1


def copy_this_repository(folder: Path) -> None:
    """Make a repository with the present files, to clone from."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():  # neither a deleted file nor a link to a folder
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "as it is")):
        subprocess.run([*git, *command], cwd=folder, check=True)
