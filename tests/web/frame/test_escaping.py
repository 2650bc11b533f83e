"""`<script>` in every field shows as text, on every page where it can be read."""

from datetime import timedelta
from typing import Any

from sqlmodel import select

from controller.announcements.drafts import submit_announcement
from controller.announcements.one_officer_rule import allow_one_officer
from controller.broadcasts.lifecycle import order_broadcast
from controller.broadcasts.orders import Order
from controller.broadcasts.silence import silence_area
from controller.database.column_types import DeliveryState
from controller.database.tables import Area, Delivery, Officer, Speaker, SpeakerStatus
from controller.planning.approvals import refuse
from controller.station import facts
from tests.web.conftest import Website

EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{ 123456*2 }}"
EVIL_TEXT = EVIL.partition("{{")[0]
"""What no voice can say is never submitted."""


def _poison(website: Website) -> list[str]:
    """Write it into every field that anybody can write; the pages on which it then stands."""
    commune, now = website.commune, website.commune.now
    tham, quang = commune.officers["tham"], commune.officers["quang"]
    with commune.writing() as session:
        for key in ("name", "technician", "technician_phone"):
            facts.write(session, key, EVIL)
        for area in session.exec(select(Area)).all():
            area.name, area.kind = EVIL, EVIL
            session.add(area)
        for number, speaker in enumerate(session.exec(select(Speaker)).all()):
            speaker.name, speaker.caretaker, speaker.caretaker_phone = EVIL, EVIL, EVIL
            speaker.latitude, speaker.longitude = 11.0 + number, 107.0
            speaker.silent_after = None if speaker.speaker == "loa-2" else commune.now + timedelta(days=1)
            session.add(speaker)
        for status in session.exec(select(SpeakerStatus)).all():
            evil: Any = {
                "online": True,
                "playing": EVIL,
                "last_error": EVIL,
                "agent": EVIL,
                "clock": {"state": EVIL, "offset_ms": 1.0},
                "refused": {EVIL: 3},
            }
            status.status = evil
            session.add(status)
        for officer in session.exec(select(Officer)).all():
            officer.name, officer.position = EVIL, EVIL
            session.add(officer)
    approved = commune.approved(title=EVIL, text=EVIL_TEXT)
    waiting = commune.announcement(title=EVIL, text=EVIL_TEXT)
    returned = commune.announcement(title=EVIL, text=EVIL_TEXT)
    broadcast = commune.order(approved, "xã", starts_in_s=60).broadcast
    commune.order(approved, "ấp 1", starts_in_s=1800)
    pages = []
    with commune.writing() as session:
        for announcement in (waiting, returned):
            submit_announcement(session, now, tham, announcement, [])
        order = Order(waiting, (commune.areas["ấp 1"],), (), None)
        unapproved = order_broadcast(session, now, tham, order).broadcast
        refuse(session, now, quang, returned, EVIL)
        allow_one_officer(session, now, tham, EVIL)
        silence_area(session, now, tham, commune.areas["ấp 2"], hold=True)
        told: tuple[tuple[str, DeliveryState, str | None], ...] = (
            ("loa-1a", "started", None),
            ("loa-1b", "missed", EVIL),
            ("loa-2", "partial", "late"),
        )
        for name, state, reason in told:
            row = session.get_one(Delivery, (broadcast, name))
            row.state, row.reason = state, reason
            session.add(row)
    hamlet = commune.areas["ấp 1"]
    choices = f"dia-ban={hamlet}&khi=gio-dinh&ngay=23/11/2026&gio=17:45&lan=2"
    for announcement in (approved, waiting, returned):
        pages += [f"/ban-tin/{announcement}", f"/phe-duyet/{announcement}", f"/phe-duyet/{announcement}/tra-lai"]
        pages += [f"/ban-tin/{announcement}/phat?{choices}", f"/ban-tin/{announcement}/kiem-tra?{choices}"]
        pages += [f"/phan/cau/{announcement}?{choices}", f"/phe-duyet?xong={announcement}"]
    for each in (broadcast, unapproved):
        pages += [f"/luot-phat/{each}", f"/luot-phat/{each}/dung", f"/phan/luot-phat/{each}"]
    pages += ["/", "/ban-tin", "/phe-duyet", "/luot-phat", "/cum-loa", "/phan/cum-loa", "/phan/trang-dau"]
    pages += ["/cum-loa/loa-1a", "/cum-loa/loa-2", "/phan/cum-loa/loa-1a", "/cum-loa/moi", "/im-lang", "/dia-ban"]
    pages += [f"/im-lang?dia-ban={hamlet}", f"/im-lang/ket-qua?dia-ban={hamlet}", f"/im-lang/mo-lai?dia-ban={hamlet}"]
    return [*pages, f"/dia-ban/{hamlet}", "/can-bo", "/cai-dat", "/nhat-ky", "/huong-dan", "/dang-nhap"]


def test_markup_in_every_field_shows_as_text(website: Website) -> None:
    pages = _poison(website)
    browser = website.officer()
    shown = 0
    for path in pages:
        browser.get(path, 303 if path == "/dang-nhap" else 200)
        assert "<script>alert" not in browser.page, path
        assert "<img" not in browser.page, path
        assert "246912" not in browser.page, f"{path}: a template was rendered twice"
        shown += "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in browser.page
    assert shown >= len(pages) - 2, "the text itself is there to be read"
    visitor = website.visitor()
    visitor.get("/dang-nhap")
    assert "&lt;script&gt;" in visitor.page
    assert "<script>" not in visitor.page


def test_markup_in_what_is_typed_or_asked_shows_as_text(website: Website) -> None:
    browser = website.officer()
    announcement = website.commune.approved()
    asked = website.commune.areas["ấp 1"]
    for path in (
        f"/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban={asked}&gio=<script>alert(1)</script>",
        f"/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban=<script>alert(1)</script>",
        f'/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban={asked}&gio=17:15&lan="><script>alert(1)</script>',
        "/cum-loa/<script>alert(1)<script>",
        "/ban-tin?truoc=<script>alert(1)</script>",
        "/luot-phat/<script>alert(1)</script>",
        "/<script>alert(1)</script>",
    ):
        answer = browser.client.get(path)
        assert "<script>alert" not in answer.text, path
    visitor = website.visitor()
    visitor.get('/dang-nhap?tiep=/"><script>alert(1)</script>')
    assert "<script>alert" not in visitor.page
    answer = visitor.send("/dang-nhap", {"ten": EVIL, "mat-khau": "x"})
    assert "<script>alert" not in answer.text
