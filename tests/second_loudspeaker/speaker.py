"""A loudspeaker as another maker would build it: written from docs/protocol.md alone, without code of the programs.

It verifies, fetches clips, keeps time without a sound, reports, and reads acknowledgements. On request it misbehaves:
it sends all receipts twice and backwards, sends nonsense on every topic, and forges messages.

    loudspeaker = SecondLoudspeaker("thon-dong-2", office_keys)
    loudspeaker.connect(MqttTransport(host, port, "thon-dong-2", password, loudspeaker))
    loudspeaker.start()
    loudspeaker.wait_for(lambda: "played" in loudspeaker.states(broadcast))
    loudspeaker.stop()

Tests without a broker give it a transport and a clock of their own, and call `step()` in place of `start()`.
"""

import hashlib
import json
import random
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.second_loudspeaker.gathering import Gathering
from tests.second_loudspeaker.line import Transport
from tests.second_loudspeaker.playing import Kept, Playing
from tests.second_loudspeaker.wire import (
    LONG_AGO,
    MS,
    ORDER,
    SECOND,
    Clip,
    Key,
    NotOurs,
    Plan,
    Refused,
    Settings,
    get,
    number,
    open_jws,
    read_instant,
    signed,
    written,
)

MOST_RECEIPTS = 100
MOST_HAVE = 1000
MOST_REFUSALS_AN_HOUR = 20
FIRST_PAUSE = 5 * SECOND
LONGEST_PAUSE = timedelta(minutes=5)
STATUS_EVERY = timedelta(minutes=1)
TIME_ANSWER_WITHIN = 10 * SECOND
TIME_GOOD_FOR = timedelta(hours=24)


