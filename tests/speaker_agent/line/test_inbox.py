"""Incoming messages: revisions, settings, refusals; no message stops the speaker."""

import base64
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from speaker_agent.memory.journal import Journal
from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import (
    FORGER,
    KEYS,
    ME,
    SPARE,
    STRANGER,
    WEAK,
    Message,
    broadcast,
    chunks_of,
    clip_of,
    revised,
    settings,
    signed,
    signed_acknowledgement,
    signed_settings,
    signed_time,
    sound,
)
from wire.broadcast import Broadcast
from wire.status import plan_digest

MINUTE = timedelta(minutes=1)
SOUND = sound(1_000)
LATER = MONDAY + 30 * MINUTE


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return enrolled_box(tmp_path)


def have(box: Box) -> list[Any]:
    """The (broadcast, revision) pairs of the plan request that follows a new connection."""
    box.disconnect()
    box.connect()
    listed = box.line.of_kind("requests")
    found: list[Any] = [each for each in listed if each["kind"] == "plan"][-1]["have"]
    return found


def with_field(said: Broadcast, **fields: Any) -> Message:
    """A signed broadcast with fields that our own writer never writes."""
    topic, _ = signed(said)
    return topic, jws({**said.fields(), **fields})


def jws(payload: dict[str, Any], **header: Any) -> bytes:
    """Any payload with any header, signed by the office's key."""
    head = {"alg": "Ed25519", "kid": "k1", "typ": "broadcast", **header}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, payload)]
    signature = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).sign(b".".join(parts))
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")])


# Revisions


def test_a_broadcast_is_accepted_once_however_often_it_comes(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said), signed(said), signed(said, area="thon-1"))
    assert box.states(said.broadcast) == [("accepted", None)]
    assert box.parts.refused == {}


def test_a_higher_revision_replaces_a_broadcast_and_a_lower_one_is_dropped_silently(box: Box) -> None:
    first = broadcast(LATER, SOUND)
    second = revised(first, title="Mới")
    box.hear(signed(second), signed(first))
    assert [(each.state, each.revision) for each in box.receipts(first.broadcast)] == [("accepted", 2)]
    assert have(box) == [[first.broadcast, 2]]
    assert box.parts.refused == {}


def test_the_same_revision_with_other_bytes_is_counted_and_the_first_stays(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said), signed(said.model_copy(update={"title": "Khác"})))
    assert box.states(said.broadcast) == [("accepted", None)]
    assert box.parts.refused == {"conflicting_revision": 1}


def test_the_same_broadcast_signed_by_another_key_counts_as_other_bytes(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said), signed(said, SPARE))
    assert box.parts.refused == {"conflicting_revision": 1}


def test_a_revision_with_another_class_is_rejected_not_allowed(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said), signed(revised(said, bulletin_class="emergency")))
    assert box.parts.refused == {"not_allowed": 1}
    assert have(box) == [[said.broadcast, 1]]


def test_the_plan_survives_a_restart(box: Box) -> None:
    said = revised(broadcast(LATER, SOUND))
    box.hear(signed(said))
    box.restart()
    box.hear(signed(said), signed(said.model_copy(update={"revision": 1})))
    assert have(box) == [[said.broadcast, 2]]
    assert len(box.receipts()) == 1


def test_a_final_broadcast_is_kept_until_it_expires(box: Box) -> None:
    said = broadcast(MONDAY + MINUTE, SOUND, expires_at=MONDAY + 20 * MINUTE)
    box.connect()
    box.hear(signed(said), *chunks_of(SOUND))
    box.run_for(minutes=5)
    box.hear(signed(said))
    assert box.states(said.broadcast)[-1] == ("played", None)
    assert have(box) == [[said.broadcast, 1]]
    assert box.status()["plan"] == {"count": 1, "digest": plan_digest([(said.broadcast, 1)])}
    box.run_for(minutes=30)
    assert have(box) == []
    assert box.status()["plan"] == {"count": 0, "digest": plan_digest([])}


