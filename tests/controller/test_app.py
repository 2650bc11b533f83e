"""The composition root: what is started, and in which order it is stopped."""

from pathlib import Path

import pytest

from controller.alarm_clock import AlarmClock
from controller.app import Office
from controller.mqtt_link import Link
from controller.settings import OfficeSettings
from controller.worker import Worker


def test_the_office_stops_in_the_reverse_order_of_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    stopped: list[object] = []
    for part in (Link, Worker, AlarmClock):
        monkeypatch.setattr(part, "start", lambda part: started.append(part))
        monkeypatch.setattr(part, "stop", lambda part: stopped.append(part))
    settings = OfficeSettings(data_dir=tmp_path, broker_accounts="demo", broker_password_file=tmp_path / "passwords")
    office = Office(settings)
    office.start()
    office.stop()
    assert isinstance(started[0], Link), "who publishes needs the line, up to his end"
    assert stopped == started[::-1]
