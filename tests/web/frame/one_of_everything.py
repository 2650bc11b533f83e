"""Fills the small commune with one more row of all that pages list, in each state that they tell apart."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from controller.announcements.corrections import Place, correct
from controller.announcements.drafts import change_announcement
from controller.announcements.lexicon import Wording, set_entry
from controller.announcements.lists import require_announcement
from controller.announcements.templates import set_template
from controller.broadcasts.lifecycle import order_broadcast
from controller.broadcasts.silence import silence_area
from controller.database.column_types import DeliveryState, PasswordLinkKind
from controller.database.tables import Broadcast, Delivery, Officer, Passkey, PasswordLink, SpeakerStatus, WeightyDeed
from controller.orders.orders import Order
from controller.orders.standing_texts import StandingOrder, make_standing_text, review
from controller.people.deputies import name_deputy
from controller.people.sessions import token_hash
from controller.places.areas import add_area
from controller.places.speakers import admit_speaker
from controller.planning.approvals import refuse
from controller.planning.holidays import holidays_of_year, set_year
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence
from controller.planning.submission import submit_announcement
from tests.people import Commune, approve_all, password_hash, set_online
from tests.web.frame.links import LINKS
from wire.ids import new_ulid

AUTHORS = ("tham", "quang", "editor")
_STATES: dict[str, DeliveryState] = {"loa-1a": "started", "loa-1b": "started", "loa-2": "played", "loa-xa": "missed"}
"""What each speaker of the commune has told of what sounds."""


def add_one_of_everything(commune: Commune, number: int) -> None:
    """One more of each. `number`: 0 the first time, then one more each time; up to 50."""
    _add_people_and_places(commune, number)
    approved = commune.approved(title=f"Đã phê duyệt {number}")
    _add_announcements(commune, number)
    _add_broadcasts(commune, number, approved)
    _add_schedules(commune, number, approved)
    _add_standing_texts(commune, number)
    _add_words_and_days(commune, number)


def _add_people_and_places(commune: Commune, number: int) -> None:
    """An area with a speaker that is online, and the officer in charge of it, who holds it silent."""
    tham = commune.officers["tham"]
    with commune.writing() as session:
        root = commune.areas["xã"]
        area = add_area(session, commune.now, tham.officer, name=f"Ấp {number + 10}", kind="ấp", parent=root).area
        added = Officer(
            officer=new_ulid(commune.now),
            username=_username(number),
            name=f"Thêm {number}",
            role="editor",
            area=area,
            password_hash=password_hash(),
            created_at=commune.now,
        )
        session.add(added)
        speaker = f"loa-{number + 10}"
        admit_speaker(session, commune.now, tham, speaker=speaker, name=f"Cụm {speaker}", area=area)
        set_online(session, commune.now, "loa-1a", "loa-2", speaker)
        for status in session.exec(select(SpeakerStatus)).all():
            status.received_at = commune.now
            session.add(status)
        silence_area(session, commune.now, added, area, hold=True)
    commune.officers[added.username] = added
    _name_deputies(commune, number, added)
    _make_links(commune, number)
    _ask_weighty_deed(commune, number)
    _add_passkey(commune, number)


def _name_deputies(commune: Commune, number: int, added: Officer) -> None:
    """An approver who is away, and the added officer, who waits to approve instead."""
    absent = commune.officer(f"vang-{number}", "approver", name=f"Vắng {number}")
    last_day = (commune.now + timedelta(days=9)).date()
    with commune.writing() as session:
        name_deputy(session, commune.now, absent, added.officer, last_day)
        name_deputy(session, commune.now, commune.officers["tham"], commune.officers["quang"].officer, last_day)


def _make_links(commune: Commune, number: int) -> None:
    """Links that stand: of somebody who was invited, of the reader's own account, and of the officer who is away."""
    commune.officer(f"moi-{number}", "viewer", name=f"Mới {number}")
    links: tuple[tuple[str, str, PasswordLinkKind], ...] = (
        (f"moi-{number}", LINKS[number], "invitation"),
        ("tham", f"the reader's {number}", "reset"),
        (f"vang-{number}", f"of who is away {number}", "reset"),
    )
    for username, token, kind in links:
        row = PasswordLink(
            token_hash=token_hash(token),
            officer=commune.officers[username].officer,
            kind=kind,
            made_by=commune.officers["quang"].officer,
            made_at=commune.now,
            holds_from=commune.now,
            expires_at=commune.now + timedelta(days=3),
        )
        with commune.writing() as session:
            session.add(row)


def _ask_weighty_deed(commune: Commune, number: int) -> None:
    """One that the reader may agree to: somebody asked it for the officer who is away."""
    row = WeightyDeed(
        deed=new_ulid(commune.now),
        kind="charge",
        officer=commune.officers[f"vang-{number}"].officer,
        role="administrator",
        asked_by=commune.officers["quang"].officer,
        asked_at=commune.now,
        due_at=commune.now + timedelta(hours=24),
    )
    with commune.writing() as session:
        session.add(row)


def _add_passkey(commune: Commune, number: int) -> None:
    """Of the reader; more than the pages would take."""
    row = Passkey(
        passkey=f"key-{number}",
        officer=commune.officers["tham"].officer,
        name=f"Máy {number}",
        public_key="AA",
        transports=[],
        added_at=commune.now,
    )
    with commune.writing() as session:
        session.add(row)


def _username(number: int) -> str:
    """Of the officer that is added with this number."""
    return f"them-{number}"


