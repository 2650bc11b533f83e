"""The journal: committed rows stay, at whatever line the agent is killed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from speaker_agent.memory.journal import Journal, ReceiptDraft, journal_fault
from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import broadcast, chunks_of, settings, signed, signed_settings, sound

ONE = "01JD0000000000000000000001"

_CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from speaker_agent.memory.journal import ReceiptDraft, Journal, Revoked
from wire.ids import new_ulid

now = datetime(2026, 11, 23, 10, tzinfo=UTC)
journal = Journal(Path(sys.argv[1]), now)
print("open", flush=True)
while True:
    name = new_ulid(now)
    journal.accept(name, 1, b"raw", now, None, ReceiptDraft(name, 1, "accepted", now, "trusted"))
    journal.begin(ReceiptDraft(name, 1, "started", now, "trusted"), again=False, tells=True)
    with open(sys.argv[2], "a") as heard:
        heard.write(name + "\\n")
        heard.flush()
    journal.change(name, ReceiptDraft(name, 1, "played", now, "trusted"), final="played", sounding=False)
"""


def test_after_sigkill_the_numbers_have_no_hole_and_every_sound_has_its_receipt(tmp_path: Path) -> None:
    file, heard_file = tmp_path / "journal.db", tmp_path / "heard"
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", _CHILD, file, heard_file], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"open\n"
            threading.Event().wait(random.uniform(0, 0.05))  # the moment of the kill is random
            child.send_signal(signal.SIGKILL)
    journal = Journal(file, MONDAY)
    receipts = journal.receipts_after(0, 10**6)
    assert [receipt.seq for receipt in receipts] == list(range(1, len(receipts) + 1))
    assert len(receipts) > 12
    started = [receipt.broadcast for receipt in receipts if receipt.state == "started"]
    heard = heard_file.read_text().split()
    assert len(set(started)) == len(started)
    assert set(heard) <= set(started)
    assert {row.broadcast for row in journal.rows() if row.begun_at} == set(started)
    told = {receipt.broadcast for receipt in receipts if receipt.state == "played"}
    assert {row.broadcast for row in journal.rows() if row.final} == told
    journal.close()


def test_a_transaction_that_fails_leaves_neither_the_change_nor_a_hole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", MONDAY)
    receipt = ReceiptDraft(ONE, 1, "accepted", MONDAY, "trusted")
    journal.accept(ONE, 1, b"raw", MONDAY, None, receipt)
    with pytest.raises(sqlite3.Error):
        journal.change(ONE, receipt, no_such_column=1)  # type: ignore[call-arg] # what no caller may do, so that the statement fails
    journal.change(ONE, ReceiptDraft(ONE, 1, "ready", MONDAY, "trusted"), told_ready=True)
    assert [each.seq for each in journal.receipts_after(0, 10)] == [1, 2]


def test_a_journal_keeps_its_id_over_a_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db", MONDAY)
    name = first.id
    first.close()
    assert Journal(tmp_path / "journal.db", MONDAY).id == name


