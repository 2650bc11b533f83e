"""One small commune that the office's tests share: its areas, speakers and people.

xã Phú Lâm ── ấp 1 (loa-1a, loa-1b)
           ├─ ấp 2 (loa-2)
           └─ trụ sở (loa-xa stands in the commune itself)
"""

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from audio.clip_store import ClipStore
from audio.sound.opus import encode
from controller.announcements.drafts import write_announcement
from controller.announcements.lists import require_announcement
from controller.broadcasts.lifecycle import order_broadcast
from controller.broker.keys import OfficeKeys
from controller.database.column_types import QuietHoursFields, Role
from controller.database.migrations import bring_up_to_date
from controller.database.tables import Announcement, Area, Broadcast, Clip, Officer, Speaker
from controller.database.transactions import Database
from controller.orders.orders import Order
from controller.orders.standing_texts import StandingOrder, make_standing_text
from controller.places.areas import add_area
from controller.places.speakers import admit_speaker
from controller.planning.approvals import approve
from controller.planning.submission import submit_announcement
from controller.planning.waiting import waiting_orders
from controller.station.area_tree import area_tree
from controller.station.facts import write
from controller.station.officers import hash_officer_password
from wire.envelope import OfficeKey, Signer
from wire.ids import new_ulid
from wire.model import BulletinClass

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""17:00 in the commune."""
AREAS = {"xã": "Xã Phú Lâm", "ấp 1": "Ấp 1", "ấp 2": "Ấp 2"}
"""{key in `Commune.areas`: name}."""
PASSWORD = "Mua-lon-tren-song-7"
SIGNER = Signer("office", bytes(range(32)))
KEY = OfficeKey(kid="office", public_key=SIGNER.public_key, may=("normal", "priority", "emergency"))
OFFICE_KEYS = OfficeKeys(SIGNER, (KEY,))
SOUND = encode(b"\x10\x20" * 48_000)
"""A clip of one second."""


@dataclass
class Commune:
    """The commune in a database of its own. `now` moves only when a test moves it."""

    database: Database
    store: ClipStore
    now: datetime
    areas: dict[str, str]
    officers: dict[str, Officer]
    approvers: dict[str, str] = field(default_factory=dict)
    """{announcement: who approves what `order` orders of it}."""

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A writing transaction."""
        with self.database.writing() as session:
            yield session

    def later(self, **passed: float) -> datetime:
        """Let time pass, as `timedelta(**passed)`; returns the new `now`."""
        self.now += timedelta(**passed)
        return self.now

    def announcement(
        self, bulletin_class: BulletinClass = "normal", title: str = "Họp dân", author: str = "tham", **fields: Any
    ) -> str:
        """Write a draft and give it a sound; returns its id."""
        with self.writing() as session:
            given: Any = {"title": title, "text": "Kính mời bà con.", "bulletin_class": bulletin_class, **fields}
            row = write_announcement(session, self.now, self.officers[author], given)
            self.give_sound(session, row)
            return row.announcement

    def give_sound(self, session: Session, row: Announcement, sound: bytes = SOUND) -> None:
        """Store a sound as the announcement's clip, like the preparation."""
        sha256 = self.store.put(sound)
        if session.get(Clip, sha256) is None:
            session.add(Clip(sha256=sha256, bytes=len(sound), duration_ms=1000, created_at=self.now))
            session.flush()
        row.clip, row.clip_version = sha256, row.version
        session.add(row)

    def approved(self, bulletin_class: BulletinClass = "normal", approver: str = "quang", **fields: Any) -> str:
        """Write an announcement and hand it in; what `order` orders of it is approved at once. Returns its id."""
        announcement = self.announcement(bulletin_class, **fields)
        with self.writing() as session:
            submit_announcement(session, self.now, self.officers["tham"], announcement, [])
        self.approvers[announcement] = approver
        return announcement

    def order(self, announcement: str, *areas: str, starts_in_s: float | None = None, **more: Any) -> Broadcast:
        """Order a broadcast for areas by their keys in `areas`; `starts_in_s` None: for now. `by`: who orders it."""
        starts_at = None if starts_in_s is None else self.now + timedelta(seconds=starts_in_s)
        places = tuple(self.areas[name] for name in areas)
        by = more.pop("by", "editor" if self.approvers.get(announcement) == "tham" else "tham")
        with self.writing() as session:
            row = order_broadcast(
                session,
                self.now,
                self.officers[by],
                Order(announcement, places, more.pop("speakers", ()), starts_at, **more),
            )
            self._approve(session, announcement)
            return row

    def approve_orders(self, announcement: str) -> None:
        """Let who approves what `order` orders of this announcement approve what else waits of it."""
        with self.writing() as session:
            self._approve(session, announcement)

    def _approve(self, session: Session, announcement: str) -> None:
        approver = self.approvers.get(announcement)
        if approver is not None:
            approve_all(session, self.now, self.officers[approver], announcement)

    def standing_text(
        self,
        announcement: str,
        *areas: str,
        hours: tuple[QuietHoursFields, ...] = ({"from": "06:00", "to": "20:00"},),
        most_times: int = 3,
        days: float = 30,
        times: int = 1,
        by: str = "editor",
        approver: str | None = "quang",
    ) -> str:
        """Ask that a text be approved beforehand for these areas, and approve that (None: it waits); returns its id."""
        places = tuple(self.areas[name] for name in areas)
        order = StandingOrder(announcement, places, hours, most_times, self.now + timedelta(days=days), times)
        with self.writing() as session:
            standing = make_standing_text(session, self.now, self.officers[by], order).of_order
            if approver is not None:
                approve_all(session, self.now, self.officers[approver], announcement)
        return standing

    def set_off(self, announcement: str, *areas: str, by: str = "quang", **more: Any) -> Broadcast:
        """An officer alone lets a text sound now that was approved beforehand."""
        order = Order(announcement, tuple(self.areas[name] for name in areas), more.pop("speakers", ()), None, **more)
        with self.writing() as session:
            row = order_broadcast(session, self.now, self.officers[by], order)
        assert row.set_off_by == self.officers[by].officer
        return row

    def in_charge_of(self, username: str, area: str) -> Officer:
        """Put an officer in charge of one area alone; returns the officer."""
        with self.writing() as session:
            officer = session.get_one(Officer, self.officers[username].officer)
            officer.area = self.areas[area]
            session.add(officer)
        self.officers[username] = officer
        return officer

    def may_approve(self, username: str, *areas: str) -> bool:
        """Whether an officer is in charge of these areas, given by their keys in `areas`."""
        with self.database.reading() as session:
            officer = self.officers[username]
            return area_tree(session).is_in_charge(officer, [self.areas[name] for name in areas])

    def officer(self, username: str, role: Role, area: str | None = None, name: str = "") -> Officer:
        """Add an officer in charge of an area by its key in `areas`; None: of the whole station."""
        made = Officer(
            officer=new_ulid(self.now),
            username=username,
            name=name or username.capitalize(),
            role=role,
            area=self.areas[area] if area else None,
            password_hash=password_hash(),
            created_at=self.now,
        )
        with self.writing() as session:
            session.add(made)
        self.officers[username] = made
        return made

    def row(self, announcement: str) -> Announcement:
        """An announcement's row."""
        with self.database.reading() as session:
            return require_announcement(session, announcement)


