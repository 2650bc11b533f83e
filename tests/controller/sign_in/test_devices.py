"""Cookies by which a device is known as one of an officer's."""

from datetime import timedelta

import pytest

from controller.broker.keyed_hash import KeyedHash
from controller.sign_in.devices import KNOWN_FOR, KnownDevices
from tests.people import MONDAY

DEVICES = KnownDevices(KeyedHash("secret of this office"))


def test_a_device_is_known_for_half_a_year() -> None:
    value = DEVICES.issue("tham", MONDAY)
    assert DEVICES.knows("tham", value, MONDAY)
    assert DEVICES.knows("tham", value, MONDAY + KNOWN_FOR)
    assert not DEVICES.knows("tham", value, MONDAY + KNOWN_FOR + timedelta(days=2))
    assert not DEVICES.knows("tham", value, MONDAY - timedelta(days=2)), "a clock was set back"


def test_it_is_known_for_its_officer_alone_and_to_its_office_alone() -> None:
    value = DEVICES.issue("tham", MONDAY)
    assert not DEVICES.knows("quang", value, MONDAY)
    assert not KnownDevices(KeyedHash("secret of another")).knows("tham", value, MONDAY)
    assert DEVICES.name("tham") != DEVICES.name("quang")
    assert "tham" not in DEVICES.name("tham")


@pytest.mark.parametrize("place", range(4))
def test_a_changed_cookie_is_not_known(place: int) -> None:
    value = DEVICES.issue("tham", MONDAY)
    day, nonce, signature = value.split(".")
    changed = [
        ".".join((str(int(day) + 1), nonce, signature)),
        ".".join((day, nonce[::-1], signature)),
        ".".join((day, nonce, signature[:-1] + ("0" if signature[-1] != "0" else "1"))),
        ".".join((day, nonce)),
    ][place]
    assert not DEVICES.knows("tham", changed, MONDAY)


@pytest.mark.parametrize("value", ["", ".", "..", "...", "1.2.3", "é.ê.è", "\ud800..", "9" * 5000])
def test_any_text_may_come_as_a_cookie(value: str) -> None:
    assert not DEVICES.knows("tham", value, MONDAY)
