"""Simulated speakers, all in one process: each fetches a broadcast's clip by the protocol, two chunks at a time.

Prints `ready` when all have subscribed, and `done` when the last one holds every byte. A `Listener` only counts chunks;
a `CheckingListener` checks the signature, the length of each chunk, and the SHA-256 of the clip. SHA-256 runs in a
thread, as in the agent, so that the connection needn't wait for it. The signature is verified once for all speakers:
real boards verify it in parallel, this process would do it 200 times in a row.
"""

import asyncio
import gc
import hashlib
import sys
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue

from tests.people import KEY
from tests.servers.raw_mqtt import RawClient
from wire import broadcast
from wire.broadcast import Broadcast, read_broadcast
from wire.clips import Clip, chunk_count, chunk_length
from wire.envelope import Keys
from wire.topics import AUDIO, DEFAULT_ROOT, area_filter, parse_topic, speaker_filter

CHUNKS_AT_A_TIME = 2


class Listener:
    """One speaker that knows beforehand the clip's SHA-256 and its number of chunks."""

    def __init__(self, name: str, area: str, sha256: str, chunks: int, done: Callable[["Listener"], None]) -> None:
        self._name = name
        self._area = area
        self._sha256 = sha256
        self._count = chunks
        self._done = done
        self._asked = 0
        self._chunks: dict[int, bytes] = {}
        self._client: RawClient

    async def connect(self, port: int, password: str) -> None:
        """Connect, and subscribe to the topics of a speaker and its area."""
        self._client = await RawClient.connect(port, self._name, password, self._take)
        self._client.subscribe(speaker_filter(DEFAULT_ROOT, self._name))
        self._client.subscribe(area_filter(DEFAULT_ROOT, self._area))
        await self._client.all_granted()

    def close(self) -> None:
        self._client.close()

    def _take(self, topic: str, payload: bytes) -> None:
        address = parse_topic(DEFAULT_ROOT, topic)
        assert address is not None, topic
        if address.topic is not AUDIO:
            self._begin(address.levels["broadcast"], payload)
            for _ in range(CHUNKS_AT_A_TIME):
                self._ask_for_next()
            return
        index = int(address.levels["index"])
        self._chunks[index] = payload
        self._client.unsubscribe(topic)
        self._take_chunk(index, payload)
        self._ask_for_next()
        if len(self._chunks) == self._count:
            self._done(self)

    def _ask_for_next(self) -> None:
        if self._asked < self._count:
            self._client.subscribe(AUDIO.under(DEFAULT_ROOT, sha256=self._sha256, index=self._asked))
            self._asked += 1

    def _begin(self, _broadcast: str, _message: bytes) -> None:
        pass

    def _take_chunk(self, _index: int, _payload: bytes) -> None:
        pass

    def check(self) -> None:
        """Check nothing: the subclass does."""


class CheckingListener(Listener):
    """One speaker that takes the clip's hash and length from the signed broadcast, and checks everything."""

    def __init__(self, name: str, area: str, keys: Keys, done: Callable[["Listener"], None]) -> None:
        super().__init__(name, area, "", 0, done)
        self._keys = keys
        self._clip: Clip

    def _begin(self, broadcast_id: str, message: bytes) -> None:
        verified = _verify(self._keys, broadcast_id, message)
        assert verified.is_for(self._name, [self._area])
        [self._clip] = verified.clips
        self._sha256 = self._clip.sha256
        self._count = chunk_count(self._clip.bytes)

    def _take_chunk(self, index: int, payload: bytes) -> None:
        assert len(payload) == chunk_length(self._clip.bytes, index)

    def check(self) -> None:
        """Raise AssertionError unless the chunks together have the SHA-256 that the office signed."""
        whole = hashlib.sha256()
        for index in range(self._count):
            whole.update(self._chunks[index])
        assert whole.hexdigest() == self._sha256


@cache
def _verify(keys: Keys, broadcast_id: str, message: bytes) -> Broadcast:
    return read_broadcast(keys.open(message, broadcast.TYP), broadcast_id)


async def _listen(port: str, password: str, speakers: str, area: str, sha256: str = "", chunks: str = "") -> None:
    complete: SimpleQueue[Listener] = SimpleQueue()
    keys = Keys([KEY])
    listeners = [
        Listener(name, area, sha256, int(chunks), complete.put)
        if sha256
        else CheckingListener(name, area, keys, complete.put)
        for name in speakers.split(",")
    ]
    for listener in listeners:
        await listener.connect(int(port), password)

    def check_each() -> None:
        for _ in listeners:
            complete.get(timeout=60).check()

    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    await asyncio.to_thread(check_each)
    print("done", flush=True)
    for listener in listeners:
        listener.close()


if __name__ == "__main__":
    asyncio.run(_listen(*sys.argv[1:]))
