"""What one administrator alone doesn't do at once: it waits for a second one, or for a day in which others see it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from controller.database.column_types import ROLES, Role
from controller.database.tables import AuditEntry, Officer, PasswordLink, WeightyDeed
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.people.accounts import change_charge, invite_officer, make_link, set_disabled
from controller.people.one_officer_rule import end_one_officer, rule_in_force
from controller.people.weighty_deeds import (
    WAITS,
    agree,
    ask_for_one_officer,
    carry_out_due,
    deeds_to_tell,
    withdraw,
)
from controller.station.area_tree import area_tree
from controller.station.charges import Charge, charges_of, makes_approver
from tests.controller.people.test_password_links import link_of, new_hash, use
from tests.people import Commune


@pytest.fixture
def commune(commune: Commune) -> Commune:
    """Two more administrators: of the whole station, and of ấp 1."""
    commune.officer("second", "administrator")
    commune.officer("hamlet", "administrator", "ấp 1")
    return commune


def _charge(commune: Commune, username: str) -> Charge:
    with commune.database.reading() as session:
        row = session.get_one(Officer, commune.officers[username].officer)
        return Charge(row.role, row.area)


def _raise(commune: Commune, username: str, role: Role = "approver", by: str = "tham", area: str | None = None) -> str:
    """Ask that an officer gets this role; returns the deed."""
    with commune.writing() as session:
        officer, place = commune.officers[username].officer, commune.areas[area] if area else None
        asked = change_charge(session, commune.now, commune.officers[by], officer, role, place)
    assert asked is not None
    return asked.deed


def _agree(commune: Commune, deed: str, by: str = "second") -> None:
    with commune.writing() as session:
        agree(session, commune.now, commune.officers[by], deed)


def _withdraw(commune: Commune, deed: str, by: str = "second") -> None:
    with commune.writing() as session:
        withdraw(session, commune.now, commune.officers[by], deed)


def _told(commune: Commune, reader: str) -> list[tuple[str, bool, bool]]:
    """By the kind: whether the reader may agree, and withdraw."""
    with commune.database.reading() as session:
        officer = commune.officers[reader]
        told = deeds_to_tell(session, officer, charges_of(session, commune.now, officer))
        return [(each.row.kind, each.may_agree, each.may_withdraw) for each in told]


def _disable(commune: Commune, username: str, by: str = "tham", *, disabled: bool = True) -> WeightyDeed | None:
    with commune.writing() as session:
        officer = commune.officers[username].officer
        return set_disabled(session, commune.now, commune.officers[by], officer, disabled=disabled)


def _is_disabled(commune: Commune, username: str) -> bool:
    with commune.database.reading() as session:
        return session.get_one(Officer, commune.officers[username].officer).disabled


def test_to_become_an_approver_somewhere_is_weighty_and_less_is_not(commune: Commune) -> None:
    with commune.database.reading() as session:
        tree = area_tree(session)
    places = (None, commune.areas["xã"], commune.areas["ấp 1"], commune.areas["ấp 2"])
    reach: dict[str | None, set[str | None]] = {each: {each} for each in places}
    reach |= {None: set(places), places[1]: set(places[1:])}
    for role in ROLES:
        for area in places:
            weighty = role in ("approver", "administrator")
            assert makes_approver(None, Charge(role, area), tree) == weighty
            for before in ROLES:
                for there in places:
                    had = ROLES.index(before) >= ROLES.index(role) and area in reach[there]
                    assert makes_approver(Charge(before, there), Charge(role, area), tree) == (weighty and not had)


@pytest.mark.parametrize("role", ["approver", "administrator"])
def test_an_officer_is_raised_when_a_second_administrator_agrees(commune: Commune, role: Role) -> None:
    deed = _raise(commune, "editor", role)
    assert _charge(commune, "editor") == Charge("editor", None)
    _agree(commune, deed)
    assert _charge(commune, "editor") == Charge(role, None)
    with commune.database.reading() as session:
        actions = [(each.action, each.officer) for each in session.exec(select(AuditEntry)).all()]
    tham, second = (commune.officers[name].officer for name in ("tham", "second"))
    assert [each for each in actions if "charge" in each[0] or "weighty" in each[0]] == [
        ("weighty deed asked", tham),
        ("weighty deed agreed", second),
        ("charge changed", tham),
    ]


def test_a_single_administrator_waits_a_day(commune: Commune) -> None:
    for username in ("second", "hamlet"):
        _disable(commune, username)
    _raise(commune, "editor")
    commune.later(hours=23, minutes=59)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "editor").role == "editor"
    commune.later(minutes=1)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "editor").role == "approver"
    carry_out_due(commune.database, commune.now)


@pytest.mark.parametrize("by", ["tham", "quang", "editor", "hamlet"])
def test_neither_the_asker_nor_whom_it_is_about_nor_who_is_not_in_charge_agrees(commune: Commune, by: str) -> None:
    deed = _raise(commune, "editor")
    with pytest.raises(Forbidden):
        _agree(commune, deed, by)
    assert _charge(commune, "editor").role == "editor"


def test_an_administrator_does_not_agree_to_the_own_promotion(commune: Commune) -> None:
    deed = _raise(commune, "hamlet", "administrator", area="xã")
    with pytest.raises(Forbidden):
        _agree(commune, deed, "hamlet")
    _agree(commune, deed)
    assert _charge(commune, "hamlet") == Charge("administrator", commune.areas["xã"])


def test_nobody_changes_the_own_charge(commune: Commune) -> None:
    own = commune.officers["hamlet"]
    with pytest.raises(Conflict), commune.writing() as session:
        change_charge(session, commune.now, own, own.officer, "administrator", commune.areas["ấp 1"])


def test_an_administrator_of_a_hamlet_asks_and_agrees_there_alone(commune: Commune) -> None:
    commune.officer("theirs", "editor", "ấp 1")
    commune.officer("elsewhere", "editor", "ấp 2")
    for username, area in (("elsewhere", "ấp 2"), ("elsewhere", "ấp 1"), ("theirs", "ấp 2"), ("theirs", None)):
        with pytest.raises(Forbidden):
            _raise(commune, username, by="hamlet", area=area)
    deed = _raise(commune, "theirs", by="hamlet", area="ấp 1")
    _agree(commune, deed, "tham")
    moved = _raise(commune, "theirs", area="ấp 2")
    with pytest.raises(Forbidden):
        _agree(commune, moved, "hamlet")
    with pytest.raises(Forbidden):
        _withdraw(commune, moved, "hamlet")


@pytest.mark.parametrize("by", ["tham", "second"])
def test_who_asked_or_any_administrator_in_charge_withdraws_it(commune: Commune, by: str) -> None:
    deed = _raise(commune, "editor")
    _withdraw(commune, deed, by)
    _withdraw(commune, deed, by)
    with pytest.raises(Conflict):
        _agree(commune, deed)
    commune.later(hours=25)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "editor").role == "editor"


def test_what_was_carried_out_is_not_withdrawn_nor_agreed_to_again(commune: Commune) -> None:
    deed = _raise(commune, "editor")
    _agree(commune, deed)
    for settle in (_agree, _withdraw):
        with pytest.raises(Conflict):
            settle(commune, deed)
        with pytest.raises(NotFound):
            settle(commune, "nothing")


def test_what_somebody_asked_who_is_no_longer_in_charge_lapses(commune: Commune) -> None:
    deed = _raise(commune, "editor", by="second")
    _disable(commune, "second")
    with pytest.raises(Conflict):
        _agree(commune, deed, "tham")
    commune.later(hours=24)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "editor").role == "editor"
    assert _told(commune, "tham") == []


def test_another_decision_about_the_same_officer_withdraws_the_first(commune: Commune) -> None:
    first = _raise(commune, "editor")
    second = _raise(commune, "editor", "administrator")
    with pytest.raises(Conflict):
        _agree(commune, first)
    with commune.writing() as session:
        officer = commune.officers["editor"].officer
        assert change_charge(session, commune.now, commune.officers["tham"], officer, "viewer", None) is None
    with pytest.raises(Conflict):
        _agree(commune, second)
    assert _charge(commune, "editor").role == "viewer"


def test_less_of_a_role_takes_effect_at_once(commune: Commune) -> None:
    with commune.writing() as session:
        officer = commune.officers["quang"].officer
        assert change_charge(session, commune.now, commune.officers["tham"], officer, "approver", None) is None
        narrower = commune.areas["ấp 1"]
        assert change_charge(session, commune.now, commune.officers["tham"], officer, "approver", narrower) is None
    assert _charge(commune, "quang") == Charge("approver", narrower)
    _raise(commune, "quang", area="ấp 2")
    assert _charge(commune, "quang") == Charge("approver", narrower), "another hamlet is more"


def test_a_new_approver_is_an_editor_until_then_and_sets_a_password_meanwhile(commune: Commune) -> None:
    with commune.writing() as session:
        row, made = invite_officer(
            session, commune.now, commune.officers["tham"], username="dung", name="Dũng", role="approver"
        )
        commune.officers["dung"] = row
    assert _charge(commune, "dung") == Charge("editor", None)
    use(commune, made.token)
    commune.later(hours=24)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "dung") == Charge("approver", None)


class TestLinks:
    """A link for an approver or an administrator holds when a second one agrees, or after a day."""

    def _link(self, commune: Commune, username: str = "quang") -> tuple[str, str]:
        """(token, deed)."""
        token = link_of(commune, username)
        with commune.database.reading() as session:
            [deed] = session.exec(select(WeightyDeed).where(WeightyDeed.kind == "link")).all()[-1:]
            return token, deed.deed

    def test_it_waits_and_then_holds_for_three_days(self, commune: Commune) -> None:
        token, deed = self._link(commune)
        with pytest.raises(Conflict, match="chưa dùng được"):
            use(commune, token)
        commune.later(hours=20)
        _agree(commune, deed)
        commune.later(days=2, hours=23)
        use(commune, token)

    def test_it_holds_by_itself_after_a_day(self, commune: Commune) -> None:
        token, _ = self._link(commune, "second")
        commune.later(hours=24)
        with pytest.raises(Conflict):
            use(commune, token)
        carry_out_due(commune.database, commune.now)
        use(commune, token)

    def test_whose_it_is_does_not_agree_and_withdraws_it_as_administrator(self, commune: Commune) -> None:
        token, deed = self._link(commune, "second")
        assert _told(commune, "second") == [("link", False, True)]
        with pytest.raises(Forbidden):
            _agree(commune, deed, "second")
        _withdraw(commune, deed, "second")
        commune.later(hours=25)
        carry_out_due(commune.database, commune.now)
        with pytest.raises(Conflict):
            use(commune, token)

    def test_the_newest_alone_waits(self, commune: Commune) -> None:
        first, deed = self._link(commune)
        second, _ = self._link(commune)
        with pytest.raises(Conflict):
            _agree(commune, deed)
        commune.later(hours=24)
        carry_out_due(commune.database, commune.now)
        with pytest.raises(Conflict):
            use(commune, first)
        use(commune, second)

    def test_one_that_was_made_for_an_editor_does_not_open_an_approvers_account(self, commune: Commune) -> None:
        before = link_of(commune, "editor")
        deed = _raise(commune, "editor")
        with pytest.raises(Conflict):
            use(commune, before)
        meanwhile = link_of(commune, "editor")
        _agree(commune, deed)
        with pytest.raises(Conflict, match="chưa dùng được"):
            use(commune, meanwhile)

    def test_an_invitation_that_is_made_anew_for_a_new_approver_waits_too(self, commune: Commune) -> None:
        with commune.writing() as session:
            row, _ = invite_officer(
                session, commune.now, commune.officers["tham"], username="dung", name="Dũng", role="approver"
            )
            anew = make_link(session, commune.now, commune.officers["second"], row.officer)
        with pytest.raises(Conflict, match="chưa dùng được"):
            use(commune, anew.token)


class TestEnabling:
    """To open an approver's account again makes an approver."""

    def test_it_waits_for_a_second_administrator(self, commune: Commune) -> None:
        _disable(commune, "quang")
        asked = _disable(commune, "quang", disabled=False)
        assert asked is not None
        assert _is_disabled(commune, "quang")
        _agree(commune, asked.deed)
        assert not _is_disabled(commune, "quang")

    def test_to_disable_it_withdraws_that(self, commune: Commune) -> None:
        _disable(commune, "quang")
        _disable(commune, "quang", disabled=False)
        _disable(commune, "quang", by="second")
        commune.later(hours=25)
        carry_out_due(commune.database, commune.now)
        assert _is_disabled(commune, "quang")

    def test_an_editors_account_is_opened_at_once(self, commune: Commune) -> None:
        _disable(commune, "editor")
        assert _disable(commune, "editor", disabled=False) is None
        assert not _is_disabled(commune, "editor")


