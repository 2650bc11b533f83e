"""Challenges for passkeys: one browser's, for five minutes, for one answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import UsedChallenge
from controller.sign_in.challenges import GOOD_FOR, LONGEST_CHALLENGE, Challenges, use_up
from tests.people import MONDAY, Commune

CHALLENGES = Challenges(KeyedHash("secret of this office"))


def test_one_is_good_for_five_minutes() -> None:
    challenge = CHALLENGES.issue("sign in", "browser", MONDAY)
    assert len(challenge) < LONGEST_CHALLENGE
    assert CHALLENGES.is_good(challenge, "sign in", "browser", MONDAY)
    assert CHALLENGES.is_good(challenge, "sign in", "browser", MONDAY + GOOD_FOR)
    assert not CHALLENGES.is_good(challenge, "sign in", "browser", MONDAY + GOOD_FOR + timedelta(seconds=2))
    assert not CHALLENGES.is_good(challenge, "sign in", "browser", MONDAY - timedelta(seconds=1)), (
        "a clock was set back"
    )


def test_it_is_good_in_its_browser_and_for_its_use_alone() -> None:
    challenge = CHALLENGES.issue("sign in", "browser", MONDAY)
    assert not CHALLENGES.is_good(challenge, "sign in", "another browser", MONDAY)
    assert not CHALLENGES.is_good(challenge, "add", "browser", MONDAY)
    assert not Challenges(KeyedHash("another secret")).is_good(challenge, "sign in", "browser", MONDAY)


def test_no_two_are_alike() -> None:
    assert len({CHALLENGES.issue("sign in", "browser", MONDAY) for _ in range(100)}) == 100


@pytest.mark.parametrize("challenge", ["", ".", "1", "1.x.", "x.x.x", "1.x.ký tự lạ", "." * 100])
def test_what_was_not_given_out_is_not_good(challenge: str) -> None:
    assert not CHALLENGES.is_good(challenge, "sign in", "browser", MONDAY)


def _use_up(commune: Commune, challenge: str) -> bool:
    with commune.writing() as session:
        return use_up(session, commune.now, challenge)


def test_it_is_used_once_also_by_many_at_once(either_commune: Commune) -> None:
    with ThreadPoolExecutor(4) as threads:
        used = list(threads.map(lambda each: _use_up(either_commune, each), ["challenge"] * 6))
    assert used.count(True) == 1


def test_used_ones_are_forgotten_once_they_are_too_old_anyhow(commune: Commune) -> None:
    _use_up(commune, "first")
    commune.later(minutes=9)
    assert not _use_up(commune, "first")
    commune.later(minutes=2)
    _use_up(commune, "second")
    with commune.database.reading() as session:
        assert len(session.exec(select(UsedChallenge)).all()) == 1
