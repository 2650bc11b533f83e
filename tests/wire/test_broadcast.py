"""A speaker reads a broadcast that is complete, on its own topic, and signed by an allowed key; others are refused."""

from typing import Any

import pytest

from tests.wire.golden_messages import EMERGENCY, KEYS, MORNING, PLANNED
from tests.wire.raw_jws import jws
from wire.broadcast import MAX_NAMES, Broadcast, read_broadcast
from wire.envelope import Keys, OfficeKey, Rejected
from wire.instants import parse_instant

FIELDS = PLANNED.fields()
MISSING = object()


def read(fields: dict[str, Any], keys: Keys | None = None, topic_id: str = MORNING) -> Broadcast:
    return read_broadcast((keys or Keys(KEYS)).open(jws(fields), "broadcast"), topic_id)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good broadcast with one field changed or removed; `path` is like `clips.0.bytes`."""
    *way, last = path.split(".")
    fields: dict[str, Any] = PLANNED.fields()
    at: Any = fields
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return fields


def reason(fields: dict[str, Any], **more: Any) -> str:
    with pytest.raises(Rejected) as caught:
        read(fields, **more)
    return caught.value.rejected_reason


def test_a_good_broadcast_is_read() -> None:
    assert read(FIELDS) == PLANNED


def test_fields_of_a_later_version_are_ignored_wherever_they_stand() -> None:
    fields = changed("clips.0.loudness", -16)
    fields["approvals"][0]["seal"] = "đỏ"
    fields["colour"] = {"any": ["thing"]}
    assert read(fields) == PLANNED


@pytest.mark.parametrize(
    "path",
    [
        *FIELDS,
        "clips.0.sha256",
        "clips.0.bytes",
        "clips.0.duration_ms",
        "clips.0.media_type",
        "approvals.0.officer",
        "approvals.0.at",
    ],
)
def test_a_broadcast_that_lacks_a_field_is_malformed(path: str) -> None:
    assert reason(changed(path, MISSING)) == "malformed"


@pytest.mark.parametrize("path", [name for name in FIELDS if name != "starts_at"])
def test_null_in_place_of_a_value_is_malformed(path: str) -> None:
    assert reason(changed(path, None)) == "malformed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("broadcast", MORNING.lower()),
        ("broadcast", 5),
        ("revision", True),
        ("revision", -1),
        ("revision", 1.0),
        ("revision", str(FIELDS["revision"])),
        ("issued_at", 1795345200000),
        ("issued_at", "2026-11-22T11:00:00Z"),
        ("expires_at", "2026-11-22T18:00:00.000+07:00"),
        ("expires_at", "2026-02-30T10:00:00.000Z"),
        ("kind", 5),
        ("kind", ["clips"]),
        ("state", "paused"),
        ("state", "Planned"),
        ("areas", "xa-tan-phu"),
        ("areas", {"xa-tan-phu": 1}),
        ("areas", ["Xa Tan Phu"]),
        ("areas", ["office"]),
        ("areas", [None]),
        ("areas", [["xa-tan-phu"]]),
        ("speakers", [True]),
        ("bulletin_class", "urgent"),
        ("bulletin_class", ["normal"]),
        ("starts_at", ""),
        ("starts_at", False),
        ("latest_start", "soon"),
        ("clips", []),
        ("clips", {}),
        ("clips", [None]),
        ("clips", ["9f86"]),
        ("clips.0.sha256", "9f86"),
        ("clips.0.bytes", True),
        ("clips.0.bytes", 0),
        ("clips.0.bytes", 64 * 1024 * 1024 + 1),
        ("clips.0.duration_ms", 60_000.0),
        ("clips.0.media_type", 5),
        ("times", True),
        ("times", 0),
        ("times", 2.0),
        ("times", "2"),
        ("gap_ms", False),
        ("gap_ms", -1),
        ("gain_db", True),
        ("gain_db", "0"),
        ("gain_db", None),
        ("title", 5),
        ("language", ["vi"]),
        ("approvals", "Hòa"),
        ("approvals", [{}]),
        ("approvals.0.officer", 5),
        ("approvals.0.at", "yesterday"),
    ],
)
def test_a_broadcast_that_misuses_a_field_is_malformed(path: str, value: Any) -> None:
    assert reason(changed(path, value)) == "malformed"


def test_a_whole_number_serves_as_gain() -> None:
    assert read(changed("gain_db", -3)).gain_db == -3.0


@pytest.mark.parametrize("kind", ["speech", "stream", "Clips", ""])
def test_an_unknown_kind_is_unsupported_whatever_else_it_holds(kind: str) -> None:
    assert reason(changed("kind", kind)) == "unsupported"
    assert reason({"kind": kind, "words": 5}) == "unsupported"


def test_an_unknown_media_type_is_unsupported() -> None:
    assert reason(changed("clips.0.media_type", "audio/mpeg")) == "unsupported"


def test_an_id_that_differs_from_the_topics_is_malformed() -> None:
    assert reason(FIELDS, topic_id=EMERGENCY.broadcast) == "malformed"


@pytest.mark.parametrize("bulletin_class", ["normal", "priority", "emergency"])
def test_a_key_signs_only_its_allowed_classes(bulletin_class: str) -> None:
    fields = changed("bulletin_class", bulletin_class)
    others = [each for each in ("normal", "priority", "emergency") if each != bulletin_class]
    only = Keys([OfficeKey.from_fields({**KEYS[0].fields(), "may": [bulletin_class]})])
    all_but = Keys([OfficeKey.from_fields({**KEYS[0].fields(), "may": others})])
    assert read(fields, keys=only).bulletin_class == bulletin_class
    assert reason(fields, keys=all_but) == "not_allowed"


@pytest.mark.parametrize(("bulletin_class", "is_read"), [("normal", False), ("priority", False), ("emergency", True)])
def test_only_an_emergency_has_no_planned_instant(bulletin_class: str, is_read: bool) -> None:
    fields = {**changed("bulletin_class", bulletin_class), "starts_at": None}
    if is_read:
        assert read(fields).starts_at is None
    else:
        assert reason(fields) == "malformed"


def test_a_broadcast_names_at_most_300_areas_and_speakers() -> None:
    names = [f"a{number}" for number in range(MAX_NAMES + 1)]
    assert MAX_NAMES == 300
    assert read({**FIELDS, "areas": names[:200], "speakers": names[200:300]}).is_for("a299", [])
    assert reason({**FIELDS, "areas": names[:200], "speakers": names[200:]}) == "malformed"
    assert reason({**FIELDS, "areas": names, "speakers": []}) == "malformed"


def test_a_revision_without_areas_and_speakers_is_read_and_is_for_no_speaker() -> None:
    nobody = read({**FIELDS, "areas": [], "speakers": []})
    assert not nobody.is_for("thon-dong-2", ["xa-tan-phu"])


def test_a_broadcast_is_for_the_speakers_and_areas_that_it_names() -> None:
    assert PLANNED.is_for("anyone", ["tinh-dong-nai", "xa-tan-phu", "thon-dong"])
    assert not PLANNED.is_for("anyone", ["tinh-dong-nai", "xa-khac"])
    assert not PLANNED.is_for("xa-tan-phu", [])  # an area's id is no speaker's id
    assert EMERGENCY.is_for("thon-dong-2", [])
    assert not EMERGENCY.is_for("thon-dong-3", ["thon-dong-2"])


def test_broadcasts_are_ordered_by_their_planned_instant_or_by_the_instant_of_issue() -> None:
    assert PLANNED.begins_at == parse_instant("2026-11-23T10:00:00.000Z")
    assert EMERGENCY.begins_at == EMERGENCY.issued_at


def test_the_length_of_a_broadcast_includes_repetitions_and_pauses() -> None:
    assert (PLANNED.once_ms, PLANNED.length_ms) == (60_000, 2 * 60_000 + 3000)
    assert (EMERGENCY.once_ms, EMERGENCY.length_ms) == (70_000, 3 * 70_000)
    assert read(changed("times", 1)).length_ms == 60_000
