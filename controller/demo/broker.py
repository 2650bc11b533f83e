"""The demonstration's broker, a process of its own: amqtt with the protocol's access rights, on this machine alone.

    python -m controller.demo.broker --port N --accounts FILE [--topic-root loa/v1]

Port 0 takes a free one. When it listens it prints one line, `Listening on 127.0.0.1:N`; it ends on SIGTERM or SIGINT.
FILE is a password file like Mosquitto's, read again when it changes. A real station runs Mosquitto (deploy/mosquitto):
amqtt knows MQTT 3.1.1 only, enforces neither keepalive nor sizes, and is ten times slower.

DemoBroker and DemoHandler override private methods of amqtt, so amqtt is pinned, and
tests/controller/demo/test_broker.py fails if a new version has changed them. Each override says what is wrong in amqtt.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, ListenerConfig
from amqtt.errors import BrokerError, MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.session import Session

from controller.broker.accounts import OFFICE_ACCOUNT, password_matches
from controller.broker.accounts_mosquitto import read_password_file
from wire.topics import DEFAULT_ROOT, TOPICS

_HOST = "127.0.0.1"
_READ_ACCOUNTS_EVERY_S = 1.0
_STOP_LIMIT_S = 1.0
_WRITTEN_BY_SPEAKERS = tuple(each for each in TOPICS if each.sender == "speaker")

_AMQTT_LOG = logging.getLogger("amqtt.broker")
_log = logging.getLogger(__name__)


def may_read(name: str, topic: str) -> bool:
    """Whether this account may receive from a topic (given without its root)."""
    if name == OFFICE_ACCOUNT:
        return _is_a_speakers(topic)
    return topic.startswith(("office/areas/", "office/audio/", f"office/speakers/{name}/"))


def may_write(name: str, topic: str) -> bool:
    """Whether this account may publish on a topic (given without its root); the office clears what speakers left."""
    if name == OFFICE_ACCOUNT:
        return topic.startswith("office/") or _is_a_speakers(topic)
    return any(topic == each.template.format(speaker=name) for each in _WRITTEN_BY_SPEAKERS)


def _is_a_speakers(topic: str) -> bool:
    return any(each.match(topic) for each in _WRITTEN_BY_SPEAKERS)


class DemoHandler(BrokerProtocolHandler):  # type: ignore[misc]  # amqtt ships no types
    """amqtt's end of one connection."""

    async def handle_puback(self, puback: PubackPacket) -> None:
        """In amqtt, a PUBACK that comes before it waits for one is dropped, and then missed for 5 s."""
        packet_id = puback.variable_header.packet_id
        while packet_id in self.session.inflight_out and packet_id not in self._puback_waiters:
            await asyncio.sleep(0.01)
        if packet_id in self._puback_waiters:
            await super().handle_puback(puback)