def _add_announcements(commune: Commune, number: int) -> None:
    """One that waits with its broadcast, one given back, one changed after it was submitted, and a template.

    The template has an author of its own, who reads by the lexicon of another area, a correction, and a word that
    `_add_words_and_days` puts into the lexicon after it was read.
    """
    author = AUTHORS[number % len(AUTHORS)]
    waiting = commune.announcement(title=f"Chờ phê duyệt {number}", author=author)
    refused = commune.announcement(title=f"Trả lại {number}")
    changed = commune.announcement(title=f"Đổi sau khi gửi {number}", author=author)
    template = commune.announcement(title=f"Mẫu {number}", author=_username(number), text=f"Họp ở NVH, XB{number} xã.")
    for starts_in_s in (900.0, 100_000.0):
        commune.order(waiting, "ấp 2", starts_in_s=starts_in_s, by=author)
    with commune.writing() as session:
        for announcement in (waiting, refused, changed):
            submit_announcement(session, commune.now, commune.officers[author], announcement, [])
        refuse(session, commune.now, commune.officers["quang"], refused, "Sai ngày họp.")
        row = change_announcement(session, commune.now, commune.officers[author], changed, {"title": "Đã đổi"})
        commune.give_sound(session, row)
        set_template(session, commune.now, commune.officers["tham"], template, template=True)
        row = require_announcement(session, template)
        correct(session, commune.now, commune.officers["tham"], row, Place.of(row.text, 6, 9), "nhà văn hóa")
        commune.give_sound(session, row)


def _add_broadcasts(commune: Commune, number: int, approved: str) -> None:
    """Some that come, two priority bulletins that meet, one that sounds, and one that a speaker found by itself."""
    for starts_in_s in (600.0 + number, 7200.0 + number):
        commune.order(approved, "ấp 1", starts_in_s=starts_in_s)
    for title in ("Cắt nước", "Dịch tả"):
        urgent = commune.approved("priority", title=f"{title} {number}")
        commune.order(urgent, "ấp 1", starts_in_s=90_000.0 + 600 * number)
    sounding = commune.order(approved, "xã", starts_in_s=60.0).broadcast
    states = _STATES | {f"loa-{number + 10}": "started"}  # no two of the added speakers began the same broadcast
    with commune.writing() as session:
        deliveries = session.exec(select(Delivery).where(Delivery.broadcast == sounding)).all()
        for row in deliveries:
            if row.speaker in states:
                row.state, row.started_at, row.received_at = states[row.speaker], commune.now, commune.now
                session.add(row)
        _forge_broadcast(session, commune.now, tuple(_STATES)[number % len(_STATES)])


def _forge_broadcast(session: Session, now: datetime, speaker: str) -> None:
    """What stands here after a speaker has told of a broadcast that this office doesn't know."""
    forged = Broadcast(broadcast=new_ulid(now), title="", bulletin_class=None, areas=[], speakers=[], created_at=now)
    session.add(forged)
    session.flush()
    session.add(
        Delivery(
            broadcast=forged.broadcast,
            speaker=speaker,
            state="rejected",
            reason="bad_signature",
            received_at=now,
            found=True,
        )
    )


def _add_schedules(commune: Commune, number: int, approved: str) -> None:
    """One that is approved and sounds on three mornings, of which the second is dropped; and one that waits."""
    first = datetime.fromisoformat(f"2026-11-24T05:{number:02}:00")
    order = ScheduleOrder(
        announcement=approved,
        areas=(commune.areas["ấp 1"],),
        speakers=(),
        first_start=first,
        time_zone="Asia/Ho_Chi_Minh",
        rrule="FREQ=DAILY;COUNT=3",
    )
    tham, quang = commune.officers["tham"], commune.officers["quang"]
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, tham, order).schedule
        approve_all(session, commune.now, quang, approved)
        change_occurrence(session, commune.now, tham, schedule, first + timedelta(days=1), dropped=True)
        add_schedule(session, commune.now, tham, replace(order, first_start=first + timedelta(hours=9)))


def _add_standing_texts(commune: Commune, number: int) -> None:
    """One that is approved and was set off twice, of which one use is reviewed; and one that waits."""
    quang = commune.officers["quang"]
    flood = commune.approved("emergency", title=f"Lũ lên {number}")
    order = StandingOrder(
        flood,
        areas=(commune.areas["ấp 1"],),
        hours=({"from": "00:00", "to": "23:59"},),
        most_times=3,
        until=commune.now + timedelta(days=30 + number),
    )
    with commune.writing() as session:
        make_standing_text(session, commune.now, commune.officers["tham"], order)
        approve_all(session, commune.now, quang, flood)
        for _ in range(2):
            row = order_broadcast(session, commune.now, quang, Order(flood, order.areas, (), starts_at=None))
        review(session, commune.now, commune.officers["tham"], row)
        make_standing_text(session, commune.now, commune.officers["tham"], replace(order, most_times=1))


def _add_words_and_days(commune: Commune, number: int) -> None:
    """An entry of the lexicon for the station and one for an area, and a day off that is over."""
    tham = commune.officers["tham"]
    with commune.writing() as session:
        for area in (None, commune.areas["ấp 1"]):
            set_entry(session, commune.now, tham, area, Wording(f"XB{number}", "xưởng"))
        year = holidays_of_year(session, 2026)
        days = year.days | {date(2026, 10, 1) + timedelta(days=number): "Nghỉ hoán đổi"}
        set_year(session, commune.now, tham, 2026, days, year.decree)
