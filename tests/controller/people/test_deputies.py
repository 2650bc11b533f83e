"""Deputies: who approves in whose place, from when until when, and where."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from controller.broadcasts.silence import silence_area
from controller.database.column_types import Role
from controller.database.tables import AuditEntry, Deputy, Officer
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.people.accounts import change_charge, make_link, set_disabled
from controller.people.deputies import MOST_DAYS, deputies_yet, end_deputy, let_begin, may_be_named, name_deputy
from controller.people.password_links import standing_link
from controller.station.area_tree import area_tree
from controller.station.charges import WHOLE_STATION, Charge, charges_of, may
from tests.people import Commune

TODAY = date(2026, 11, 23)
"""17:00 in the commune."""
TOMORROW = TODAY + timedelta(days=1)


def _name(commune: Commune, absent: str, deputy: str, last_day: date = TOMORROW) -> str:
    with commune.writing() as session:
        named = commune.officers[deputy].officer
        return name_deputy(session, commune.now, commune.officers[absent], named, last_day).deputy


def _may(commune: Commune, username: str, role: Role, *areas: str) -> bool:
    with commune.database.reading() as session:
        charges = charges_of(session, commune.now, commune.officers[username])
        return may(charges, role, [commune.areas[each] for each in areas], area_tree(session))


def _change(commune: Commune, username: str, **fields: object) -> None:
    with commune.writing() as session:
        row = session.get_one(Officer, commune.officers[username].officer)
        row.sqlmodel_update(fields)
        session.add(row)


@pytest.fixture
def hamlet(commune: Commune) -> Commune:
    """An approver and an editor of ấp 1, and an approver of ấp 2."""
    commune.officer("lan", "approver", "ấp 1")
    commune.officer("hai", "editor", "ấp 1")
    commune.officer("ba", "approver", "ấp 2")
    return commune


def test_a_deputy_approves_in_the_absent_officers_area_and_nowhere_else(hamlet: Commune) -> None:
    assert not _may(hamlet, "ba", "viewer", "ấp 1")
    _name(hamlet, "lan", "ba")
    assert _may(hamlet, "ba", "approver", "ấp 1")
    assert _may(hamlet, "ba", "approver", "ấp 1", "ấp 2")
    assert not _may(hamlet, "ba", "approver", "xã")
    assert not _may(hamlet, "ba", "approver", *WHOLE_STATION)
    assert not _may(hamlet, "ba", "administrator", "ấp 1")
    assert _may(hamlet, "lan", "approver", "ấp 1"), "who is away may still approve"


def test_the_deputy_of_an_administrator_is_no_administrator(hamlet: Commune) -> None:
    _name(hamlet, "tham", "ba")
    assert _may(hamlet, "ba", "approver", *WHOLE_STATION)
    assert not _may(hamlet, "ba", "administrator", "ấp 2")


def test_it_ends_by_itself_with_its_last_day_in_the_stations_zone(hamlet: Commune) -> None:
    _name(hamlet, "lan", "ba", TODAY)
    hamlet.later(hours=6, minutes=59)
    assert _may(hamlet, "ba", "approver", "ấp 1")
    hamlet.later(minutes=1)
    assert not _may(hamlet, "ba", "approver", "ấp 1")
    with hamlet.database.reading() as session:
        assert deputies_yet(session, hamlet.now) == []


def test_an_editor_begins_as_deputy_after_a_day_and_by_no_second_account_of_the_absent_officer(
    hamlet: Commune,
) -> None:
    """Else one administrator is two people: an account is added, named deputy, and approves what the other wrote."""
    deputy = _name(hamlet, "lan", "hai", TODAY + timedelta(days=9))
    assert not _may(hamlet, "hai", "approver", "ấp 1")
    for username in ("lan", "hai", "quang", "ba"):
        with pytest.raises(Forbidden), hamlet.writing() as session:
            let_begin(session, hamlet.now, hamlet.officers[username], deputy)
    hamlet.later(hours=24, seconds=-1)
    assert not _may(hamlet, "hai", "approver", "ấp 1")
    hamlet.later(seconds=1)
    assert _may(hamlet, "hai", "approver", "ấp 1")


def test_an_administrator_who_is_away_does_not_let_the_own_deputy_begin(hamlet: Commune) -> None:
    deputy = _name(hamlet, "tham", "editor", TODAY + timedelta(days=9))
    with pytest.raises(Forbidden), hamlet.writing() as session:
        let_begin(session, hamlet.now, hamlet.officers["tham"], deputy)
    hamlet.officer("second", "administrator")
    with hamlet.writing() as session:
        let_begin(session, hamlet.now, hamlet.officers["second"], deputy)
    assert _may(hamlet, "editor", "approver", *WHOLE_STATION)
    with pytest.raises(Conflict), hamlet.writing() as session:
        let_begin(session, hamlet.now, hamlet.officers["second"], deputy)


def test_another_deputy_takes_the_place_of_the_one_before(hamlet: Commune) -> None:
    _name(hamlet, "lan", "ba")
    second = _name(hamlet, "lan", "quang")
    assert not _may(hamlet, "ba", "approver", "ấp 1")
    with hamlet.database.reading() as session:
        assert [each.deputy for each in deputies_yet(session, hamlet.now)] == [second]


@pytest.mark.parametrize(
    ("username", "may_end"), [("lan", True), ("ba", True), ("tham", True), ("quang", False), ("hai", False)]
)
def test_either_of_the_two_or_an_administrator_takes_it_back(hamlet: Commune, username: str, may_end: bool) -> None:
    deputy = _name(hamlet, "lan", "ba")
    if may_end:
        for _twice in range(2):
            with hamlet.writing() as session:
                end_deputy(session, hamlet.now, hamlet.officers[username], deputy)
        with hamlet.database.reading() as session:
            assert session.get_one(Deputy, deputy).ended_by == hamlet.officers[username].officer
    else:
        with pytest.raises(Forbidden), hamlet.writing() as session:
            end_deputy(session, hamlet.now, hamlet.officers[username], deputy)
    assert _may(hamlet, "ba", "approver", "ấp 1") is not may_end


def test_an_administrator_of_another_hamlet_does_not_take_it_back(hamlet: Commune) -> None:
    deputy = _name(hamlet, "lan", "quang")
    other = hamlet.officer("other", "administrator", "ấp 2")
    with pytest.raises(Forbidden), hamlet.writing() as session:
        end_deputy(session, hamlet.now, other, deputy)
    with pytest.raises(NotFound), hamlet.writing() as session:
        end_deputy(session, hamlet.now, other, "no-such-deputy")


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "editor"}, {"role": "viewer"}])
def test_a_deputy_has_nothing_that_the_absent_officer_has_not(hamlet: Commune, change: dict[str, object]) -> None:
    _name(hamlet, "lan", "ba")
    _change(hamlet, "lan", **change)
    assert not _may(hamlet, "ba", "viewer", "ấp 1")


def test_a_deputy_follows_the_absent_officer_to_another_area(hamlet: Commune) -> None:
    _name(hamlet, "ba", "lan")
    _change(hamlet, "ba", area=hamlet.areas["xã"])
    assert _may(hamlet, "lan", "approver", "xã")


def test_a_deputy_names_no_deputy_and_a_disabled_one_does_nothing(hamlet: Commune) -> None:
    _name(hamlet, "lan", "hai", TODAY + timedelta(days=9))
    hamlet.later(days=1)
    assert _may(hamlet, "hai", "approver", "ấp 1")
    with pytest.raises(Forbidden):
        _name(hamlet, "hai", "quang", TODAY + timedelta(days=9))
    _change(hamlet, "hai", disabled=True)
    assert not _may(hamlet, "hai", "viewer", "ấp 1")


def test_a_deputy_who_is_made_an_editor_approves_in_nobodys_place(hamlet: Commune) -> None:
    _name(hamlet, "lan", "ba")
    with hamlet.writing() as session:
        change_charge(session, hamlet.now, hamlet.officers["tham"], hamlet.officers["ba"].officer, "editor", None)
    assert not _may(hamlet, "ba", "approver", "ấp 1")
    _name(hamlet, "lan", "hai")
    with hamlet.writing() as session:
        change_charge(session, hamlet.now, hamlet.officers["tham"], hamlet.officers["hai"].officer, "viewer", None)
    hamlet.later(hours=23)
    assert not _may(hamlet, "hai", "approver", "ấp 1"), "who has to wait for a day waits"
    with hamlet.database.reading() as session:
        assert [each.officer for each in deputies_yet(session, hamlet.now)] == [hamlet.officers["hai"].officer]


@pytest.mark.parametrize("username", ["editor", "hai"])
def test_who_is_no_approver_names_no_deputy(hamlet: Commune, username: str) -> None:
    with pytest.raises(Forbidden):
        _name(hamlet, username, "quang")


def test_an_approver_who_was_disabled_meanwhile_names_no_deputy(hamlet: Commune) -> None:
    _change(hamlet, "lan", disabled=True)
    with pytest.raises(Forbidden):
        _name(hamlet, "lan", "ba")


@pytest.mark.parametrize(
    ("deputy", "last_day", "code"),
    [
        ("lan", TOMORROW, "deputy_is_oneself"),
        ("ba", TODAY - timedelta(days=1), "deputy_day_past"),
        ("ba", TODAY + timedelta(days=MOST_DAYS + 1), "deputy_too_long"),
        ("ba", date.max, "deputy_too_long"),
        ("hai", TODAY, "deputy_ends_before_begin"),
    ],
)
def test_what_is_impossible_is_refused_with_its_reason(hamlet: Commune, deputy: str, last_day: date, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        _name(hamlet, "lan", deputy, last_day)
    assert refused.value.phrase.code == code


def test_neither_a_stranger_nor_a_closed_account_is_named(hamlet: Commune) -> None:
    _change(hamlet, "ba", disabled=True)
    with hamlet.writing() as session:
        people = session.exec(select(Officer)).all()
        named = {each.username for each in may_be_named(people, hamlet.officers["lan"])}
        assert {"lan", "ba"} & named == set()
        for officer, code in ((hamlet.officers["ba"].officer, "deputy_disabled"), ("nobody", "deputy_missing")):
            with pytest.raises(Invalid) as refused:
                name_deputy(session, hamlet.now, hamlet.officers["lan"], officer, TOMORROW)
            assert refused.value.phrase.code == code


def test_the_audit_says_in_whose_place_a_deputy_acted_and_nothing_of_the_deputys_own_acts(hamlet: Commune) -> None:
    _name(hamlet, "lan", "ba")
    for area in ("ấp 1", "ấp 2"):
        with hamlet.writing() as session:
            silence_area(session, hamlet.now, hamlet.officers["ba"], hamlet.areas[area], hold=False)
    with hamlet.database.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "silence ordered")).all()
        named = session.exec(select(AuditEntry).where(AuditEntry.action == "deputy named")).one()
    told = {each.subject: each.detail.get("in_place_of") for each in entries}
    assert told == {hamlet.areas["ấp 1"]: [hamlet.officers["lan"].officer], hamlet.areas["ấp 2"]: None}
    assert (named.officer, named.subject) == (hamlet.officers["lan"].officer, hamlet.officers["ba"].officer)


def test_charges_say_whose_they_are(hamlet: Commune) -> None:
    _name(hamlet, "lan", "ba")
    with hamlet.database.reading() as session:
        charges = charges_of(session, hamlet.now, hamlet.officers["ba"])
    assert charges == (
        Charge("approver", hamlet.areas["ấp 2"]),
        Charge("approver", hamlet.areas["ấp 1"], hamlet.officers["lan"].officer),
    )


def test_one_administrator_does_not_become_a_deputy_by_a_link(hamlet: Commune) -> None:
    hamlet.officer("editor 2", "editor")
    editor, administrator = hamlet.officers["editor 2"], hamlet.officers["tham"]
    with hamlet.writing() as session:
        before = make_link(session, hamlet.now, administrator, editor.officer).token
    _name(hamlet, "quang", "editor 2", TOMORROW + timedelta(days=3))
    with hamlet.writing() as session, pytest.raises(Conflict):
        standing_link(session, hamlet.now, before)
    with hamlet.writing() as session:
        made = make_link(session, hamlet.now, administrator, editor.officer).token
        with pytest.raises(Conflict) as refused:
            standing_link(session, hamlet.now, made)
        assert refused.value.phrase.code == "link_waits"
        set_disabled(session, hamlet.now, administrator, editor.officer, disabled=True)
        assert set_disabled(session, hamlet.now, administrator, editor.officer, disabled=False) is not None
