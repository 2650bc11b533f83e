"""The second factor: a telephone's code is good once, recovery codes when it is lost, and guessing leads nowhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlmodel import select

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import AuditEntry, Officer, RecoveryCode, SecondFactor
from controller.errors import Conflict, Forbidden, Invalid
from controller.people.second_factor import (
    MOST_WRONG,
    RECOVERY_CODES,
    STEP_S,
    SecondFactors,
    address_for_telephone,
    has_second_factor,
    recovery_codes_left,
    step_of,
)
from controller.people.sessions import token_hash
from controller.planning.submission import submit_announcement
from controller.station import facts
from tests.controller.people.test_password_links import link_of, use
from tests.controller.people.test_sessions import is_known, sign_in
from tests.people import Commune, approve_all, manifests_waiting

FACTORS = SecondFactors(KeyedHash("secret of this office"))
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(commune: Commune, steps: int = 0) -> str:
    """What the telephone shows now, or so many steps later."""
    return str(pyotp.TOTP(SECRET).at(commune.now + timedelta(seconds=steps * STEP_S)))


def switched_on(commune: Commune, username: str = "quang") -> list[str]:
    """Switch it on for an officer; returns the recovery codes. The present code is used up by that."""
    officer = commune.officers[username]
    with commune.writing() as session:
        FACTORS.begin(session, commune.now, officer, SECRET)
        return FACTORS.confirm(session, commune.now, officer, code_at(commune), "")


def _take(commune: Commune, typed: str, username: str = "quang", factors: SecondFactors = FACTORS) -> bool:
    with commune.writing() as session:
        return factors.take(session, commune.now, commune.officers[username].officer, typed)


def _is_on(commune: Commune, username: str = "quang") -> bool:
    with commune.database.reading() as session:
        return has_second_factor(session, commune.officers[username].officer)


def test_the_codes_are_those_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", of the RFC's appendix B
    for second, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert step_of(secret, code, datetime.fromtimestamp(second, UTC), 0) == second // 30


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephones_clock_may_be_one_step_off(commune: Commune, steps: int, taken: bool) -> None:
    switched_on(commune)
    commune.later(minutes=5)
    assert _take(commune, code_at(commune, steps)) == taken


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "١٢٣٤٥٦", "      ", "-1e+05", "\0" * 6]
)
def test_what_is_no_code_is_wrong(commune: Commune, typed: str) -> None:
    switched_on(commune)
    commune.later(minutes=5)
    assert not _take(commune, typed)


def test_a_code_may_be_typed_with_spaces(commune: Commune) -> None:
    switched_on(commune)
    commune.later(minutes=5)
    code = code_at(commune)
    assert _take(commune, f" {code[:3]} {code[3:]} ")


def test_a_code_is_good_once_and_so_is_none_before_it(commune: Commune) -> None:
    switched_on(commune)
    assert not _take(commune, code_at(commune)), "it was used to switch it on"
    commune.later(minutes=5)
    before, code = code_at(commune, -1), code_at(commune)
    assert _take(commune, code)
    assert not _take(commune, code)
    assert not _take(commune, before), "somebody may have read it over the shoulder"
    commune.later(seconds=STEP_S)
    assert not _take(commune, code)
    assert _take(commune, code_at(commune))


def test_of_many_who_use_a_code_at_once_one_gets_in(either_commune: Commune) -> None:
    recovery = switched_on(either_commune)
    either_commune.later(minutes=5)
    for code in (code_at(either_commune), recovery[0]):
        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(lambda typed: _take(either_commune, typed), [code] * 6))
        assert taken.count(True) == 1


def test_recovery_codes_do_once_each_and_only_for_their_officer(commune: Commune) -> None:
    codes = switched_on(commune)
    assert len(set(codes)) == RECOVERY_CODES
    switched_on(commune, "editor")
    assert not _take(commune, codes[0], "editor")
    assert _take(commune, codes[0])
    assert not _take(commune, codes[0])
    assert _take(commune, codes[1].upper().replace("-", " "))
    with commune.database.reading() as session:
        assert recovery_codes_left(session, commune.officers["quang"].officer) == RECOVERY_CODES - 2
        deeds = session.exec(select(AuditEntry).where(AuditEntry.action == "recovery code used")).all()
    assert len(deeds) == 2


def test_the_database_keeps_neither_secret_nor_recovery_codes(commune: Commune) -> None:
    codes = switched_on(commune)
    with commune.database.reading() as session:
        kept = str([each.model_dump() for each in session.exec(select(SecondFactor)).all()])
        kept += str([each.model_dump() for each in session.exec(select(RecoveryCode)).all()])
    assert SECRET not in kept
    assert not any(each in kept or each.replace("-", "") in kept for each in codes)


def test_after_many_wrong_codes_only_a_recovery_code_is_taken(commune: Commune) -> None:
    codes = switched_on(commune)
    commune.later(minutes=5)
    wrong = "000000" if code_at(commune) != "000000" else "111111"
    for _ in range(MOST_WRONG - 1):
        assert not _take(commune, wrong)
    assert _take(commune, code_at(commune)), "the right one is counted from the beginning"
    commune.later(minutes=5)
    wrong = "000000" if "000000" not in [code_at(commune, each) for each in (-1, 0, 1)] else "111111"
    for _ in range(MOST_WRONG):
        assert not _take(commune, wrong)
    assert not _take(commune, code_at(commune))
    assert _take(commune, codes[0])
    assert _take(commune, code_at(commune))


def test_with_another_offices_secret_no_code_is_right(commune: Commune) -> None:
    codes = switched_on(commune)
    commune.later(minutes=5)
    other = SecondFactors(KeyedHash("another secret"))
    for typed in (code_at(commune), codes[0], ""):
        assert not _take(commune, typed, factors=other)


def test_it_is_on_only_once_it_is_confirmed_by_a_right_code(commune: Commune) -> None:
    quang = commune.officers["quang"]
    with commune.writing() as session:
        FACTORS.begin(session, commune.now, quang, SECRET)
    assert not _is_on(commune)
    with pytest.raises(Invalid), commune.writing() as session:
        FACTORS.confirm(session, commune.now, quang, "000000", "")
    assert not _is_on(commune)
    with commune.writing() as session:
        FACTORS.confirm(session, commune.now, quang, code_at(commune), "")
    for deed in (
        lambda session: FACTORS.begin(session, commune.now, quang),
        lambda session: FACTORS.confirm(session, commune.now, quang, code_at(commune, 1), ""),
    ):
        with pytest.raises(Conflict), commune.writing() as session:
            deed(session)
    assert _is_on(commune)


def test_a_secret_that_nobody_confirms_ends(commune: Commune) -> None:
    quang = commune.officers["quang"]
    with commune.writing() as session:
        FACTORS.begin(session, commune.now, quang, SECRET)
    commune.later(minutes=15)
    with pytest.raises(Conflict), commune.writing() as session:
        FACTORS.confirm(session, commune.now, quang, code_at(commune), "")
    assert not _is_on(commune)


def test_switching_it_on_ends_other_sessions(commune: Commune) -> None:
    here, elsewhere = sign_in(commune, "quang"), sign_in(commune, "quang")
    quang = commune.officers["quang"]
    with commune.writing() as session:
        FACTORS.begin(session, commune.now, quang, SECRET)
        FACTORS.confirm(session, commune.now, quang, code_at(commune), token_hash(here))
    assert (is_known(commune, here), is_known(commune, elsewhere)) == (True, False)


def test_it_is_switched_off_by_a_code(commune: Commune) -> None:
    codes = switched_on(commune)
    quang = commune.officers["quang"]
    with commune.writing() as session:
        assert not FACTORS.switch_off(session, commune.now, quang, "000000")
    assert _is_on(commune)
    with commune.writing() as session:
        assert FACTORS.switch_off(session, commune.now, quang, codes[3])
    assert not _is_on(commune)
    with commune.database.reading() as session:
        assert session.exec(select(RecoveryCode)).all() == []


def test_a_reset_link_that_is_used_switches_it_off(commune: Commune) -> None:
    switched_on(commune, "editor")
    token = link_of(commune, "editor")
    assert _is_on(commune, "editor"), "a link changes nothing until it is used"
    use(commune, token)
    assert not _is_on(commune, "editor")
    with commune.database.reading() as session:
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "second factor off")).one()


def test_where_the_station_wants_it_an_approver_without_it_approves_nothing(commune: Commune) -> None:
    announcement = commune.announcement(author="editor")
    commune.order(announcement, "ấp 1", starts_in_s=600, by="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        facts.write(session, "approvers_second_factor", "on")
    quang = commune.officers["quang"]
    with pytest.raises(Forbidden, match="bật xác nhận hai bước"), commune.writing() as session:
        approve_all(session, commune.now, quang, announcement)
    assert manifests_waiting(commune, announcement)
    switched_on(commune)
    with commune.writing() as session:
        approve_all(session, commune.now, quang, announcement)
    assert not manifests_waiting(commune, announcement)


def test_the_address_for_a_telephone_names_station_and_officer() -> None:
    address = address_for_telephone(SECRET, "quang", "Xã Phú Lâm")
    assert address.startswith(f"otpauth://totp/X%C3%A3%20Ph%C3%BA%20L%C3%A2m:quang?secret={SECRET}&issuer=")


def test_an_officer_who_has_none_is_asked_nothing(commune: Commune) -> None:
    assert not _is_on(commune)
    assert not _take(commune, code_at(commune))
    with commune.database.reading() as session:
        assert session.get_one(Officer, commune.officers["quang"].officer)
