"""Links by which officers set their own passwords: used once, in time, by nobody in another's place."""

import functools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from controller.database.tables import AuditEntry, Officer, PasswordLink
from controller.errors import Conflict, Forbidden, NotFound, OfficeError
from controller.people.accounts import invite_officer, make_link, set_disabled
from controller.people.password_links import acknowledge, links_to_tell, standing_link, use_link
from controller.people.weighty_deeds import carry_out_due
from controller.station.charges import charges_of
from controller.station.officers import check_password, hash_officer_password
from tests.controller.people.test_sessions import is_known, sign_in
from tests.people import PASSWORD, Commune

NEW = "Nang-tren-dong-lua-9"


@functools.cache
def new_hash() -> str:
    """Made once: it is slow on purpose."""
    return hash_officer_password(NEW)


def link_of(commune: Commune, username: str, by: str = "tham") -> str:
    """Let an administrator make a link for an officer; returns its token."""
    with commune.writing() as session:
        officer = commune.officers[username].officer
        return make_link(session, commune.now, commune.officers[by], officer).token


def use(commune: Commune, token: str) -> None:
    """Set the password by a link; raises what `use_link` raises."""
    with commune.writing() as session:
        use_link(session, commune.now, token, new_hash())


def _signs_in(commune: Commune, username: str, password: str) -> bool:
    with commune.database.reading() as session:
        return check_password(session, username, password) is not None


def _refused(commune: Commune, token: str) -> str:
    """Why the link isn't taken, by its code; reading and using agree."""
    with pytest.raises(OfficeError) as reading, commune.database.reading() as session:
        standing_link(session, commune.now, token)
    with pytest.raises(OfficeError) as using:
        use(commune, token)
    assert reading.value.phrase == using.value.phrase
    return using.value.phrase.code


def _told(commune: Commune, reader: str) -> list[tuple[str, str, bool, bool]]:
    """Of whom, by whom, whether used, whether the reader's own."""
    with commune.database.reading() as session:
        officer = commune.officers[reader]
        resets = links_to_tell(session, commune.now, officer, charges_of(session, commune.now, officer))
        return [(each.officer.username, each.by.username, each.row.used_at is not None, each.own) for each in resets]


def test_an_invited_approvers_link_ends_when_the_role_begins_by_itself(commune: Commune) -> None:
    with commune.writing() as session:
        _, made = invite_officer(
            session, commune.now, commune.officers["tham"], username="moi", name="Mới", role="approver", area=None
        )
    commune.later(hours=24)
    carry_out_due(commune.database, commune.now)
    assert _refused(commune, made.token) == "link_expired"


def test_an_invited_officer_has_no_password_until_the_link_is_used(commune: Commune) -> None:
    with commune.writing() as session:
        row, made = invite_officer(
            session, commune.now, commune.officers["tham"], username="dung", name="Trần Văn Dũng", role="editor"
        )
    assert made.row.kind == "invitation"
    for typed in ("", PASSWORD, NEW):
        assert not _signs_in(commune, "dung", typed)
    commune.later(days=2, hours=23)
    use(commune, made.token)
    assert _signs_in(commune, "dung", NEW)
    with commune.database.reading() as session:
        [deed] = session.exec(select(AuditEntry).where(AuditEntry.action == "password set by link")).all()
        assert (deed.officer, deed.subject) == (row.officer, row.officer)


def test_a_reset_link_changes_nothing_until_it_is_used(commune: Commune) -> None:
    here, stranger = sign_in(commune, "editor"), sign_in(commune, "quang")
    token = link_of(commune, "editor")
    assert (is_known(commune, here), _signs_in(commune, "editor", PASSWORD)) == (True, True)
    use(commune, token)
    assert (is_known(commune, here), is_known(commune, stranger)) == (False, True)
    assert (_signs_in(commune, "editor", PASSWORD), _signs_in(commune, "editor", NEW)) == (False, True)


def test_the_database_keeps_no_token(commune: Commune) -> None:
    token = link_of(commune, "editor")
    with commune.database.reading() as session:
        row = session.exec(select(PasswordLink)).one()
    assert token not in str(row.model_dump())


def test_a_link_is_good_once(commune: Commune) -> None:
    token = link_of(commune, "editor")
    use(commune, token)
    assert _refused(commune, token) == "link_used"


def test_a_link_is_good_for_three_days(commune: Commune) -> None:
    token = link_of(commune, "editor")
    commune.later(days=3)
    assert _refused(commune, token) == "link_expired"
    assert _signs_in(commune, "editor", PASSWORD)


