"""How many attempts reach the hash, and who still gets through while others try."""

import random
import tracemalloc
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from controller.errors import TooManyAttempts
from controller.sign_in.guard import FORGOTTEN_AFTER, FREE_FAILURES, FREE_PRESSES, MOST_A_MINUTE, Attempt, SignInGuard
from tests.people import MONDAY


@pytest.fixture
def guard() -> SignInGuard:
    return SignInGuard()


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def fail(guard: SignInGuard, address: str, at: datetime, account: str = "tham") -> None:
    guard.admit(account, address, at).fail(at)


def is_refused(guard: SignInGuard, address: str, at: datetime, account: str = "tham", *, known: bool = False) -> bool:
    try:
        guard.admit(account, address, at, known_device=known).give_back()
    except TooManyAttempts:
        return True
    return False


def wait_s(guard: SignInGuard, address: str, at: datetime, account: str = "tham") -> int:
    with pytest.raises(TooManyAttempts) as refused:
        guard.admit(account, address, at)
    return refused.value.retry_after_s


def test_a_network_waits_longer_after_each_failure_and_never_over_a_minute(guard: SignInGuard) -> None:
    for _ in range(FREE_FAILURES):
        fail(guard, "10.0.0.1", MONDAY, "ai")
    now, waits = MONDAY, []
    for number in range(9):
        waits.append(wait_s(guard, "10.0.0.1", now, f"ai-{number}"))
        now += timedelta(seconds=waits[-1])
        fail(guard, "10.0.0.1", now, f"ai-{number}")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert not is_refused(guard, "10.0.0.2", now)


def test_a_network_that_has_not_failed_for_a_while_is_new_again(guard: SignInGuard) -> None:
    for _ in range(FREE_FAILURES):
        fail(guard, "10.0.0.1", MONDAY)
    later = MONDAY + FORGOTTEN_AFTER
    assert guard.admit("tham", "10.0.0.1", later).rank == 1
    assert guard.admit("quang", "10.0.0.1", later).rank == 2


def test_a_right_password_does_not_count(guard: SignInGuard) -> None:
    for _ in range(50):
        guard.admit("tham", "10.0.0.1", MONDAY).give_back()
    assert not is_refused(guard, "10.0.0.1", MONDAY)


def test_ending_an_attempt_twice_counts_once(guard: SignInGuard) -> None:
    attempt = guard.admit("tham", "10.0.0.1", MONDAY)
    attempt.fail(MONDAY)
    attempt.give_back()
    attempt.fail(MONDAY)
    assert guard.admit("quang", "10.0.0.1", MONDAY).rank == 2


def test_attempts_in_parallel_are_counted_before_they_end(guard: SignInGuard) -> None:
    """Of 200 at once from as many networks no more than ten are examined."""

    def attempt(number: int) -> Attempt | None:
        with suppress(TooManyAttempts):
            return guard.admit("tham", f"10.0.{number}.1", MONDAY)
        return None

    with ThreadPoolExecutor(32) as threads:
        admitted = [each for each in threads.map(attempt, range(200)) if each is not None]
    assert 0 < len(admitted) <= MOST_A_MINUTE
    for each in admitted:
        each.fail(after(5))
    assert is_refused(guard, "10.1.0.1", after(60))
    assert not is_refused(guard, "10.1.0.1", after(65))


@pytest.mark.parametrize("seed", range(5))
def test_never_more_than_ten_attempts_of_an_account_are_examined_within_a_minute(guard: SignInGuard, seed: int) -> None:
    """Whoever asks, however long each examination takes, whichever device shows itself."""
    chance = random.Random(seed)
    now, examined, running = MONDAY, deque[datetime](), deque[Attempt]()
    for _ in range(10_000):
        now += timedelta(seconds=chance.expovariate(20))
        if running and chance.random() < 0.3:
            running.popleft().fail(now)
        with suppress(TooManyAttempts):
            address = f"10.0.{chance.randrange(256)}.1"
            running.append(guard.admit("tham", address, now, known_device=chance.random() < 0.01))
            examined.append(now)
        while examined[0] <= now - timedelta(minutes=1):
            examined.popleft()
        assert len(examined) <= MOST_A_MINUTE