def test_a_copy_of_a_finished_broadcast_changes_nothing(box: Box) -> None:
    said = broadcast(MONDAY + MINUTE, SOUND, expires_at=MONDAY + 5 * MINUTE)
    box.hear(signed(said))
    box.run_for(minutes=10)
    told = len(box.receipts())
    box.hear(signed(said))
    assert len(box.receipts()) == told
    assert box.parts.refused == {}


def test_a_cancelled_broadcast_that_was_unknown_before_is_reported_as_cancelled(box: Box) -> None:
    said = broadcast(LATER, SOUND, state="cancelled")
    box.hear(signed(said))
    assert box.states(said.broadcast) == [("accepted", None), ("cancelled", "cancelled")]
    assert have(box) == [[said.broadcast, 1]]


def test_an_empty_payload_changes_nothing(box: Box) -> None:
    said = broadcast(MONDAY + MINUTE, SOUND)
    topic, data = signed(said)
    box.connect()
    box.hear((topic, data), *chunks_of(SOUND), (topic, b""))
    box.run_for(minutes=2)
    assert box.final(said.broadcast).state == "played"
    assert box.parts.refused == {}


def test_unknown_fields_are_ignored(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(with_field(said, mood="vui"))
    assert box.states(said.broadcast) == [("accepted", None)]


# Refusals


def refused() -> list[tuple[str, Message, Broadcast]]:
    said = broadcast(LATER, SOUND)
    over = broadcast(MONDAY - 60 * MINUTE, SOUND)
    urgent = broadcast(LATER, SOUND, bulletin_class="emergency")
    other = broadcast(LATER, SOUND)
    return [
        ("bad_signature", signed(said, FORGER), said),
        ("unknown_key", signed(said, STRANGER), said),
        ("not_allowed", signed(urgent, WEAK), urgent),
        ("expired", signed(over), over),
        ("wrong_target", signed(broadcast(LATER, SOUND, areas=("thon-9",), broadcast=said.broadcast)), said),
        ("malformed", with_field(said, times="2"), said),
        ("malformed", (signed(other)[0], signed(said)[1]), other),
        ("unsupported", with_field(said, kind="stream"), said),
        ("unsupported", with_field(said, clips=[{**said.fields()["clips"][0], "media_type": "audio/mp3"}]), said),
    ]


@pytest.mark.parametrize(
    ("reason", "message", "said"), refused(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_refused_message_is_reported_once_for_the_same_bytes_and_never_sounds(
    box: Box, reason: str, message: Message, said: Broadcast
) -> None:
    box.hear(message, message)
    box.restart()
    box.hear(message)
    assert box.states(said.broadcast) == [("rejected", reason)]
    receipt = box.receipts(said.broadcast)[0]
    assert (receipt.heard_ms, receipt.volume) == (0, None)
    box.run_for(minutes=40)
    assert box.played == []
    assert have(box) == []


def test_a_conflicting_revision_makes_no_receipt_while_a_valid_one_is_kept(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said), signed(revised(said), FORGER), signed(revised(said), STRANGER))
    assert box.states(said.broadcast) == [("accepted", None)]
    assert box.parts.refused == {"bad_signature": 1, "unknown_key": 1}


def test_after_a_refusal_a_valid_message_is_accepted(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said, FORGER), signed(said))
    assert box.states(said.broadcast) == [("rejected", "bad_signature"), ("accepted", None)]


def test_at_most_twenty_refusals_an_hour_are_reported_and_all_are_counted(box: Box) -> None:
    many = [signed(broadcast(LATER, SOUND), FORGER) for _ in range(25)]
    box.hear(*many)
    assert len(box.receipts()) == 20
    assert box.parts.refused == {"bad_signature": 25}
    box.run_for(minutes=61)
    box.hear(*many)
    assert len(box.receipts()) == 25


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("not_jws", b"hello"),
        ("not_jws", b"a.b.c"),
        ("other_algorithm", jws({}, alg="EdDSA")),
        ("other_algorithm", jws({}, alg="none")),
        ("other_type", jws({}, typ="settings")),
        ("not_jws", jws({}, crit=["x"])),
        ("too_large", b"x" * 70_000),
    ],
)
def test_bytes_that_are_no_jws_of_ours_are_only_counted(box: Box, reason: str, data: bytes) -> None:
    box.hear((signed(broadcast(LATER, SOUND))[0], data))
    assert box.receipts() == []
    assert box.parts.refused == {reason: 1}