class TestOneOfficerRule:
    """That authors may approve is asked by an administrator of the whole station, and agreed to by another."""

    def _ask(self, commune: Commune, by: str = "tham", reason: str = "Xã chỉ có một cán bộ.") -> WeightyDeed | None:
        with commune.writing() as session:
            return ask_for_one_officer(session, commune.now, commune.officers[by], reason)

    def _in_force(self, commune: Commune) -> bool:
        with commune.database.reading() as session:
            return rule_in_force(session) is not None

    def test_it_waits(self, commune: Commune) -> None:
        asked = self._ask(commune)
        assert asked is not None
        assert not self._in_force(commune)
        with pytest.raises(Forbidden):
            _agree(commune, asked.deed, "hamlet")
        _agree(commune, asked.deed)
        assert self._in_force(commune)
        assert self._ask(commune) is None, "it is in force already"

    def test_only_the_whole_stations_administrators_ask_or_end_it(self, commune: Commune) -> None:
        with pytest.raises(Forbidden):
            self._ask(commune, "hamlet")
        with pytest.raises(Invalid):
            self._ask(commune, reason="ngắn")
        with pytest.raises(Forbidden), commune.writing() as session:
            end_one_officer(session, commune.now, commune.officers["hamlet"])


def test_all_administrators_and_the_person_are_told_meanwhile(commune: Commune) -> None:
    _raise(commune, "editor")
    assert _told(commune, "tham") == [("charge", False, True)]
    assert _told(commune, "second") == [("charge", True, True)]
    assert _told(commune, "hamlet") == [("charge", False, False)], "not in charge, and still told"
    assert _told(commune, "editor") == [("charge", False, False)]
    assert _told(commune, "quang") == []


