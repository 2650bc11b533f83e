"""The order in which messages go out: a stop overtakes whatever waits, and nothing older follows it."""

from collections.abc import Callable

from controller.broker.link import IsAcknowledged
from controller.exchange.outgoing.order import MOST_BYTES_UNDER_WAY, MOST_UNDER_WAY, Outgoing

PLAN = "office/areas/a-1/broadcasts/01HZ"


class SlowLink:
    """A line whose broker acknowledges only what the test lets it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.acknowledged = 0
        self.on_heard: Callable[[], None] = lambda: None

    def publish(self, below_root: str, payload: bytes, *, retained: bool, at_once: bool = False) -> IsAcknowledged:
        assert at_once == (payload == b"stop")
        assert retained
        number = len(self.sent)
        self.sent.append((below_root, payload))
        return lambda: number < self.acknowledged

    def acknowledge(self, count: int) -> None:
        self.acknowledged += count
        self.on_heard()


def _made() -> tuple[SlowLink, Outgoing]:
    link = SlowLink()
    return link, Outgoing(link)  # type: ignore[arg-type]  # takes the place of a link


def _fill(outgoing: Outgoing, count: int, payload: bytes = b"x") -> None:
    for number in range(count):
        outgoing.publish_at(f"{PLAN}{number}", payload, retained=True)


def test_of_all_else_the_line_has_only_so_much_at_a_time_and_all_of_it_goes_in_the_end() -> None:
    link, outgoing = _made()
    _fill(outgoing, 3 * MOST_UNDER_WAY)
    assert len(link.sent) == MOST_UNDER_WAY
    link.acknowledge(10)
    assert len(link.sent) == MOST_UNDER_WAY + 10
    for _ in range(3):
        link.acknowledge(MOST_UNDER_WAY)
    assert [topic for topic, _ in link.sent] == [f"{PLAN}{number}" for number in range(3 * MOST_UNDER_WAY)]


def test_of_large_messages_fewer_are_under_way() -> None:
    link, outgoing = _made()
    _fill(outgoing, 200, bytes(65_536))
    assert len(link.sent) == MOST_BYTES_UNDER_WAY // 65_536
    link.acknowledge(200)
    link.acknowledge(200)
    assert len(link.sent) <= 3 * MOST_BYTES_UNDER_WAY // 65_536


def test_a_stop_overtakes_all_that_waits() -> None:
    link, outgoing = _made()
    _fill(outgoing, 5 * MOST_UNDER_WAY)
    outgoing.publish_first("office/areas/a-1/broadcasts/stopped", b"stop", 2)
    assert link.sent[-1] == ("office/areas/a-1/broadcasts/stopped", b"stop")
    assert len(link.sent) == MOST_UNDER_WAY + 1


def test_an_older_revision_that_waited_does_not_follow_the_stop() -> None:
    link, outgoing = _made()
    _fill(outgoing, MOST_UNDER_WAY)
    outgoing.publish_at("where", b"planned", retained=True, revision=1)
    outgoing.publish_first("where", b"stop", 2)
    outgoing.publish_at("where", b"planned, read before the stop", retained=True, revision=1)
    outgoing.publish_at("where", b"planned anew", retained=True, revision=3)
    outgoing.publish_at("where", b"", retained=True)
    link.acknowledge(10 * MOST_UNDER_WAY)
    assert [payload for topic, payload in link.sent if topic == "where"] == [b"stop", b"planned anew", b""]


def test_what_waits_is_dropped_with_the_connection() -> None:
    link, outgoing = _made()
    _fill(outgoing, 2 * MOST_UNDER_WAY)
    outgoing.forget()
    link.acknowledge(5 * MOST_UNDER_WAY)
    assert len(link.sent) == MOST_UNDER_WAY
    _fill(outgoing, MOST_UNDER_WAY)
    assert len(link.sent) == 2 * MOST_UNDER_WAY


def test_a_message_that_waits_is_not_acknowledged() -> None:
    link, outgoing = _made()
    _fill(outgoing, MOST_UNDER_WAY)
    is_acknowledged = outgoing.publish_at("where", b"planned", retained=True)
    assert not is_acknowledged()
    link.acknowledge(MOST_UNDER_WAY)
    assert not is_acknowledged()
    link.acknowledge(1)
    assert is_acknowledged()
