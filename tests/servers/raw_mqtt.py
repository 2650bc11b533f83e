"""A minimal MQTT 3.1.1 client, for simulated speakers and as a yardstick: one asyncio protocol, QoS 1, no reconnect.

One process holds thousands of these clients; with paho, which needs a thread for each, it ends near 340.
"""

import asyncio
from collections.abc import Callable

KEEPALIVE_S = 60


def _length(number: int) -> bytes:
    coded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        coded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(coded)


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def publish_packet(topic: str, payload: bytes, packet_id: int, *, retained: bool = False) -> bytes:
    """The bytes of a PUBLISH with QoS 1 (MQTT 3.1.1, section 3.3)."""
    body = _text(topic) + packet_id.to_bytes(2, "big") + payload
    return bytes([0x32 | retained]) + _length(len(body)) + body


class RawClient(asyncio.Protocol):
    """One connection. Each PUBLISH is acknowledged at once, then `on_message(topic, payload)` is called."""

    def __init__(self, name: str, password: str, on_message: Callable[[str, bytes], None] | None = None) -> None:
        self._name = name
        self._password = password
        self._on_message = on_message
        self._buffer = bytearray()
        self._next_id = 0
        self._transport: asyncio.Transport | None = None
        self.acknowledged = 0
        self._subscriptions = 0
        self._all_granted: asyncio.Future[None] | None = None
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(
        cls, port: int, name: str, password: str, on_message: Callable[[str, bytes], None] | None = None
    ) -> "RawClient":
        """Connect to 127.0.0.1; raises PermissionError where the broker refuses the account."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(name, password, on_message), "127.0.0.1", port)
        await asyncio.wait_for(client._connected, 20)
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        body = _text("MQTT") + bytes([4, 0xC2]) + KEEPALIVE_S.to_bytes(2, "big")
        body += _text(self._name) + _text(self._name) + _text(self._password)
        transport.write(b"\x10" + _length(len(body)) + body)

    def subscribe(self, *topics: str) -> None:
        """Subscribe to topic filters with QoS 1; `all_granted` waits for the answer."""
        body = self._id() + b"".join(_text(topic) + b"\x01" for topic in topics)
        self._subscriptions += 1
        self._write(b"\x82" + _length(len(body)) + body)

    async def all_granted(self) -> None:
        """Wait until the broker has answered each `subscribe`."""
        if self._subscriptions:
            self._all_granted = asyncio.get_running_loop().create_future()
            await self._all_granted

    def unsubscribe(self, *topics: str) -> None:
        body = self._id() + b"".join(_text(topic) for topic in topics)
        self._write(b"\xa2" + _length(len(body)) + body)

    def publish(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Publish with QoS 1; `all_acknowledged` waits for the answers."""
        self._write(publish_packet(topic, payload, int.from_bytes(self._id(), "big"), retained=retained))

    async def all_acknowledged(self, count: int) -> None:
        """Wait until the broker has acknowledged `count` publishes since the connection began."""
        if self.acknowledged < count:
            self._wanted = count
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def close(self) -> None:
        if self._transport is not None:
            self._write(b"\xe0\x00")
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start, end = 0, len(buffer)
        while end - start >= 2:
            length, at, shift = 0, start + 1, 0
            while at < end and buffer[at] & 0x80:
                length |= (buffer[at] & 0x7F) << shift
                at, shift = at + 1, shift + 7
            if at >= end:
                break
            length |= buffer[at] << shift
            at += 1
            if end - at < length:
                break
            self._packet(buffer[start], bytes(buffer[at : at + length]))
            start = at + length
        del buffer[:start]

    def _packet(self, head: int, body: bytes) -> None:
        kind = head & 0xF0
        if kind == 0x30:
            after_topic = 2 + int.from_bytes(body[:2], "big")
            if head & 0x06:
                self._write(b"\x40\x02" + body[after_topic : after_topic + 2])
                payload = body[after_topic + 2 :]
            else:
                payload = body[after_topic:]
            if self._on_message is not None:
                self._on_message(body[2:after_topic].decode(), payload)
        elif kind == 0x40:
            self.acknowledged += 1
            if self._waiter is not None and self.acknowledged >= self._wanted and not self._waiter.done():
                self._waiter.set_result(None)
        elif kind == 0x90:
            self._subscriptions -= 1
            if self._all_granted is not None and not self._subscriptions and not self._all_granted.done():
                self._all_granted.set_result(None)
        elif kind == 0x20:
            if body[1] == 0:
                self._connected.set_result(None)
            else:
                self._connected.set_exception(PermissionError(f"{self._name} was refused: {body[1]}"))

    def _id(self) -> bytes:
        self._next_id = self._next_id % 65_535 + 1
        return self._next_id.to_bytes(2, "big")

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)
