"""A speaker's settings are accepted whole, from a key that may sign all classes, or refused."""

from typing import Any

import pytest

from tests.wire.golden_messages import KEYS, SETTINGS, SPEAKER
from tests.wire.raw_jws import HEADER, jws
from wire.envelope import Keys, OfficeKey, Rejected
from wire.model import BulletinClass
from wire.settings import Settings, Volume, gain_of_step_db, read_settings

FIELDS = SETTINGS.fields()
MISSING = object()


def read(fields: dict[str, Any], keys: Keys | None = None) -> Settings:
    data = jws(fields, {**HEADER, "typ": "settings"})
    return read_settings((keys or Keys(KEYS)).open(data, "settings"), SPEAKER)


def changed(path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split(".")
    fields: dict[str, Any] = SETTINGS.fields()
    at: Any = fields
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return fields


def reason(fields: dict[str, Any], keys: Keys | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        read(fields, keys)
    return caught.value.rejected_reason


def test_good_settings_are_read_and_written_as_they_came() -> None:
    assert read(FIELDS) == SETTINGS
    assert read(FIELDS).fields() == FIELDS
    assert FIELDS["quiet_hours"] == [{"from": "21:30", "to": "05:00"}]


def test_fields_of_a_later_version_are_ignored() -> None:
    assert read({**changed("volume.whisper", 10), "colour": "xanh"}) == SETTINGS


@pytest.mark.parametrize(
    "path",
    [*FIELDS, "quiet_hours.0.from", "quiet_hours.0.to", "keys.0.kid", "keys.0.public_key", "keys.0.may"],
)
def test_settings_that_lack_a_field_are_malformed(path: str) -> None:
    assert reason(changed(path, MISSING)) == "malformed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("speaker", "Thôn Đông"),
        ("revision", True),
        ("revision", "7"),
        ("issued_at", "2026-11-22"),
        ("name", 5),
        ("areas", []),
        ("areas", ["Xã"]),
        ("time_zone", "Asia/Sai_Gon"),
        ("time_zone", ""),
        ("time_zone", "Asia"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "/etc/localtime"),
        ("time_zone", "Asia/Ho_Chi_Minh\x00"),
        ("time_zone", "A" * 5000),
        ("time_zone", None),
        ("volume", 70),
        ("volume.normal", 101),
        ("volume.normal", -1),
        ("volume.normal", True),
        ("volume.limit", 70.0),
        ("muted", 0),
        ("muted", "false"),
        ("muted", None),
        ("quiet_hours", {}),
        ("quiet_hours.0.from", "24:00"),
        ("quiet_hours.0.from", "5:00"),
        ("quiet_hours.0.from", "05:60"),
        ("quiet_hours.0.to", "05:00:00"),
        ("quiet_hours.0.to", "05:00\n"),
        ("quiet_hours.0.to", "٠٥:٠٠"),
        ("quiet_hours.0.to", 500),
        ("output_delay_ms", -1),
        ("output_delay_ms", 1.5),
        ("kept_clips", [{}]),
        ("keys", []),
        ("keys", {}),
        ("keys.0.public_key", "AAAA"),
        ("keys.0.may", ["everything"]),
        ("keys.0.may", "normal"),
        ("keys.0.kid", "k" * 65),
    ],
)
def test_settings_that_misuse_a_field_are_malformed(path: str, value: Any) -> None:
    assert reason(changed(path, value)) == "malformed"


def test_settings_of_another_speaker_are_refused() -> None:
    assert reason(changed("speaker", "thon-tay-1")) == "wrong_target"


@pytest.mark.parametrize("may", [[], ["normal"], ["normal", "priority"], ["priority", "emergency"]])
def test_settings_count_only_from_a_key_that_may_sign_all_three_classes(may: list[str]) -> None:
    keys = Keys([OfficeKey.from_fields({**KEYS[0].fields(), "may": may})])
    assert reason(FIELDS, keys) == "not_allowed"


def test_settings_without_quiet_hours_and_kept_clips_are_read() -> None:
    bare = read({**FIELDS, "quiet_hours": [], "kept_clips": []})
    assert (bare.quiet_hours, bare.kept_clips) == ((), ())


@pytest.mark.parametrize(("step", "gain_db"), [(100, 0.0), (99, -0.5), (70, -15.0), (1, -49.5), (0, float("-inf"))])
def test_a_step_is_half_a_decibel_and_zero_is_silence(step: int, gain_db: float) -> None:
    assert gain_of_step_db(step) == gain_db


@pytest.mark.parametrize(("bulletin_class", "step"), [("normal", 70), ("priority", 80), ("emergency", 90)])
def test_each_class_has_its_volume_and_the_limit_bounds_them_all(bulletin_class: BulletinClass, step: int) -> None:
    assert Volume(normal=70, priority=80, emergency=100, limit=90).step(bulletin_class) == step
