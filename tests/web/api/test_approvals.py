"""Approvals by REST: who approved what of a broadcast and a schedule, and the review of one set off alone."""

from typing import Any

import pytest

from controller.announcements.drafts import change_announcement
from controller.planning.submission import submit_announcement
from tests.people import manifests_waiting
from tests.web.api.scripts import Api, Script


@pytest.fixture
def tham(api: Api) -> Script:
    return api.script("tham")


def _by(view: dict[str, Any]) -> list[str]:
    return [each["name"] for each in view["approvals"]]


def test_a_broadcast_names_its_manifest_and_who_approved_it(api: Api, tham: Script) -> None:
    announcement = api.commune.announcement()
    order = {"announcement": announcement, "areas": [api.commune.areas["ấp 1"]], "starts_at": "2026-11-23T11:00:00Z"}
    made = tham.post("/broadcasts", order).json()
    assert (made["manifest"], made["approvals"]) == (None, []), "a draft can't be approved"
    tham.post(f"/announcements/{announcement}/submission", {})
    [asked] = manifests_waiting(api.commune, announcement)
    path = f"/broadcasts/{made['broadcast']}"
    assert tham.get(path).json()["manifest"] == asked
    quang = api.script("quang")
    assert quang.post(f"/approvals/{asked}").json()["complete"]
    quang_id = api.commune.officers["quang"].officer
    expected = [{"officer": quang_id, "name": "Lê Minh Quang", "at": "2026-11-23T10:00:00.000Z"}]
    for view in (tham.get(path).json(), tham.get("/broadcasts").json()["items"][0]):
        assert (view["manifest"], view["approvals"]) == (asked, expected)


def test_a_schedule_does_too(api: Api, tham: Script) -> None:
    announcement = api.commune.approved()
    rule = {"first_start": "2026-11-24T05:00:00", "time_zone": "Asia/Ho_Chi_Minh", "rrule": "FREQ=DAILY"}
    made = tham.post("/schedules", {"announcement": announcement, "areas": [api.commune.areas["ấp 1"]], **rule}).json()
    [asked] = manifests_waiting(api.commune, announcement)
    assert (made["manifest"], made["approvals"]) == (asked, [])
    api.script("quang").post(f"/approvals/{asked}")
    path = f"/schedules/{made['schedule']}"
    for view in (tham.get(path).json(), tham.get("/schedules").json()["items"][0]):
        assert (view["manifest"], _by(view)) == (asked, ["Lê Minh Quang"])
    changed = tham.patch(path, {"times": 2}).json()
    assert changed["manifest"] not in (asked, None), "what it asks now"
    assert _by(changed) == []


def test_the_sentence_of_a_schedule_says_when_it_sounds_here(api: Api, tham: Script) -> None:
    announcement = api.commune.announcement()
    tham.post(f"/announcements/{announcement}/submission", {})
    rule = {"first_start": "2026-12-02T11:00:00", "time_zone": "America/Los_Angeles", "rrule": "FREQ=DAILY"}
    tham.post("/schedules", {"announcement": announcement, "areas": [api.commune.areas["ấp 1"]], **rule})
    [asked] = api.script("quang").get("/approvals").json()["items"]
    assert (
        "11:00 hằng ngày theo giờ America/Los_Angeles, từ 02/12/2026; lượt tới 02:00, thứ Năm 03/12/2026 giờ ở đây"
        in asked["sentence"]
    )


def test_what_one_set_off_alone_is_reviewed_by_another(api: Api, tham: Script) -> None:
    commune = api.commune
    announcement = commune.approved("emergency")
    commune.standing_text(announcement, "ấp 1")
    order = {"announcement": announcement, "areas": [commune.areas["ấp 1"]], "starts_at": None}
    made = tham.post("/broadcasts", order).json()
    tham_id = commune.officers["tham"].officer
    assert made["state"] == "planned"
    assert made["set_off_by"] == {"officer": tham_id, "name": "Nguyễn Thị Hồng Thắm"}
    assert made["reviewed"] is None
    path = f"/broadcasts/{made['broadcast']}/review"
    assert tham.post(path).json()["code"] == "own_use_of_standing_text"
    assert api.script("editor").post(path).status_code == 403
    quang = api.script("quang")
    for _ in range(2):
        reviewed = quang.post(path).json()["reviewed"]
        assert (reviewed["name"], reviewed["at"]) == ("Lê Minh Quang", "2026-11-23T10:00:00.000Z")
    commune.in_charge_of("quang", "ấp 2")
    other = tham.post("/broadcasts", order).json()
    assert api.script("quang").post(f"/broadcasts/{other['broadcast']}/review").status_code == 403


def test_what_was_not_set_off_alone_needs_no_review(api: Api, order: dict[str, Any], tham: Script) -> None:
    made = tham.post("/broadcasts", order).json()
    answer = api.script("quang").post(f"/broadcasts/{made['broadcast']}/review")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_review")
    assert api.script("quang").post("/broadcasts/nothing/review").status_code == 404


def test_a_newer_version_that_waits_takes_no_standing_text_away(api: Api, tham: Script) -> None:
    commune = api.commune
    announcement = commune.approved("emergency", title="Lũ lên")
    commune.standing_text(announcement, "ấp 1")
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["editor"], announcement, {"title": "Lũ rút"})
        commune.give_sound(session, row, b"OggS other")
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
    order = {"announcement": announcement, "areas": [commune.areas["ấp 1"]], "starts_at": None}
    made = tham.post("/broadcasts", order).json()
    assert (made["state"], made["title"]) == ("planned", "Lũ lên")
    beyond = tham.post("/broadcasts", {**order, "areas": [commune.areas["xã"]]}).json()
    assert (beyond["state"], beyond["title"]) == ("waiting_for_approval", "Lũ rút")
    assert tham.post("/broadcasts", {**order, "areas": ["a-gone"]}).status_code == 422
