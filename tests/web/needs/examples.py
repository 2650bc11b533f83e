"""What each route that changes something is sent: an act on the things of ấp 1 that succeeds for whoever may do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

import pyotp
from webauthn.helpers import bytes_to_base64url

from controller.announcements.corrections import Place, correct
from controller.announcements.lexicon import Wording, set_entry
from controller.announcements.lists import require_announcement
from controller.broadcasts.silence import silence_area
from controller.database.column_types import QuietHoursFields, Role
from controller.orders.standing_texts import StandingOrder, make_standing_text
from controller.people.accounts import change_charge
from controller.people.deputies import name_deputy
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from controller.planning.submission import submit_announcement
from controller.web.writing.reading_view import answer
from tests.fakes.authenticator import Authenticator
from tests.people import PASSWORD, manifests_waiting
from tests.web.api.test_requests import recorded
from tests.web.needs.site import Site

TEXT = "Họp ở NVH ấp 1."
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of everybody's telephone, still to be confirmed."""
CHALLENGE = "a challenge that is good for everybody"
NVH = (6, 9)


Where = Literal["here", "anywhere", "station"]


@dataclass(frozen=True)
class Example:
    """What is sent. `instead`: what stands for parameters of the path in place of `Site.things`.

    `role`: what this act needs, where that is more than the route says; `not_deputies`: in one's own right. `where`: it
    touches ấp 1, no area, or the station itself.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    role: Role | None = None
    not_deputies: bool = False
    where: Where = "here"
    name: str = ""


def add_things(site: Site) -> None:
    """One of each kind in ấp 1; their ids by the names of the routes' parameters, or by what is done to them."""
    commune, things = site.commune, site.things
    commune.officer("absent.2", "approver", "ấp 1")
    commune.officer("instead", "editor", "ấp 1")
    tham, editor = commune.officers["tham"], commune.officers["editor"]
    here = commune.areas["ấp 1"]
    things |= {"area": here, "speaker": "loa-1a", "year": "2026", "voice": "north", "wanted": "vi"}
    things["area above"] = commune.areas["xã"]
    things["officer"] = commune.officers["viewer.own"].officer
    things["officer of the station"] = commune.officers["editor"].officer
    approved = commune.approved(title="Đã phê duyệt", author="editor", approver="quang", area=here)
    things["announcement"] = things["approved"] = approved
    things["draft"] = commune.announcement(title="Nháp", author="editor", text=TEXT, area=here)
    things["corrected"] = commune.announcement(title="Đã sửa", author="editor", text=TEXT, area=here)
    things["submitted"] = commune.announcement(title="Chờ phê duyệt", author="editor", area=here)
    things["broadcast"] = commune.order(approved, "ấp 1", starts_in_s=600).broadcast
    commune.order(things["submitted"], "ấp 1", starts_in_s=900, by="editor")
    for name in ("first", "second"):
        urgent = commune.approved("priority", title=name, author="editor")
        things[name] = commune.order(urgent, "ấp 1", starts_in_s=90_000).broadcast
    with commune.writing() as session:
        submit_announcement(session, commune.now, editor, things["submitted"], [])
        row = require_announcement(session, things["corrected"])
        correct(session, commune.now, editor, row, Place.of(row.text, *NVH), "nhà văn hóa")
        commune.give_sound(session, row)
        things["version"] = str(row.version)
        things["entry"] = set_entry(session, commune.now, tham, here, Wording("XBT", "xe buýt")).entry
        absent, instead = commune.officers["absent.2"], commune.officers["instead"].officer
        things["deputy"] = name_deputy(session, commune.now, absent, instead, date(2026, 11, 30)).deputy
        things["schedule"] = add_schedule(session, commune.now, tham, _schedule(approved, here)).schedule
        silence_area(session, commune.now, tham, commune.areas["tổ 1"], hold=True)
        things["clip"] = str(require_announcement(session, things["submitted"]).clip)
        things["clip of draft"] = str(require_announcement(session, things["draft"]).clip)
    [things["manifest"]] = manifests_waiting(commune, things["submitted"])
    with commune.writing() as session:
        hours: tuple[QuietHoursFields, ...] = ({"from": "06:00", "to": "20:00"},)
        standing = StandingOrder(approved, (here,), hours, 3, commune.now + timedelta(days=30))
        things["standing"] = make_standing_text(session, commune.now, editor, standing).of_order
    things["occurrence"] = "2026-11-26T05:30:00"
    flood = commune.approved("emergency", title="Lũ", author="editor", area=here)
    commune.standing_text(flood, "ấp 1")
    things["set off alone"] = commune.set_off(flood, "ấp 1", by="tham").broadcast
    with commune.writing() as session:
        asked = change_charge(session, commune.now, tham, commune.officers["instead"].officer, "approver", here)
        things["weighty"] = asked.deed if asked else ""
        for officer in commune.officers.values():
            site.website.office.second_factors.begin(session, commune.now, officer, SECRET)
    site.website.office.challenges.is_good = lambda *_given: True  # type: ignore[method-assign]  # whoever adds one
    things["passkey"] = Authenticator().create(
        {"rp": {"id": "localhost"}, "user": {"id": ""}, "challenge": bytes_to_base64url(CHALLENGE.encode())}
    )
    things["code"] = pyotp.TOTP(SECRET).at(commune.now)
    site.keep()


