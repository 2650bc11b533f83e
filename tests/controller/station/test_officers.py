"""Officers: who may sign in, how long a session lasts, and how guessing of passwords is slowed."""

import functools

import pytest
from sqlmodel import select

from controller.database.tables import Officer, SignIn
from controller.errors import Conflict, Forbidden, Invalid, NotSignedIn
from controller.station.officers import (
    add_officer,
    check_password,
    close_session,
    open_session,
    set_disabled,
    set_password,
    who_is,
)
from tests.people import PASSWORD, Commune


def _add(commune: Commune, username: str, typed: str = "mat-khau-dai", area: str | None = None) -> Officer:
    with commune.writing() as session:
        return add_officer(
            session, commune.now, username=username, password=typed, name="Ai đó", role="editor", area=area
        )


def _signs_in(commune: Commune, username: str, password: str) -> bool:
    with commune.database.reading() as session:
        return check_password(session, username, password) is not None


def _sign_in(commune: Commune, username: str) -> str:
    with commune.writing() as session:
        return open_session(session, commune.now, commune.officers[username]).token


def _is_known(commune: Commune, token: str | None) -> bool:
    with commune.database.reading() as session:
        try:
            who_is(session, token, commune.now)
        except NotSignedIn:
            return False
    return True


def test_an_administrator_of_a_hamlet_adds_and_enables_only_accounts_of_that_hamlet(commune: Commune) -> None:
    here, elsewhere = (_add(commune, name, area=commune.areas[name_]) for name, name_ in (("a", "ấp 1"), ("b", "ấp 2")))
    tham = commune.in_charge_of("tham", "ấp 1")
    add = functools.partial(
        add_officer, now=commune.now, password=PASSWORD, name="Ai đó", role="administrator", by=tham
    )
    for officer in (elsewhere, commune.officers["quang"]):
        for deed in (
            functools.partial(set_password, password=PASSWORD),
            functools.partial(set_disabled, disabled=True),
        ):
            with pytest.raises(Forbidden), commune.writing() as session:
                deed(session, commune.now, tham, officer.officer)
    for area in (None, commune.areas["xã"], commune.areas["ấp 2"]):
        with pytest.raises(Forbidden), commune.writing() as session:
            add(session, username="c", area=area)
    with commune.writing() as session:
        set_password(session, commune.now, tham, here.officer, PASSWORD)
        set_disabled(session, commune.now, tham, here.officer, disabled=True)
        add(session, username="c", area=commune.areas["ấp 1"])


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


def test_a_session_ends_after_half_a_day(commune: Commune) -> None:
    token = _sign_in(commune, "tham")
    assert _is_known(commune, token)
    assert not _is_known(commune, token + "x")
    assert not _is_known(commune, None)
    commune.later(hours=12)
    assert not _is_known(commune, token)


def test_closing_a_session_ends_that_one_alone(commune: Commune) -> None:
    one, other = _sign_in(commune, "tham"), _sign_in(commune, "tham")
    with commune.writing() as session:
        close_session(session, one)
    assert (_is_known(commune, one), _is_known(commune, other)) == (False, True)


def test_expired_sessions_are_removed_and_tokens_are_not_stored(commune: Commune) -> None:
    old = _sign_in(commune, "tham")
    commune.later(hours=13)
    token = _sign_in(commune, "quang")
    with commune.database.reading() as session:
        kept = session.exec(select(SignIn)).one()
    assert token not in (kept.token_hash, kept.csrf)
    assert old != token


def test_disabling_an_account_ends_its_sessions_at_once(commune: Commune) -> None:
    token = _sign_in(commune, "editor")
    with commune.writing() as session:
        set_disabled(session, commune.now, commune.officers["tham"], commune.officers["editor"].officer, disabled=True)
    assert not _is_known(commune, token)
    assert not _signs_in(commune, "editor", PASSWORD)


def test_a_new_password_ends_the_sessions_of_the_old_one(commune: Commune) -> None:
    token = _sign_in(commune, "editor")
    with commune.writing() as session:
        set_password(session, commune.now, commune.officers["tham"], commune.officers["editor"].officer, "mat-khau-moi")
    assert not _is_known(commune, token)
    assert (_signs_in(commune, "editor", PASSWORD), _signs_in(commune, "editor", "mat-khau-moi")) == (False, True)
