"""Counts attempts to sign in before anything is computed for them: by account, and by the network that they come from.

An account is never locked. Of the MOST_A_MINUTE attempts that it has, the last are left to networks that have not
failed lately, and the very last to devices on which this officer has signed in before; so whoever sprays an account
can use up only the first. A network waits longer and longer after each failure. A known device waits for no network:
it may stand behind the same address as whoever is guessing.

Counts are in memory only: they matter for minutes, and a stranger can't restart the office.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Literal, TypeVar

from controller.errors import TooManyAttempts

Standing = Literal["known device", "new network", "network that failed"]

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 10
"""Failed and unfinished attempts of one account within a minute, wherever they come from."""
MOST_OF: dict[Standing, int] = {"known device": MOST_A_MINUTE, "new network": 9, "network that failed": 7}
"""An attempt is let through while its account has fewer than this many."""
FREE_FAILURES = 5
"""A network may fail so often without waiting: people mistype."""
FREE_REFUSALS = 3
"""A network that came so often while its account had too many attempts counts as one that failed."""
FREE_PRESSES = 10
"""A network may try so often while it has to wait, and gets a whole answer each time."""
LONGEST_WAIT_S = 60
FORGOTTEN_AFTER = timedelta(minutes=15)
"""A network that has not failed for so long is new again."""
MOST_REMEMBERED = 20_000


@dataclass
class _Account:
    """`failed`: when the last attempts failed; `running`: how many have not ended."""

    failed: deque[datetime] = field(default_factory=lambda: deque(maxlen=MOST_A_MINUTE))
    running: int = 0

    def is_forgotten(self, now: datetime) -> bool:
        return not self._count(now)

    def wait_s(self, now: datetime, most: int) -> float:
        """How long until fewer than `most` are counted; 0: there are fewer."""
        surplus = self._count(now) - most
        if surplus < 0:
            return 0
        if surplus >= len(self.failed):
            return 1  # one of those that run has to end, which takes less
        return (self.failed[surplus] + MINUTE - now).total_seconds()

    def _count(self, now: datetime) -> int:
        while self.failed and self.failed[0] <= now - MINUTE:
            self.failed.popleft()
        return len(self.failed) + self.running


@dataclass
class _Network:
    """`refused`: attempts that came while their account had too many. `last`: when one failed or was refused so.

    `pressed`: attempts that came while it had to wait.
    """

    failures: int = 0
    refused: int = 0
    pressed: int = 0
    running: int = 0
    last: datetime | None = None

    def is_forgotten(self, now: datetime) -> bool:
        if self.last is not None and self.last <= now - FORGOTTEN_AFTER:
            self.failures, self.refused, self.pressed, self.last = 0, 0, 0, None
        return not self.failures and not self.refused and not self.running

    @property
    def standing(self) -> Standing:
        is_new = not self.failures and not self.running and self.refused < FREE_REFUSALS
        return "new network" if is_new else "network that failed"

    @property
    def rank(self) -> int:
        return 1 + self.failures + self.refused + self.running

    def wait_s(self, now: datetime) -> float:
        """How long it has to wait; 0: it needn't. Beyond FREE_FAILURES one attempt runs at a time."""
        if self.is_forgotten(now) or self.failures + self.running < FREE_FAILURES:
            return 0
        if self.running or self.last is None:
            return 1
        until = self.last + timedelta(seconds=min(2 ** (self.failures - FREE_FAILURES), LONGEST_WAIT_S))
        return max(0.0, (until - now).total_seconds())


_Counted = TypeVar("_Counted", _Account, _Network)


class SignInGuard:
    """The counts. All methods may be called by any thread.

    The caller names what is counted: a user name for its password, something else for its second factor.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._networks: dict[str, _Network] = {}
        self._lock = Lock()

    def refuse_if_pressing(self, address: str, now: datetime) -> None:
        """Raises TooManyAttempts for a network that has to wait and doesn't: so its attempts needn't even be read."""
        with self._lock:
            network = self._networks.get(network_of(address))
            if network is not None and network.pressed > FREE_PRESSES:
                _require_no_wait(network.wait_s(now))

    def admit(self, account: str, address: str, now: datetime, *, known_device: bool = False) -> "Attempt":
        """Count an attempt before it is examined; the caller has to end it. Raises TooManyAttempts."""
        name = network_of(address)
        with self._lock:
            of_account = _counted(self._accounts, account, now, _Account)
            of_network = _counted(self._networks, name, now, _Network)
            if known_device:
                _require_no_wait(of_account.wait_s(now, MOST_OF["known device"]))
                of_account.running += 1
                return Attempt(self._end, account, None, 0)
            if wait_s := of_network.wait_s(now):
                of_network.pressed += 1
                _require_no_wait(wait_s)
            if wait_s := of_account.wait_s(now, MOST_OF[of_network.standing]):
                of_network.refused += 1
                of_network.last = now
                _require_no_wait(wait_s)
            rank = of_network.rank
            of_account.running += 1
            of_network.running += 1
        return Attempt(self._end, account, name, rank)

    def _end(self, account: str, network: str | None, failed_at: datetime | None) -> None:
        with self._lock:
            of_account = self._accounts[account]
            of_account.running -= 1
            if failed_at is not None:
                of_account.failed.append(failed_at)
            if network is None:
                return
            of_network = self._networks[network]
            of_network.running -= 1
            if failed_at is not None:
                of_network.failures += 1
                of_network.last = failed_at


class Attempt:
    """An attempt that was let through, until it is ended; ending it again changes nothing.

    `rank`: whose turn is first where attempts queue: 0 is a known device, then the networks that failed least.
    """

    def __init__(
        self, end: Callable[[str, str | None, datetime | None], None], account: str, network: str | None, rank: int
    ) -> None:
        self.account = account
        self.rank = rank
        self._end_once: Callable[[datetime | None], None] | None = lambda failed_at: end(account, network, failed_at)
        self._lock = Lock()

    def fail(self, now: datetime) -> None:
        """It was wrong, which counts from now on."""
        self._end(now)

    def give_back(self) -> None:
        """It was right, or nobody examined it: it doesn't count."""
        self._end(None)

    def _end(self, failed_at: datetime | None) -> None:
        with self._lock:
            end, self._end_once = self._end_once, None
        if end is not None:
            end(failed_at)


def network_of(address: str) -> str:
    """What counts as one: an IPv4 address, or the /64 network of an IPv6 address, which is one household."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))


def _require_no_wait(wait_s: float) -> None:
    if wait_s > 0:
        raise TooManyAttempts(max(1, round(wait_s)))


def _counted(counts: dict[str, _Counted], name: str, now: datetime, make: Callable[[], _Counted]) -> _Counted:
    """What is counted under this name. At MOST_REMEMBERED names those without a count go, then the oldest half."""
    if name not in counts:
        if len(counts) >= MOST_REMEMBERED:
            for each in [each for each, counted in counts.items() if counted.is_forgotten(now)]:
                del counts[each]
            oldest = [each for each, counted in counts.items() if not counted.running]
            for each in oldest[: max(0, len(counts) - MOST_REMEMBERED // 2)]:
                del counts[each]
        counts[name] = make()
    return counts[name]