def _schedule(announcement: str, area: str) -> ScheduleOrder:
    return ScheduleOrder(
        announcement=announcement,
        areas=(area,),
        speakers=(),
        first_start=datetime.fromisoformat("2026-11-24T05:30:00"),
        time_zone="Asia/Ho_Chi_Minh",
        rrule="FREQ=DAILY;COUNT=9",
    )


def _json(body: Any, **more: Any) -> Example:
    return Example({"json": body}, **more)


def _form(fields: Mapping[str, Any] | None = None, **more: Any) -> Example:
    return Example({"data": fields or {}}, **more)


def examples_of(site: Site) -> dict[str, list[Example]]:
    """By “METHOD path”."""
    return {**_by_rest(site.things), **_by_forms(site.things)}


def _by_rest(things: Mapping[str, str]) -> dict[str, list[Example]]:
    here, draft, submitted = ([things[name]] for name in ("area", "draft", "submitted"))
    written = {"title": "Họp", "text": "Mời bà con.", "bulletin_class": "normal"}
    order = {"announcement": things["approved"], "areas": here, "starts_at": "2026-11-23T12:00:00Z"}
    hours = [{"from": "06:00", "to": "20:00"}]
    standing = {"areas": here, "hours": hours, "most_times": 2, "until": "2026-12-20T12:00:00Z"}
    rule = {"first_start": "2026-11-25T06:00:00", "time_zone": "Asia/Ho_Chi_Minh", "rrule": "FREQ=DAILY;COUNT=2"}
    schedule = {"announcement": things["approved"], "areas": here, **rule}
    days = [{"day": "2026-09-02", "name": "Quốc khánh"}]
    sound = {"file": ("a.wav", recorded())}
    officer = {"username": "moi.den", "name": "Mới Đến", "role": "viewer"}
    of_station = {"officer": things["officer of the station"]}
    calls = {
        "PUT /account/password": [
            _json({"present": PASSWORD, "new": "Nang-tren-dong-lua-9"}, where="anywhere"),
        ],
        "POST /account/second-factor": [_json({"present": PASSWORD}, where="anywhere")],
        "PUT /account/second-factor": [
            _json({"on": True, "code": things["code"]}, where="anywhere"),
            _json({"on": False, "code": things["code"]}, where="anywhere"),
        ],
        "DELETE /account/sessions": [Example(where="anywhere")],
        "DELETE /account/sessions/{session_id}": [Example(where="anywhere")],
        "POST /officers": [
            _json({**officer, "area": things["area"]}, name="area"),
            _json(officer, where="station", name="station"),
        ],
        "PATCH /officers/{officer}": [
            _json({"disabled": True}, name="area"),
            _json({"role": "approver"}, name="role"),
            _json({"area": None}, where="station", name="another area"),
            _json({"disabled": True}, instead=of_station, where="station", name="station"),
        ],
        "POST /weighty-deeds/{weighty}/agreement": [Example()],
        "DELETE /weighty-deeds/{weighty}": [Example()],
        "POST /officers/{officer}/password-link": [
            Example(name="area"),
            Example(instead=of_station, where="station", name="station"),
        ],
        "POST /areas": [
            _json({"name": "Tổ 2", "kind": "tổ", "parent": things["area"]}),
            _json({"name": "Xã Bên", "kind": "xã"}, where="station", name="root"),
        ],
        "PATCH /areas/{area}": [
            _json({"name": "Ấp Một"}),
            _json({"parent": None}, where="station", name="make it a root"),
        ],
        "POST /areas/{area}/silence": [_json({"hold": True})],
        "DELETE /areas/{area}/silence": [Example()],
        "POST /speakers": [_json({"speaker": "loa-3", "name": "Loa 3", "area": things["area"]})],
        "PATCH /speakers/{speaker}": [
            _json({"muted": True}, name="mute"),
            _json({"volume": {"limit": 1}}, role="administrator", name="volume"),
            _json({"muted": False, "caretaker": "Ba"}, role="administrator", name="caretaker"),
        ],
        "POST /speakers/{speaker}/credentials": [Example()],
        "POST /announcements": [_json(written, where="anywhere")],
        "PATCH /announcements/{announcement}": [Example({"json": {"title": "Đổi"}, "headers": {"If-Match": "*"}})],
        "POST /announcements/{announcement}/recording": [Example({"files": sound})],
        "POST /announcements/{announcement}/versions/{version}/taking-up": [
            Example({"headers": {"If-Match": "*"}}, instead={"announcement": things["corrected"], "version": "1"})
        ],
        "POST /announcements/{announcement}/submission": [
            _json({}, instead={"announcement": draft[0]}),
        ],
        "POST /announcements/{announcement}/approval": [
            _json({"manifests": [things["manifest"]]}, instead={"announcement": submitted[0]})
        ],
        "POST /announcements/{announcement}/refusal": [
            _json({"reason": "Sai ngày."}, instead={"announcement": submitted[0]})
        ],
        "POST /announcements/{announcement}/standing": [_json(standing)],
        "DELETE /announcements/{announcement}/standing/{standing}": [Example()],
        "POST /approvals/{manifest}": [_json({})],
        "POST /approvals/{manifest}/refusal": [_json({"reason": "Sai ngày."})],
        "POST /broadcasts": [
            _json(order, name="area"),
            _json({**order, "areas": [], "speakers": ["loa-1a"]}, name="speaker"),
        ],
        "POST /broadcasts/{broadcast}/cancellation": [Example()],
        "POST /broadcasts/{broadcast}/review": [Example(instead={"broadcast": things["set off alone"]})],
        "POST /schedules": [_json(schedule)],
        "PATCH /schedules/{schedule}": [_json({"times": 2})],
        "DELETE /schedules/{schedule}": [Example()],
        "PATCH /schedules/{schedule}/occurrences/{occurrence}": [_json({"dropped": True})],
        "POST /collisions": [_json({"first": things["second"], "second": things["first"]})],
        "PUT /holidays/{year}": [_json({"days": days})],
        "DELETE /holidays/{year}": [Example()],
    }
    return {call.replace(" ", " /api/v1", 1): examples for call, examples in calls.items()}


