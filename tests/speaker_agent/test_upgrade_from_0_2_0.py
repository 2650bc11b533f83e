"""A speaker of 0.2.0 starts with today's agent: it keeps its journal, and the office gets every receipt.

`version_0_2_0/` was written by the agent and the office of 0.2.0: the journal was dumped as SQL at the moment of a
power cut. By then the office had acknowledged receipts 1 to 12; the clip's file goes with them.

    …1   played                     …2   began, gave way to …3      …3   an emergency that was sounding
    …4   planned for an hour later  …5   cancelled                  …6   refused: its signature was wrong
"""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from speaker_agent.settings import read_settings_file
from tests.speaker_agent.box import MONDAY, Box
from tests.speaker_agent.office import FORGER, KEYS, ME, broadcast, signed, signed_acknowledgement
from wire.requests import PlanRequest
from wire.topics import DEFAULT_ROOT

THEN = Path(__file__).parent / "version_0_2_0"
JOURNAL_ID = "01M83XJ8802N6H1W32MWNG4GQ5"
ACKNOWLEDGED, LAST_SEQ = 12, 18
POWER_CUT_AT = MONDAY + timedelta(seconds=30)
CUT, SIREN, PLANNED, CANCELLED, REFUSED = (f"01KAQ7QK00000000000000000{number}" for number in range(2, 7))


@pytest.fixture
def upgraded(tmp_path: Path) -> Box:
    """The speaker half a minute after the power cut, not connected yet."""
    shutil.copy(THEN / "speaker.json", tmp_path / "speaker.json")
    data = tmp_path / "speaker-data"
    shutil.copytree(THEN / "clips", data / "clips")
    with closing(sqlite3.connect(data / "journal.db")) as journal:
        journal.executescript((THEN / "journal.sql").read_text())
        journal.execute("PRAGMA journal_mode = WAL")  # a mode of the file itself, which a dump lacks
    return Box(data, now=POWER_CUT_AT + timedelta(seconds=30), file=tmp_path / "speaker.json")


def test_every_table_of_0_2_0_has_a_row() -> None:
    with closing(sqlite3.connect(":memory:")) as journal:
        journal.executescript((THEN / "journal.sql").read_text())
        for table in ("facts", "broadcasts", "receipts", "refusals"):
            assert journal.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - a constant


def test_the_configuration_of_0_2_0_is_read() -> None:
    settings = read_settings_file(THEN / "speaker.json")
    assert (settings.speaker, settings.password, settings.topic_root) == (ME, "secret-1", DEFAULT_ROOT)
    assert (settings.broker.host, settings.broker.port, settings.broker.tls) == ("127.0.0.1", 1883, False)
    assert settings.office_keys == KEYS
    assert settings.data_dir == THEN / "speaker-data"


def test_every_receipt_of_0_2_0_is_sent_and_the_numbers_go_on_without_a_hole(upgraded: Box) -> None:
    upgraded.connect()
    upgraded.run_for(minutes=1)
    assert upgraded.journal.id == JOURNAL_ID
    sent = [receipt for message in upgraded.sent() for receipt in message.receipts]
    assert {message.journal for message in upgraded.sent()} == {JOURNAL_ID}
    assert {message.first for message in upgraded.sent()} == {1}
    # Receipts that the office had acknowledged stay in the journal and aren't sent.
    assert [receipt.seq for receipt in sent][: LAST_SEQ - ACKNOWLEDGED] == list(range(ACKNOWLEDGED + 1, LAST_SEQ + 1))
    assert {receipt.seq for receipt in sent} == set(range(ACKNOWLEDGED + 1, len(upgraded.receipts()) + 1))
    assert [receipt.seq for receipt in upgraded.receipts()] == list(range(1, len(upgraded.receipts()) + 1))
    with closing(sqlite3.connect(":memory:")) as journal:
        journal.executescript((THEN / "journal.sql").read_text())
        for seq, fields in journal.execute("SELECT seq, fields FROM receipts"):
            assert upgraded.receipts()[seq - 1].model_dump_json(exclude={"seq"}) == fields
    upgraded.hear(signed_acknowledgement(JOURNAL_ID, len(upgraded.receipts())))
    assert upgraded.journal.acknowledged() == upgraded.journal.last_seq()


def test_the_interrupted_broadcast_is_reported_and_the_planned_one_sounds(upgraded: Box) -> None:
    upgraded.connect()
    asked = PlanRequest.from_fields(upgraded.line.of_kind("requests")[0])
    assert {CUT, SIREN, PLANNED, CANCELLED} <= {broadcast for broadcast, _ in asked.have}
    upgraded.run_until(MONDAY + timedelta(hours=2))
    assert (upgraded.final(CUT).reason, upgraded.final(CUT).heard_ms) == ("power_lost", 3_000)
    assert upgraded.final(SIREN).state == "played", "an emergency begins again"
    assert upgraded.final(PLANNED).state == "played"
    assert [each.label for each in upgraded.played] == [SIREN, PLANNED]
    assert upgraded.status()["settings_revision"] == 1


def test_a_refusal_of_0_2_0_is_not_reported_again(upgraded: Box) -> None:
    [clip] = (THEN / "clips").iterdir()
    forged = broadcast(MONDAY + timedelta(hours=3), clip.read_bytes(), broadcast=REFUSED)
    upgraded.hear(signed(forged, FORGER))
    assert upgraded.states(REFUSED) == [("rejected", "bad_signature")]
