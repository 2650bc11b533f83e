"""Every state and reason of the protocol has its words; unknown ones of newer speakers are shown as they came."""

import re
from pathlib import Path
from typing import get_args

import controller.web
from audio.speech.port import Voice
from audio.spoken_text.doubts import DoubtKind
from controller.broadcasts.states import BroadcastState
from controller.database.column_types import AuditAction, DeliveryState, ExcessKind, Role
from controller.orders.standings import AnnouncementState
from controller.outlook.speaker_standing import SpeakerStanding
from controller.web.words import states
from wire.model import ALL_CLASSES
from wire.outcomes import REASONS
from wire.receipts import ClockState

STATIC = Path(controller.web.__file__).parent / "static"


def test_every_state_and_reason_has_words() -> None:
    assert set(states.DELIVERY) == set(get_args(DeliveryState))
    assert set(states.REASON) == {reason for reasons in REASONS.values() for reason in reasons if reason is not None}
    assert set(states.SPEAKER) == set(get_args(SpeakerStanding))
    assert set(states.ANNOUNCEMENT) == set(get_args(AnnouncementState))
    assert set(states.BROADCAST) == set(get_args(BroadcastState))
    assert set(states.BULLETIN_CLASS) == set(states.BULLETIN_CLASS_CONSEQUENCE) == ALL_CLASSES
    assert set(states.ROLE) == set(get_args(Role))
    assert set(states.CLOCK) == set(get_args(ClockState))
    assert set(states.VOICE) == set(get_args(Voice))


def test_every_audited_action_and_every_doubt_has_words() -> None:
    assert set(states.AUDIT) == set(get_args(AuditAction))
    assert set(states.EXCESS) == set(get_args(ExcessKind))
    assert set(states.DOUBT) == {*get_args(DoubtKind), "unread_digits"}, "a page tells unread digits from signs"


def test_an_unknown_state_or_reason_is_shown_as_it_came() -> None:
    assert states.reason_in_words("eaten_by_{goats}") == "eaten_by_{goats}"


def test_every_reason_gets_its_time() -> None:
    assert "17:03" in states.reason_in_words("late", "17:03")
    assert [each for each in states.REASON if "{" in states.reason_in_words(each)] == []


def test_every_shape_is_drawn_and_has_a_colour() -> None:
    drawn = set(re.findall(r'id="s-(\w+)"', (STATIC / "shapes.svg").read_text("utf-8")))
    coloured = set(re.findall(r"\.is-(\w+)", (STATIC / "style.css").read_text("utf-8")))
    assert set(get_args(states.Shape)) == coloured
    assert coloured < drawn, "the others are signs of buttons"


def test_every_state_of_a_delivery_and_of_a_speaker_has_its_shape() -> None:
    shapes = set(get_args(states.Shape))
    assert set(get_args(DeliveryState)) - shapes == {"pending"}, "shapes.html shows it as planned"
    assert set(get_args(SpeakerStanding)) < shapes
