"""Every state and reason of the protocol has its words; what a newer speaker says is shown as it came."""

from typing import get_args

from controller.announcements import State as AnnouncementState
from controller.broadcast_states import State as BroadcastState
from controller.deliveries import DeliveryState
from controller.speaker_standing import Standing
from controller.tables import Role
from controller.web import words
from wire.model import ALL_CLASSES
from wire.outcomes import REASONS
from wire.receipts import ClockState


def test_every_state_and_reason_has_words() -> None:
    assert set(words.DELIVERY) == set(get_args(DeliveryState))
    assert set(words.REASON) == {reason for reasons in REASONS.values() for reason in reasons if reason is not None}
    assert set(words.SPEAKER) == set(get_args(Standing))
    assert set(words.ANNOUNCEMENT) == set(get_args(AnnouncementState))
    assert set(words.BROADCAST) == set(get_args(BroadcastState))
    assert set(words.BULLETIN_CLASS) == set(words.BULLETIN_CLASS_CONSEQUENCE) == ALL_CLASSES
    assert set(words.ROLE) == set(get_args(Role))
    assert set(words.CLOCK) == set(get_args(ClockState))


def test_a_word_that_is_not_known_is_shown_as_it_came() -> None:
    assert words.word(words.REASON, "eaten_by_goats") == "eaten_by_goats"