def test_of_two_links_the_newest_alone_holds(commune: Commune) -> None:
    first, second = link_of(commune, "editor"), link_of(commune, "editor")
    assert _refused(commune, first) == "link_replaced"
    use(commune, second)
    assert _refused(commune, first) == "link_replaced"


def test_a_link_of_another_officer_stays_where_one_is_replaced(commune: Commune) -> None:
    commune.officer("hai", "viewer")
    other = link_of(commune, "hai")
    link_of(commune, "editor")
    use(commune, other)


def test_a_link_of_an_officer_who_was_disabled_meanwhile_is_not_taken(commune: Commune) -> None:
    token, officer = link_of(commune, "editor"), commune.officers["editor"].officer
    with commune.writing() as session:
        set_disabled(session, commune.now, commune.officers["tham"], officer, disabled=True)
    assert _refused(commune, token) == "link_of_disabled"
    with pytest.raises(Conflict, match="đang khóa"):
        link_of(commune, "editor")


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "0" * 64])
def test_a_guess_is_not_there(commune: Commune, token: str) -> None:
    link_of(commune, "editor")
    assert _refused(commune, token) == "link_unknown"


def test_nobody_makes_a_link_of_the_own_account_or_beyond_the_own_area(commune: Commune) -> None:
    with pytest.raises(Conflict, match="Tài khoản của tôi"):
        link_of(commune, "tham")
    with pytest.raises(Forbidden):
        link_of(commune, "editor", by="quang")
    with pytest.raises(NotFound), commune.writing() as session:
        make_link(session, commune.now, commune.officers["tham"], "nobody")


def test_of_two_who_use_a_link_at_once_one_sets_the_password(either_commune: Commune) -> None:
    token = link_of(either_commune, "editor")
    hashes = [hash_officer_password(f"{NEW}-{number}") for number in range(4)]

    def one(password_hash: str) -> bool:
        try:
            with either_commune.writing() as session:
                use_link(session, either_commune.now, token, password_hash)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(one, hashes))
    assert done.count(True) == 1
    with either_commune.database.reading() as session:
        kept = session.get_one(Officer, either_commune.officers["editor"].officer).password_hash
    assert kept == hashes[done.index(True)]


def test_the_officer_and_all_other_administrators_are_told_of_a_reset(commune: Commune) -> None:
    commune.officer("other", "administrator", "ấp 1")
    token = link_of(commune, "editor")
    assert _told(commune, "editor") == [("editor", "tham", False, True)]
    assert _told(commune, "other") == [("editor", "tham", False, False)], "also of another area"
    assert _told(commune, "quang") == _told(commune, "tham") == []
    commune.later(days=1)
    use(commune, token)
    assert _told(commune, "editor") == [("editor", "tham", True, True)]
    assert _told(commune, "other") == [("editor", "tham", True, False)]
    commune.later(days=6)
    assert _told(commune, "other") == []
    commune.later(days=40)
    assert _told(commune, "editor") == [("editor", "tham", True, True)], "who was away is told after coming back"
    with commune.writing() as session:
        acknowledge(session, commune.now, commune.officers["editor"])
    assert _told(commune, "editor") == []


def test_administrators_are_told_of_an_invitation_that_may_be_nobodys(commune: Commune) -> None:
    commune.officer("other", "administrator")
    with commune.writing() as session:
        invite_officer(session, commune.now, commune.officers["tham"], username="dung", name="Dũng", role="editor")
    for name, told in (("other", ["Dũng"]), ("tham", []), ("editor", []), ("quang", [])):
        with commune.database.reading() as session:
            officer = commune.officers[name]
            charges = charges_of(session, commune.now, officer)
            found = [each.officer.name for each in links_to_tell(session, commune.now, officer, charges)]
        assert found == told, name


def test_of_a_link_that_was_replaced_nobody_is_told(commune: Commune) -> None:
    commune.officer("other", "administrator")
    link_of(commune, "editor")
    link_of(commune, "editor")
    assert len(_told(commune, "other")) == len(_told(commune, "editor")) == 1


def test_who_is_told_is_told_anew_of_the_next(commune: Commune) -> None:
    link_of(commune, "editor")
    with commune.writing() as session:
        acknowledge(session, commune.now, commune.officers["editor"])
    commune.now += timedelta(seconds=1)
    link_of(commune, "editor")
    assert len(_told(commune, "editor")) == 1
