"""The commune for which the pages were drawn: xã Phú Lâm with 24 speakers, on an ordinary Monday at 17:00.

Persons, telephone numbers and places are invented. The speakers' reports are written as rows.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select, update

from audio.clip_store import ClipStore
from audio.sound.opus import encode
from controller.announcements.corrections import Place, correct
from controller.announcements.drafts import AnnouncementFields, change_announcement, write_announcement
from controller.announcements.lexicon import Wording, set_entry
from controller.announcements.lists import require_announcement
from controller.announcements.templates import set_template
from controller.broadcasts.lifecycle import order_broadcast
from controller.database.column_types import QuietHoursFields, Role
from controller.database.tables import Announcement, Clip, Delivery, Officer, Speaker, SpeakerStatus
from controller.database.transactions import Database
from controller.exchange.excess import Excess
from controller.orders.orders import Order
from controller.places.areas import add_area
from controller.places.speakers import admit_speaker, change_speaker
from controller.planning.approvals import refuse
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence
from controller.planning.submission import submit_announcement
from controller.station import facts
from controller.station.speaker_settings import newest_settings
from tests.people import KEY, MONDAY, Commune, approve_all, make_tables, password_hash
from wire.ids import new_ulid
from wire.instants import format_instant
from wire.model import BulletinClass

AREAS = (
    ("xã", "Xã Phú Lâm", "xã", None),
    ("cũ 1", "Phú Lâm (trước sáp nhập)", "xã cũ", "xã"),
    ("cũ 2", "Phú Bình (trước sáp nhập)", "xã cũ", "xã"),
    *((f"ấp {n}", f"Ấp {n}", "ấp", "cũ 1") for n in range(1, 5)),
    ("chợ", "Khu phố Chợ Phương Lâm", "khu phố", "cũ 1"),
    *((f"ấp {n}", f"Ấp {n}", "ấp", "cũ 2") for n in range(5, 9)),
    ("thịnh", "Khu phố Phú Thịnh", "khu phố", "cũ 2"),
)
# Name, area, place on the drawn map, and the person who looks after it.
SPEAKERS = (
    ("nvh-1", "Nhà văn hóa ấp 1", "ấp 1", 62, 400, "", ""),
    ("kim-dong", "Trường Tiểu học Kim Đồng", "ấp 1", 104, 430, "", ""),
    ("cay-dau", "Ngã ba Cây Dầu", "ấp 1", 128, 330, "", ""),
    ("nvh-2", "Nhà văn hóa ấp 2", "ấp 2", 186, 430, "", ""),
    ("cong-chao", "Cổng chào ấp 2, quốc lộ 20", "ấp 2", 200, 306, "", ""),
    ("nvh-3", "Nhà văn hóa ấp 3", "ấp 3", 290, 420, "", ""),
    ("dinh-than", "Đình thần Phú Lâm", "ấp 3", 366, 384, "", ""),
    ("ba-ria", "Xóm Bà Rịa, tổ 14", "ấp 3", 392, 462, "ông K’Brốp, trưởng ấp 3", "0987 650 321"),
    ("nvh-4", "Nhà văn hóa ấp 4", "ấp 4", 448, 350, "", ""),
    ("suoi-da", "Cầu Suối Đá", "ấp 4", 512, 292, "bà Lâm Thị Út", "0987 650 111"),
    ("tru-so", "Trụ sở Ủy ban nhân dân xã", "chợ", 284, 326, "", ""),
    ("cho-a", "Chợ Phương Lâm, nhà lồng A", "chợ", 322, 282, "", ""),
    ("ben-xe", "Bến xe Phương Lâm", "chợ", 362, 330, "", ""),
    ("tram-y-te", "Trạm Y tế xã", "chợ", 376, 276, "", ""),
    ("nvh-5", "Nhà văn hóa ấp 5", "ấp 5", 76, 240, "", ""),
    ("minh-khai", "Trường Trung học cơ sở Nguyễn Thị Minh Khai", "ấp 5", 122, 270, "", ""),
    ("nvh-6", "Nhà văn hóa ấp 6", "ấp 6", 196, 160, "", ""),
    ("phuoc-long", "Chùa Phước Long", "ấp 6", 240, 110, "", ""),
    ("to-21", "Khu tái định cư đồng bào Châu Mạ – Xtiêng, tổ 21", "ấp 6", 190, 232, "ông Điểu Hùng", "0978 123 456"),
    ("nvh-7", "Nhà văn hóa ấp 7", "ấp 7", 404, 150, "", ""),
    ("ho-sau", "Xóm Hố Sâu, tổ 30", "ấp 7", 436, 196, "", ""),
    ("nvh-8", "Nhà văn hóa ấp 8", "ấp 8", 540, 176, "", ""),
    ("dong-hiep", "Trạm bơm Đồng Hiệp", "ấp 8", 574, 140, "", ""),
    ("nvh-thinh", "Nhà văn hóa khu phố Phú Thịnh", "thịnh", 332, 222, "", ""),
)
OFFLINE = {"suoi-da": timedelta(days=2, hours=22, minutes=23), "to-21": timedelta(minutes=32)}
SOUNDLESS, MUTED = "ba-ria", "ben-xe"
AT_1703 = MONDAY + timedelta(minutes=3)

VACCINE = "Lịch tiêm vắc xin sởi – rubella cho trẻ từ 1 đến 5 tuổi, tháng 11/2026"
TAX = "Nhắc nộp thuế sử dụng đất phi nông nghiệp năm 2026"
POWER = "Tạm ngừng cấp điện để sửa đường dây 22 kV tuyến 473"
MEETING = "Mời họp dân ấp 6 góp ý phương án mở rộng đường Tà Lài"
MEETING_TEXT = (
    "Ủy ban nhân dân xã Phú Lâm kính mời bà con ấp sáu đến nhà văn hóa ấp, lúc mười chín giờ ba mươi, thứ Tư, ngày hai "
    "mươi lăm tháng mười một, để góp ý phương án mở rộng đường Tà Lài, đoạn từ ki lô mét hai cộng ba trăm đến ngã ba "
    "Cây Dầu.\nMỗi hộ cử một người đại diện. Cần hỏi thêm, xin gọi ông Điểu Hùng, trưởng ấp, không chín bảy tám, một "
    "hai ba, bốn năm sáu."
)
VACCINE_TEXT = (
    "Ủy ban nhân dân xã Phú Lâm thông báo: Trạm Y tế xã tổ chức tiêm vắc xin sởi, rubella cho trẻ từ một đến năm tuổi, "
    "từ bảy giờ ba mươi đến mười một giờ ngày hai mươi lăm tháng mười một, tại nhà văn hóa ấp ba và Trạm Y tế xã. Phụ "
    "huynh mang theo sổ tiêm chủng, căn cước công dân đến bàn số hai. Trẻ được tiêm miễn phí."
)


class DrawnCommune(Commune):
    """The commune, and the ids of its announcements, broadcasts and schedules by short names."""

    announcements: dict[str, str]
    broadcasts: dict[str, str]
    schedules: dict[str, str]

    def told(self, broadcast: str, state: str, *speakers: str, **columns: object) -> None:
        """Write the reports of these speakers about a broadcast (none named: of all)."""
        with self.writing() as session:
            statement = update(Delivery).where(col(Delivery.broadcast) == self.broadcasts[broadcast])
            if speakers:
                statement = statement.where(col(Delivery.speaker).in_(speakers))
            session.exec(statement.values(state=state, **{"received_at": self.now, **columns}))


def make_drawn_commune(url: str, folder: Path) -> DrawnCommune:
    """Make the whole commune at 17:03 in an empty database."""
    make_tables(url)
    database = Database(url)
    store = ClipStore(folder / "clips")
    with database.writing() as session:
        officers = _people(session)
        areas = _places(session, officers["hongtham"])
    made = DrawnCommune(database, store, AT_1703, areas, officers)
    made.announcements, made.broadcasts = {}, {}
    _broadcasts(made)
    _results(made)
    return made


def make_new_station(url: str, folder: Path) -> DrawnCommune:
    """Make a commune with its officers alone, as on its first morning."""
    make_tables(url)
    database = Database(url)
    with database.writing() as session:
        officers = _people(session)
    made = DrawnCommune(database, ClipStore(folder / "clips"), MONDAY - timedelta(hours=8, minutes=45), {}, officers)
    made.announcements, made.broadcasts, made.schedules = {}, {}, {}
    return made


def _people(session: Session) -> dict[str, Officer]:
    made = MONDAY - timedelta(days=200)
    hashed = password_hash()
    facts.write(session, "keys", f"[{KEY.model_dump_json()}]")
    facts.write(session, "name", "xã Phú Lâm")
    facts.write(session, "technician", "anh Đặng Hoài Nam")
    facts.write(session, "technician_phone", "0912 345 678")
    officers = {}
    people: tuple[tuple[str, str, str, Role], ...] = (
        ("hongtham", "Nguyễn Thị Hồng Thắm", "Công chức văn hóa – xã hội", "administrator"),
        ("quang", "Lê Minh Quang", "Phó Chủ tịch", "approver"),
        ("dung", "Trần Văn Dũng", "Đài truyền thanh", "editor"),
    )
    for username, name, position, role in people:
        officers[username] = Officer(
            officer=new_ulid(made),
            username=username,
            name=name,
            position=position,
            role=role,
            password_hash=hashed,
            created_at=made,
        )
        session.add(officers[username])
    session.flush()
    return officers


def _places(session: Session, officer: Officer) -> dict[str, str]:
    made = MONDAY - timedelta(days=200)
    areas: dict[str, str] = {}
    for key, name, kind, parent in AREAS:
        quiet: list[QuietHoursFields] | None = [{"from": "21:30", "to": "05:00"}] if parent is None else None
        row = add_area(
            session,
            made,
            officer.officer,
            name=name,
            kind=kind,
            parent=areas[parent] if parent else None,
            quiet_hours=quiet,
        )
        areas[key] = row.area
    for place, (speaker, name, area, x, y, caretaker, phone) in enumerate(SPEAKERS):
        admit_speaker(
            session,
            made,
            officer,
            speaker=speaker,
            name=name,
            area=areas[area],
            latitude=11.32 - y / 5000,
            longitude=107.36 + x / 5000,
            caretaker=caretaker,
            caretaker_phone=phone,
        )
        _status(session, speaker, place)
    change_speaker(session, MONDAY - timedelta(days=4), officer, MUTED, {"muted": True})
    for told in newest_settings(session):
        status = session.get_one(SpeakerStatus, told.speaker)
        status.settings_revision = told.revision
        session.add(status)
    return areas


def _status(session: Session, speaker: str, place: int) -> None:
    row, status = session.get_one(Speaker, speaker), session.get_one(SpeakerStatus, speaker)
    offline_for = OFFLINE.get(speaker)
    heard = AT_1703 - (offline_for or timedelta(seconds=place * 2 % 50))
    status.received_at = heard
    status.status = {
        "online": offline_for is None,
        "at": format_instant(heard),
        "agent": "0.1.0",
        "clock": {"state": "trusted", "offset_ms": 3.1},
        "plan": {"count": 12, "digest": ""},
        "playing": None,
        "volume": 70,
        "disk_free_bytes": 11_200_000_000,
        "temperature_c": 58.0,
        "last_error": "no sound device hw:1" if speaker == SOUNDLESS else None,
        "unacknowledged": 0,
        "refused": {},
    }
    row.silent_after = None if offline_for else AT_1703 + timedelta(days=365)
    session.add(row)
    session.add(status)


_Told = tuple[str, str, str | None, BulletinClass, int, int, bool | None, list[tuple[datetime, tuple[str, ...]]]]
"""Key, title, text, class, seconds, times, whether its orders are approved (None: not submitted), when and where it is
ordered."""


def _broadcasts(made: DrawnCommune) -> None:
    def when(hour: int, minute: int, days: int = 0) -> datetime:
        return MONDAY + timedelta(hours=hour - 17, minutes=minute, days=days)

    five = ("cũ 1", "ấp 5", "ấp 6", "ấp 7")
    told: tuple[_Told, ...] = (
        ("rabies", "Đăng ký tiêm phòng dại cho chó, mèo năm 2026 tại các ấp", None, "normal", 90, 1, False, []),
        ("news", "Bản tin nông vụ và giá cả buổi sáng", None, "normal", 900, 1, True, [(when(5, 0), ("xã",))]),
        (
            "tax",
            "Nhắc nộp thuế sử dụng đất phi nông nghiệp năm 2026",
            None,
            "normal",
            100,
            1,
            True,
            [(when(5, 30), five)],
        ),
        ("vaccine", VACCINE, VACCINE_TEXT, "normal", 130, 2, True, [(when(17, 0), ("xã",))]),
        ("power", POWER, None, "priority", 130, 1, True, [(when(17, 15), ("ấp 3", "ấp 4", "chợ"))]),
        ("weather", "Dự báo thời tiết và nông vụ tuần này", None, "normal", 300, 1, True, [(when(17, 30), ("xã",))]),
        ("meeting", MEETING, MEETING_TEXT, "normal", 65, 1, False, [(when(19, 0), ("ấp 6",))]),
        ("market", "Chợ phiên nông sản sạch cuối tuần ở nhà lồng A", None, "normal", 80, 1, None, []),
    )
    for key, title, text, kind, seconds, times, approved, orders in told:
        _announce(made, key, title, text or f"{title}. Kính mời bà con theo dõi.", kind, seconds, approved)
        for starts_at, places in orders:
            _order(made, key, starts_at, tuple(made.areas[place] for place in places), times)
    _order(made, "rabies", when(5, 0, 1), (made.areas["xã"],), 1)


def _announce(
    made: DrawnCommune, key: str, title: str, text: str, kind: BulletinClass, seconds: int, approved: bool | None
) -> None:
    tham = made.officers["hongtham"]
    written = MONDAY - timedelta(hours=13, minutes=len(made.announcements))
    with made.writing() as session:
        fields: AnnouncementFields = {"title": title, "text": text, "bulletin_class": kind, "voice": "south"}
        row = write_announcement(session, written, tham, fields)
        _sound(made, session, row, seconds)
        so_far = len(made.announcements)
        made.announcements[key] = row.announcement
        if approved is None:
            return
        submit_announcement(session, MONDAY - timedelta(minutes=15 - so_far), tham, row.announcement, [])
        if approved:
            made.approvers[row.announcement] = "quang"


def _sound(made: DrawnCommune, session: Session, row: Announcement, seconds: int) -> None:
    """Give the announcement a sound of its own; its length is only written into the row."""
    sound = encode(bytes([len(row.title), 16 + len(made.announcements)]) * 4800)
    sha256 = made.store.put(sound)
    session.add(Clip(sha256=sha256, bytes=len(sound), duration_ms=seconds * 1000, created_at=made.now))
    session.flush()
    row.clip, row.clip_version, row.clip_engine = sha256, row.version, "espeak"
    session.add(row)


def _order(made: DrawnCommune, key: str, starts_at: datetime, areas: tuple[str, ...], times: int) -> None:
    before = min(made.now, starts_at) - timedelta(hours=1, minutes=40)
    with made.writing() as session:
        order = Order(made.announcements[key], areas, (), starts_at, times=times)
        row = order_broadcast(session, before, made.officers["hongtham"], order)
        _approve_orders(made, session, before, key)
    made.broadcasts[key] = row.broadcast


def _approve_orders(made: DrawnCommune, session: Session, now: datetime, key: str) -> None:
    """Let the second person approve what waits of this announcement, if `_announce` was told so."""
    approver = made.approvers.get(made.announcements[key])
    if approver is not None:
        approve_all(session, now, made.officers[approver], made.announcements[key])


def _results(made: DrawnCommune) -> None:
    ready = {"accepted_at": made.now - timedelta(hours=1), "ready_at": made.now - timedelta(hours=1)}
    for key, minute in (("news", 0), ("tax", 30)):
        at = MONDAY - timedelta(hours=12) + timedelta(minutes=minute)
        made.told(key, "played", started_at=at, heard_ms=100_000, start_error_ms=0.1, ended_at=at, **ready)
        made.told(key, "no_report", "suoi-da", started_at=None, heard_ms=None)
        made.told(key, "missed", MUTED, reason="muted", started_at=None, heard_ms=None)
    made.told("news", "partial", "minh-khai", reason="power_lost", heard_ms=640_000)
    made.told("tax", "partial", SOUNDLESS, reason="device_failed", heard_ms=12_000)
    for key in ("power", "weather"):
        made.told(key, "ready", **ready)
        made.told(key, "pending", "suoi-da", accepted_at=None, ready_at=None, received_at=None)
    made.told("weather", "pending", "to-21", accepted_at=None, ready_at=None)
    made.told("vaccine", "started", started_at=MONDAY, start_error_ms=0.1, **ready)
    made.told("vaccine", "missed", SOUNDLESS, reason="device_failed", started_at=None, ended_at=MONDAY)
    made.told("vaccine", "missed", MUTED, reason="muted", started_at=None, ended_at=MONDAY)
    made.told("vaccine", "pending", "suoi-da", started_at=None, accepted_at=None, ready_at=None)
    made.told("vaccine", "ready", "to-21", started_at=None)


def at_1706(made: DrawnCommune) -> None:
    """Three minutes later: most speakers have finished."""
    made.now = MONDAY + timedelta(minutes=6)
    with made.writing() as session:
        started = session.exec(
            select(Delivery.speaker).where(
                Delivery.broadcast == made.broadcasts["vaccine"], Delivery.state == "started"
            )
        ).all()
    ended = MONDAY + timedelta(minutes=4, seconds=23)
    made.told("vaccine", "played", *started, heard_ms=260_000, ended_at=ended)
    made.told("vaccine", "partial", "dong-hiep", reason="power_lost", heard_ms=101_000)
    late = MONDAY + timedelta(minutes=1, seconds=48)
    made.told("vaccine", "started", "ho-sau", started_at=late, heard_ms=None, ended_at=None)


def give_back(made: DrawnCommune) -> None:
    """Refuse the announcement of the meeting."""
    with made.writing() as session:
        refuse(
            session, made.now, made.officers["quang"], made.announcements["meeting"], "Sai ngày họp: thứ Tư là 25/11."
        )


def with_a_timetable(made: DrawnCommune) -> None:
    """Add the drawn week's schedules: some dropped, waiting, interrupted or colliding."""
    recurs: tuple[tuple[str, str, BulletinClass, int], ...] = (
        ("morning", "Tiếp sóng thời sự", "normal", 900),
        ("pigs", "Chống dịch tả lợn châu Phi", "priority", 120),
        ("water", "Lịch cắt nước để sửa đường ống chính ở ấp 6 và khu tái định cư tổ 21", "priority", 90),
        ("drill", "Diễn tập báo động lũ quét", "emergency", 120),
        ("parents", "Mời họp phụ huynh", "normal", 180),
        ("gifts", "Phát quà người cao tuổi", "normal", 120),
        ("club", "Sinh hoạt câu lạc bộ", "normal", 60),
        ("long", "Bản tin dài sáng thứ Năm", "normal", 1860),
    )
    for key, title, kind, seconds in recurs:
        _announce(made, key, title, f"{title}. Kính mời bà con theo dõi.", kind, seconds, approved=True)
    daily = _recur(made, "morning", "xã", "2026-11-24T05:20:00", "FREQ=DAILY", skip_holidays=True)
    made.schedules = {
        "morning": daily,
        "pigs": _recur(made, "pigs", "ấp 6", "2026-11-24T06:00:00", "FREQ=WEEKLY;BYDAY=TU"),
        "water": _recur(made, "water", "ấp 6", "2026-11-24T06:00:00", "FREQ=WEEKLY;BYDAY=TU"),
        "club": _recur(made, "club", "ấp 8", "2026-11-24T16:30:00", "FREQ=WEEKLY;BYDAY=TU,FR"),
    }
    tham = made.officers["hongtham"]
    with made.writing() as session:
        dropped = datetime.fromisoformat("2026-11-27T16:30:00")
        change_occurrence(session, made.now, tham, made.schedules["club"], dropped, dropped=True)
        for key, starts_at, place in (
            ("parents", MONDAY + timedelta(days=2, hours=-8, minutes=-2), "ấp 3"),
            ("drill", MONDAY + timedelta(days=2, hours=-8), "xã"),
            ("long", MONDAY + timedelta(days=3, hours=-7), "ấp 3"),
            ("gifts", MONDAY + timedelta(days=3, hours=-7, minutes=30), "ấp 3"),
        ):
            order = Order(made.announcements[key], (made.areas[place],), (), starts_at)
            made.broadcasts[key] = order_broadcast(session, made.now, tham, order).broadcast
            _approve_orders(made, session, made.now, key)
        for key in ("tax", "power", "pigs"):
            set_template(session, made.now, tham, made.announcements[key], template=True)


