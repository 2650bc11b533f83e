"""Presses of Silence at a real station with simulated loudspeakers, and how long each takes to the last of them."""

import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from controller.database.transactions import Database
from controller.places.speakers import admit_speaker
from controller.running.clock import utc_now
from tests.acceptance.station import PASSWORD, Program, Station, said
from wire.ids import new_ulid

Way = Literal["page", "REST", "command"]
TEXT = "Xin bà con chú ý. " * 40
ORDERED_WITHIN_S = 300.0


@dataclass(frozen=True)
class Press:
    """`silent_s`: from the press to the last loudspeaker; `answered_s`: until the page or command has answered.

    `acknowledged_s`: how long the last loudspeaker waited until the office had committed its last receipt.
    """

    silent_s: float
    acknowledged_s: float
    answered_s: float


class CrowdedStation:
    """A station with `size` simulated loudspeakers that are online, and one more account, `flood`."""

    def __init__(self, folder: Path, size: int, **more: Any) -> None:
        self.station = Station(folder / "station", **more)
        self._folder = folder
        self._size = size
        self.flood_password = ""
        self.speakers: Program
        self.officer: httpx.Client

    def __enter__(self) -> "CrowdedStation":
        self.station.__enter__()
        try:
            self._admit()
            self.announcement = self.station.approved_announcement(TEXT, "emergency")
            self.officer = httpx.Client(base_url=self.station.url, timeout=ORDERED_WITHIN_S, trust_env=False)
            self._sign_in_at_the_page()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        if hasattr(self, "speakers"):
            self.speakers.kill()
        if hasattr(self, "officer"):
            self.officer.close()
        self.station.__exit__(None, None, None)

    def press(self, way: Way) -> "Press":
        """Have a broadcast sound everywhere, press Silence, and wait. `command`: with the office stopped."""
        broadcast = self._order()
        self.speakers.wait_for_line(f"planned {broadcast}", limit_s=ORDERED_WITHIN_S)
        since = self.speakers.mark()
        token = self._token() if way == "page" else ""
        if way == "command":
            self.station.office.stop()
        began = time.monotonic()
        if way == "page":
            body = {"dia-ban": self.station.commune, "csrf": token}
            answer = self.officer.post("/im-lang", data=body)
            assert answer.status_code == 303, answer.text
        elif way == "REST":
            said(self.station.administrator.post(f"/areas/{self.station.commune}/silence", timeout=ORDERED_WITHIN_S))
        else:
            # The account `flood` has no loudspeaker, so not all answer.
            self.station.command("silence", self.station.commune, "--wait", "3", status=1)
        answered_s = time.monotonic() - began
        silent_s = self._told(f"cancelled {broadcast}", since)[0] - began
        if way == "command":  # it ends before it has stored all that they say
            self.station.office.start()
        acknowledged_s = self._told(f"acknowledged {broadcast}", since)[1]
        return Press(silent_s, acknowledged_s, answered_s)

    @contextmanager
    def load(self, load_kind: str, **fields: Any) -> Iterator[Program]:
        """Put a load on the office within the block (loads.py)."""
        command = [sys.executable, "-m", "tests.acceptance.load.loads", load_kind, json.dumps(fields)]
        load = Program(f"load {load_kind}", command, {}, " runs$")
        load.start()
        try:
            yield load
        finally:
            sys.stdout.write(f"  {load_kind}: {load.log_lines()[-1]}\n")
            load.kill()

    @property
    def port(self) -> int:
        return int(self.station.url.rpartition(":")[2])

    def token(self) -> str:
        """The administrator's bearer token."""
        return str(self.station.administrator.headers["Authorization"]).partition(" ")[2]

    def _order(self) -> str:
        """Order an emergency for now, and approve it."""
        body = {"announcement": self.announcement, "areas": [self.station.commune], "starts_at": None}
        made = self._asked_until_done(self.station.administrator, "POST", "/broadcasts", body)
        broadcast = str(made["broadcast"])
        waiting = self._asked_until_done(self.station.approver, "GET", "/approvals?limit=500")["items"]
        [manifest] = [each["manifest"] for each in waiting if each["broadcast"] == broadcast]
        body = {"manifests": [manifest]}
        where = f"/announcements/{self.announcement}/approval"
        self._asked_until_done(self.station.approver, "POST", where, body)
        return broadcast

    @staticmethod
    def _asked_until_done(client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer, asked for with the same key until it is one: under load the office may be busy."""
        headers = {"Idempotency-Key": new_ulid(utc_now())} if body else {}
        until = time.monotonic() + ORDERED_WITHIN_S
        while True:
            try:
                answer = client.request(method, path, json=body, headers=headers)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return said(answer)
            except httpx.TransportError:
                pass
            assert time.monotonic() < until, f"never carried out: {path}"

    def _told(self, what: str, since: int) -> tuple[float, float]:
        """(when all loudspeakers had it, the seconds that the line tells; 0: none)."""
        pattern = rf"^(\S+) {re.escape(what)}(?: (\S+))?$"
        told = self.speakers.wait_for_line(pattern, since=since, limit_s=ORDERED_WITHIN_S)
        return float(told[1]), float(told[2] or 0)

    def _admit(self) -> None:
        names = [f"gia-{number:03d}" for number in range(self._size)]
        self.station.office.stop()
        database = Database(self.station.database_url)
        with database.writing() as session:
            passwords = {
                name: admit_speaker(session, utc_now(), None, speaker=name, name=name, area=self.station.commune)[1]
                for name in [*names, "flood"]
            }
        database.close()
        self.flood_password = passwords.pop("flood")
        accounts = self._folder / "speakers"
        accounts.write_text("".join(f"{name} {password}\n" for name, password in passwords.items()))
        self.station.office.start()
        arguments = [str(self.station.broker.port), self.station.commune, str(accounts)]
        command = [sys.executable, "-m", "tests.acceptance.load.speakers", *arguments]
        self.speakers = Program("speakers", command, {}, "ready$")
        self.speakers.start()
        self.station.wait_until_online(names[-1])

    def _sign_in_at_the_page(self) -> None:
        form = self.officer.get("/dang-nhap").text
        fields = {"csrf": _csrf(form), "ten": "tham", "mat-khau": PASSWORD, "tiep": "/"}
        assert self.officer.post("/dang-nhap", data=fields).status_code == httpx.codes.SEE_OTHER

    def _token(self) -> str:
        return _csrf(self.officer.get("/im-lang").text)


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


def percentile(seconds: Sequence[float], share: float) -> float:
    """The least of these figures that is not below this share of them."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
