"""What the log and the audit tell of failed attempts, and that a flood fills neither."""

import logging

import pytest

from controller.database.tables import AuditEntry
from controller.sign_in.failures import FailedSignIns
from controller.station.audit import newest_entries
from tests.people import Commune


@pytest.fixture
def failures(commune: Commune) -> FailedSignIns:
    return FailedSignIns(commune.database, lambda: commune.now)


def audited(commune: Commune) -> list[AuditEntry]:
    with commune.database.reading() as session:
        return [each for each in newest_entries(session, 100, None) if each.action == "sign-ins failed"]


def test_the_audit_has_the_sum_of_an_account_a_minute_later_then_once_an_hour(
    commune: Commune, failures: FailedSignIns
) -> None:
    for minute in range(130):
        for _ in range(10):
            failures.note("tham", "10.0.0.1", "wrong")
            failures.note("tham", "10.0.0.2", "refused")
        failures.step(commune.later(minutes=1))
        if minute == 0:
            assert len(audited(commune)) == 1
    rows = audited(commune)
    assert [row.detail for row in reversed(rows)] == [
        {"wrong": 10, "refused": 10, "networks": 2},
        {"wrong": 600, "refused": 600, "networks": 2},
        {"wrong": 600, "refused": 600, "networks": 2},
    ]
    assert {row.subject for row in rows} == {commune.officers["tham"].officer}
    failures.step(commune.now, all_of_it=True)
    assert sum(row.detail["wrong"] for row in audited(commune)) == 1300


def test_names_that_nobody_has_are_one_row_an_hour_for_all_of_them(commune: Commune, failures: FailedSignIns) -> None:
    for number in range(5_000):
        failures.note(f"ai-{number}", f"10.0.{number % 256}.1", "wrong")
        if number % 100 == 0:
            failures.step(commune.later(seconds=30))
    failures.step(commune.now, all_of_it=True)
    rows = audited(commune)
    assert len(rows) <= 3
    assert {row.subject for row in rows} == {""}
    assert sum(row.detail["wrong"] for row in rows) == 5_000


def test_the_log_has_the_first_at_once_then_a_sum_in_ten_seconds(
    commune: Commune, failures: FailedSignIns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for number in range(3_000):
        failures.note("tham" if number % 2 else "x" * 60 + "\n" + "y" * 900, "2001:db8::1", "wrong")
        if number % 100 == 99:
            failures.step(commune.later(seconds=1))
    assert len(caplog.messages) == 4
    assert "1 wrong" in caplog.messages[0]
    assert "1000 wrong" in caplog.messages[2]
    assert "'tham' 500" in caplog.messages[2]
    assert "2001:db8::/64" in caplog.messages[2]
    assert all("\n" not in each and len(each) < 400 for each in caplog.messages)