def test_refusals_are_counted_in_the_status(box: Box) -> None:
    box.hear(("loa/v1/office/nonsense", b"x"))
    box.connect()
    assert box.status()["refused"] == {"unknown_topic": 1}


def test_with_an_untrusted_clock_no_message_counts_as_expired(box: Box) -> None:
    box.clock.trust = "untrusted"
    over = broadcast(MONDAY - 60 * MINUTE, SOUND)
    box.hear(signed(over))
    assert box.states(over.broadcast) == [("accepted", None)]


TOPICS = [
    signed(broadcast(LATER, SOUND))[0],
    signed(broadcast(LATER, SOUND), area="thon-1")[0],
    signed_settings(settings(MONDAY, 2))[0],
    signed_time("n" * 22, MONDAY)[0],
    signed_acknowledgement("0" * 26, 1)[0],
    chunks_of(SOUND)[0][0],
    "loa/v1/office/speakers/loa-2/settings",
    "loa/v1/office/audio/x/0",
    "loa/v1",
    "",
]


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.sampled_from(TOPICS), st.binary(max_size=300) | st.sampled_from([signed(broadcast(LATER, SOUND))[1]]))
def test_any_bytes_on_any_topic_leave_the_speaker_running(box: Box, topic: str, data: bytes) -> None:
    box.hear((topic, data))
    assert box.parts.troubles.last is None
    assert box.played == []


def test_a_hostile_message_is_logged_in_one_short_line(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    topic = signed(broadcast(LATER, SOUND))[0]
    forged_line = "k" * 9_000 + "\nreceipt seq=1 state=played"
    box.hear((topic, jws({}, kid=forged_line)), (f"loa/v1/{forged_line}", b"x" * 9_000))
    refused = [record.getMessage() for record in caplog.records if "refused on" in record.getMessage()]
    assert len(refused) == 2
    assert all(len(line) < 1_000 and "\n" not in line for line in refused)


def test_a_message_that_cannot_be_kept_does_not_delay_the_next_ones(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = broadcast(LATER, SOUND), broadcast(LATER, SOUND)
    accept = Journal.accept

    def full_for_the_first(journal: Journal, broadcast: str, *values: Any) -> None:
        if broadcast == first.broadcast:
            raise sqlite3.OperationalError("database or disk is full")
        accept(journal, broadcast, *values)

    monkeypatch.setattr(Journal, "accept", full_for_the_first)
    for message in (signed(first), signed(second)):
        box.line.messages.put(message)
    box.settle()
    assert box.states(second.broadcast) == [("accepted", None)]


# Settings


def test_settings_are_replaced_whole_and_a_lower_or_equal_revision_is_dropped_silently(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 5, muted=True)), signed_settings(settings(MONDAY, 5)))
    box.hear(signed_settings(settings(MONDAY, 4)))
    box.connect()
    assert box.status()["settings_revision"] == 5
    assert box.parts.own_settings.muted
    assert box.parts.refused == {}


def test_settings_survive_a_restart(box: Box) -> None:
    box.hear(signed_settings(settings(MONDAY, 5, muted=True)))
    box.restart()
    assert box.parts.own_settings.muted


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("bad_signature", signed_settings(settings(MONDAY, 2), FORGER)),
        ("unknown_key", signed_settings(settings(MONDAY, 2), STRANGER)),
        ("not_allowed", signed_settings(settings(MONDAY, 2), WEAK)),
        ("wrong_target", signed_settings(settings(MONDAY, 2, speaker="loa-2"))),
        ("malformed", (f"loa/v1/office/speakers/{ME}/settings", jws({"speaker": ME}, typ="settings"))),
    ],
)
def test_refused_settings_are_counted(box: Box, reason: str, message: Message) -> None:
    box.hear(message)
    box.connect()
    assert box.status()["settings_revision"] == 1
    assert box.status()["refused"] == {reason: 1}
    assert box.receipts() == []