def test_of_agreeing_withdrawing_and_the_day_at_once_one_settles_it(either_commune: Commune) -> None:
    commune = either_commune
    commune.officer("second", "administrator")
    commune.officer("third", "administrator")
    deed = _raise(commune, "editor")
    commune.now += WAITS

    def attempt(settle: Callable[[], None]) -> bool:
        try:
            settle()
        except Conflict:
            return False
        return True

    deeds = (
        lambda: _agree(commune, deed, "second"),
        lambda: _withdraw(commune, deed, "third"),
        lambda: _agree(commune, deed, "third"),
        lambda: carry_out_due(commune.database, commune.now),
    )
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(attempt, deeds))
    with commune.database.reading() as session:
        row = session.get_one(WeightyDeed, deed)
        changes = session.exec(select(AuditEntry).where(AuditEntry.action == "charge changed")).all()
    assert (row.done_at is None) != (row.withdrawn_at is None)
    assert len(changes) == (row.done_at is not None)
    assert sum(done[:3]) <= 1
    assert _charge(commune, "editor").role == ("approver" if row.done_at else "editor")


def test_one_administrator_is_not_two_people_within_a_day(commune: Commune) -> None:
    """Each way that there is, by one administrator alone: nothing of it holds before the day is over."""
    for username in ("second", "hamlet"):
        _disable(commune, username)
    tham = commune.officers["tham"]
    with commune.writing() as session:
        row, made = invite_officer(session, commune.now, tham, username="dung", name="Dũng", role="administrator")
        commune.officers["dung"] = row
    use(commune, made.token)
    with commune.database.reading() as session:
        deeds = [each.deed for each in session.exec(select(WeightyDeed)).all()]
    for deed in deeds:
        for by in ("tham", "dung"):
            with pytest.raises(Forbidden):
                _agree(commune, deed, by)
    for username in ("quang", "second"):
        if not _is_disabled(commune, username):
            token = link_of(commune, username)
            with pytest.raises(Conflict):
                use(commune, token)
    assert _disable(commune, "second", disabled=False) is not None
    commune.now += WAITS - timedelta(seconds=1)
    carry_out_due(commune.database, commune.now)
    assert _charge(commune, "dung").role == "editor"
    assert _is_disabled(commune, "second")
    with commune.database.reading() as session:
        assert session.exec(select(PasswordLink).where(PasswordLink.kind == "reset")).one().holds_from is None
        assert session.get_one(Officer, commune.officers["quang"].officer).password_hash != new_hash()
