"""`/announcements/{announcement}/versions` and `/standing` by REST."""

from typing import Any

from tests.web.api.scripts import Api

STANDING = {"hours": [{"from": "06:00", "to": "20:00"}], "most_times": 2, "until": "2026-12-20T12:00:00Z"}


def _written(api: Api) -> str:
    script = api.script()
    made = script.post("/announcements", {"title": "Họp", "text": "Mời họp.", "bulletin_class": "normal"}).json()
    announcement: str = made["announcement"]
    script.patch(f"/announcements/{announcement}", {"text": "Mời bà con họp."}, headers={"If-Match": '"1"'})
    return announcement


def test_versions_are_listed_newest_first_with_what_each_changed(api: Api) -> None:
    announcement = _written(api)
    found = api.script("editor").get(f"/announcements/{announcement}/versions?limit=1").json()
    [item] = found["items"]
    assert (item["version"], item["text"], item["fields"]) == (2, "Mời bà con họp.", ["text", "spoken_text"])
    assert item["changed_by"]["name"] == "Nguyễn Thị Hồng Thắm"
    assert item["approvals"] == []
    rest = api.script("editor").get(f"/announcements/{announcement}/versions?after={found['next']}").json()
    assert [each["version"] for each in rest["items"]] == [1]
    assert rest["next"] is None
    assert api.script().get("/announcements/nothing/versions").status_code == 404


def test_an_approved_version_tells_by_whom(api: Api) -> None:
    announcement = api.commune.approved()
    api.commune.order(announcement, "ấp 1", starts_in_s=900)
    [item] = api.script().get(f"/announcements/{announcement}/versions").json()["items"]
    assert [each["name"] for each in item["approvals"]] == ["Lê Minh Quang"]


def test_an_earlier_version_is_taken_up_if_the_newest_is_named(api: Api) -> None:
    announcement = _written(api)
    path = f"/announcements/{announcement}/versions/1/taking-up"
    script = api.script()
    assert script.post(path, {}).status_code == 428
    assert script.post(path, {}, headers={"If-Match": '"1"'}).status_code == 412
    answer = script.post(path, {}, headers={"If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    assert (made["version"], made["text"], made["state"]) == (3, "Mời họp.", "draft")
    assert (
        script.post(f"/announcements/{announcement}/versions/9/taking-up", {}, headers={"If-Match": "*"}).json()["code"]
        == "version_unknown"
    )
    assert script.post(path.replace("/1/", f"/{2**63}/"), {}, headers={"If-Match": "*"}).status_code == 422


def test_standing_texts_are_listed_with_their_approvals_and_uses(api: Api) -> None:
    commune = api.commune
    flood = commune.approved("emergency", title="Lũ")
    script = api.script("editor")
    made = script.post(f"/announcements/{flood}/standing", {"areas": [commune.areas["ấp 1"]], **STANDING}).json()
    [waiting] = script.get(f"/announcements/{flood}/standing").json()["items"]
    assert waiting == {**made, "approvals": [], "complete": False, "used": 0}
    commune.approve_orders(flood)
    commune.set_off(flood, "ấp 1")
    [item] = script.get(f"/announcements/{flood}/standing").json()["items"]
    assert (item["manifest"], item["complete"], item["used"]) == (made["manifest"], True, 1)
    assert [each["name"] for each in item["approvals"]] == ["Lê Minh Quang"]
    assert script.call("DELETE", f"/announcements/{flood}/standing/{made['standing']}").status_code == 204
    assert script.get(f"/announcements/{flood}/standing").json() == {"items": [], "next": None}
