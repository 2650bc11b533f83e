"""The REST interface: the fields of each answer, in each state."""

import json
from datetime import timedelta
from typing import Any

import pytest

from controller.database.column_types import DeliveryState, QuietHoursFields, SessionLimitsFields
from controller.database.tables import Area, Delivery, SpeakerStatus
from tests.people import PASSWORD, SOUND
from tests.web.api.scripts import Api, Script
from wire.instants import format_instant, parse_instant
from wire.status import ClockReport, PlanReport, Status


@pytest.fixture
def tham(api: Api) -> Script:
    return api.script()


def test_a_session_opens_with_the_password(api: Api) -> None:
    answer = api.nobody.post("/sessions", {"username": "tham", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.json()["expires_at"] == format_instant(api.commune.now + timedelta(hours=12))
    assert Script(api.client, answer.json()["token"]).get("/areas").status_code == 200


@pytest.mark.parametrize("path", ["/areas", "/speakers", "/announcements", "/broadcasts"])
def test_a_list_is_read_page_by_page_to_its_end(api: Api, tham: Script, path: str) -> None:
    announcement = api.commune.approved()
    for _ in range(3):
        api.commune.announcement()
        api.commune.order(announcement, "ấp 1", starts_in_s=600)
    key = path[1:-1]
    whole = [each[key] for each in tham.get(path).json()["items"]]
    pages, after = [], ""
    while True:
        page = tham.get(f"{path}?limit=2{after}").json()
        pages += [each[key] for each in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pages == whole
    assert len(whole) >= 3
    for limit in ("0", "501", "x", "-1"):
        assert tham.get(f"{path}?limit={limit}").status_code == 422


STATUS = Status(
    online=True,
    boot="b",
    session=4,
    at=parse_instant("2026-11-23T09:59:30.250Z"),
    agent="1.2.0",
    clock=ClockReport(state="held", offset_ms=-3.0),
    plan=PlanReport(count=2, digest="ab" * 32),
    settings_revision=7,
    playing={"broadcast": ["x", 1.5, None]},
    volume="70",
    disk_free_bytes=2**40,
    temperature_c=41.0,
    last_error="“hỏng”",
    refused={"expired": 2, "eaten_by_goats": 1},
)
LIMITS: SessionLimitsFields = {"minutes_a_session": 5, "weekdays": [1, 4]}
QUIET: list[QuietHoursFields] = [{"from": "21:00", "to": "05:00"}]


def test_stored_json_is_in_the_answer_byte_for_byte(api: Api, tham: Script) -> None:
    with api.commune.writing() as session:
        session.get_one(SpeakerStatus, "loa-1a").status = STATUS.fields()
        area = session.get_one(Area, api.commune.areas["ấp 1"])
        area.session_limits, area.quiet_hours = LIMITS, QUIET
    stored = json.dumps(STATUS.fields(), ensure_ascii=False, separators=(",", ":"))
    assert f'"status":{stored}' in tham.get("/speakers/loa-1a").text
    assert '"status":{}' in tham.get("/speakers/loa-2").text
    assert '"session_limits":{"minutes_a_session":5,"weekdays":[1,4]}' in tham.get("/areas").text
    assert '"quiet_hours":[{"from":"21:00","to":"05:00"}]' in tham.get("/areas").text


def test_the_approval_policy_of_an_area_is_read_set_and_held_to(api: Api, tham: Script) -> None:
    path = f"/areas/{api.commune.areas['xã']}"
    nothing = {"two_for_emergency": False, "two_for_whole": False, "same_day_moves": False}
    assert {json.dumps(each["approval_policy"]) for each in tham.get("/areas").json()["items"]} == {json.dumps(nothing)}
    answer = tham.patch(path, {"approval_policy": {"two_for_whole": True}})
    assert answer.json()["approval_policy"] == {**nothing, "two_for_whole": True}
    assert tham.patch(path, {"name": "Xã Khác"}).json()["approval_policy"]["two_for_whole"]
    made = tham.post("/areas", {"name": "Ấp 9", "kind": "ấp", "approval_policy": {"same_day_moves": True}})
    assert made.json()["approval_policy"] == {**nothing, "same_day_moves": True}
    wrongs: tuple[object, ...] = (None, {"three_for_whole": True}, {"two_for_whole": "yes"}, [])
    for wrong in wrongs:
        assert tham.patch(path, {"approval_policy": wrong}).status_code == 422
    quang = api.script("quang")
    assert quang.patch(path, {"approval_policy": {}}).status_code == 403


def test_a_speakers_configuration_is_shown_once(api: Api, tham: Script) -> None:
    body = {"speaker": "loa-3", "name": "Cụm 3", "area": api.commune.areas["ấp 1"]}
    answer = tham.post("/speakers", body)
    assert answer.status_code == 201
    config = answer.json()["config"]
    assert set(config) == {"speaker", "password", "broker", "topic_root", "office_keys"}
    assert set(config["broker"]) >= {"host", "port", "tls"}
    assert [set(each) for each in config["office_keys"]] == [{"kid", "public_key", "may"}] * 2
    shown = tham.get("/speakers/loa-3").json()
    assert "config" not in shown
    assert set(shown) >= {
        *("speaker", "name", "area", "latitude", "longitude", "volume", "output_delay_ms", "muted", "online"),
        *("last_status_at", "playing", "plan_in_step", "last_error"),
    }
    assert (shown["online"], shown["last_status_at"], shown["plan_in_step"]) == (False, None, True)


def test_a_patch_of_one_field_keeps_the_others(tham: Script) -> None:
    before = tham.get("/speakers/loa-2").json()
    after = tham.patch("/speakers/loa-2", {"volume": {"normal": 55}, "latitude": 10.5}).json()
    assert after["volume"] == before["volume"] | {"normal": 55}
    assert after["latitude"] == 10.5
    assert tham.patch("/speakers/loa-2", {"latitude": None}).json()["latitude"] is None
    for wrong in (
        {"name": None},
        {"volume": {"normal": 101}},
        {"output_delay_ms": -1},
        {"muted": "yes"},
        {"area": "x"},
    ):
        answer = tham.patch("/speakers/loa-2", wrong)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith(next(iter(wrong)))


def test_an_announcement_passes_through_its_states(api: Api, tham: Script, order: dict[str, Any]) -> None:
    announcement, quang = api.commune.announcement(), api.script("quang")
    path = f"/announcements/{announcement}"
    broadcast = tham.post("/broadcasts", order | {"announcement": announcement}).json()["broadcast"]
    assert tham.get(path).json()["state"] == "draft"
    assert quang.get("/approvals").json()["items"] == []
    assert tham.post(f"{path}/submission", {"confirmed": []}).json()["state"] == "submitted"
    [waiting] = quang.get("/approvals").json()["items"]
    assert (waiting["kind"], waiting["announcement"], waiting["broadcast"]) == ("broadcast", announcement, broadcast)
    body = {"manifests": [waiting["manifest"]]}
    assert tham.get("/approvals").json()["items"] == []
    assert tham.post(f"{path}/approval", body).status_code == 403, "one's own"
    assert quang.post(f"{path}/refusal", {"reason": " "}).status_code == 422
    refused = quang.post(f"{path}/refusal", {"reason": "sai ngày họp"}).json()
    assert (refused["state"], refused["refusal"]) == ("refused", "sai ngày họp")
    assert quang.post(f"{path}/approval", body).status_code == 409
    assert tham.post(f"{path}/submission").json()["state"] == "submitted"
    clip = tham.get(path).json()["clip"]
    assert quang.post(f"{path}/approval", body | {"clip": "0" * 64}).status_code == 409
    for nothing in (None, {}, {"clip": clip}, {"manifests": [], "clip": clip}):
        assert quang.post(f"{path}/approval", nothing).status_code == 422, nothing
    assert tham.get(f"/broadcasts/{broadcast}").json()["state"] == "waiting_for_approval"
    approved = quang.post(f"{path}/approval", body | {"clip": clip}).json()
    assert (approved["state"], approved["approver"]) == ("approved", "Lê Minh Quang")
    assert tham.get(f"/broadcasts/{broadcast}").json()["state"] == "planned"
    changed = tham.patch(path, {"title": "Họp khác"}, headers={"If-Match": tham.get(path).headers["etag"]})
    assert changed.json()["state"] == "draft"
    assert tham.get(f"/broadcasts/{broadcast}").json()["state"] == "planned", "as it was approved"


def test_a_change_names_the_version_that_it_changes(api: Api, tham: Script) -> None:
    path = f"/announcements/{api.commune.announcement()}"
    version = tham.get(path).headers["etag"]
    assert version == '"1"'
    assert tham.patch(path, {"text": "Khác."}).status_code == 428
    for another in ('"0"', '"2"', "1", 'W/"1"', ""):
        assert tham.patch(path, {"text": "Khác."}, headers={"If-Match": another}).status_code == 412, another
    assert tham.get(path).json()["text"] == "Kính mời bà con."
    changed = tham.patch(path, {"text": "Khác."}, headers={"If-Match": version})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert tham.patch(path, {"text": "Khác nữa."}, headers={"If-Match": version}).status_code == 412
    assert tham.get(path).json()["text"] == "Khác."
    submission = f"{path}/submission"
    assert tham.post(submission, headers={"If-Match": version}).status_code == 412, "another's change wasn't seen"
    assert tham.post(submission, headers={"If-Match": '"2"'}).json()["code"] == "sound_being_made"


def test_the_sound_is_served_with_its_hash_as_etag_and_in_ranges(api: Api, tham: Script) -> None:
    announcement = api.commune.announcement()
    path = f"/announcements/{announcement}/audio"
    answer = tham.get(path)
    clip = api.commune.row(announcement).clip
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, SOUND, f'"{clip}"')
    assert answer.headers["content-type"] == "audio/ogg; codecs=opus"
    assert tham.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    part = tham.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, SOUND[10:20])
    assert tham.patch(f"/announcements/{announcement}", {"text": "Khác."}, headers={"If-Match": "*"}).status_code == 200
    assert tham.get(path).status_code == 202


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_sound_is_not_served_but_made_again(api: Api, tham: Script, damage: str) -> None:
    announcement = api.commune.announcement()
    clip = api.commune.row(announcement).clip
    assert clip is not None
    file = api.office.store.path(clip)
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(SOUND[:-1] + b"x")
    assert tham.get(f"/announcements/{announcement}/audio").status_code == 202
    row = api.commune.row(announcement)
    assert row.clip_version < row.version


class TestABroadcast:
    """Ordered, followed, cancelled."""

    def test_gets_its_defaults(self, api: Api, tham: Script, order: dict[str, Any]) -> None:
        answer = tham.post("/broadcasts", order)
        assert answer.status_code == 201
        said = answer.json()
        assert said["starts_at"] == "2026-11-23T11:00:00.000Z"
        assert said["latest_start"] == "2026-11-23T11:02:00.000Z"
        assert said["expires_at"] == "2026-11-23T11:12:01.000Z"
        assert (said["times"], said["gap_ms"], said["duration_ms"]) == (1, 3000, 1000)
        assert (said["state"], said["speakers_total"], said["speakers_offline"]) == ("waiting_for_approval", 2, 2)
        assert said["revision"] is None
        api.commune.approve_orders(order["announcement"])
        whole = tham.get(f"/broadcasts/{said['broadcast']}").json()
        assert (whole["state"], whole["speakers_total"], whole["speakers_offline"]) == ("planned", 2, 2)
        assert isinstance(whole["revision"], int)
        assert [each["speaker"] for each in whole["deliveries"]] == ["loa-1a", "loa-1b"]
        assert set(whole["deliveries"][0]) >= {
            *("speaker", "state", "reason", "started_at", "heard_ms", "start_error_ms", "received_at"),
        }
        assert whole["deliveries"][0]["state"] == "pending"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("times", 0), ("times", 21), ("gap_ms", -1), ("gap_ms", 600_001), ("times", 1.5), ("times", True)),
            *(("starts_at", "2026-11-23T18:00:00+07:00"), ("starts_at", "soon"), ("starts_at", 1_800_000_000)),
            *(("areas", ["nowhere"]), ("areas", "xã"), ("speakers", ["nobody"]), ("announcement", "none")),
            *(("latest_start", "2026-11-23T10:59:59Z"), ("expires_at", "2026-11-23T11:00:00Z")),
            ("starts_at", "2026-11-23T09:59:59Z"),
        ],
    )
    def test_with_an_invalid_field_is_refused_with_that_field(
        self, tham: Script, order: dict[str, Any], field: str, value: Any
    ) -> None:
        answer = tham.post("/broadcasts", order | {field: value})
        assert answer.status_code == 422
        assert [each["field"].split(".")[0] for each in answer.json()["errors"]] == [field]

    def test_of_an_unapproved_announcement_waits_and_lapses(
        self, api: Api, tham: Script, order: dict[str, Any]
    ) -> None:
        order |= {"announcement": api.commune.announcement(), "starts_at": None}
        said = tham.post("/broadcasts", order).json()
        assert (said["state"], said["revision"], said["starts_at"]) == ("waiting_for_approval", None, None)
        assert (said["speakers_total"], said["speakers_offline"]) == (2, 2)
        api.website.later(minutes=10, seconds=1)
        assert tham.get(f"/broadcasts/{said['broadcast']}").json()["state"] == "lapsed"
        assert tham.post(f"/broadcasts/{said['broadcast']}/cancellation").status_code == 409

    def test_sounds_and_ends(self, api: Api, tham: Script, order: dict[str, Any]) -> None:
        broadcast = tham.post("/broadcasts", order).json()["broadcast"]
        api.commune.approve_orders(order["announcement"])

        def set_states(*states: DeliveryState) -> str:
            with api.commune.writing() as session:
                for speaker, state in zip(("loa-1a", "loa-1b"), states, strict=True):
                    delivery = session.get_one(Delivery, (broadcast, speaker))
                    delivery.state = state
                    session.add(delivery)
            now: str = tham.get(f"/broadcasts/{broadcast}").json()["state"]
            return now

        assert set_states("started", "ready") == "planned", "a speaker that says so before the start is wrong"
        api.website.later(hours=1)
        assert set_states("started", "ready") == "sounding"
        assert set_states("played", "ready") == "planned"
        assert set_states("played", "no_report") == "ended"

    @pytest.mark.parametrize("approved", [True, False])
    def test_gets_the_same_answer_when_cancelled_twice(
        self, api: Api, tham: Script, order: dict[str, Any], approved: bool
    ) -> None:
        broadcast = tham.post("/broadcasts", order).json()["broadcast"]
        if approved:
            api.commune.approve_orders(order["announcement"])
        answers = [tham.post(f"/broadcasts/{broadcast}/cancellation") for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json()["state"] == "cancelled"
        assert answers[0].json()["revision"] == answers[1].json()["revision"]


def test_silence_and_its_end(api: Api, tham: Script) -> None:
    row = api.commune.order(api.commune.approved(), "ấp 1", starts_in_s=600)
    path = f"/areas/{api.commune.areas['ấp 1']}/silence"
    said = tham.post(path, {"hold": True}).json()
    assert (said["hold"], said["cancelled"], said["reduced"]) == (True, [row.broadcast], [])
    assert tham.get("/speakers/loa-1a").json()["held_silent"]
    assert tham.call("DELETE", path).status_code == 200
    assert not tham.get("/speakers/loa-1a").json()["held_silent"]
    assert tham.call("DELETE", path).status_code == 200, "once more changes nothing"


def test_health_names_what_is_broken_without_a_token(api: Api) -> None:
    for path in ("/health", "/api/v1/health"):
        answer = api.client.get(path)
        assert answer.status_code == 503
        assert "máy chủ truyền tin" in answer.json()["broker"]


def test_the_interface_has_its_openapi_description(api: Api) -> None:
    described = api.nobody.get("/openapi.json").json()
    assert "/api/v1/broadcasts/{broadcast}/cancellation" in described["paths"]
