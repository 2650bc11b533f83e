"""Sessions: when they end, what is kept of them, and who ends which."""

from datetime import timedelta

import pytest
from sqlmodel import select

from controller.database.column_types import SessionKind
from controller.database.tables import Officer, SignIn
from controller.errors import NotSignedIn
from controller.people.sessions import (
    SessionUses,
    close_session,
    end_other_sessions,
    end_session,
    open_session,
    sessions_of,
    token_hash,
    who_is,
)
from tests.people import Commune


def sign_in(commune: Commune, username: str, kind: SessionKind = "browser", device: str = "") -> str:
    """Open a session of an officer; returns its token."""
    with commune.writing() as session:
        return open_session(session, commune.now, commune.officers[username], kind, device=device).token


def is_known(commune: Commune, token: str | None) -> bool:
    """Whether the token's session still stands."""
    with commune.database.reading() as session:
        try:
            who_is(session, token, commune.now)
        except NotSignedIn:
            return False
    return True


def _use(commune: Commune, uses: SessionUses, token: str) -> None:
    with commune.database.reading() as session:
        uses.note(who_is(session, token, commune.now)[1], commune.now)
    uses.step()


def _last_used(commune: Commune, token: str) -> timedelta:
    """How long ago, by the database."""
    with commune.database.reading() as session:
        return commune.now - session.get_one(SignIn, token_hash(token)).last_used_at


def test_a_browsers_session_ends_when_it_was_unused_for_half_a_day(commune: Commune) -> None:
    token = sign_in(commune, "tham")
    assert is_known(commune, token)
    assert not is_known(commune, token + "x")
    assert not is_known(commune, None)
    commune.later(hours=12)
    assert not is_known(commune, token)


def test_a_browsers_session_that_is_used_lasts_a_month_and_no_longer(commune: Commune) -> None:
    token, uses = sign_in(commune, "tham"), SessionUses(commune.database)
    for _ in range(59):
        commune.later(hours=11, minutes=59)
        _use(commune, uses, token)
    assert is_known(commune, token)
    commune.later(hours=11, minutes=59)
    assert is_known(commune, token), "a minute before 30 days"
    _use(commune, uses, token)
    commune.later(hours=1)
    assert not is_known(commune, token)


def test_a_programs_token_ends_when_it_was_said_to_end_used_or_not(commune: Commune) -> None:
    token, uses = sign_in(commune, "tham", "program"), SessionUses(commune.database)
    commune.later(hours=11)
    _use(commune, uses, token)
    commune.later(minutes=59)
    assert is_known(commune, token)
    commune.later(minutes=1)
    assert not is_known(commune, token)


def test_a_use_is_written_once_a_minute_and_not_by_who_reads(commune: Commune) -> None:
    token, uses = sign_in(commune, "tham"), SessionUses(commune.database)
    commune.later(seconds=59)
    _use(commune, uses, token)
    assert _last_used(commune, token) == timedelta(seconds=59)
    commune.later(seconds=1)
    with commune.database.reading() as session:
        uses.note(who_is(session, token, commune.now)[1], commune.now)
    assert _last_used(commune, token) == timedelta(seconds=60)
    uses.step()
    assert _last_used(commune, token) == timedelta(0)


def test_a_use_of_a_session_that_was_ended_meanwhile_opens_nothing(commune: Commune) -> None:
    token, uses = sign_in(commune, "tham"), SessionUses(commune.database)
    commune.later(minutes=2)
    with commune.database.reading() as session:
        uses.note(who_is(session, token, commune.now)[1], commune.now)
    with commune.writing() as session:
        close_session(session, token)
    uses.step()
    assert not is_known(commune, token)


def test_closing_a_session_ends_that_one_alone(commune: Commune) -> None:
    one, other = sign_in(commune, "tham"), sign_in(commune, "tham")
    with commune.writing() as session:
        close_session(session, one)
    assert (is_known(commune, one), is_known(commune, other)) == (False, True)


def test_ones_own_sessions_are_listed_and_those_of_another_are_neither_seen_nor_ended(commune: Commune) -> None:
    here = sign_in(commune, "editor", device="Firefox")
    commune.later(minutes=5)
    there, program = sign_in(commune, "editor", device="Chrome"), sign_in(commune, "editor", "program", "curl")
    theirs = sign_in(commune, "quang")
    editor = commune.officers["editor"]
    with commune.writing() as session:
        listed = [(each.kind, each.device) for each in sessions_of(session, commune.now, editor)]
        assert sorted(listed) == [("browser", "Chrome"), ("browser", "Firefox"), ("program", "curl")]
        assert listed[-1] == ("browser", "Firefox"), "the one that was used last is first"
        assert not end_session(session, commune.now, editor, token_hash(theirs))
        assert end_session(session, commune.now, editor, token_hash(there))
    assert [is_known(commune, each) for each in (here, there, program, theirs)] == [True, False, True, True]
    with commune.writing() as session:
        end_other_sessions(session, commune.now, editor, token_hash(here))
    assert [is_known(commune, each) for each in (here, program, theirs)] == [True, False, True]


def test_sessions_that_are_over_are_removed_and_tokens_are_not_stored(commune: Commune) -> None:
    old = sign_in(commune, "tham")
    commune.later(hours=13)
    token = sign_in(commune, "quang")
    with commune.database.reading() as session:
        assert sessions_of(session, commune.now, commune.officers["tham"]) == []
        kept = session.exec(select(SignIn)).one()
    assert token not in (kept.token_hash, kept.csrf)
    assert old != token


def test_a_password_that_was_changed_after_its_check_opens_no_session(commune: Commune) -> None:
    checked = commune.officers["editor"]
    with commune.writing() as session:
        row = session.get_one(Officer, checked.officer)
        row.password_hash = "another"
        session.add(row)
    with commune.writing() as session, pytest.raises(NotSignedIn):
        open_session(session, commune.now, checked)