DOUBTFUL_TEXT = (
    "UBND xã Phú Lâm thông báo: TYT xã tổ chức tiêm vắc xin sởi - rubella cho trẻ từ 1-5 tuổi, từ 7h30 đến 11h, thứ "
    "Năm 25/11/2026, tại NVH ấp 3 và TYT xã. Phụ huynh mang theo sổ tiêm chủng, CCCD ➜ bàn số 2. Trẻ được tiêm miễn "
    "phí theo CT cùng TCMR, hỗ trợ đi lại 50.000đ/cháu. Điểm tiêm XBT mở từ 5/6 tuần. LH: chị Hạnh, 0251.3856.12."
)
"""It has six doubtful places."""


def with_doubts(made: DrawnCommune) -> None:
    """Add a pasted notice, and a lexicon."""
    tham = made.officers["hongtham"]
    _announce(
        made, "doubtful", "Lịch tiêm vắc xin sởi, dán nguyên công văn", DOUBTFUL_TEXT, "normal", 65, approved=None
    )
    with made.writing() as session:
        for area, written, spoken, more in (
            (None, "NTM", "nông thôn mới", {}),
            (None, "Phú Lâm", "Phú Lâm", {"any_case": True}),
            (None, "CT", "chương trình", {"beside": "mục tiêu quốc gia"}),
            ("ấp 6", "TĐC tổ 21", "khu tái định cư tổ hai mươi mốt, gần ngã ba Cây Dầu đi Tà Lài", {}),
        ):
            place = made.areas[area] if area else None
            set_entry(session, made.now, tham, place, Wording(written, spoken, **more))
        row = require_announcement(session, made.announcements["doubtful"])
        at = row.text.index("TCMR")
        correct(session, made.now, tham, row, Place.of(row.text, at, at + 4), "tiêm chủng mở rộng của tỉnh")
        made.give_sound(session, row)


