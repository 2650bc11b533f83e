"""The office's composition root: all parts are made here, started in order, and stopped in reverse order."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import select

from audio.clip_store import ClipStore
from controller.announcements.clip_preparation import ClipPreparation
from controller.announcements.unused_sounds import remove_unused_sounds
from controller.announcements.voices import Voices
from controller.broker import accounts, keys
from controller.broker.accounts import OFFICE_ACCOUNT, Account, BrokerAccounts
from controller.broker.accounts_demo import DemoAccounts
from controller.broker.accounts_mosquitto import MosquittoAccounts
from controller.broker.addresses import office_address
from controller.broker.keyed_hash import KeyedHash
from controller.broker.link import Link
from controller.database.migrations import bring_up_to_date
from controller.database.tables import SignIn, Speaker
from controller.database.transactions import Change, Database
from controller.exchange.excess import Excess
from controller.exchange.inbox import Inbox
from controller.exchange.old_receipts import delete_old_receipts
from controller.exchange.outgoing.publisher import Publisher
from controller.exchange.watch import Watch
from controller.few_threads import FewThreads
from controller.people.second_factor import SecondFactors
from controller.people.sessions import SessionUses
from controller.people.weighty_deeds import carry_out_due
from controller.planning.timetable import Timetable
from controller.running.alarm_clock import AlarmClock
from controller.running.clock import clock_of
from controller.running.events import Events
from controller.running.worker import Worker
from controller.settings import OfficeSettings, SettingsError
from controller.sign_in.challenges import Challenges
from controller.sign_in.devices import KnownDevices
from controller.sign_in.failures import FailedSignIns
from controller.sign_in.guard import SignInGuard
from controller.sign_in.half_way import HalfWaySignIns
from controller.sign_in.seen_tokens import SeenTokens
from controller.station import facts
from controller.station.speaker_settings import refresh_all
from controller.words.phrases import Phrase
from wire.model import ALL_CLASSES, BulletinClass

log = logging.getLogger(__name__)

WATCH_EVERY_S = 1.0
NOTE_EXCESS_EVERY_S = 10.0
REMOVE_UNUSED_SOUNDS_EVERY_S = 3600.0
DELETE_OLD_RECEIPTS_EVERY_S = 6 * 3600.0
STEP_AT_LEAST_EVERY_S = 10.0
STOPS_AT_LEAST_EVERY_S = 0.5
"""A command stops sound by rows alone, and isn't heard."""
TIMETABLE_AT_LEAST_EVERY_S = 10.0
CLOSE_DECISIONS_EVERY_S = 10.0
SETTLE_CANCELLED_EVERY_S = 2.0
WRITE_FAILED_SIGN_INS_EVERY_S = 10.0
WRITE_SESSION_USES_EVERY_S = 10.0
CARRY_OUT_WEIGHTY_DEEDS_EVERY_S = 10.0
LOOK_AT_TEST_CLOCK_EVERY_S = 0.02

# An emergency doesn't wait for other clips or a network: it has its own worker, and a voice on this machine.
EMERGENCY: frozenset[BulletinClass] = frozenset({"emergency"})
NOT_EMERGENCY = ALL_CLASSES - EMERGENCY