class SecondLoudspeaker:
    """The loudspeaker. Everything happens in `step()`: what the transport tells waits in a queue until then."""

    def __init__(
        self,
        speaker: str,
        office_keys: Iterable[Mapping[str, Any]],
        *,
        root: str = "loa/v1",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_trusted: bool = True,
        chance: random.Random | None = None,
        new_nonce: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        chance = chance or random.Random()
        self.speaker = speaker
        self.root = root
        self.journal = _new_ulid()
        self.boot = secrets.token_hex(8)
        self.session = 0
        self.receipts: list[dict[str, Any]] = []
        self.acknowledged = 0
        self.refused: Counter[str] = Counter()
        self.settings: Settings | None = None
        self.connected = False
        self.playing = Playing(self._receipt)
        self.gathering = Gathering(self._subscribe, self._unsubscribe, self._request, chance)
        self._system_clock = clock
        self._offset = timedelta()
        self._trusted_until: datetime | None = datetime.max.replace(tzinfo=UTC) if clock_trusted else None
        self._new_nonce = new_nonce
        self._nonce: tuple[str, datetime] | None = None
        self._ask_time_at = LONG_AGO
        self._keys = dict(Key.read(key) for key in office_keys)
        self._transport: Transport | None = None
        self._areas: set[str] = set()
        self._sent_upto = 0
        self._resend_at = LONG_AGO
        self._resend_pause = FIRST_PAUSE
        self._refusals_told: dict[bytes, datetime] = {}
        self._status: dict[str, Any] | None = None
        self._status_at = LONG_AGO
        self._heard: deque[tuple[str, str, bytes]] = deque()
        self._something_heard = threading.Event()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    # For tests

    def connect(self, transport: Transport) -> None:
        self._transport = transport
        transport.open()

    def start(self) -> None:
        """Step in a thread of its own until stop()."""
        self._thread = threading.Thread(target=self._run, name=f"second loudspeaker {self.speaker}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End like a power cut: it sends nothing more."""
        self._ended.set()
        self._something_heard.set()
        if self._thread:
            self._thread.join(10)
        if self._transport:
            self._transport.close()

    def wait_for(self, condition: Callable[[], bool], limit_s: float = 10) -> None:
        """Wait until the condition is true; raises TimeoutError after the limit."""
        with self._changed:
            if not self._changed.wait_for(condition, limit_s):
                raise TimeoutError(f"not within {limit_s} s; told last: {self.receipts[-5:]}, refused: {self.refused}")

    def states(self, broadcast: str) -> list[str]:
        """The states of a broadcast in its receipts, in order."""
        return [receipt["state"] for receipt in list(self.receipts) if receipt["broadcast"] == broadcast]

    def reasons(self, broadcast: str) -> list[str]:
        return [each["reason"] for each in list(self.receipts) if each["broadcast"] == broadcast and each["reason"]]

    @property
    def sounded(self) -> list[tuple[str, datetime, datetime]]:
        """What would have sounded: broadcast, from, to."""
        return list(self.playing.sounded)

    @property
    def clock_trusted(self) -> bool:
        return self._trusted_until is not None and self._system_clock() < self._trusted_until

    def send_receipts_twice_and_out_of_order(self) -> None:
        """Send all its receipts again, the newest first, each in its own message and twice."""
        for receipt in [each for each in reversed(list(self.receipts)) for _ in range(2)]:
            self._publish_receipts([receipt])

    def send_nonsense_on_every_topic(self) -> int:
        """Send nonsense on every topic of the protocol; returns how many messages were sent.

        The broker should refuse those on the topics of others; if it doesn't, the receivers should.
        """
        own = [f"speakers/{self.speaker}/{kind}" for kind in ("status", "receipts", "requests", "gossip")]
        of_others = [f"speakers/{name}/{kind}" for name in ("another", "office") for kind in ("status", "receipts")]
        of_the_office = [
            f"office/areas/root/broadcasts/{'0' * 26}",
            f"office/speakers/{self.speaker}/broadcasts/{'0' * 26}",
            *(f"office/speakers/{self.speaker}/{kind}" for kind in ("settings", "time", "acknowledgement")),
            f"office/audio/{'0' * 64}/0",
        ]
        messages = [(topic, payload) for topic in (*own, *of_others, *of_the_office) for payload in _nonsense()]
        for topic, payload in messages:
            self._publish(topic, payload)
        self._status = None  # so that its last message isn't nonsense
        return len(messages)

    def forge(
        self,
        through: Transport,
        payload: Mapping[str, Any],
        *,
        kid: str,
        private_key: bytes,
        areas: Iterable[str] = (),
        speakers: Iterable[str] = (),
        typ: str = "broadcast",
    ) -> bytes:
        """Publish a message signed by another key on the office's topics, with the credentials of `through`.

        A broadcast goes to the topics of these areas and speakers, any other type to the speakers'. Returns the bytes.
        """
        data = signed(payload, typ, kid, private_key)
        last = f"broadcasts/{payload['broadcast']}" if typ == "broadcast" else typ
        topics = [f"office/speakers/{speaker}/{last}" for speaker in speakers]
        topics += [f"office/areas/{area}/{last}" for area in areas if typ == "broadcast"]
        for topic in topics:
            through.publish(f"{self.root}/{topic}", data, retain=typ in ("broadcast", "settings"))
        return data

    # Called by the transport, in its own thread

    def will(self) -> tuple[str, bytes]:
        """The last will of the next connection; it has a new session number."""
        self.session += 1
        will = {"online": False, "boot": self.boot, "session": self.session}
        return f"{self.root}/speakers/{self.speaker}/status", json.dumps(will).encode()

    def on_connect(self) -> None:
        self._hear_later("connect")

    def on_lost(self) -> None:
        self._hear_later("lost")

    def on_message(self, topic: str, payload: bytes) -> None:
        self._hear_later("message", topic, payload)

    def _hear_later(self, event: str, topic: str = "", payload: bytes = b"") -> None:
        self._heard.append((event, topic, payload))
        self._something_heard.set()

    # The loop

    def now(self) -> datetime:
        """The time of its own clock, which a time answer sets."""
        return self._system_clock() + self._offset

    def _run(self) -> None:
        while not self._ended.is_set():
            self._something_heard.clear()
            again_at = self.step()
            self._something_heard.wait(max(0.0, (again_at - self.now()).total_seconds()))

    def step(self) -> datetime:
        """Do all that is due now; returns when to be called again at the latest."""
        while self._heard:
            event, topic, payload = self._heard.popleft()
            if event == "connect":
                self._come_online()
            elif event == "lost":
                self._lose_line()
            else:
                self._hear(topic, payload)
        now = self.now()
        again_at = self.playing.step(self.settings, self._may_sound, self._has_sound, now)
        if self.connected:
            self.gathering.step(self._wanted(now), now)
            self._tell(now)
            self._ask_time()
            self._report(now)
        with self._changed:
            self._changed.notify_all()
        return min(again_at or now + SECOND, now + SECOND)

    def _come_online(self) -> None:
        self._lose_line()
        self.connected = True
        self._subscribe(f"office/speakers/{self.speaker}/#")
        self._listen_to(set(self.settings.areas) if self.settings else set())
        living = [kept.newest for kept in self.playing.kept.values() if kept.newest.expires_at > self.now()]
        living.sort(key=lambda plan: (plan.starts_at or plan.issued_at, plan.broadcast))
        self._request({"kind": "plan", "have": [[plan.broadcast, plan.revision] for plan in living[-MOST_HAVE:]]})
        self._status, self._resend_at, self._resend_pause, self._ask_time_at = None, LONG_AGO, FIRST_PAUSE, LONG_AGO

    def _lose_line(self) -> None:
        self.connected = False
        self._areas.clear()
        self.gathering.line_lost()

    def _listen_to(self, areas: set[str]) -> None:
        """Change only the differing subscriptions: a second subscribe would bring every retained message again."""
        for area in sorted(self._areas - areas):
            self._unsubscribe(f"office/areas/{area}/broadcasts/+")
        for area in sorted(areas - self._areas):
            self._subscribe(f"office/areas/{area}/broadcasts/+")
        self._areas = areas

    # Hearing

    def _hear(self, topic: str, payload: bytes) -> None:
        if not payload:
            return  # a cleared topic changes nothing
        now = self.now()
        try:
            match topic.removeprefix(self.root + "/").split("/"):
                case ["office", "audio", sha256, index]:
                    self.gathering.take(sha256, index, payload, now)
                case ["office", "areas" | "speakers", _, "broadcasts", topic_id]:
                    self._hear_broadcast(topic_id, payload, now)
                case ["office", "speakers", self.speaker, "settings" | "time" | "acknowledgement" as typ]:
                    self._hear_own(typ, payload, now)
                case _:
                    raise NotOurs("topic")
        except NotOurs:
            self.refused["not_ours"] += 1
        except Refused as refused:
            self.refused[refused.reason] += 1

    def _hear_own(self, typ: str, payload: bytes, now: datetime) -> None:
        """Settings, time and acknowledgement count only from a key that may sign all classes."""
        fields, key = open_jws(payload, typ, self._keys)
        if key.may != set(ORDER):
            raise Refused("not_allowed")
        take = {"settings": self._take_settings, "time": self._take_time, "acknowledgement": self._take_acknowledgement}
        try:
            take[typ](fields, now)
        except ValueError:
            raise Refused("malformed") from None

    def _take_settings(self, fields: dict[str, Any], now: datetime) -> None:
        if get(fields, "speaker", str) != self.speaker:
            raise Refused("wrong_target")
        settings = Settings.read(fields)
        if self.settings and settings.revision <= self.settings.revision:
            return
        self.settings, self._keys = settings, dict(settings.keys)
        if self.connected:
            self._listen_to(set(settings.areas))
        for kept in self.playing.kept.values():
            if kept.final is None and kept.begun_at is None and not self._names_me(kept.newest):
                self.playing.finish(kept, "cancelled", "moved", now)

    def _take_time(self, fields: dict[str, Any], now: datetime) -> None:
        nonce, asked_at = self._nonce or ("", LONG_AGO)
        round_trip = self._system_clock() - asked_at
        if get(fields, "nonce", str) != nonce or round_trip > TIME_ANSWER_WITHIN:
            raise Refused("wrong_target")
        self._nonce = None
        self._offset += read_instant(fields.get("now")) + round_trip / 2 - now
        self._trusted_until = self._system_clock() + TIME_GOOD_FOR

    def _take_acknowledgement(self, fields: dict[str, Any], _now: datetime) -> None:
        if get(fields, "speaker", str) != self.speaker or get(fields, "journal", str) != self.journal:
            raise Refused("wrong_target")
        upto = number(fields, "upto", 0)
        if upto > self._sent_upto:
            raise Refused("malformed")
        if upto < self.acknowledged:  # the office was restored from an older copy, and needs them again
            self._resend_at, self._resend_pause = LONG_AGO, FIRST_PAUSE
        self.acknowledged = upto

    def _hear_broadcast(self, topic_id: str, payload: bytes, now: datetime) -> None:
        try:
            self._take_broadcast(topic_id, payload, now)
        except Refused as refused:
            if topic_id not in self.playing.kept:
                self._tell_refusal(topic_id, payload, refused, now)
            raise

    def _take_broadcast(self, topic_id: str, payload: bytes, now: datetime) -> None:
        fields, key = open_jws(payload, "broadcast", self._keys)
        plan = Plan.read(fields)
        held = self.playing.kept.get(topic_id)
        if held and (payload == held.raw or plan.revision < held.newest.revision):
            return
        reason = self._why_not(plan, held, topic_id, key, now)
        if reason:
            raise Refused(reason, plan.revision)
        withdrawn = plan.cancelled or (self.settings is not None and not self._names_me(plan))
        if held is None:
            held = self.playing.kept[topic_id] = Kept(plan, plan, payload, now)
        held.newest, held.raw = plan, payload
        if held.final:
            return
        if held.begun_at is None:
            held.plan, held.ready_at = plan, None
            self._receipt(plan, "accepted", now)
        if withdrawn:  # after the start, only a withdrawal has effect
            self.playing.finish(held, "partial" if held.begun_at else "cancelled", "cancelled", now)

    def _why_not(self, plan: Plan, held: Kept | None, topic_id: str, key: Key, now: datetime) -> str | None:
        if plan.broadcast != topic_id:
            return "malformed"
        if plan.bulletin_class not in key.may:
            return "not_allowed"
        if held and plan.revision == held.newest.revision:
            return "conflicting_revision"
        if held and plan.bulletin_class != held.newest.bulletin_class:
            return "not_allowed"
        if plan.expires_at <= now and self.clock_trusted:
            return "expired"
        if held is None and self.settings and not self._names_me(plan):
            return "wrong_target"
        return None

    def _tell_refusal(self, topic_id: str, payload: bytes, refused: Refused, now: datetime) -> None:
        """Report a refusal once for the same bytes, and at most 20 in an hour."""
        digest = hashlib.sha256(payload).digest()
        lately = [at for at in self._refusals_told.values() if now - at < timedelta(hours=1)]
        if digest not in self._refusals_told and len(lately) < MOST_REFUSALS_AN_HOUR:
            self._refusals_told[digest] = now
            self._add_receipt(topic_id, refused.revision, "rejected", now, refused.reason)

    # Questions of its own parts

    def _names_me(self, plan: Plan) -> bool:
        chain = self.settings.areas if self.settings else ()
        return self.speaker in plan.speakers or any(area in chain for area in plan.areas)

    def _may_sound(self, kept: Kept) -> bool:
        """Only with a trusted clock; before the first settings only an emergency that names this very speaker."""
        named = kept.emergency and self.speaker in kept.plan.speakers
        return self.clock_trusted and (self.settings is not None or named)

    def _has_sound(self, kept: Kept) -> bool:
        return self.gathering.has(kept.plan.clips)

    def _wanted(self, now: datetime) -> list[Clip]:
        """The clips that it needs, the most urgent first; those that settings keep come last."""
        waiting = [kept for kept in self.playing.kept.values() if kept.final is None]
        waiting.sort(key=lambda kept: (max(kept.plan.starts_at or now, now), kept.plan.order))
        wanted = {clip.sha256: clip for kept in waiting for clip in kept.plan.clips}
        for clip in self.settings.kept_clips if self.settings else ():
            wanted.setdefault(clip.sha256, clip)
        return list(wanted.values())

    # Telling

    def _receipt(
        self,
        plan: Plan,
        state: str,
        at: datetime,
        reason: str | None = None,
        heard_ms: int | None = 0,
        start_error_ms: float | None = None,
    ) -> None:
        volume = self.settings.volume[plan.bulletin_class] if self.settings else 100
        more = {"heard_ms": heard_ms, "start_error_ms": start_error_ms, "volume": volume}
        self._add_receipt(plan.broadcast, plan.revision, state, at, reason, **more)

    def _add_receipt(
        self, broadcast: str, revision: int, state: str, at: datetime, reason: str | None, **more: float | None
    ) -> None:
        clock = "trusted" if self.clock_trusted else "untrusted"
        about = {"broadcast": broadcast, "revision": revision, "state": state, "at": written(at)}
        measures = {"heard_ms": 0, "start_error_ms": None, "volume": None, **more}
        self.receipts.append({"seq": len(self.receipts) + 1, **about, "clock": clock, "reason": reason, **measures})
        self._resend_at, self._resend_pause = LONG_AGO, FIRST_PAUSE

    def _tell(self, now: datetime) -> None:
        """Send unacknowledged receipts again, after a growing pause."""
        untold = self.receipts[self.acknowledged :]
        if not untold or now < self._resend_at:
            return
        for start in range(0, len(untold), MOST_RECEIPTS):
            self._publish_receipts(untold[start : start + MOST_RECEIPTS])
        self._resend_at = now + self._resend_pause
        self._resend_pause = min(LONGEST_PAUSE, self._resend_pause * 2)

    def _publish_receipts(self, receipts: list[dict[str, Any]]) -> None:
        message = {"journal": self.journal, "first": 1, "receipts": receipts}
        self._publish(f"speakers/{self.speaker}/receipts", json.dumps(message).encode())
        self._sent_upto = max(self._sent_upto, *(receipt["seq"] for receipt in receipts))

    def _ask_time(self) -> None:
        system_now = self._system_clock()
        if self.clock_trusted or system_now < self._ask_time_at:
            return
        self._nonce = (self._new_nonce(), system_now)
        self._ask_time_at = system_now + TIME_ANSWER_WITHIN
        self._request({"kind": "time", "nonce": self._nonce[0]})

    def _request(self, fields: dict[str, Any]) -> None:
        self._publish(f"speakers/{self.speaker}/requests", json.dumps(fields).encode())

    def plan_report(self, at: datetime) -> dict[str, Any]:
        """Count and digest of the broadcasts that name it, as in its status."""
        plans = [kept.newest for kept in self.playing.kept.values()]
        mine = [plan for plan in plans if plan.expires_at > at and self._names_me(plan)]
        lines = sorted(f"{plan.broadcast}:{plan.revision}\n".encode() for plan in mine)
        return {"count": len(lines), "digest": hashlib.sha256(b"".join(lines)).hexdigest()}

    def _report(self, now: datetime) -> None:
        """Publish the status on a change (at most once a second) and every minute."""
        status = {
            "online": True,
            "agent": "second-loudspeaker 1",
            "boot": self.boot,
            "session": self.session,
            "journal": self.journal,
            "clock": {
                "state": "trusted" if self.clock_trusted else "untrusted",
                "offset_ms": round(self._offset / MS, 1),
            },
            "plan": self.plan_report(now),
            "settings_revision": self.settings.revision if self.settings else None,
            "playing": self.playing.sounding.plan.broadcast if self.playing.sounding else None,
            "volume": self.settings.volume["normal"] if self.settings else 100,
            "temperature_c": None,
            "last_error": None,
        }
        pause = STATUS_EVERY if status == self._status else SECOND
        if self._status is not None and now - self._status_at < pause:
            return
        passing = {
            "at": written(now),
            "disk_free_bytes": 10**9,
            "cache_bytes": sum(map(len, self.gathering.clips.values())),
            "unacknowledged": len(self.receipts) - self.acknowledged,
            "refused": {**self.refused, "wrong_hash": self.gathering.wrong_hashes},
        }
        self._publish(f"speakers/{self.speaker}/status", json.dumps({**status, **passing}).encode(), retain=True)
        self._status, self._status_at = status, now

    # The line

    def _subscribe(self, topic: str) -> None:
        if self._transport and self.connected:
            self._transport.subscribe(f"{self.root}/{topic}")

    def _unsubscribe(self, topic: str) -> None:
        if self._transport and self.connected:
            self._transport.unsubscribe(f"{self.root}/{topic}")

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self._transport and self.connected:
            self._transport.publish(f"{self.root}/{topic}", payload, retain=retain)


def _new_ulid() -> str:
    bits = int(time.time() * 1000) << 80 | secrets.randbits(80)
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(125, -1, -5))


def _nonsense() -> list[bytes]:
    """Payloads that break a careless reader. They name another journal, so that its own receipts stay right."""
    stranger = _new_ulid()
    receipt = {"seq": 1, "broadcast": "ca-sang", "state": "sung", "at": "now", "reason": ["?"], "heard_ms": -1}
    return [
        b"",
        b"\x00",
        b"\xff\xfe\xfd",
        b"nonsense",
        b"null",
        b"[]",
        b"{}",
        b'{"online":"yes"}',
        b'{"online":true,"boot":5,"session":true}',
        b'{"kind":"reboot"}',
        b'{"kind":"plan","have":[["x"]]}',
        b'{"kind":"audio","sha256":"../../etc/passwd","missing":[0]}',
        b'{"kind":"audio","sha256":"' + b"0" * 64 + b'","missing":[-1,99999]}',
        b'{"kind":"audio","sha256":"' + b"0" * 64 + b'","missing":[0,1023]}',
        b'{"kind":"time","nonce":"short"}',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"." * 60_000,
        b"eyJhbGciOiJub25lIn0.e30.",
        json.dumps({"journal": stranger, "first": "one", "receipts": [receipt, None, {"seq": "1"}]}).encode(),
        json.dumps({"journal": "x", "first": 1, "receipts": [receipt]}).encode(),
        json.dumps({"journal": stranger, "receipts": {"seq": 2**60}}).encode(),
        json.dumps({"online": True, "boot": "b" * 4000, "session": 1, "journal": stranger}).encode(),
        json.dumps({"speaker": "another", "journal": stranger, "upto": 2**53}).encode(),
        signed({"broadcast": "0" * 26, "revision": 1}, "broadcast", "nobody", bytes(32)),
    ]