def _recur(made: DrawnCommune, key: str, area: str, first_start: str, rrule: str, **more: Any) -> str:
    order = ScheduleOrder(
        announcement=made.announcements[key],
        areas=(made.areas[area],),
        speakers=(),
        first_start=datetime.fromisoformat(first_start),
        time_zone="Asia/Ho_Chi_Minh",
        rrule=rrule,
        **more,
    )
    with made.writing() as session:
        schedule = add_schedule(session, made.now, made.officers["hongtham"], order).schedule
        _approve_orders(made, session, made.now, key)
        return schedule


def with_versions(made: DrawnCommune) -> None:
    """The vaccination notice is written anew after it was approved; a viewer of a hamlet may read it."""
    tham, dung = made.officers["hongtham"], made.officers["dung"]
    made.officer("xem", "viewer", "ấp 6", "Điểu Thị Bích Phượng")
    made.officer("ap6", "approver", "ấp 6", "Trần Nguyễn Hoàng Phương Thảo Nhi")
    text = VACCINE_TEXT.replace("bảy giờ ba mươi", "tám giờ").replace("bàn số hai", "bàn số ba, cạnh cổng sau của trạm")
    with made.writing() as session:
        change_announcement(session, made.now, dung, made.announcements["vaccine"], {"text": text})
        title = VACCINE.replace("tháng 11/2026", "đợt 2")
        changed = {"title": title, "voice": "north", "bulletin_class": "priority"}
        row = change_announcement(session, made.now, tham, made.announcements["vaccine"], changed)  # type: ignore[arg-type]
        _sound(made, session, row, 140)