@pytest.mark.parametrize("restarted", [False, True])
def test_new_keys_replace_the_trusted_set_at_once_and_over_a_restart(box: Box, restarted: bool) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed_settings(settings(MONDAY, 2, keys=KEYS[1:2])))
    if restarted:
        box.restart()
    box.hear(signed(said), signed_settings(settings(MONDAY, 3)))
    assert box.states(said.broadcast) == [("rejected", "unknown_key")]
    box.hear(signed(said, SPARE))
    assert box.states(said.broadcast)[-1] == ("accepted", None)
    assert box.parts.refused == {"unknown_key": 2}


def test_a_power_cut_between_new_settings_and_their_withdrawals_loses_none_of_both(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said))
    # The power went after the settings were committed.
    box.journal.keep_facts({"settings": signed_settings(settings(MONDAY, 2, areas=["xa-phu-lam", "thon-2"]))[1]})
    box.restart()
    assert box.states(said.broadcast)[-1] == ("cancelled", "moved")


# Subscriptions


def test_on_connect_it_subscribes_to_its_own_topics_then_to_its_chain_then_asks_for_the_plan(box: Box) -> None:
    said = broadcast(LATER, SOUND)
    box.hear(signed(said))
    box.connect()
    assert box.line.ever_subscribed[:3] == [
        f"loa/v1/office/speakers/{ME}/#",
        "loa/v1/office/areas/xa-phu-lam/broadcasts/+",
        "loa/v1/office/areas/thon-1/broadcasts/+",
    ]
    first = box.line.said[0]
    assert json.loads(first[1]) == {"kind": "plan", "have": [[said.broadcast, 1]]}


def test_new_settings_change_only_the_differing_subscriptions(box: Box) -> None:
    box.connect()
    box.hear(signed_settings(settings(MONDAY, 2, areas=["xa-phu-lam", "thon-2"])))
    assert set(box.line.filters) == {
        f"loa/v1/office/speakers/{ME}/#",
        "loa/v1/office/areas/xa-phu-lam/broadcasts/+",
        "loa/v1/office/areas/thon-2/broadcasts/+",
    }
    assert len(box.line.ever_subscribed) == 4  # each filter once