def approve_all(
    session: Session, now: datetime, officer: Officer, announcement: str, *, by_passkey: bool = False
) -> None:
    """Approve all that waits of an announcement; raises what `approve` raises."""
    waiting = [each.manifest for each in waiting_orders(session, now, announcement)]
    if waiting:
        approve(session, now, officer, waiting, announcement, by_passkey=by_passkey)


def manifests_waiting(commune: Commune, announcement: str) -> list[str]:
    """The manifests that wait for approval now, as an approver sees them."""
    with commune.database.reading() as session:
        return [each.manifest for each in waiting_orders(session, commune.now, announcement)]


def set_online(session: Session, now: datetime, *speakers: str) -> None:
    """Let these speakers count as online."""
    for name in speakers:
        session.get_one(Speaker, name).silent_after = now + timedelta(days=365)


@functools.cache
def password_hash() -> str:
    """The hash of `PASSWORD`; made once, because argon2id is slow on purpose."""
    return hash_officer_password(PASSWORD)


def make_tables(url: str) -> None:
    """Make all tables in a new database. For SQLite it copies a migrated file, because migrations take long."""
    scheme, _, file = url.partition(":///")
    if scheme == "sqlite":
        Path(file).write_bytes(_migrated())
    else:
        bring_up_to_date(url)


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="loa-tables-") as folder:
        file = Path(folder) / "office.db"
        bring_up_to_date(f"sqlite:///{file}")
        return file.read_bytes()


def make_commune(url: str, folder: Path, now: datetime = MONDAY) -> Commune:
    """Make the commune in an empty database. For SQLite it copies a file that was made once."""
    scheme, _, file = url.partition(":///")
    if scheme == "sqlite":
        Path(file).write_bytes(_settled(now))
    else:
        make_tables(url)
        _settle(url, now)
    database = Database(url)
    with database.reading() as session:
        officers = {row.username: row for row in session.exec(select(Officer)).all()}
        ids = {row.name: row.area for row in session.exec(select(Area)).all()}
    areas = {key: ids[name] for key, name in AREAS.items()}
    return Commune(database, ClipStore(folder / "clips"), now, areas, officers)


@functools.cache
def _settled(now: datetime) -> bytes:
    with tempfile.TemporaryDirectory(prefix="loa-commune-") as folder:
        file = Path(folder) / "office.db"
        make_tables(f"sqlite:///{file}")
        _settle(f"sqlite:///{file}", now)
        return file.read_bytes()


def _settle(url: str, now: datetime) -> None:
    """Add the commune's people, areas and speakers."""
    database = Database(url)
    with database.writing() as session:
        write(session, "keys", f"[{KEY.model_dump_json()}]")
        people: tuple[tuple[str, str, Role], ...] = (
            ("tham", "Nguyễn Thị Hồng Thắm", "administrator"),
            ("quang", "Lê Minh Quang", "approver"),
            ("editor", "Biên tập", "editor"),
        )
        for username, name, role in people:
            session.add(
                Officer(
                    officer=new_ulid(now),
                    username=username,
                    name=name,
                    role=role,
                    password_hash=password_hash(),
                    created_at=now,
                )
            )
        root = add_area(session, now, None, name=AREAS["xã"], kind="xã", parent=None)
        areas = {"xã": root.area}
        for key in ("ấp 1", "ấp 2"):
            areas[key] = add_area(session, now, None, name=AREAS[key], kind="ấp", parent=root.area).area
        for speaker, area in (("loa-1a", "ấp 1"), ("loa-1b", "ấp 1"), ("loa-2", "ấp 2"), ("loa-xa", "xã")):
            admit_speaker(session, now, None, speaker=speaker, name=f"Cụm {speaker}", area=areas[area])
    database.close()
