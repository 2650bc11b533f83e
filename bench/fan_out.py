"""Fan-out: a one-minute clip and its broadcast to 200 speakers, until the last holds every byte with the right hash.

The yardstick: a bare publisher sends the same bytes on the same topics to 200 bare readers that check nothing; they
also fetch two chunks at a time.
"""

import asyncio
import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import select

from audio.sound import opus
from audio.sound.pcm import RATE, TO_PCM, apply_filters, frames_of, pcm_of
from audio.speech.espeak import Espeak
from bench.commune import PASSWORD, Bench, bench_of, wait_until
from bench.lines import ReportLine, at_most
from bench.rounds import take_turns
from controller.announcements.drafts import write_announcement
from controller.broker.accounts import OFFICE_ACCOUNT
from controller.broker.link import Link
from controller.database.tables import Broadcast, BroadcastRevision, Clip
from controller.exchange.outgoing.publisher import Publisher
from controller.planning.submission import submit_announcement
from tests.people import OFFICE_KEYS
from tests.servers.raw_mqtt import RawClient
from wire.clips import chunk, chunk_count
from wire.enrolment import BrokerAddress
from wire.ids import new_ulid
from wire.topics import AREA_BROADCAST, AUDIO, DEFAULT_ROOT

SPEAKERS = 200
CLIP_S = 60
AREA = "ấp 1"
WORDS = ("kính thưa bà con", "ủy ban nhân dân xã", "thông báo", "lịch tiêm chủng", "tại nhà văn hóa thôn", "thứ hai")


def measure() -> list[ReportLine]:
    with bench_of(SPEAKERS) as bench:
        turns = take_turns(lambda: _office_s(bench), lambda: _bare_s(bench))
    return [
        ReportLine(
            f"the office to {SPEAKERS} speakers that check all: {turns.ours.summary(' ms', times=1000)}; "
            f"bare publisher to bare readers: {turns.yardstick.summary(' ms', times=1000)}"
        ),
        at_most("ratio", turns.ratio, 2.0, spread=turns.spread),
    ]


def _office_s(bench: Bench) -> float:
    """Seconds by the office's own code: it signs the broadcast, commits it, and publishes it through its link."""
    clip = _new_clip()
    broadcast = _order(bench, clip)
    address = BrokerAddress(host=bench.broker.host, port=bench.broker.port, tls=False)
    link = Link(address, DEFAULT_ROOT, OFFICE_ACCOUNT, PASSWORD)
    publisher = Publisher(bench.database, bench.commune.store, OFFICE_KEYS, link)
    link.start()
    wait_until(link.is_connected)
    with _listeners(bench) as speakers:
        began = time.perf_counter()
        publisher.step(bench.commune.now)
        seconds = _wait_for_last(speakers) - began
    bench.commune.later(hours=2)

    def cleared() -> bool:
        publisher.step(bench.commune.now)
        with bench.database.reading() as session:
            return session.get_one(Broadcast, broadcast).cleared_at is not None

    wait_until(cleared)  # the expired broadcast and its chunks are gone from the broker
    link.stop()
    return seconds


def _bare_s(bench: Bench) -> float:
    clip = _new_clip()
    sha256 = hashlib.sha256(clip).hexdigest()
    message = _signed_broadcast(bench)
    broadcast = new_ulid(bench.commune.now)
    topics = [AUDIO.under(DEFAULT_ROOT, sha256=sha256, index=index) for index in range(chunk_count(len(clip)))]
    where = AREA_BROADCAST.under(DEFAULT_ROOT, area=bench.commune.areas[AREA], broadcast=broadcast)

    async def publish() -> float:
        publisher = await RawClient.connect(bench.broker.port, OFFICE_ACCOUNT, PASSWORD)
        began = time.perf_counter()
        for index, topic in enumerate(topics):
            publisher.publish(topic, chunk(clip, index), retained=True)
        publisher.publish(where, message, retained=True)
        finished = await asyncio.to_thread(_wait_for_last, speakers)
        for topic in (*topics, where):
            publisher.publish(topic, b"", retained=True)
        await publisher.all_acknowledged(2 * len(topics) + 2)
        publisher.close()
        return finished - began

    with _listeners(bench, sha256, str(len(topics))) as speakers:
        return asyncio.run(publish())


def _new_clip() -> bytes:
    """A clip of one minute of speech, with other words and another SHA-256 at each call."""
    said = random.choices(WORDS, k=120)  # noqa: S311  # nothing secret
    speech = Espeak().speak([" ".join(said)], "north", 1.0)
    frames = apply_filters(frames_of(speech.pcm, speech.rate), ("volume", "0.5"), TO_PCM)
    minute = b"".join(map(pcm_of, frames))[: CLIP_S * RATE * 2]
    assert len(minute) == CLIP_S * RATE * 2
    return opus.encode(minute)


def _order(bench: Bench, clip: bytes) -> str:
    """Order an approved announcement with this sound for the hamlet of all speakers; returns the broadcast's id."""
    commune = bench.commune
    with commune.writing() as session:
        row = write_announcement(
            session,
            commune.now,
            commune.officers["tham"],
            {"title": "Họp dân", "text": "Kính mời bà con.", "bulletin_class": "normal"},
        )
        commune.give_sound(session, row, clip)
        session.get_one(Clip, row.clip).duration_ms = CLIP_S * 1000
        announcement = row.announcement
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    commune.approvers[announcement] = "quang"
    return commune.order(announcement, AREA, starts_in_s=600).broadcast


def _signed_broadcast(bench: Bench) -> bytes:
    """The message of a broadcast that the office signed in an earlier round."""
    with bench.database.reading() as session:
        message = session.exec(select(BroadcastRevision.message)).first()
    assert message is not None
    return message


@contextmanager
def _listeners(bench: Bench, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The process of `bench.mqtt.listeners`, after all speakers have subscribed."""
    area = bench.commune.areas[AREA]
    command = (sys.executable, "-m", "bench.mqtt.listeners", str(bench.broker.port), PASSWORD)
    with subprocess.Popen([*command, ",".join(bench.speakers), area, *arguments], stdout=subprocess.PIPE) as speakers:
        assert speakers.stdout is not None
        assert speakers.stdout.readline() == b"ready\n"
        yield speakers


def _wait_for_last(speakers: subprocess.Popen[bytes]) -> float:
    """Wait until the last speaker holds the whole clip; returns that time by `time.perf_counter`."""
    assert speakers.stdout is not None
    assert speakers.stdout.readline() == b"done\n"
    return time.perf_counter()
