"""Strangers spray one account from 256 addresses: ten attempts a minute are examined, and its officer gets in."""

import json
import math
import re
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.acceptance.load.loads import HOST
from tests.acceptance.station import PASSWORD, Program, Station

pytestmark = pytest.mark.acceptance

EXAMINED_A_MINUTE = 10
IN_WITHIN_S = 30.0
"""Those who spray take the same two processors."""
_SUM = re.compile(r"failed sign-ins since .*?: (\d+) wrong, (\d+) refused unexamined")


def _answered(load: Program) -> int:
    """How many attempts have an answer, by the load's last line."""
    counts = re.findall(r"(\d{3})=(\d+)", load.log_lines()[-1])
    return sum(int(count) for _status, count in counts)


@pytest.mark.parametrize("attempts", [300, pytest.param(10_000, marks=pytest.mark.soak)])
def test_few_attempts_of_one_account_reach_the_hash_and_its_officer_gets_in(tmp_path: Path, attempts: int) -> None:
    right = {"username": "quang", "password": PASSWORD}
    with Station(tmp_path / "station") as station, httpx.Client(base_url=station.url, trust_env=False) as approver:
        assert approver.post("/api/v1/sessions", json=right).status_code == 201, "the device is known from now on"
        fields = {"port": int(station.url.rpartition(":")[2]), "a_second": 500, "addresses": 256, "account": "quang"}
        command = [sys.executable, "-m", "tests.acceptance.load.loads", "sign_ins", json.dumps(fields)]
        load = Program("load", command, {}, " runs$")
        began = time.monotonic()
        load.start()
        waited = []
        try:
            while _answered(load) < attempts:
                asked = time.monotonic()
                answer = approver.post("/api/v1/sessions", json=right, timeout=60)
                assert answer.status_code == 201, (HOST, answer.text)
                waited.append(time.monotonic() - asked)
                load.wait_for_line("=", since=load.mark())
            sys.stdout.write(f"{load.log_lines()[-1]}; in within {max(waited):.2f} s, {len(waited)} times\n")
        finally:
            load.kill()
        minutes = math.ceil((time.monotonic() - began) / 60) + 1
        station.office.stop()  # it tells the rest
        sums = [found for line in station.office.log_lines() if (found := _SUM.search(line))]
    wrong, refused = (sum(int(each[group]) for each in sums) for group in (1, 2))
    sys.stdout.write(f"{wrong} examined, {refused} refused in {minutes - 1} begun minutes\n")
    assert 0 < wrong <= EXAMINED_A_MINUTE * minutes
    assert refused > 0
    assert max(waited) <= IN_WITHIN_S