def _by_forms(things: Mapping[str, str]) -> dict[str, list[Example]]:
    here = things["area"]
    of_draft, of_corrected, of_submitted = (
        {"announcement": things[name]} for name in ("draft", "corrected", "submitted")
    )
    written = {"ten": "Họp", "van-ban": "Mời bà con.", "loai": "normal", "giong": "north", "toc-do": "1.0"}
    today = f"{date(2026, 11, 23):%d/%m/%Y}"
    order = {"dia-ban": here, "khi": "gio-dinh", "ngay": today, "gio": "19:00", "lan": "1"}
    every_day = {**order, "khi": "lap-lai", "nhung-ngay": "hang-ngay", "gio": "06:00", "ngay": "25/11/2026"}
    speaker = {"ten": "Loa", "dia-ban": here, "tre": "0", **{f"am-luong-{each}": "50" for each in _VOLUMES}}
    csv = {"tep": ("a.csv", "TYT,trạm y tế\n")}
    officer = {"ten-dang-nhap": "moi.den", "ten": "Mới Đến", "vai-tro": "viewer"}
    of_station = {"officer": things["officer of the station"]}
    new = "Nang-tren-dong-lua-9"
    new_password = {"mat-khau-cu": PASSWORD, "mat-khau-moi": new, "mat-khau-lai": new}
    read_as = answer(Place.of(TEXT, *NVH), "doc", "nhà văn hóa")
    return {
        "POST /dang-xuat": [_form(where="anywhere")],
        "POST /tai-khoan/mat-khau": [_form(new_password, where="anywhere")],
        "POST /tai-khoan/hai-buoc": [_form({"mat-khau-hai-buoc": PASSWORD}, where="anywhere")],
        "POST /tai-khoan/hai-buoc/xac-nhan": [_form({"ma": things["code"]}, where="anywhere")],
        "POST /tai-khoan/hai-buoc/tat": [_form({"ma-tat": things["code"]}, where="anywhere")],
        "POST /tai-khoan/khoa-truy-cap": [_form({"ten-khoa": "Máy", "mat-khau-khoa": PASSWORD}, where="anywhere")],
        "POST /tai-khoan/khoa-truy-cap/xac-nhan": [
            _form({"ten-khoa": "Máy", "thu-thach": CHALLENGE, "khoa": things["passkey"]}, where="anywhere")
        ],
        "POST /tai-khoan/khoa-truy-cap/bo": [_form({"khoa": "x"}, where="anywhere")],
        "POST /tai-khoan/da-biet": [_form(where="anywhere")],
        "POST /tai-khoan/phien": [_form({"phien": "0" * 64}, where="anywhere")],
        "POST /tai-khoan/phien-khac": [_form(where="anywhere")],
        "POST /ban-tin/moi": [_form(written, where="anywhere")],
        "POST /ban-tin/{announcement}": [_form(written)],
        "POST /ban-tin/{announcement}/dung-lai": [_form(where="anywhere")],
        "POST /ban-tin/{announcement}/mau": [_form({"mau": "1"})],
        "POST /ban-tin/{announcement}/gui": [_form({"ban": "1"}, instead=of_draft)],
        "POST /ban-tin/{announcement}/cach-doc": [_form({"sua": read_as}, instead=of_draft)],
        "POST /ban-tin/{announcement}/cach-doc/bo": [
            _form({"ban": things["version"], "cho": "0"}, instead=of_corrected)
        ],
        "POST /ban-tin/{announcement}/doc-lai": [_form()],
        "POST /ban-tin/{announcement}/cac-ban/{version}/dung-lai": [
            _form({"ban": things["version"]}, instead={**of_corrected, "version": "1"})
        ],
        "POST /ban-tin/{announcement}/phat-ngay": [
            _form({"dia-ban": here, "gio": "06:00–20:00", "so-lan": "2", "ngay": "20/12/2026", "lan": "1"})
        ],
        "POST /ban-tin/{announcement}/phat-ngay/{standing}/thoi": [_form()],
        "POST /ban-tin/{announcement}/kiem-tra": [
            _form({**order, "tep": things["clip of draft"]}, instead=of_draft, name="once"),
            _form({**every_day, "tep": things["clip of draft"]}, instead=of_draft, name="again"),
        ],
        "POST /phe-duyet/{announcement}": [
            _form({"tep": things["clip"], "ban-ke": things["manifest"]}, instead=of_submitted)
        ],
        "POST /phe-duyet/{announcement}/tra-lai": [_form({"vi-sao": "Sai ngày."}, instead=of_submitted)],
        "POST /phe-duyet/{announcement}/rut-lai": [_form()],
        "POST /luot-phat/{broadcast}/dung": [_form()],
        "POST /luot-phat/{broadcast}/xem-lai": [_form(instead={"broadcast": things["set off alone"]})],
        "POST /lich-tuan/thu-tu": [_form({"truoc": things["second"], "hai-luot": [things["first"], things["second"]]})],
        "POST /lich/{schedule}/luot": [_form({"luot": things["occurrence"], "viec": "bo"})],
        "POST /lich/{schedule}/ket-thuc": [_form()],
        "POST /ngay-nghi/{year}/them": [_form({"ngay": "31/08/2026", "ten": "Nghỉ hoán đổi"})],
        "POST /ngay-nghi/{year}/bo": [_form({"ngay": "02/09/2026"})],
        "POST /ngay-nghi/{year}/quyet-dinh": [_form({"quyet-dinh": "123/TB"})],
        "POST /ngay-nghi/{year}/theo-luat": [_form()],
        "POST /cum-loa/moi": [_form({"ten": "Loa 3", "dia-ban": here})],
        "POST /cum-loa/{speaker}": [_form(speaker)],
        "POST /cum-loa/{speaker}/tat-tieng": [
            _form({"tat": "1"}, name="mute"),
            _form({"tat": "0"}, name="sound again"),
        ],
        "POST /cum-loa/{speaker}/mat-khau": [_form()],
        "POST /im-lang": [_form({"dia-ban": here, "giu": "1"})],
        "POST /im-lang/mo-lai": [_form({"dia-ban": here})],
        "POST /dia-ban": [
            _form({"ten": "Tổ 2", "loai": "tổ", "thuoc": here}),
            _form({"ten": "Xã Bên", "loai": "xã"}, where="station", name="root"),
        ],
        "POST /dia-ban/{area}": [
            _form({"ten": "Ấp Một", "loai": "ấp", "thuoc": things["area above"]}),
            _form({"ten": "Ấp Một", "loai": "ấp", "thuoc": ""}, where="station", name="make it a root"),
        ],
        "POST /tu-dien": [
            _form({"dia-ban": here, "chu": "TYT", "doc": "trạm y tế"}, name="area"),
            _form({"chu": "TYT", "doc": "trạm y tế"}, where="station", name="station"),
        ],
        "POST /tu-dien/tep": [
            Example({"data": {"dia-ban": here}, "files": csv}, name="area"),
            Example({"files": csv}, where="station", name="station"),
        ],
        "POST /tu-dien/{entry}": [
            _form({"dia-ban": here, "chu": "XBT", "doc": "xe buýt tuyến"}, name="change"),
            _form({"dia-ban": here, "viec": "bo"}, name="remove"),
        ],
        "POST /cai-dat": [_form({"ten": "Đài xã", "so-ngay-tinh-truoc": "14", "so-ngay-giu-bao-cao": "400"})],
        "POST /cai-dat/mot-can-bo": [_form({"cho": "1", "ly-do": "Xã chỉ có một cán bộ văn hóa."})],
        "POST /uy-quyen": [
            _form(
                {"can-bo": things["officer of the station"], "ngay": "30/11/2026"}, where="anywhere", not_deputies=True
            )
        ],
        "POST /uy-quyen/{deputy}/thoi": [_form(role="administrator")],
        "POST /uy-quyen/{deputy}/ngay": [_form()],
        "POST /can-bo": [
            _form({**officer, "dia-ban": here}, name="area"),
            _form(officer, where="station", name="station"),
        ],
        "POST /can-bo/{officer}/khoa": [
            _form({"khoa": "1"}, name="area"),
            _form({"khoa": "1"}, instead=of_station, where="station", name="station"),
        ],
        "POST /can-bo/{officer}/vai-tro": [
            _form({"vai-tro": "approver", "dia-ban": here}, name="area"),
            _form({"vai-tro": "editor", "dia-ban": ""}, where="station", name="station"),
        ],
        "POST /viec-hai-nguoi/{weighty}/dong-y": [_form()],
        "POST /viec-hai-nguoi/{weighty}/rut-lai": [_form()],
        "POST /can-bo/{officer}/duong-dan": [
            _form(name="area"),
            _form(instead=of_station, where="station", name="station"),
        ],
    }


_VOLUMES = ("normal", "priority", "emergency", "limit")
