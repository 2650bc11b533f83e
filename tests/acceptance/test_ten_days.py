"""Ten days of a commune in two minutes: both real programs on one clock; each delivery ends as the preview said.

Twelve schedules, a public holiday, an occurrence that is moved, an emergency that cuts into a slot, two priority
bulletins whose order is decided late. One loudspeaker has its plan, and neither office nor broker for all of the time;
another loses its power in the middle of a slot. What sounded is read from what the file devices recorded.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from schedules.preview import Final, Stretch
from tests.acceptance.foreseen import Fate, OfficeRows, differences
from tests.acceptance.shared_clock import MovedClock
from tests.acceptance.station import Speaker, Station, said, written
from tests.correlation import RATE, Samples
from tests.servers.waiting import wait_for
from wire.outcomes import FINAL
from wire.status import STATUS_EVERY_S

pytestmark = pytest.mark.acceptance

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEGIN = datetime(2027, 4, 20, 14, 0, tzinfo=ZONE)
END = datetime(2027, 4, 30, 23, 0, tzinfo=ZONE)  # 30 April: a public holiday
FAST = 5.0
JUST_BEFORE = timedelta(milliseconds=500)
MOMENT = timedelta(milliseconds=50)
TOGETHER = timedelta(seconds=30)
FINAL_LINE = r"receipt seq=\d+ broadcast={} state=(played|partial|missed|cancelled) "

EVERYWHERE = ("xã",)
# words, areas, first start, rule, and what else; the clock starts on Tuesday, 20 April 2027 at 14:00.
SCHEDULES: dict[str, tuple[str, tuple[str, ...], str, str, dict[str, Any]]] = {
    "sáng": (
        "Năm giờ sáng, mời bà con nghe tin.",
        EVERYWHERE,
        "2027-04-21T05:00:00",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        {"skip_holidays": True},
    ),
    "chiều": (
        "Năm giờ chiều, đây là bản tin của xã, mời bà con cùng nghe tin trong ngày.",
        EVERYWHERE,
        "2027-04-21T17:00:00",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        {"skip_holidays": True},
    ),
    "thứ bảy": ("Sáng thứ bảy, mời bà con dọn đường làng.", EVERYWHERE, "2027-04-24T07:30:00", "FREQ=WEEKLY", {}),
    "chủ nhật": ("Chủ nhật, chợ họp sớm.", ("ấp 1",), "2027-04-25T06:00:00", "FREQ=WEEKLY;BYDAY=SU", {}),
    "hai tuần": ("Tối nay họp tổ dân phố.", ("ấp 2",), "2027-04-21T18:30:00", "FREQ=WEEKLY;INTERVAL=2", {}),
    "cuối tháng": (
        "Chủ nhật cuối tháng, mời đoàn viên họp.",
        EVERYWHERE,
        "2027-04-25T19:00:00",
        "FREQ=MONTHLY;BYDAY=-1SU",
        {},
    ),
    "rằm": (
        "Hôm nay rằm, giữ gìn vệ sinh nơi thờ tự.",
        EVERYWHERE,
        "2027-04-21T05:30:00",
        "RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1,15",
        {},
    ),
    "trưa": ("Nước máy có lại lúc mười hai giờ.", ("ấp 3",), "2027-04-21T11:30:00", "FREQ=DAILY", {}),
    "cùng giờ": (
        "Ấp một nhận giống lúa chiều nay.",
        ("ấp 1",),
        "2027-04-22T17:00:00",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        {},
    ),
    "ngày 25": (
        "Đến hạn nộp phí vệ sinh.",
        ("ấp 2",),
        "2027-04-25T08:00:00",
        "FREQ=MONTHLY;BYMONTHDAY=25",
        {"times": 2, "gap_ms": 1000},
    ),
    "ba ngày": ("Tối nay có chiếu phim.", ("ấp 1", "ấp 2"), "2027-04-21T20:00:00", "FREQ=DAILY;INTERVAL=3", {}),
    "ưu tiên": ("Trạm y tế tiêm chủng sáng mai.", EVERYWHERE, "2027-04-22T12:00:00", "FREQ=WEEKLY;BYDAY=TH", {}),
}
MOVED = "2027-04-23T05:00:00"
MOVED_TO = "2027-04-23T06:15:00"
CUT_INTO = datetime(2027, 4, 26, 17, 0, tzinfo=ZONE)
POWER_FAILS_IN = datetime(2027, 4, 28, 5, 0, tzinfo=ZONE)
COLLISION = datetime(2027, 4, 29, 12, 0, tzinfo=ZONE)
CUT_OFF, REBOOTED = "loa-3", "loa-2"


class Commune:
    """A station on the test's clock, with the foreseen fates, and methods that let its days pass."""

    def __init__(self, station: Station, clock: MovedClock) -> None:
        self.station = station
        self.clock = clock
        self.rows = OfficeRows(station.database_url)
        self.areas = {"xã": station.commune} | {name: station.add_area(name) for name in ("ấp 1", "ấp 2", "ấp 3")}
        self.cut_off: set[str] = set()
        self.foreseen: dict[tuple[str, str], Fate] = {}
        self.announcements: dict[str, str] = {}
        self.schedules: dict[str, str] = {}
        self.sounds: dict[str, Samples] = {}
        self.nobodys_port = 0
        self._over: set[tuple[str, str]] = set()

    @property
    def connected(self) -> list[Speaker]:
        return [each for name, each in self.station.speakers.items() if name not in self.cut_off]

    def announce(self, name: str, words: str, bulletin_class: str) -> None:
        announcement = self.station.approved_announcement(words, bulletin_class)
        self.announcements[name] = announcement
        self.sounds[announcement] = self.station.audio(announcement)

    def schedule(self, name: str) -> None:
        words, areas, first_start, rule, more = SCHEDULES[name]
        self.announce(name, words, "priority" if name == "ưu tiên" else "normal")
        body = {
            "announcement": self.announcements[name],
            "areas": [self.areas[area] for area in areas],
            "first_start": first_start,
            "time_zone": ZONE.key,
            "rrule": rule,
            **more,
        }
        self.schedules[name] = said(self.station.administrator.post("/schedules", json=body))["schedule"]
        self.station.approve(self.announcements[name])

    def occurrences(self, name: str) -> dict[str, dict[str, Any]]:
        """All occurrences of a schedule in these days, by local time."""
        asked = {"from": written(BEGIN), "to": written(END)}
        answer = self.station.administrator.get(f"/schedules/{self.schedules[name]}/occurrences", params=asked)
        return {each["occurrence"]: each for each in said(answer)["items"]}

    def foresee(self) -> None:
        """Keep the present preview of everything that isn't over; connected loudspeakers have their plans by then."""
        now = self.clock.now()
        for speaker in self.connected:
            self.wait_until_told(speaker)
            self.foreseen = {
                key: fate for key, fate in self.foreseen.items() if key[0] != speaker.name or key in self._over
            } | {
                (speaker.name, broadcast): fate
                for broadcast, fate in self.rows.foresee(speaker.name, now, END).items()
                if (speaker.name, broadcast) not in self._over
            }

    def wait_until_told(self, speaker: Speaker) -> None:
        def lacks() -> dict[str, int]:
            wanted, has = self.rows.plan(speaker.name, self.clock.now()), speaker.plan()
            return {each: revision for each, revision in wanted.items() if has.get(each) != revision}

        self.station.wait_for(lambda: not lacks(), lambda: f"{speaker.name} lacks {lacks()}")

    def act(self, at: datetime, deed: Callable[[], None]) -> None:
        """Let an officer sign in at this instant, between the slots, and call `deed`."""
        self.pass_until(at)
        self.clock.run(1)
        self.station.all_sign_in()
        deed()
        self.foresee()
        self.clock.stand()

    def pass_until(self, until: datetime) -> None:
        """Let time pass from slot to slot; the clock then stands at this instant."""
        while (begins_at := self._next(until)) is not None:
            self.let_pass(begins_at)
        self._jump(until)

    def let_pass(self, begins_at: datetime) -> None:
        """Let one slot pass, until its broadcasts are over at the speakers and in the office.

        Where a broadcast is to begin or go on, the clock stands until it has; and just before, until all that should
        have sounded has. So late threads of a busy machine change nothing. It stands a moment later each time, because
        an earlier broadcast may end a moment later.
        """
        self._jump(begins_at - JUST_BEFORE)
        stretches = {key: self.foreseen[key].stretches for key in self._slot(begins_at)}
        beginnings = sorted({each.from_ for of_one in stretches.values() for each in of_one})
        for number, beginning in enumerate(beginnings):
            at = beginning + number * MOMENT
            begun = {key: sum(each.from_ < beginning for each in of_one) for key, of_one in stretches.items()}
            # Not a moment later: else the beginning might interrupt a sound that a late thread hasn't finished.
            self.clock.run(FAST, until=max(self.clock.now(), beginning - MOMENT / 2))
            self._wait_until_let_out({key: of_one[begun[key] - 1] for key, of_one in stretches.items() if begun[key]})
            self.clock.run(FAST, until=at)
            self._wait_until_begun(
                {key: sum(each.from_ <= beginning for each in of_one) for key, of_one in stretches.items()}
            )
        self.clock.run(FAST)
        self.finish(begins_at)
        self.clock.stand()

    def finish(self, begins_at: datetime) -> None:
        """Wait until all broadcasts of a slot are over at the speakers and in the office."""
        slot = self._slot(begins_at)
        for speaker, broadcast in slot:
            self.station.speakers[speaker].wait_for_line(FINAL_LINE.format(broadcast), limit_s=30)
        told = {key for key in slot if key[0] not in self.cut_off}

        def untold() -> dict[tuple[str, str], tuple[str, str | None]]:
            endings = self.rows.endings(begins_at - timedelta(days=1), begins_at + timedelta(days=1))
            return {key: endings[key] for key in told if endings[key][0] in ("pending", "accepted", "ready", "started")}

        self.station.wait_for(lambda: not untold(), lambda: f"the office doesn't know of {untold()}")
        self._over |= set(slot)

    def hear(self, speaker: str, broadcast: str, seconds: float) -> None:
        """Run the clock at real time until so many seconds have sounded, then stop it."""
        self.clock.run(1)
        wait_for(
            lambda: self.station.speakers[speaker].frames_heard(broadcast) >= seconds * RATE,
            lambda: f"{broadcast} doesn't sound at {speaker}",
        )
        self.clock.stand()

    def broadcast_at(self, name: str, at: datetime) -> str:
        wall = at.astimezone(ZONE).replace(tzinfo=None).isoformat()
        return next(
            row.broadcast
            for row in self.rows.rows()
            if row.schedule == self.schedules[name] and row.occurrence == wall and not row.replaced
        )

    def whole(self, broadcast: str) -> Samples:
        """The whole sound of a broadcast, with its repetitions."""
        row = next(each for each in self.rows.rows() if each.broadcast == broadcast)
        once = self.sounds[row.announcement or ""]
        pause = np.zeros(row.gap_ms * RATE // 1000)
        return np.concatenate([once, *[part for _ in range(row.times - 1) for part in (pause, once)]])

    def _wait_until_begun(self, due: Mapping[tuple[str, str], int]) -> None:
        def to_come() -> list[tuple[str, str]]:
            return [key for key, times in due.items() if self._begun(*key) < times]

        self.station.wait_for(lambda: not to_come(), lambda: f"{to_come()} doesn't begin")

    def _wait_until_let_out(self, last: Mapping[tuple[str, str], Stretch]) -> None:
        """Wait until all that should have sounded of these stretches is on the disk.

        Of one that was interrupted the last moment may not be: its thread is cut off while the clock runs on.
        """
        now = self.clock.now()

        def behind() -> list[tuple[str, str]]:
            return [
                (speaker, broadcast)
                for (speaker, broadcast), stretch in last.items()
                if self.station.speakers[speaker].heard(broadcast)[-1].ended_at < min(stretch.to - MOMENT, now) - MOMENT
            ]

        self.station.wait_for(lambda: not behind(), lambda: f"{behind()} isn't let out")

    def _begun(self, speaker: str, broadcast: str) -> int:
        """How often the broadcast has begun or gone on at the speaker."""
        return len(list(self.station.speakers[speaker].heard_folder.glob(f"*_{broadcast}.wav")))

    def _slot(self, begins_at: datetime) -> list[tuple[str, str]]:
        return [
            key
            for key, fate in self.foreseen.items()
            if key not in self._over and fate.begins_at <= begins_at + TOGETHER
        ]

    def _next(self, until: datetime) -> datetime | None:
        begin = [fate.begins_at for key, fate in self.foreseen.items() if key not in self._over]
        return min((at for at in begin if at < until), default=None)

    def _jump(self, to: datetime) -> None:
        """Jump and stop the clock; wait until the connected loudspeakers have sent the status of the last minute."""
        self.clock.stand()
        gone = to - self.clock.now()
        if gone <= timedelta():
            return
        self.clock.jump(to)
        if gone > timedelta(seconds=STATUS_EVERY_S + 1):
            speakers = {speaker.name for speaker in self.connected}
            self.station.wait_for(
                lambda: speakers <= {name for name, at in self.rows.heard_from().items() if at >= to},
                lambda: f"it is {to}, the last statuses are {self.rows.heard_from()}",
            )


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[Commune]:
    """Four loudspeakers: three hamlets, and the People's Committee; quiet from 21:30 to 05:00."""
    clock = MovedClock(tmp_path / "clock", BEGIN)
    clock.run(1)
    with Station(tmp_path / "station", clock=clock) as station:
        commune = Commune(station, clock)
        rules = {"quiet_hours": [{"from": "21:30", "to": "05:00"}], "approval_policy": {"same_day_moves": True}}
        said(station.administrator.patch(f"/areas/{station.commune}", json=rules))
        for name, area in (("loa-1", "ấp 1"), (REBOOTED, "ấp 2"), (CUT_OFF, "ấp 3"), ("loa-4", "xã")):
            station.admit_speaker(name, area=commune.areas[area]).start()
        station.wait_until_online(*station.speakers)
        with socket.socket() as nobody:  # bound, but not listening
            nobody.bind(("127.0.0.1", 0))
            commune.nobodys_port = nobody.getsockname()[1]
            yield commune
        commune.rows.close()


def test_each_delivery_ends_as_the_preview_said(commune: Commune, tmp_path: Path) -> None:
    station = commune.station
    for name in SCHEDULES:
        commune.schedule(name)
    commune.announce("khẩn", "Khẩn cấp! Nước lũ đang lên, bà con lên đê ngay.", "emergency")
    commune.announce("ưu tiên hai", "Điện lực cắt điện chiều nay.", "priority")
    second = station.order(commune.announcements["ưu tiên hai"], starts_at=written(COLLISION))
    first = commune.broadcast_at("ưu tiên", COLLISION)
    commune.foresee()
    _both_previews_say_the_same(commune, tmp_path)
    _the_rules_mean_what_was_wanted(commune)

    _cut_off(commune)

    def move() -> None:
        path = f"/schedules/{commune.schedules['sáng']}/occurrences/{MOVED}"
        said(station.administrator.patch(path, json={"starts_at": MOVED_TO}))

    emergency: list[str] = []

    def order_emergency() -> None:
        places = {"areas": [commune.areas["ấp 1"], commune.areas["ấp 2"]]}
        body = {"announcement": commune.announcements["khẩn"], "starts_at": written(CUT_INTO + timedelta(seconds=2))}
        emergency.append(said(station.administrator.post("/broadcasts", json=body | places))["broadcast"])
        station.approve(commune.announcements["khẩn"])

    def decide() -> None:
        [met] = said(station.administrator.get("/collisions"))["items"]
        assert (met["first"], met["second"], met["decided"]) == (first, second, False)
        said(station.administrator.post("/collisions", json={"first": second, "second": first}))

    commune.act(datetime(2027, 4, 22, 20, 30, tzinfo=ZONE), move)
    commune.act(CUT_INTO - timedelta(minutes=10), order_emergency)
    commune.pass_until(POWER_FAILS_IN - JUST_BEFORE)
    _power_fails(commune, commune.broadcast_at("sáng", POWER_FAILS_IN))
    commune.act(COLLISION - timedelta(minutes=11), decide)
    commune.pass_until(END)

    _reconnect(commune)
    endings = commune.rows.endings(BEGIN, END)
    assert endings == {key: (fate.final.state, fate.final.reason) for key, fate in commune.foreseen.items()}
    otherwise = {
        (speaker, broadcast): wrong
        for (speaker, broadcast), fate in commune.foreseen.items()
        if (wrong := differences(station.speakers[speaker], broadcast, fate, commune.whole(broadcast)))
    }
    assert otherwise == {}
    _much_happened(commune, emergency[0], first, second)
    for name, speaker in station.speakers.items():
        sounded = {file.stem.split("_")[-1] for file in speaker.heard_folder.glob("*.wav")}
        assert sounded == {
            each for who, each in commune.foreseen if who == name and commune.foreseen[who, each].stretches
        }


def _both_previews_say_the_same(commune: Commune, folder: Path) -> None:
    """The command's preview of the signed plans equals the preview that officers see."""
    now = commune.clock.now()
    for name in commune.station.speakers:
        office = {each for (speaker, _), fate in commune.foreseen.items() if speaker == name for each in fate.stretches}
        assert set(commune.rows.foresee_by_command(name, now, END, folder)) == office


def _the_rules_mean_what_was_wanted(commune: Commune) -> None:
    evenings = commune.occurrences("chiều")
    assert {wall: each["skipped"] for wall, each in evenings.items() if each["skipped"]} == {
        "2027-04-30T17:00:00": "holiday"
    }
    assert len(evenings) == 8
    assert list(commune.occurrences("rằm")) == ["2027-04-21T05:30:00"]
    assert list(commune.occurrences("cuối tháng")) == ["2027-04-25T19:00:00"]
    assert list(commune.occurrences("hai tuần")) == ["2027-04-21T18:30:00"]


def _cut_off(commune: Commune) -> None:
    """Restart the speaker with a connection that no broker answers."""
    speaker = commune.station.speakers[CUT_OFF]
    commune.cut_off.add(CUT_OFF)
    speaker.kill()
    speaker.configure(broker={"host": "127.0.0.1", "port": commune.nobodys_port, "tls": False})
    speaker.start()


def _reconnect(commune: Commune) -> None:
    speaker = commune.station.speakers[CUT_OFF]
    speaker.kill()
    speaker.configure(broker={"host": "127.0.0.1", "port": commune.station.broker.port, "tls": False})
    commune.clock.run(1)
    speaker.start()

    def untold() -> list[str]:
        endings = commune.rows.endings(BEGIN, END)
        return [broadcast for (_, broadcast), (state, _) in endings.items() if state not in FINAL]

    commune.station.wait_for(lambda: not untold(), lambda: f"{untold()} aren't told")
    commune.station.all_sign_in()


def _power_fails(commune: Commune, broadcast: str) -> None:
    """Cut the power of one speaker while it plays: the broadcast isn't begun again, and its receipt says why."""
    speaker = commune.station.speakers[REBOOTED]
    commune.hear(REBOOTED, broadcast, 0.8)
    speaker.kill()
    [heard] = speaker.heard(broadcast)
    assert len(heard.sound) < len(commune.whole(broadcast)) - RATE // 2
    begins_at = commune.foreseen[REBOOTED, broadcast].begins_at
    until = begins_at + timedelta(seconds=len(heard.sound) / RATE)
    commune.foreseen[REBOOTED, broadcast] = Fate(
        (Stretch(broadcast, begins_at, until, 0),), Final("partial", "power_lost", commune.clock.now())
    )
    speaker.start()
    commune.clock.run(FAST)
    commune.finish(begins_at)
    commune.clock.stand()


def _much_happened(commune: Commune, emergency: str, first: str, second: str) -> None:
    """Check by the recordings alone that much happened, so that not every preview would have been right."""
    speakers = commune.station.speakers

    def began_at(speaker: str, broadcast: str) -> list[datetime]:
        return [each.began_at for each in speakers[speaker].heard(broadcast)]

    for name in ("loa-1", REBOOTED):
        [before, after] = began_at(name, commune.broadcast_at("chiều", CUT_INTO))
        assert before < began_at(name, emergency)[0] < after, "the emergency cut into it, and it went on"
    assert len(began_at("loa-4", commune.broadcast_at("chiều", CUT_INTO))) == 1

    waited = began_at("loa-1", commune.broadcast_at("cùng giờ", CUT_INTO))[0]
    assert waited > began_at("loa-1", commune.broadcast_at("chiều", CUT_INTO))[1]

    moved = commune.broadcast_at("sáng", datetime.fromisoformat(MOVED).replace(tzinfo=ZONE))
    near = timedelta(minutes=1)
    for name in speakers:
        at = datetime.fromisoformat(MOVED if name == CUT_OFF else MOVED_TO).replace(tzinfo=ZONE)
        assert abs(began_at(name, moved)[0] - at) < near, f"{name} was told of the move, or was not"

    for name in speakers:
        ordered = (first, second) if name == CUT_OFF else (second, first)
        assert began_at(name, ordered[0]) < began_at(name, ordered[1]), f"the order as {name} knew it"

    holiday = [row for row in commune.rows.rows() if (row.occurrence or "").startswith("2027-04-30")]
    assert {row.schedule for row in holiday} == {commune.schedules[name] for name in ("trưa", "ba ngày")}
