"""Passkeys of officers: how many, whose, when they end, and what they are good for."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, select

from controller.database.tables import AuditEntry, Passkey
from controller.errors import Conflict, Forbidden, Invalid
from controller.people.accounts import set_disabled
from controller.people.passkeys import (
    LONGEST_NAME,
    MOST,
    add_passkey,
    note_use,
    owner_of,
    passkeys_of,
    remove_passkey,
)
from controller.planning.submission import submit_announcement
from controller.station import facts
from tests.controller.people.test_password_links import link_of, use
from tests.people import Commune, approve_all, manifests_waiting


def add(commune: Commune, username: str = "quang", passkey: str = "key", name: str = "Máy ở nhà") -> Passkey:
    """Add a passkey, whose key nobody has."""
    officer = commune.officers[username]
    row = Passkey(
        passkey=passkey,
        officer=officer.officer,
        name=name,
        public_key="AA",
        sign_count=1,
        transports=["internal"],
        added_at=commune.now,
    )
    with commune.writing() as session:
        add_passkey(session, commune.now, officer, row)
    return row


def _names(commune: Commune, username: str = "quang") -> list[str]:
    with commune.database.reading() as session:
        return [each.name for each in passkeys_of(session, commune.officers[username].officer)]


def _audited(session: Session, action: str) -> list[AuditEntry]:
    return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)).all())


def test_an_officer_has_ten_at_most(commune: Commune) -> None:
    for number in range(MOST):
        add(commune, passkey=f"key-{number}", name=f"Máy {number}")
        commune.later(minutes=1)
    with pytest.raises(Conflict, match="nhiều nhất 10 khóa"):
        add(commune)
    assert _names(commune) == [f"Máy {number}" for number in range(MOST)]
    add(commune, "editor")


def test_of_many_that_are_added_at_once_ten_stay(either_commune: Commune) -> None:
    def try_it(number: int) -> bool:
        try:
            add(either_commune, passkey=f"key-{number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(try_it, range(MOST + 4)))
    assert added.count(True) == len(_names(either_commune)) == MOST


def test_one_key_is_one_officers(commune: Commune) -> None:
    add(commune, "quang")
    with pytest.raises(Conflict, match="đã có"):
        add(commune, "editor")
    assert _names(commune, "editor") == []


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1), "a\u202eb"])
def test_a_name_has_to_be_readable(commune: Commune, name: str) -> None:
    with pytest.raises(Invalid):
        add(commune, name=name)
    assert _names(commune) == []


def test_the_owner_alone_removes_it_and_the_audit_says_both(commune: Commune) -> None:
    add(commune)
    with commune.writing() as session:
        assert not remove_passkey(session, commune.now, commune.officers["tham"], "key")
        assert not remove_passkey(session, commune.now, commune.officers["quang"], "another")
        assert remove_passkey(session, commune.now, commune.officers["quang"], "key")
    assert _names(commune) == []
    with commune.database.reading() as session:
        for action in ("passkey added", "passkey removed"):
            [entry] = _audited(session, action)
            assert (entry.officer, entry.detail) == (commune.officers["quang"].officer, {"written": "Máy ở nhà"})


def test_a_reset_link_that_is_used_removes_them(commune: Commune) -> None:
    add(commune, "editor")
    add(commune, "tham", "another")
    token = link_of(commune, "editor")
    assert _names(commune, "editor"), "a link changes nothing until it is used"
    use(commune, token)
    assert (_names(commune, "editor"), len(_names(commune, "tham"))) == ([], 1)
    with commune.database.reading() as session:
        assert len(_audited(session, "passkey removed")) == 1


def test_a_disabled_account_has_none_that_opens_it(commune: Commune) -> None:
    add(commune, "editor")
    editor = commune.officers["editor"].officer
    for disabled in (True, False):
        with commune.writing() as session:
            set_disabled(session, commune.now, commune.officers["tham"], editor, disabled=disabled)
            assert (owner_of(session, "key") is None) == disabled
    with commune.database.reading() as session:
        assert owner_of(session, "another") is None


def test_of_many_uses_of_one_count_one_is_noted(either_commune: Commune) -> None:
    row = add(either_commune)
    with either_commune.database.reading() as session:
        checked = session.get_one(Passkey, row.passkey)

    def use_it(_number: int) -> bool:
        with either_commune.writing() as session:
            return note_use(session, either_commune.now, checked, 2)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use_it, range(6))).count(True) == 1
    with either_commune.database.reading() as session:
        kept = session.get_one(Passkey, row.passkey)
    assert (kept.sign_count, kept.last_used_at) == (2, either_commune.now)


def test_one_that_was_removed_meanwhile_is_not_noted(commune: Commune) -> None:
    row = add(commune)
    with commune.writing() as session:
        remove_passkey(session, commune.now, commune.officers["quang"], "key")
        assert not note_use(session, commune.now, row, 2)


def test_where_the_station_wants_a_code_a_session_by_passkey_does_and_having_one_does_not(commune: Commune) -> None:
    announcement = commune.announcement(author="editor")
    commune.order(announcement, "ấp 1", starts_in_s=600, by="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        facts.write(session, "approvers_second_factor", "on")
    add(commune)
    quang = commune.officers["quang"]
    with pytest.raises(Forbidden, match="đăng nhập bằng khóa đó"), commune.writing() as session:
        approve_all(session, commune.now, quang, announcement)
    with commune.writing() as session:
        approve_all(session, commune.now, quang, announcement, by_passkey=True)
    assert not manifests_waiting(commune, announcement)