class Office:
    """All parts of an office; making one reads settings and keys, and starts nothing."""

    def __init__(self, settings: OfficeSettings, now: Callable[[], datetime] | None = None) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.now = now = now or clock_of(settings.test_clock)
        self.database = Database(settings.database)
        self.store = ClipStore(settings.within("clips"))
        self.recordings = ClipStore(settings.within("recordings"))
        self.keys = keys.load_or_make(settings.within("keys"))
        self.broker_password = keys.own_password(settings.within("keys", "broker.password"))
        # Hashed once: a new salt each time would change the password file, and make the broker reload it for nothing.
        self._own_account = Account(OFFICE_ACCOUNT, accounts.hash_password(self.broker_password))
        self.accounts = _make_accounts(settings)
        self.events = Events()
        self.keyed_hash = KeyedHash(keys.own_password(settings.within("keys", "hashes.secret")))
        self.sign_in_guard = SignInGuard()
        self.password_checks = FewThreads("password check", at_a_time=2, most_waiting=32)
        self.sound_work = FewThreads("sound", at_a_time=2, most_waiting=16)
        self.known_devices = KnownDevices(self.keyed_hash)
        self.failed_sign_ins = FailedSignIns(self.database, now)
        self.seen_tokens = SeenTokens()
        self.session_uses = SessionUses(self.database)
        self.half_way_sign_ins = HalfWaySignIns(self.keyed_hash)
        self.challenges = Challenges(self.keyed_hash)
        self.second_factors = SecondFactors(self.keyed_hash)
        voices = Voices(settings.within("gtts"), settings.piper_voice, settings.piper_voice_sha256)
        self.preparation = ClipPreparation(self.database, self.store, self.recordings, voices.engines)
        # A clock that no correction moves, unless a test's own: its speakers speak by that.
        now_s = time.monotonic if settings.test_clock is None else lambda: now().timestamp()
        self.link = Link(office_address(settings), settings.topic_root, OFFICE_ACCOUNT, self.broker_password, now_s)
        self.publisher = Publisher(self.database, self.store, self.keys, self.link)
        self.excess = Excess(self.database)
        self.inbox = Inbox(self.database, self.publisher, self.excess, settings.topic_root)
        self.watch = Watch(self.database, self.publisher)
        self.timetable = Timetable(self.database)
        self._new_connection = False
        self._accounts_due = False
        self._renewed: set[str] = set()
        self._stop = Worker("stops", lambda: self.publisher.send_stops(now()), STOPS_AT_LEAST_EVERY_S)
        self._publish = Worker("publisher", self._publish_step, STEP_AT_LEAST_EVERY_S)
        self.link.on_connected = self._on_connected
        self.link.on_batch = lambda batch: self.inbox.take(batch, now())
        self._prepare = Worker(
            "clip preparation", lambda: self.preparation.step(now(), NOT_EMERGENCY), STEP_AT_LEAST_EVERY_S
        )
        self._prepare_emergencies = Worker(
            "emergency clip preparation", lambda: self.preparation.step(now(), EMERGENCY), STEP_AT_LEAST_EVERY_S
        )
        self._plan = Worker("timetable", lambda: self.timetable.step(now()), TIMETABLE_AT_LEAST_EVERY_S)
        self._alarm_clock = AlarmClock()
        self._alarm_clock.every(CLOSE_DECISIONS_EVERY_S, lambda: self.timetable.close_decisions(now()), "decisions")
        self._alarm_clock.every(
            SETTLE_CANCELLED_EVERY_S, lambda: self.timetable.settle_cancelled(now()), "minutes of cancelled broadcasts"
        )
        self._alarm_clock.every(WATCH_EVERY_S, lambda: self.watch.step(now()), "watch")
        self._alarm_clock.every(
            WRITE_FAILED_SIGN_INS_EVERY_S, lambda: self.failed_sign_ins.step(now()), "failed sign-ins"
        )
        self._alarm_clock.every(WRITE_SESSION_USES_EVERY_S, self.session_uses.step, "session uses")
        self._alarm_clock.every(
            CARRY_OUT_WEIGHTY_DEEDS_EVERY_S, lambda: carry_out_due(self.database, now()), "weighty deeds"
        )
        self._alarm_clock.every(NOTE_EXCESS_EVERY_S, self._note_excess, "excess")
        self._alarm_clock.every(REMOVE_UNUSED_SOUNDS_EVERY_S, self._remove_unused_sounds, "unused sounds")
        self._alarm_clock.every(DELETE_OLD_RECEIPTS_EVERY_S, self._delete_old_receipts, "old receipts")
        self._sending = [self._stop, self._publish]
        self._workers = [self._prepare, self._prepare_emergencies, self._plan]
        self._woken_at = now()
        if settings.test_clock is not None:
            self._workers.append(Worker("test clock", self._follow_test_clock, LOOK_AT_TEST_CLOCK_EVERY_S))

    def start(self) -> None:
        """Migrate the database, connect to the broker and start all threads. Raises KeysUnusable, OSError."""
        if self.settings.test_clock is not None:
            log.warning("a test moves the time by %s: what is said here isn't the real time", self.settings.test_clock)
        bring_up_to_date(self.settings.database)
        self.tell_station()
        self.tell_broker()
        with self.database.reading() as session:
            self.seen_tokens.add(session.exec(select(SignIn.token_hash, SignIn.officer)).all())
        self.start_line()
        for worker in self._workers:
            worker.start()
        self._alarm_clock.start()

    def start_line(self) -> None:
        """Connect to the broker, and send and take what there is. For a command, instead of `start`."""
        with self.database.reading() as session:
            self.link.listen_to(session.exec(select(Speaker.speaker)).all())
        self.database.add_listener(self._on_commit)
        self.link.start()
        for worker in self._sending:
            worker.start()

    def stop_line(self) -> None:
        """What `start_line` started."""
        for worker in reversed(self._sending):
            worker.stop()
        self.link.stop()

    def stop(self) -> None:
        """Stop all threads, in reverse order, and close the database."""
        self._alarm_clock.stop()
        for few_threads in (self.password_checks, self.sound_work):
            few_threads.stop()
        self.failed_sign_ins.step(self.now(), all_of_it=True)
        self.session_uses.step()
        for worker in reversed(self._workers):
            worker.stop()
        self.stop_line()
        self.database.close()

    def _note_excess(self) -> None:
        for (speaker, kind), count in self.link.gate.take_counts().items():
            self.excess.note(speaker, kind, count)
        self.excess.step(self.now())

    def _remove_unused_sounds(self) -> None:
        remove_unused_sounds(self.database, self.store, self.recordings, self.now())

    def _delete_old_receipts(self) -> None:
        delete_old_receipts(self.database, self.now())

    def _follow_test_clock(self) -> bool:
        """Wake all workers, which wait by the real clock, when a second of the test's time has passed."""
        now = self.now()
        if abs(now - self._woken_at) >= timedelta(seconds=WATCH_EVERY_S):
            self._woken_at = now
            for worker in [*self._sending, *self._workers[:-1]]:
                worker.wake()
            self._alarm_clock.ring(now)
        return False

    def _on_connected(self) -> None:
        self._new_connection = True
        self._stop.wake()
        self._publish.wake()

    def _publish_step(self) -> bool:
        if self._accounts_due:
            self._accounts_due = False
            self.tell_broker()
            self._clear_retained()
        else:
            self._listen_to_all()  # a command of another process may have admitted a speaker
        if self._new_connection:
            self._new_connection = False
            try:
                self.publisher.start_connection(self.now())
            except Exception:
                self._new_connection = True  # so the next step does it again
                raise
        return self.publisher.step(self.now())

    def _clear_retained(self) -> None:
        while self._renewed:
            self.publisher.clear_retained(self._renewed.pop())

    def _on_commit(self, changes: list[Change]) -> None:
        kinds = {change.kind for change in changes}
        if kinds & {"broadcast", "settings"}:
            self._stop.wake()
        self.events.publish(changes)
        if "accounts" in kinds:
            self._renewed |= {change.subject for change in changes if change.kind == "accounts"}
            self._accounts_due = True
        if kinds & {"accounts", "broadcast", "settings"}:
            self._publish.wake()
        if "schedule" in kinds:
            self._plan.wake()
        if "announcement" in kinds:
            self._prepare.wake()
            self._prepare_emergencies.wake()

    def tell_station(self) -> None:
        """Store time zone and public keys as facts of the station; if they changed, all speakers get new settings.

        Raises KeysUnusable if the database names other keys: speakers would refuse what these keys sign.
        """
        with self.database.writing() as session:
            if not facts.is_key_in_force(session, self.keys.public[0]):
                raise keys.KeysUnusable.not_given(self.settings.within("keys"))
            changed = facts.write(session, "time_zone", self.settings.time_zone)
            changed |= facts.write(session, "keys", facts.keys_text(self.keys.public))
            if changed:
                refresh_all(session, self.now())

    def tell_broker(self) -> None:
        """Give the broker all accounts by the rows; if that fails, the next step of the publisher tries again."""
        self._listen_to_all()  # before the broker admits a new one
        with self.database.reading() as session:
            speakers = session.exec(select(Speaker).order_by(Speaker.speaker)).all()
        try:
            self.accounts.replace(
                [self._own_account, *(Account(row.speaker, row.broker_password_hash) for row in speakers)]
            )
        except OSError as error:
            self._accounts_due = True
            log.error("the broker wasn't told its accounts, it is tried again: %s", error)

    def _listen_to_all(self) -> None:
        with self.database.reading() as session:
            self.link.listen_to(session.exec(select(Speaker.speaker)).all())


def _make_accounts(settings: OfficeSettings) -> BrokerAccounts:
    if settings.broker_password_file is None:
        raise SettingsError.of("broker_password_file", Phrase("password_file_missing"))
    if settings.broker_accounts == "demo":
        return DemoAccounts(settings.broker_password_file)
    return MosquittoAccounts(settings.broker_password_file, settings.broker_pid_file)
