"""The composition root: the order in which the office's parts are started and stopped."""

from pathlib import Path

import pytest

from controller.broker.keys import KeysUnusable
from controller.broker.link import Link
from controller.database.migrations import bring_up_to_date
from controller.running.alarm_clock import AlarmClock
from controller.running.app import Office
from controller.running.worker import Worker
from controller.settings import OfficeSettings
from controller.station import facts


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


def test_an_office_whose_keys_were_lost_does_not_start_and_keeps_the_known_public_keys(tmp_path: Path) -> None:
    settings = OfficeSettings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'elsewhere.db'}",
        broker_accounts="demo",
        broker_password_file=tmp_path / "passwords",
    )
    office = Office(settings)
    bring_up_to_date(settings.database)
    office.tell_station()
    office.tell_station()
    (tmp_path / "keys").rename(tmp_path / "lost")
    another = Office(settings)
    with pytest.raises(KeysUnusable, match="Khôi phục thư mục keys"):
        another.start()
    with another.database.reading() as session:
        assert facts.read(session, "keys") == facts.keys_text(office.keys.public)
    for each in (office, another):
        each.database.close()