def test_while_256_networks_spray_an_account_its_officer_gets_in_from_elsewhere(guard: SignInGuard) -> None:
    """From a known device at once; from a new network at once too, but for the first minute of the flood."""
    known, new = [], []
    for tick in range(60_000):
        now = after(tick / 500)
        with suppress(TooManyAttempts):
            fail(guard, f"10.0.{tick % 256}.1", now)
        if tick % 5_000 == 4_999:
            known.append(not is_refused(guard, "10.9.9.9", now, known=True))
            new.append(not is_refused(guard, f"192.0.2.{tick // 5_000}", now))
    assert all(known)
    assert all(new[6:])


def test_an_officer_who_came_in_the_first_minute_of_a_flood_gets_in_after_the_wait_that_was_told(
    guard: SignInGuard,
) -> None:
    came_again_at: datetime | None = None
    for tick in range(60_000):
        now = after(tick / 500)
        with suppress(TooManyAttempts):
            fail(guard, f"10.0.{tick % 256}.1", now)
        if tick == 1_000:
            came_again_at = now + timedelta(seconds=wait_s(guard, "192.0.2.1", now))
        if came_again_at is not None and now >= came_again_at:
            assert not is_refused(guard, "192.0.2.1", now)
            return
    pytest.fail("the wait was longer than two minutes")


def test_a_known_device_waits_for_no_network_and_for_no_spray(guard: SignInGuard) -> None:
    for number in range(300):
        with suppress(TooManyAttempts):
            fail(guard, "10.0.0.1", after(number / 10))
    assert is_refused(guard, "10.0.0.1", after(30))
    assert not is_refused(guard, "10.0.0.1", after(30), known=True)


def test_a_stolen_device_can_not_guess_faster_than_all_others_together(guard: SignInGuard) -> None:
    for _ in range(MOST_A_MINUTE):
        guard.admit("tham", "10.0.0.1", MONDAY, known_device=True).fail(MONDAY)
    assert is_refused(guard, "10.0.0.1", after(59), known=True)
    assert not is_refused(guard, "10.0.0.1", after(60), known=True)


@pytest.mark.parametrize(
    ("one", "other", "count_together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", True),
        ("testclient", "testclient", True),
    ],
)
def test_addresses_of_one_household_count_together(
    guard: SignInGuard, one: str, other: str, count_together: bool
) -> None:
    for _ in range(FREE_FAILURES):
        fail(guard, one, MONDAY)
    assert is_refused(guard, other, MONDAY, "quang") == count_together


def test_a_network_that_does_not_wait_is_refused_before_its_attempts_are_read(guard: SignInGuard) -> None:
    for _ in range(FREE_FAILURES):
        fail(guard, "10.0.0.1", MONDAY)
    for _ in range(FREE_PRESSES):
        assert is_refused(guard, "10.0.0.1", MONDAY)
        guard.refuse_if_pressing("10.0.0.1", MONDAY)
    assert is_refused(guard, "10.0.0.1", MONDAY)
    with pytest.raises(TooManyAttempts):
        guard.refuse_if_pressing("10.0.0.1", MONDAY)
    guard.refuse_if_pressing("10.0.0.1", after(1))
    guard.refuse_if_pressing("10.0.0.2", MONDAY)


def test_its_memory_is_bounded_however_many_names_and_addresses_there_are(guard: SignInGuard) -> None:
    def attempt(number: int) -> None:
        fail(guard, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", after(number / 1000), f"ai-{number}")

    tracemalloc.start()
    try:
        for number in range(20_000):
            attempt(number)
        before = tracemalloc.get_traced_memory()[0]
        for number in range(20_000, 60_000):
            attempt(number)
        assert tracemalloc.get_traced_memory()[0] < before * 1.2
    finally:
        tracemalloc.stop()
