"""The preview of what a speaker will play, by the function (for the office) and by the command (for technicians)."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schedules.preview import Stretch, item_of, look_ahead, main
from tests.schedules.simulator import HA_NOI
from tests.wire.golden_messages import EMERGENCY, MORNING, PLANNED
from wire.instants import format_instant, parse_instant

ALERT = EMERGENCY.broadcast
STARTS = PLANNED.begins_at
LENGTH = timedelta(milliseconds=PLANNED.length_ms)


def plan(*broadcasts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "now": format_instant(STARTS - timedelta(hours=1)),
        "time_zone": "Asia/Ho_Chi_Minh",
        "quiet_hours": [],
        "broadcasts": list(broadcasts),
        **more,
    }


def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: dict[str, Any]) -> list[dict[str, Any]]:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
    assert main([str(path)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    answer: list[dict[str, Any]] = json.loads(printed.out)
    return answer


def changed(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**fields, **more}


def test_a_broadcast_sounds_from_its_start_with_all_its_repetitions_and_pauses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thrice = changed(PLANNED.fields(), times=3, gap_ms=2000)
    once = sum(clip.duration_ms for clip in PLANNED.clips)
    ends = STARTS + timedelta(milliseconds=3 * once + 2 * 2000)
    assert shown(tmp_path, capsys, plan(thrice)) == [
        {"broadcast": MORNING, "from": format_instant(STARTS), "to": format_instant(ends), "offset_ms": 0}
    ]


def test_an_emergency_interrupts_a_broadcast_that_then_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comes = STARTS + LENGTH / 2
    alert = changed(
        EMERGENCY.fields(), starts_at=format_instant(comes), expires_at=format_instant(comes + timedelta(hours=1))
    )
    stretches = shown(tmp_path, capsys, plan(PLANNED.fields(), alert))
    assert [each["broadcast"] for each in stretches] == [MORNING, ALERT, MORNING]
    assert [each["from"] for each in stretches] == sorted(each["from"] for each in stretches)
    before, during, after = stretches
    assert before["to"] == during["from"] == format_instant(comes)
    assert during["to"] == after["from"]
    assert after["offset_ms"] == (parse_instant(before["to"]) - STARTS) // timedelta(milliseconds=1)


def test_an_emergency_without_an_instant_begins_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = EMERGENCY.issued_at + timedelta(seconds=7)
    alert = changed(EMERGENCY.fields(), starts_at=None)
    assert [each["from"] for each in shown(tmp_path, capsys, plan(alert, now=format_instant(now)))] == [
        format_instant(now)
    ]


def test_the_highest_revision_counts_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = STARTS + timedelta(seconds=30)
    newer = changed(PLANNED.fields(), revision=PLANNED.revision + 1, starts_at=format_instant(later))
    for order in ([PLANNED.fields(), newer], [newer, PLANNED.fields()]):
        assert [each["from"] for each in shown(tmp_path, capsys, plan(*order))] == [format_instant(later)]


def test_a_cancelled_expired_or_late_broadcast_does_not_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cancelled = changed(PLANNED.fields(), state="cancelled", revision=PLANNED.revision + 1)
    assert shown(tmp_path, capsys, plan(PLANNED.fields(), cancelled)) == []
    assert shown(tmp_path, capsys, plan(PLANNED.fields(), now=format_instant(PLANNED.expires_at))) == []
    too_late = PLANNED.latest_start + timedelta(seconds=2)
    assert shown(tmp_path, capsys, plan(PLANNED.fields(), now=format_instant(too_late))) == []


def test_a_muted_speaker_and_quiet_hours_are_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(tmp_path, capsys, plan(PLANNED.fields(), muted=True)) == []
    all_day = [{"from": "00:00", "to": "12:00"}, {"from": "12:00", "to": "00:00"}]
    assert shown(tmp_path, capsys, plan(PLANNED.fields(), quiet_hours=all_day)) == []


def test_a_broadcast_that_runs_into_quiet_hours_ends_where_they_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begins = (STARTS + timedelta(minutes=1)).astimezone(HA_NOI).replace(second=0, microsecond=0)
    long = changed(PLANNED.fields(), times=1000, gap_ms=3_600_000)
    quiet = [{"from": begins.strftime("%H:%M"), "to": (begins + timedelta(minutes=9)).strftime("%H:%M")}]
    assert [each["to"] for each in shown(tmp_path, capsys, plan(long, quiet_hours=quiet))] == [format_instant(begins)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps(plan({})).encode(),
        json.dumps(plan(changed(PLANNED.fields(), kind="smell"))).encode(),
        json.dumps(plan(now="yesterday")).encode(),
        json.dumps(plan(now="2026-11-23T05:00:00")).encode(),
        json.dumps(plan(time_zone="Asia/Hanoi")).encode(),
        json.dumps(plan(quiet_hours=[{"from": "25:00", "to": "05:00"}])).encode(),
        json.dumps(plan(muted="no")).encode(),
        json.dumps(
            plan(
                changed(
                    PLANNED.fields(),
                    starts_at="9999-12-31T23:59:59.999Z",
                    latest_start="9999-12-31T23:59:59.999Z",
                    expires_at="9999-12-31T23:59:59.999Z",
                )
            )
        ).encode(),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_with_a_sentence(
    text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text)
    assert main([str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1


def test_a_missing_file_and_a_call_without_a_file_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([str(tmp_path / "none.json")], [str(tmp_path)], [], ["a", "b"]):
        assert main(arguments) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_it_runs_as_a_command(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(PLANNED.fields())), "utf-8")
    command = [sys.executable, "-m", "schedules.preview", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert [each["broadcast"] for each in json.loads(done.stdout)] == [MORNING]
    assert done.stderr == b""


def test_the_preview_ends_at_an_instant_and_cuts_what_sounds_then() -> None:
    stops = STARTS + LENGTH / 2
    outlook = look_ahead([item_of(PLANNED)], now=STARTS - timedelta(hours=1), zone=HA_NOI, until=stops)
    assert outlook.stretches == (Stretch(MORNING, STARTS, stops, 0),)
    assert outlook.finals == {}


def test_the_preview_goes_on_from_what_sounds_already() -> None:
    sounding = replace(item_of(PLANNED), begun_at=STARTS, is_sounding=True)
    outlook = look_ahead([sounding], now=STARTS + LENGTH / 4, zone=HA_NOI)
    assert outlook.stretches == (Stretch(MORNING, STARTS, STARTS + LENGTH, 0),)
    assert outlook.finals[MORNING].state == "played"