def with_a_standing_text(made: DrawnCommune) -> None:
    """Words for a flood, approved beforehand for two hamlets; another such request waits."""
    _announce(made, "flood", "Nước sông La Ngà lên nhanh, bà con ven sông sơ tán ngay", FLOOD, "emergency", 45, True)
    flood = made.announcements["flood"]
    made.standing_text(flood, "ấp 6", "ấp 7", hours=({"from": "00:00", "to": "23:59"},), by="hongtham")
    made.standing_text(flood, "xã", most_times=1, times=3, by="hongtham", approver=None)


FLOOD = (
    "Khẩn cấp. Nước sông La Ngà đang lên nhanh. Bà con tổ 21 ấp 6 và xóm Hố Sâu ấp 7 rời nhà ngay, đến Trường "
    "Trung học cơ sở Nguyễn Thị Minh Khai. Mang theo giấy tờ, thuốc và nước uống. Không quay lại lấy đồ."
)


def with_a_waiting_week(made: DrawnCommune) -> None:
    """The music evenings wait for approval, among what is planned already."""
    _announce(made, "music", "Câu lạc bộ đờn ca tài tử ấp 6 và ấp 7 tập hằng tuần", FLOOD, "normal", 60, False)
    order = ScheduleOrder(
        made.announcements["music"],
        (made.areas["ấp 6"], made.areas["ấp 7"]),
        (),
        datetime.fromisoformat("2026-11-23T18:00:00"),
        "Asia/Ho_Chi_Minh",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    )
    with made.writing() as session:
        add_schedule(session, made.now, made.officers["hongtham"], order)


def with_excess(made: DrawnCommune) -> None:
    """A loudspeaker that sends far too much."""
    excess = Excess(made.database)
    excess.note("to-21", "receipts", 48_211)
    excess.note("to-21", "unread_receipts", 1_944)
    excess.step(made.now)