class DemoBroker(Broker):  # type: ignore[misc]  # amqtt ships no types
    """amqtt's broker with accounts, access rights and clean sessions only; a client id must be the user name."""

    def __init__(self, port: int, accounts_file: Path, topic_root: str) -> None:
        super().__init__({"listeners": {"default": {"bind": f"{_HOST}:{port}"}}, "plugins": {}})
        self._accounts_file = accounts_file
        self._accounts = read_password_file(accounts_file)
        self._root = topic_root + "/"

    @property
    def port(self) -> int:
        """The port on which it listens."""
        [listener] = self._servers["default"].instance.sockets
        port: int = listener.getsockname()[1]
        return port

    async def follow_accounts(self) -> None:
        """Read the file again when it changes, for ever; abort the connections whose password is no longer right."""
        version = None
        while True:
            version, old = _file_version(self._accounts_file), version
            if version != old:
                self._accounts = read_password_file(self._accounts_file)
                for session, handler in list(self._sessions.values()):
                    if not self._is_admitted(session):
                        _log.warning("%s is cut off: its password is no longer right", session.client_id)
                        _abort(handler)
            await asyncio.sleep(_READ_ACCOUNTS_EVERY_S)

    def _is_admitted(self, session: Session) -> bool:
        name, password = session.username, session.password
        return (
            name is not None
            and password is not None
            and session.client_id == name
            and name in self._accounts
            and password_matches(password, self._accounts[name])
        )

    def _may(self, session: Session, action: Action, topic: str) -> bool:
        if not topic.startswith(self._root):
            return False
        rule = may_write if action is Action.PUBLISH else may_read
        return rule(session.username or "", topic.removeprefix(self._root))

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        return self._is_admitted(session)

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        """Decide without awaiting: amqtt yields here, and loses a message if another task subscribes meanwhile.

        Every filter may be subscribed to, as with Mosquitto: each message is checked by its own topic.
        """
        return action is Action.SUBSCRIBE or self._may(session, action, topic)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """In amqtt, malformed input raises an unhandled exception, and the socket stays open for ever."""
        try:
            await super().stream_connected(reader, writer, listener_name)
        except Exception as reason:  # noqa: BLE001 - the top of a connection: malformed input ends this one alone
            _log.warning("a connection ended: %r", reason)
        finally:
            writer.transport.abort()

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Read CONNECT, refuse clients that aren't admitted, and abort the old connection of the same name.

        amqtt drops the subscriptions of this client id before it checks the password, publishes a will to any topic,
        and leaves the old connection open without messages.
        """
        handler, session = await DemoHandler.init_from_connect(reader, writer, self.plugins_manager)
        if not self._is_admitted(session):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.drain()
            raise MQTTError(f"{session.client_id} from {remote_address}:{remote_port} is not admitted")
        if session.will_flag and not self._may(session, Action.PUBLISH, session.will_topic or ""):
            session.will_flag = False
        session.clean_session = True
        old, old_handler = self._sessions.pop(session.client_id, (None, None))
        if old is not None:
            _abort(old_handler)
            await self._del_all_subscriptions(old)
        return handler, session

    async def _client_message_loop(self, client_session: Session, handler: BrokerProtocolHandler) -> None:
        """In amqtt, a connection that publishes to an invalid topic stays open and is no longer read."""
        await super()._client_message_loop(client_session, handler)
        client_session.transitions.disconnect()

    async def _cleanup_session(self, client_id: str) -> None:
        """In amqtt, sessions that ended are removed late, and one that has connected again meanwhile is removed too."""
        session, _ = self._sessions.get(client_id, (None, None))
        if session is not None and not session.transitions.is_connected():
            await super()._cleanup_session(client_id)

    async def _stop_handler(self, handler: BrokerProtocolHandler) -> None:
        """In amqtt, this can wait for ever for a connection whose reader ended early."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(super()._stop_handler(handler), _STOP_LIMIT_S)
        _abort(handler)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """amqtt sends retained messages of others' filters too, without access check, and awaits each PUBACK."""
        topic_filter, qos = subscription
        handler = self._get_handler(session)
        subscribers = self._subscriptions.get(topic_filter, [])
        if handler is None or all(subscriber.client_id != session.client_id for subscriber, _ in subscribers):
            return
        for topic, kept in self._retained_messages.items():
            if self._matches(topic, topic_filter) and self._may(session, Action.RECEIVE, topic):
                sending = handler.mqtt_publish(topic, kept.data, min(qos, kept.qos or 0), retain=True)
                self._tasks_queue.append(asyncio.ensure_future(sending))


def _abort(handler: BrokerProtocolHandler) -> None:
    """Close a connection at once, without a goodbye."""
    if handler.writer is not None:
        handler.writer._writer.transport.abort()


def _file_version(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


async def _serve(port: int, accounts_file: Path, topic_root: str) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        # Nothing here needs saving, and amqtt's own shutdown takes seconds and logs what it cancels.
        asyncio.get_running_loop().add_signal_handler(signal_number, os._exit, 0)
    broker = DemoBroker(port, accounts_file, topic_root)
    _AMQTT_LOG.disabled = True  # it would log with a traceback what main() says in a sentence
    await broker.start()
    _AMQTT_LOG.disabled = False
    print(f"Listening on {_HOST}:{broker.port}", flush=True)  # noqa: T201 - a command prints
    await broker.follow_accounts()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m controller.demo.broker", description="The demonstration's broker.")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--accounts", type=Path, required=True, help="password file, as of mosquitto_passwd")
    parser.add_argument("--topic-root", default=DEFAULT_ROOT)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_serve(arguments.port, arguments.accounts, arguments.topic_root))
    except BrokerError as reason:
        sys.exit(f"The demonstration's broker can't listen on port {arguments.port}: {reason}")


if __name__ == "__main__":
    main()
