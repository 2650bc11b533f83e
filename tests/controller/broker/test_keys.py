"""The office's two key pairs: made once, readable by the office alone; the second is for the commune's safe."""

import json
import stat
from pathlib import Path

import pytest

from controller.broker import keys
from tests.people import MONDAY
from wire.envelope import Keys, Signer
from wire.requests import TIME_TYP, TimeAnswer, read_time

ANSWER = TimeAnswer(nonce="n" * 22, now=MONDAY)


def test_a_message_by_the_first_key_is_verified_with_the_public_list(tmp_path: Path) -> None:
    made = keys.load_or_make(tmp_path / "keys")
    assert read_time(Keys(made.public).open(made.signer.sign(ANSWER, TIME_TYP), TIME_TYP)) == ANSWER
    assert len({each.kid for each in made.public}) == 2
    assert all(set(each.may) == {"normal", "priority", "emergency"} for each in made.public)


def test_a_second_start_has_the_same_keys(tmp_path: Path) -> None:
    first, second = (keys.load_or_make(tmp_path / "keys") for _ in range(2))
    assert (first.public, first.signer.public_key) == (second.public, second.signer.public_key)


def test_only_the_offices_user_reads_the_keys(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.load_or_make(folder)
    keys.own_password(folder / "broker.password")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert not list(folder.glob("*.new"))


def test_the_second_key_is_exported_once_and_then_removed(tmp_path: Path) -> None:
    folder, safe = tmp_path / "keys", tmp_path / "safe.key"
    made = keys.load_or_make(folder)
    assert keys.second_key_is_here(folder)
    keys.export_second_key(folder, safe)
    assert not keys.second_key_is_here(folder)
    assert stat.S_IMODE(safe.stat().st_mode) == 0o600
    spare = Signer(made.public[1].kid, bytes.fromhex(safe.read_text().strip()))
    assert read_time(Keys(made.public).open(spare.sign(ANSWER, TIME_TYP), TIME_TYP)) == ANSWER
    with pytest.raises(FileNotFoundError):
        keys.export_second_key(folder, tmp_path / "again.key")
    assert keys.load_or_make(folder).public == made.public, "speakers go on trusting both"


def test_an_export_onto_an_existing_file_is_refused_and_keeps_the_key(tmp_path: Path) -> None:
    folder, taken = tmp_path / "keys", tmp_path / "taken"
    keys.load_or_make(folder)
    taken.write_text("mine")
    with pytest.raises(FileExistsError):
        keys.export_second_key(folder, taken)
    assert (taken.read_text(), keys.second_key_is_here(folder)) == ("mine", True)


@pytest.mark.parametrize(
    "left", [["safe.key"], ["office.key", "safe.key"], ["office.key", "safe.key", "public.json.new"]]
)
def test_a_first_start_that_was_interrupted_begins_again(tmp_path: Path, left: list[str]) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in left:
        (folder / name).write_text("00")
    made = keys.load_or_make(folder)
    assert made.signer.public_key == made.public[0].public_key


def test_a_lost_public_list_is_made_again_from_the_two_keys(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = keys.load_or_make(folder)
    (folder / "public.json").unlink()
    assert keys.load_or_make(folder).public == made.public


def test_without_the_public_list_and_the_second_key_no_new_keys_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.load_or_make(folder)
    keys.export_second_key(folder, tmp_path / "safe")
    before = (folder / "office.key").read_text()
    (folder / "public.json").unlink()
    with pytest.raises(keys.KeysUnusable, match="Khôi phục thư mục keys"):
        keys.load_or_make(folder)
    assert ((folder / "office.key").read_text(), keys.second_key_is_here(folder)) == (before, False)


def test_a_private_key_that_does_not_match_the_public_list_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.load_or_make(folder)
    (folder / "office.key").write_text("11" * 32)
    with pytest.raises(keys.KeysUnusable, match="không cụm loa nào tin"):
        keys.load_or_make(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", json.dumps([{"kid": "k"}])])
def test_an_unreadable_public_list_leads_to_no_new_keys(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "keys"
    keys.load_or_make(folder)
    before = (folder / "office.key").read_text()
    (folder / "public.json").write_text(content)
    with pytest.raises(keys.KeysUnusable):
        keys.load_or_make(folder)
    assert (folder / "office.key").read_text() == before


def test_the_password_at_the_broker_is_never_empty(tmp_path: Path) -> None:
    file = tmp_path / "broker.password"
    file.write_text("")  # a crash between the file and its content
    password = keys.own_password(file)
    assert len(password) == 43
    assert keys.own_password(file) == password
