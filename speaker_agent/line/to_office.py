"""What this speaker publishes: receipts, requests and its status, each on its own topic."""

from speaker_agent.line.port import BrokerLink
from wire.requests import Request
from wire.topics import RECEIPTS, REQUESTS, STATUS


class ToOffice:
    """Each message is lost while there is no connection; the senders send again what matters."""

    def __init__(self, link: BrokerLink, topic_root: str, speaker: str) -> None:
        self._link = link
        self._receipts = RECEIPTS.under(topic_root, speaker=speaker)
        self._requests = REQUESTS.under(topic_root, speaker=speaker)
        self._status = STATUS.under(topic_root, speaker=speaker)

    def send_receipts(self, receipts: bytes) -> None:
        self._link.publish(self._receipts, receipts)

    def send_request(self, request: Request) -> None:
        self._link.publish(self._requests, request.to_json())

    def send_status(self, status: bytes) -> None:
        """Retained by the broker, for an office that connects later."""
        self._link.publish(self._status, status, retain=True)