def test_before_its_settings_it_subscribes_to_its_own_topics_alone(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.connect()
    assert list(box.line.filters) == [f"loa/v1/office/speakers/{ME}/#"]


def test_a_plan_request_lists_the_thousand_broadcasts_that_begin_last(box: Box) -> None:
    clip = clip_of(SOUND)
    many = [broadcast(MONDAY + (1 + n) * MINUTE, SOUND, clips=(clip,)) for n in range(1_003)]
    for said in many:
        topic, data = signed(said)
        box.parts.inbox.take(topic, data, box.clock.now())
    assert have(box) == [[said.broadcast, 1] for said in many[3:]]


# Time


def test_the_time_is_asked_for_on_connect_where_the_kernel_is_not_synchronised(box: Box) -> None:
    box.synchronised = False
    box.clock.trust = "untrusted"
    box.connect()
    [request] = [each for each in box.line.of_kind("requests") if each["kind"] == "time"]
    assert len(request["nonce"]) >= 22
    box.monotonic_s += 0.4
    box.hear(signed_time(request["nonce"], MONDAY + 60 * MINUTE))
    assert box.clock.answers == [(MONDAY + 60 * MINUTE, timedelta(seconds=0.4))]


def test_a_time_answer_counts_once_within_ten_seconds_and_for_its_nonce_alone(box: Box) -> None:
    box.synchronised = False
    box.connect()
    nonce = box.line.of_kind("requests")[-1]["nonce"]
    box.hear(signed_time("x" * 22, MONDAY))
    box.monotonic_s += 10.1
    box.hear(signed_time(nonce, MONDAY))
    assert box.clock.answers == []
    box.run_for(seconds=11)
    nonce = box.line.of_kind("requests")[-1]["nonce"]
    box.hear(signed_time(nonce, box.clock.now()), signed_time(nonce, box.clock.now()))
    assert len(box.clock.answers) == 1
    assert box.parts.refused == {"time_not_asked": 3}


def test_a_time_answer_by_a_key_that_may_not_sign_all_classes_is_refused(box: Box) -> None:
    box.synchronised = False
    box.connect()
    nonce = box.line.of_kind("requests")[-1]["nonce"]
    box.hear(signed_time(nonce, MONDAY, WEAK))
    assert box.clock.answers == []
    assert box.parts.refused == {"not_allowed": 1}


def test_the_time_is_asked_for_again_well_before_a_day_has_passed(box: Box) -> None:
    box.synchronised = False
    box.connect()
    box.hear(signed_time(box.line.of_kind("requests")[-1]["nonce"], MONDAY))
    asked = [each["nonce"] for each in box.line.of_kind("requests") if each["kind"] == "time"]
    box.run_for(hours=20)
    again = [each["nonce"] for each in box.line.of_kind("requests") if each["kind"] == "time"]
    assert len(again) > len(asked)
    assert len(set(again)) == len(again)


def test_with_a_synchronised_kernel_the_time_is_not_asked_for(box: Box) -> None:
    box.connect()
    box.run_for(hours=20)
    assert [each["kind"] for each in box.line.of_kind("requests")] == ["plan"]


def test_the_time_is_asked_for_if_a_synchronised_kernel_is_below_the_floor(box: Box) -> None:
    """A wrong clock wrote the floor; only an answer of the office can correct it."""
    box.clock.trust = "untrusted"
    box.connect()
    nonce = box.line.of_kind("requests")[-1]["nonce"]
    box.hear(signed_time(nonce, MONDAY + MINUTE))
    assert box.clock.state() == "trusted"


def test_the_time_is_asked_for_within_a_minute_after_the_kernel_loses_its_source(box: Box) -> None:
    box.connect()
    box.run_for(hours=1)
    box.synchronised, box.clock.trust = False, "held"
    box.run_for(minutes=1)
    assert box.line.of_kind("requests")[-1]["kind"] == "time"


def test_a_slow_time_answer_is_used_if_there_is_no_better_one_and_asked_for_again(box: Box) -> None:
    """A round trip that a queue prolonged makes the answer inexact: a trusted clock doesn't follow it."""
    box.synchronised, box.clock.trust = False, "untrusted"
    box.connect()
    for seconds in (8.0, 8.0, 0.2):
        nonce = box.line.of_kind("requests")[-1]["nonce"]
        box.monotonic_s += seconds
        box.hear(signed_time(nonce, box.clock.now()))
        box.run_for(minutes=1)
    assert [took.total_seconds() for _, took in box.clock.answers] == [8.0, 0.2]
    asked = len(box.line.of_kind("requests"))
    box.run_for(hours=1)
    assert len(box.line.of_kind("requests")) == asked


def test_an_emergency_sounds_after_a_time_answer_on_a_board_that_booted_in_the_past(box: Box) -> None:
    box.synchronised = False
    box.clock.trust = "untrusted"
    box.clock.jump(MONDAY - timedelta(days=20_000))
    box.connect()
    said = broadcast(None, SOUND, issued_at=MONDAY, bulletin_class="emergency")
    box.hear(signed(said), *chunks_of(SOUND))
    assert box.played == []
    box.hear(signed_time(box.line.of_kind("requests")[-1]["nonce"], MONDAY + MINUTE))
    box.run_for(seconds=10)
    assert box.final(said.broadcast).state == "played"