def test_an_acknowledgement_writes_only_newly_acknowledged_receipts(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    journal = Journal(file, MONDAY)
    for _ in range(50):
        journal.change(ONE, ReceiptDraft(ONE, 1, "accepted", MONDAY, "trusted"), told_ready=False)
    with closing(sqlite3.connect(file, isolation_level=None)) as beside:
        beside.execute("CREATE TABLE written (seq)")
        beside.execute(
            "CREATE TRIGGER written_receipts AFTER UPDATE ON receipts BEGIN INSERT INTO written VALUES (new.seq); END"
        )
        journal.acknowledge(1, MONDAY)
        journal.acknowledge(2, MONDAY)
        assert beside.execute("SELECT seq FROM written").fetchall() == [(1,), (2,)]
        journal.acknowledge(1, MONDAY)
        assert beside.execute("SELECT seq FROM receipts WHERE acknowledged_at IS NOT NULL").fetchall() == [(1,)]


@pytest.mark.parametrize("damage", ["nonsense", "torn", "flipped"])
def test_an_unreadable_file_is_set_aside_and_a_new_journal_begins(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "journal.db"
    first = Journal(file, MONDAY)
    for number in range(200):
        name = f"01JD{number:022d}"
        first.accept(name, 1, b"raw" * 200, MONDAY, None, ReceiptDraft(name, 1, "accepted", MONDAY, "trusted"))
    first.close()
    data = bytearray(file.read_bytes())
    if damage == "nonsense":
        data = bytearray(os.urandom(len(data)))
    elif damage == "torn":
        data = data[: len(data) // 2]
    else:
        data[4096 : 4096 * 8] = bytes(4096 * 7)
    file.write_bytes(data)
    assert journal_fault(file) is not None
    second = Journal(file, MONDAY)
    assert second.id != first.id
    assert second.rows() == []
    [aside] = tmp_path.glob("journal.db.unreadable-*")
    assert aside.read_bytes() == bytes(data)
    assert journal_fault(file) is None


def test_a_locked_journal_is_never_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    Journal(file, MONDAY).close()
    file.chmod(0o400)
    (tmp_path / "journal.db-wal").mkdir()
    with pytest.raises(sqlite3.Error):
        Journal(file, MONDAY)
    assert list(tmp_path.glob("*unreadable*")) == []


def test_a_journal_that_breaks_while_the_agent_runs_ends_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = enrolled_box(tmp_path)

    def broken(*_args: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(Journal, "accept", broken)
    box.hear(signed(broadcast(MONDAY + timedelta(minutes=60), sound(1_000))))
    box.agent.run()
    assert "malformed" in (box.parts.troubles.last or "")


def lose_the_journal(box: Box, file: Path) -> None:
    """Cut the power and lose the journal's file."""
    box.journal.close()
    file.write_bytes(b"no database " * 1_000)
    box.restart()
    box.hear(signed_settings(settings(box.clock.now())))


def test_after_a_lost_journal_a_broadcast_that_may_have_sounded_does_not_begin_again(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    cut = broadcast(MONDAY + timedelta(seconds=10), sound(10_000))
    siren = broadcast(MONDAY + timedelta(seconds=10), sound(1_000), bulletin_class="emergency")
    to_come = broadcast(MONDAY + timedelta(seconds=60), sound(1_000))
    box.hear(signed(cut), *chunks_of(sound(10_000)))
    box.run_for(seconds=14)
    assert [(each.label, each.frames // 48) for each in box.played] == [(cut.broadcast, 4_000)]
    lose_the_journal(box, tmp_path / "journal.db")
    box.hear(*(signed(said) for said in (cut, siren, to_come)), *chunks_of(sound(1_000)), *chunks_of(sound(10_000)))
    box.run_for(minutes=2)
    assert box.states(cut.broadcast)[-1] == ("missed", "late")
    assert [each.label for each in box.played] == [cut.broadcast, siren.broadcast, to_come.broadcast]
    box.restart()
    box.run_for(minutes=1)
    assert len(box.played) == 3


def test_after_a_lost_journal_the_first_trusted_time_decides_what_may_have_sounded(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    said = broadcast(MONDAY + timedelta(seconds=10), sound(10_000))
    box.hear(signed(said), *chunks_of(sound(10_000)))
    box.run_for(seconds=14)
    box.clock.jump(MONDAY - timedelta(days=400))  # a board boots in the past
    box.clock.trust = "untrusted"
    lose_the_journal(box, tmp_path / "journal.db")
    box.hear(signed(said), *chunks_of(sound(10_000)))
    box.run_for(seconds=20)
    box.clock.jump(MONDAY + timedelta(seconds=40))
    box.clock.trust = "trusted"
    box.run_for(minutes=2)
    assert box.final(said.broadcast).reason == "late"
    assert len(box.played) == 1


def test_a_full_disk_stops_neither_the_loop_nor_accepted_broadcasts(tmp_path: Path) -> None:
    box = enrolled_box(tmp_path)
    kept = broadcast(MONDAY + timedelta(minutes=60), sound(1_000))
    lost = broadcast(MONDAY + timedelta(minutes=60), sound(1_000))
    box.connect()
    box.hear(signed(kept))
    pages = box.journal_connection.execute("PRAGMA page_count").fetchone()[0]
    box.journal_connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [broadcast(MONDAY + timedelta(minutes=60), sound(1_000), title="x" * 20_000) for _ in range(3)]
    for said in many:
        box.line.messages.put(signed(said))
    for _ in range(4):
        box.run_for(seconds=2)
    assert "full" in box.status()["last_error"]
    box.journal_connection.execute("PRAGMA max_page_count = 1073741823")
    box.hear(signed(lost))
    box.run_for(seconds=3)
    assert box.states(kept.broadcast) == [("accepted", None)]
    assert box.states(lost.broadcast) == [("accepted", None)]
    box.run_for(minutes=2)
    assert box.status()["last_error"] is None
    seqs = [each.seq for each in box.receipts()]
    assert seqs == list(range(1, len(seqs) + 1))
