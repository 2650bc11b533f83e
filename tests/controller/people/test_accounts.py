"""Accounts: who may sign in, with which password, and who changes that."""

import functools

import pytest

from controller.database.tables import Officer
from controller.errors import Conflict, Forbidden, Invalid
from controller.people.accounts import add_officer, change_own_password, invite_officer, make_link, set_disabled
from controller.people.sessions import token_hash
from controller.station.officers import check_password, hash_officer_password
from tests.controller.people.test_sessions import is_known, sign_in
from tests.people import PASSWORD, Commune


def _add(commune: Commune, username: str, typed: str = "mat-khau-dai", area: str | None = None) -> Officer:
    with commune.writing() as session:
        return add_officer(
            session, commune.now, username=username, password=typed, name="Ai đó", role="editor", area=area
        )


def _signs_in(commune: Commune, username: str, password: str) -> bool:
    with commune.database.reading() as session:
        return check_password(session, username, password) is not None


def test_an_administrator_of_a_hamlet_adds_and_enables_only_accounts_of_that_hamlet(commune: Commune) -> None:
    here, elsewhere = (_add(commune, name, area=commune.areas[name_]) for name, name_ in (("a", "ấp 1"), ("b", "ấp 2")))
    tham = commune.in_charge_of("tham", "ấp 1")
    invite = functools.partial(invite_officer, now=commune.now, by=tham, name="Ai đó", role="editor")
    for officer in (elsewhere, commune.officers["quang"]):
        with pytest.raises(Forbidden), commune.writing() as session:
            set_disabled(session, commune.now, tham, officer.officer, disabled=True)
        with pytest.raises(Forbidden), commune.writing() as session:
            make_link(session, commune.now, tham, officer.officer)
    for area in (None, commune.areas["xã"], commune.areas["ấp 2"]):
        with pytest.raises(Forbidden), commune.writing() as session:
            invite(session, username="c", area=area)
    with commune.writing() as session:
        make_link(session, commune.now, tham, here.officer)
        set_disabled(session, commune.now, tham, here.officer, disabled=True)
        invite(session, username="c", area=commune.areas["ấp 1"])


def test_only_the_right_password_signs_in(commune: Commune) -> None:
    assert _signs_in(commune, "tham", PASSWORD)
    assert _signs_in(commune, " Tham ", PASSWORD), "a telephone's keyboard writes a capital first"
    for username, password in (("tham", PASSWORD + " "), ("tham", ""), ("nobody", PASSWORD), ("quang\0", PASSWORD)):
        assert not _signs_in(commune, username, password)


def test_a_password_is_the_same_with_composed_and_decomposed_letters(commune: Commune) -> None:
    _add(commune, "hoa", "Một mật khẩu dài")
    assert _signs_in(commune, "hoa", "Mo\u0302\u0323t ma\u0323\u0302t kha\u0302\u0309u da\u0300i")


@pytest.mark.parametrize(
    "username", ["", " tham2", "Tham2", "thắm", "\u0430dmin", "a b", "a\u200bb", "a" * 65, "-a", "a\n", "tha\u0301m"]
)
def test_a_user_name_has_no_letter_that_looks_like_another(commune: Commune, username: str) -> None:
    with pytest.raises(Invalid) as refused:
        _add(commune, username)
    assert refused.value.field == "username"


def test_a_short_password_a_taken_name_and_an_unknown_area_are_refused(commune: Commune) -> None:
    with pytest.raises(Invalid, match="ít nhất 10 ký tự"):
        _add(commune, "hoa", "ngan-qua")
    with pytest.raises(Conflict, match="đã có"):
        _add(commune, "tham")
    with pytest.raises(Invalid):
        _add(commune, "hoa", area="a-nowhere")


def test_disabling_an_account_ends_its_sessions_at_once(commune: Commune) -> None:
    token = sign_in(commune, "editor")
    with commune.writing() as session:
        set_disabled(session, commune.now, commune.officers["tham"], commune.officers["editor"].officer, disabled=True)
    assert not is_known(commune, token)
    assert not _signs_in(commune, "editor", PASSWORD)


def test_ones_own_new_password_ends_all_sessions_but_the_one_that_asks(commune: Commune) -> None:
    here, elsewhere = sign_in(commune, "editor"), sign_in(commune, "editor")
    stranger = sign_in(commune, "quang")
    with commune.writing() as session:
        change_own_password(
            session,
            commune.now,
            commune.officers["editor"],
            hash_officer_password("mat-khau-moi"),
            token_hash(here),
        )
    assert [is_known(commune, each) for each in (here, elsewhere, stranger)] == [True, False, True]
    assert (_signs_in(commune, "editor", PASSWORD), _signs_in(commune, "editor", "mat-khau-moi")) == (False, True)


def test_of_two_changes_that_checked_the_same_password_one_holds(commune: Commune) -> None:
    checked, kept = commune.officers["editor"], token_hash(sign_in(commune, "editor"))
    change = functools.partial(change_own_password, now=commune.now, checked=checked, kept=kept)
    with commune.writing() as session:
        change(session, password_hash=hash_officer_password("mat-khau-mot"))
    with pytest.raises(Conflict), commune.writing() as session:
        change(session, password_hash=hash_officer_password("mat-khau-hai"))
    assert _signs_in(commune, "editor", "mat-khau-mot")


def test_a_disabled_officer_changes_no_password(commune: Commune) -> None:
    checked = commune.officers["editor"]
    with commune.writing() as session:
        set_disabled(session, commune.now, commune.officers["tham"], checked.officer, disabled=True)
    with pytest.raises(Conflict), commune.writing() as session:
        change_own_password(session, commune.now, checked, hash_officer_password("mat-khau-moi"), "")


def test_an_account_without_a_password_lets_nobody_in(commune: Commune) -> None:
    with commune.writing() as session:
        row = session.get_one(Officer, commune.officers["editor"].officer)
        row.password_hash = ""
        session.add(row)
    for typed in ("", PASSWORD):
        assert not _signs_in(commune, "editor", typed)
