"""No broker, a speech engine that dies or hangs, a full disk: nothing accepted is lost; the office says what to do."""

import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from tests.acceptance.station import Station, ahead, said

pytestmark = pytest.mark.acceptance

WORDS = "Mời bà con đi họp."
NOTICED_WITHIN_S = 10.0


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """With one loudspeaker."""
    with Station(tmp_path / "station") as station:
        station.add_speaker("loa-1")
        yield station


def _health(station: Station) -> httpx.Response:
    return station.client().get("/health")


def test_without_a_broker_health_names_it_and_broadcasts_go_on_once_it_is_back(station: Station) -> None:
    assert _health(station).json() == {"ok": True}
    words = station.approved_announcement(WORDS)
    station.broker.kill()
    station.wait_for(lambda: _health(station).status_code == 503, "it isn't noticed", NOTICED_WITHIN_S)
    told = _health(station).json()
    assert (told["ok"], list(told)) == (False, ["ok", "broker"])
    assert "máy chủ truyền tin" in told["broker"]
    with pytest.raises(AssertionError, match=rf"máy chủ truyền tin 127.0.0.1:{station.broker.port}: (?!ok)"):
        station.command("check")
    ordered = station.order(words, latest_start=ahead(60))

    station.office.kill()
    station.office.start()
    assert _health(station).status_code == 503, "it runs without a broker too"

    station.broker.start()
    station.wait_for(lambda: _health(station).status_code == 200, "it doesn't come back")
    assert station.wait_until_final(ordered)["loa-1"]["state"] == "played"


@pytest.mark.parametrize(
    ("engine", "within_s"), [("exit 1", 5.0), ("exec sleep 600.25", 15.0)], ids=["that dies", "that hangs"]
)
def test_a_speech_engine_that_fails_is_reported_and_stops_no_other_work(
    station: Station, tmp_path: Path, engine: str, within_s: float
) -> None:
    """It is killed after its timeout. With a working engine the announcement gets its sound."""
    promised = station.order(station.approved_announcement(WORDS), starts_at=ahead(10))
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "espeak-ng").write_text(f"#!/bin/sh\n{engine}\n")
    (broken / "espeak-ng").chmod(0o755)
    path = station.office.environment["PATH"]
    _start_again(station, PATH=f"{broken}{os.pathsep}{path}")

    announcement = station.announcement("Bản tin này chưa có ai đọc.")

    def failed() -> Any:
        now = said(station.administrator.get(f"/announcements/{announcement}"))
        return now if now["audio"] == "failed" else None

    told = station.wait_for(failed, "no end of it", within_s)
    assert "máy đọc" in told["audio_failure"]
    refused = station.administrator.post(f"/announcements/{announcement}/submission", json={})
    assert refused.status_code == 409
    assert "Chưa làm được âm thanh" in refused.json()["detail"]
    assert not _still_running(engine)
    assert station.wait_until_final(promised)["loa-1"]["state"] == "played"

    _start_again(station, PATH=path)
    changed = {"text": "Bản tin này đã có người đọc."}
    said(station.administrator.patch(f"/announcements/{announcement}", json=changed, headers={"If-Match": "*"}))
    said(station.administrator.post(f"/announcements/{announcement}/submission", json={}))


def _start_again(station: Station, **environment: str) -> None:
    station.office.stop()
    station.office.environment |= environment
    station.office.start()


def _still_running(command: str) -> bool:
    wanted = command.removeprefix("exec ").replace(" ", "\0").encode() + b"\0"
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes() == wanted:
                return True
    return False


class SmallDisk:
    """A file system of 24 MB in memory; if that may not be mounted, a limit on the size of the office's files."""

    def __init__(self, folder: Path) -> None:
        self.kind: Literal["tmpfs", "limit"]
        self.folder = folder
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True)
        self.kind = "tmpfs" if mounted.returncode == 0 else "limit"

    def fill(self, office_pid: int) -> None:
        if self.kind == "limit":
            resource.prlimit(office_pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def make_room(self, office_pid: int) -> None:
        if self.kind == "limit":
            resource.prlimit(office_pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            (self.folder / "filler").unlink()

    def close(self) -> None:
        if self.kind == "tmpfs":
            subprocess.run(["umount", "--lazy", self.folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small")
    yield disk
    disk.close()


def test_a_full_disk_loses_nothing_accepted_and_the_office_says_what_to_do(
    small_disk: SmallDisk, tmp_path: Path
) -> None:
    with Station(tmp_path / "station", data_dir=small_disk.folder / "office") as station:
        speaker = station.add_speaker("loa-1")
        words = station.approved_announcement(WORDS)
        promised = station.order(words, starts_at=ahead(5))
        speaker.wait_for_receipt(promised, "ready")
        station.wait_until_all_is_committed(speaker)
        small_disk.fill(station.office.pid)

        body = {"title": "Họp", "text": WORDS, "bulletin_class": "normal"}
        for refused in (
            station.administrator.post("/announcements", json=body),
            station.administrator.post("/broadcasts", json=_order(station, words)),
        ):
            assert refused.status_code == 507, refused.text
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert "Gọi kỹ thuật viên" in refused.json()["detail"]
        speaker.wait_for_receipt(promised, "played")
        assert station.deliveries(promised)["loa-1"]["state"] == "ready", "it can't be known: nothing can be written"
        _, told = speaker.journal()
        station.office.wait_for_line("dropped: topic=.*/receipts")

        small_disk.make_room(station.office.pid)
        assert station.wait_until_final(promised)["loa-1"]["state"] == "played"
        station.wait_until_all_is_committed(speaker)
        assert set(told) <= {seq for name, _, seq in station.receipts() if name == "loa-1"}
        said(station.administrator.post("/announcements", json=body))
        assert station.wait_until_final(station.order(words))["loa-1"]["state"] == "played"


def _order(station: Station, words: str) -> dict[str, Any]:
    return {"announcement": words, "starts_at": ahead(60), "areas": [station.commune]}
