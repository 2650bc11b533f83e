"""Every state and reason of the protocol has its words; what a newer speaker says is shown as it came."""

from typing import get_args

from audio.speech.port import Voice
from audio.spoken_text.doubts import DoubtKind
from controller.announcements.drafts import AnnouncementState
from controller.broadcasts.states import BroadcastState
from controller.database.column_types import AuditAction, DeliveryState, Role
from controller.outlook.speaker_standing import SpeakerStanding
from controller.web.words import states
from wire.model import ALL_CLASSES
from wire.outcomes import REASONS
from wire.receipts import ClockState


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


def test_every_deed_and_doubt_has_words() -> None:
    assert set(states.AUDIT) == set(get_args(AuditAction))
    assert set(states.DOUBT) == {*get_args(DoubtKind), "unread_digits"}, "a page tells unread digits from signs"


def test_a_word_that_is_not_known_is_shown_as_it_came() -> None:
    assert states.word(states.REASON, "eaten_by_goats") == "eaten_by_goats"
