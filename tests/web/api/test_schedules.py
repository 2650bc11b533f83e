"""The REST interface of schedules, single occurrences, holidays and the order of priority bulletins."""

from typing import Any

import pytest

from controller.database.tables import Area
from tests.web.api.scripts import Api, Script


@pytest.fixture
def tham(api: Api) -> Script:
    return api.script()


def _body(api: Api, **more: Any) -> dict[str, Any]:
    return {
        "announcement": more.pop("announcement", None) or api.commune.approved(),
        "areas": [api.commune.areas["ấp 1"]],
        "first_start": "2026-11-30T17:00:00",
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "exception_dates": ["2026-12-02"],
        "skip_holidays": True,
        **more,
    }


def _made(api: Api, tham: Script, **more: Any) -> str:
    """Make a schedule, and have it approved."""
    answer = tham.post("/schedules", _body(api, **more))
    assert answer.status_code == 201, answer.text
    api.commune.approve_orders(answer.json()["announcement"])
    return str(answer.json()["schedule"])


def _state(tham: Script, broadcast: str) -> str:
    state: str = tham.get(f"/broadcasts/{broadcast}").json()["state"]
    return state


def _occurrences(tham: Script, schedule: str, query: str = "") -> list[dict[str, Any]]:
    answer = tham.get(f"/schedules/{schedule}/occurrences{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_schedule_has_the_fields_that_were_ordered(api: Api, tham: Script) -> None:
    body = _body(api, until="2026-12-31T23:59:59")
    answer = tham.post("/schedules", body)
    assert answer.status_code == 201
    shown = tham.get(f"/schedules/{answer.json()['schedule']}").json()
    assert {**shown, "warnings": []} == answer.json()
    assert {name: shown[name] for name in body} == body
    assert (shown["speakers"], shown["times"], shown["gap_ms"], shown["trouble"]) == ([], 1, 3000, None)
    assert [each["schedule"] for each in tham.get("/schedules").json()["items"]] == [shown["schedule"]]


def test_occurrences_have_their_broadcasts_and_skipped_ones_say_why(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    found = _occurrences(tham, schedule, "?from=2026-11-30T00:00:00Z&to=2026-12-05T00:00:00.000Z")
    assert [(each["starts_at"], each["skipped"]) for each in found] == [
        ("2026-11-30T10:00:00.000Z", None),
        ("2026-12-01T10:00:00.000Z", None),
        ("2026-12-02T10:00:00.000Z", "exception"),
        ("2026-12-03T10:00:00.000Z", None),
        ("2026-12-04T10:00:00.000Z", None),
    ]
    assert [each["broadcast"] is None for each in found] == [False, False, True, False, False]
    broadcast = tham.get(f"/broadcasts/{found[0]['broadcast']}").json()
    assert broadcast["starts_at"] == "2026-11-30T10:00:00.000Z"
    assert {each["speaker"] for each in broadcast["deliveries"]} == {"loa-1a", "loa-1b"}


def test_an_occurrence_on_a_holiday_is_skipped_with_its_reason(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    found = _occurrences(tham, schedule, "?from=2026-12-31T00:00:00Z&to=2027-01-02T00:00:00Z")
    assert [(each["occurrence"], each["skipped"]) for each in found] == [
        ("2026-12-31T17:00:00", None),
        ("2027-01-01T17:00:00", "holiday"),
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?limit=3", 3),
        ("?from=2026-12-01T10:00:00Z&to=2026-12-01T10:00:00Z", 0),
        ("?from=2026-12-01T10:00:00.000Z&to=2026-12-01T10:00:00.001Z", 1),
        ("?from=2026-12-01T09:59:59.999Z&to=2026-12-01T10:00:00.000Z", 0),
        ("?from=2026-11-30T00:00:00Z&to=2035-01-01T00:00:00Z&limit=1000", 1000),
    ],
)
def test_a_range_includes_its_beginning_and_not_its_end(api: Api, tham: Script, query: str, count: int) -> None:
    assert len(_occurrences(tham, _made(api, tham), query)) == count


@pytest.mark.parametrize("query", ["?from=x", "?limit=0", "?limit=1001", "?to=2026-13-01T00:00:00Z"])
def test_an_invalid_range_is_refused(api: Api, tham: Script, query: str) -> None:
    assert tham.get(f"/schedules/{_made(api, tham)}/occurrences{query}").status_code == 422


def test_one_occurrence_is_moved_dropped_and_restored(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    path = f"/schedules/{schedule}/occurrences/2026-12-01T17:00:00"
    before = _occurrences(tham, schedule, "?limit=4")
    moved = tham.patch(path, {"starts_at": "2026-12-01T18:30:00"}).json()
    assert (moved["starts_at"], moved["moved"]) == ("2026-12-01T11:30:00.000Z", True)
    assert _state(tham, moved["broadcast"]) == "waiting_for_approval"
    assert _state(tham, before[1]["broadcast"]) == "cancelled", "at its old hour it isn't wanted any more"
    dropped = tham.patch(path, {"dropped": True}).json()
    assert (dropped["skipped"], dropped["broadcast"]) == ("dropped", None)
    again = tham.patch(path, {}).json()
    assert (again["starts_at"], again["skipped"], again["moved"]) == ("2026-12-01T10:00:00.000Z", None, False)
    assert _state(tham, again["broadcast"]) == "planned", "as it was approved"
    after = _occurrences(tham, schedule, "?limit=4")
    assert [each["broadcast"] for each in after][0::2] == [each["broadcast"] for each in before][0::2]
    assert tham.patch(f"/schedules/{schedule}/occurrences/2026-12-01T17:01:00", {}).status_code == 404
    assert tham.patch(f"/schedules/{schedule}/occurrences/tomorrow", {}).status_code == 404


@pytest.mark.parametrize(("hour", "state"), [("2026-12-01T18:30:00", "planned"), ("2026-12-02T17:00:00", "waiting")])
def test_an_area_may_let_an_occurrence_be_moved_within_its_day(api: Api, tham: Script, hour: str, state: str) -> None:
    with api.writing() as session:
        area = session.get_one(Area, api.commune.areas["xã"])
        area.approval_policy = {"same_day_moves": True}
        session.add(area)
    schedule = _made(api, tham)
    before = _occurrences(tham, schedule, "?limit=2")[1]["broadcast"]
    path = f"/schedules/{schedule}/occurrences/2026-12-01T17:00:00"
    moved = tham.patch(path, {"starts_at": hour}).json()["broadcast"]
    assert _state(tham, moved).startswith(state)
    assert (moved == before) == (state == "planned")


def test_what_a_change_adds_waits_and_what_it_takes_away_does_not(api: Api, tham: Script) -> None:
    schedule, hamlet = _made(api, tham), api.commune.areas["ấp 1"]
    path = f"/schedules/{schedule}"

    def states(*days: int) -> list[str]:
        """Of the broadcasts on these days of December."""
        found = {each["occurrence"][:10]: each["broadcast"] for each in _occurrences(tham, schedule, "?limit=8")}
        return [_state(tham, found[f"2026-12-{day:02}"]) for day in days]

    assert states(1, 3, 4) == ["planned"] * 3
    assert tham.patch(path, {"exception_dates": ["2026-12-02", "2026-12-03"]}).status_code == 200
    assert states(1, 4) == ["planned"] * 2
    assert tham.patch(path, {"areas": [hamlet, api.commune.areas["ấp 2"]]}).status_code == 200
    assert states(1, 4) == ["waiting_for_approval"] * 2
    assert tham.patch(path, {"areas": [hamlet]}).status_code == 200
    assert states(1, 4) == ["planned"] * 2, "as it was approved"
    assert tham.patch(path, {"rrule": "FREQ=DAILY"}).status_code == 200
    assert states(1, 4, 5, 6) == ["planned", "planned", "waiting_for_approval", "waiting_for_approval"]
    api.commune.approve_orders(tham.get(path).json()["announcement"])
    assert states(1, 4, 5, 6) == ["planned"] * 4


def test_a_patch_keeps_the_fields_that_it_does_not_name(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    changed = tham.patch(f"/schedules/{schedule}", {"rrule": "FREQ=DAILY", "until": "2026-12-10T00:00:00"})
    assert changed.status_code == 200
    assert changed.json()["exception_dates"] == ["2026-12-02"]
    assert changed.json()["until"] == "2026-12-10T00:00:00"
    assert tham.patch(f"/schedules/{schedule}", {"until": None}).json()["until"] is None
    assert tham.patch(f"/schedules/{schedule}", {"rrule": None}).status_code == 422


def test_an_ended_schedule_is_gone_and_its_broadcasts_are_cancelled(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    broadcast = _occurrences(tham, schedule, "?limit=1")[0]["broadcast"]
    assert tham.call("DELETE", f"/schedules/{schedule}").status_code == 204
    assert tham.get(f"/schedules/{schedule}").status_code == 404
    assert tham.call("DELETE", f"/schedules/{schedule}").status_code == 404
    assert tham.get("/schedules").json()["items"] == []
    assert tham.get(f"/broadcasts/{broadcast}").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rrule", "FREQ=SECONDLY"),
        ("rrule", "FREQ=MINUTELY"),
        ("rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        ("rrule", "FREQ=DAILY;UNTIL=20261231T000000Z"),
        ("rrule", ""),
        ("time_zone", "Asia/Nowhere"),
        ("first_start", "2026-11-30T17:00:00Z"),
        ("first_start", "2026-02-30T17:00:00"),
        ("until", "2026-11-29T00:00:00"),
        ("exception_dates", ["2026-02-30"]),
        ("exception_dates", ["2026-12-24"] * 4_000),
        ("areas", ["a-nowhere"]),
        ("announcement", "nobody"),
        ("times", 0),
        ("unknown", 1),
    ],
)
def test_an_invalid_schedule_is_refused_with_its_field(api: Api, tham: Script, field: str, value: Any) -> None:
    answer = tham.post("/schedules", _body(api) | {field: value})
    assert answer.status_code == 422
    assert field in answer.text


def test_a_hundred_thousand_exception_dates_are_refused_with_a_sentence(api: Api, tham: Script) -> None:
    answer = tham.post("/schedules", _body(api, exception_dates=["2026-12-24"] * 100_000))
    assert answer.status_code == 413
    assert answer.json()["detail"]


def test_two_ends_at_once_are_refused(api: Api, tham: Script) -> None:
    body = _body(api, rrule="FREQ=DAILY;UNTIL=20261231T000000", until="2026-12-31T00:00:00")
    assert tham.post("/schedules", body).status_code == 422


def test_a_skipped_local_time_is_left_out_and_a_repeated_one_means_the_first(api: Api, tham: Script) -> None:
    schedule = _made(
        api,
        tham,
        time_zone="America/New_York",
        rrule="FREQ=DAILY",
        first_start="2027-03-13T02:30:00",
        exception_dates=[],
        skip_holidays=False,
    )
    spring = _occurrences(tham, schedule, "?from=2027-03-13T00:00:00Z&to=2027-03-16T00:00:00Z")
    assert [each["starts_at"] for each in spring] == ["2027-03-13T07:30:00.000Z", "2027-03-15T06:30:00.000Z"]
    assert tham.patch(f"/schedules/{schedule}", {"first_start": "2027-03-13T01:30:00"}).status_code == 200
    autumn = _occurrences(tham, schedule, "?from=2027-11-07T00:00:00Z&to=2027-11-08T00:00:00Z")
    assert [each["starts_at"] for each in autumn] == ["2027-11-07T05:30:00.000Z"]


def test_the_same_key_makes_one_schedule(api: Api, tham: Script) -> None:
    body, key = _body(api), {"Idempotency-Key": "k1"}
    answers = [tham.post("/schedules", body, headers=key).json()["schedule"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(tham.get("/schedules").json()["items"]) == 1


def test_an_officer_who_is_not_in_charge_of_the_place_is_refused(api: Api, tham: Script) -> None:
    schedule = _made(api, tham)
    other = api.script(api.commune.in_charge_of("editor", "ấp 2"))
    assert other.post("/schedules", _body(api)).status_code == 403
    assert other.patch(f"/schedules/{schedule}", {"rrule": "FREQ=DAILY"}).status_code == 403
    assert other.call("DELETE", f"/schedules/{schedule}").status_code == 403
    path = f"/schedules/{schedule}/occurrences/2026-12-01T17:00:00"
    assert other.patch(path, {"dropped": True}).status_code == 403


def test_a_warning_about_limits_is_in_the_answer(api: Api, tham: Script) -> None:
    limits = {"session_limits": {"weekdays": [0, 1]}}
    assert tham.patch(f"/areas/{api.commune.areas['xã']}", limits).status_code == 200
    answer = tham.post("/schedules", _body(api, skip_holidays=False, exception_dates=[]))
    assert answer.json()["warnings"] == [
        "Thứ Tư không phải ngày phát của Ấp 1.",
        "Thứ Năm không phải ngày phát của Ấp 1.",
        "Thứ Sáu không phải ngày phát của Ấp 1.",
    ]
    body = {"announcement": api.commune.approved(), "areas": [api.commune.areas["ấp 1"]]}
    assert tham.post("/broadcasts", {**body, "starts_at": "2026-11-25T10:00:00Z"}).json()["warnings"]
    assert tham.post("/broadcasts", {**body, "starts_at": "2026-11-24T10:00:00Z"}).json()["warnings"] == []


def test_holidays_are_those_of_the_law_until_a_decree_is_entered(api: Api, tham: Script) -> None:
    year = tham.get("/holidays/2027").json()
    assert year["provisional"]
    assert {"day": "2027-02-06", "name": "Tết Nguyên Đán"} in year["days"]
    days = [*year["days"], {"day": "2027-12-31", "name": "Nghỉ bù"}]
    changed = tham.call("PUT", "/holidays/2027", {"days": days, "decree": "Quyết định 9/QĐ-TTg"}).json()
    assert not changed["provisional"]
    assert changed["days"][-1] == {"day": "2027-12-31", "name": "Nghỉ bù"}
    assert tham.call("DELETE", "/holidays/2027").json() == year
    assert tham.get("/holidays/1900").status_code == 422
    assert tham.call("PUT", "/holidays/2027", {"days": [{"day": "2026-12-31", "name": "x"}]}).status_code == 422
    assert api.script("editor").call("PUT", "/holidays/2027", {"days": []}).status_code == 403


def test_the_order_of_two_priority_bulletins_is_set(api: Api, tham: Script) -> None:
    first = api.commune.order(api.commune.approved("priority"), "xã", starts_in_s=3600, times=5)
    api.commune.later(seconds=1)
    second = api.commune.order(api.commune.approved("priority"), "ấp 1", starts_in_s=3599)
    [collision] = tham.get("/collisions").json()["items"]
    assert (collision["first"], collision["second"], collision["decided"]) == (first.broadcast, second.broadcast, False)
    answer = tham.post("/collisions", {"first": second.broadcast, "second": first.broadcast})
    [decided] = answer.json()["items"]
    assert (decided["first"], decided["decided"]) == (second.broadcast, True)
    assert decided["first_starts_at"] == "2026-11-23T11:00:00.000Z"
    assert tham.post("/collisions", {"first": "x", "second": "y"}).status_code == 422
