"""docs/protocol.md tells the makers of loudspeakers what really travels."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.wire.golden_messages import FOLDER, KEYS, OFFICE, WRITTEN_TODAY
from wire import topics
from wire.broadcast import MAX_NAMES
from wire.clips import CHUNK_BYTES, OGG_OPUS
from wire.envelope import MAX_JWS_BYTES, Keys
from wire.outcomes import FINAL, REASONS
from wire.receipts import Receipt
from wire.status import SILENT_AFTER_S

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"<!-- golden: (\S+) -->\n```json\n(.*?)\n```", PAGE, re.DOTALL))


def payload(name: str) -> Any:
    data = (FOLDER / name).read_bytes()
    if name.endswith(".jws"):
        middle = data.split(b".")[1]
        data = base64.urlsafe_b64decode(middle + b"=" * (-len(middle) % 4))
    return json.loads(data)


def table_after(heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, without its header row."""
    rows = re.search(r"\n\n((?:\|.*\n)+)", PAGE[PAGE.index(heading) :])
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines()[2:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_golden_message_is_an_example_of_the_page() -> None:
    assert set(EXAMPLES) == set(WRITTEN_TODAY)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_equals_its_golden_message(name: str) -> None:
    assert json.loads(EXAMPLES[name]) == payload(name)


def test_the_pages_signed_message_is_opened_with_the_pages_key() -> None:
    whole = re.search(r"whose public key is\s+`(\S+)`.*?<!-- whole: (\S+) -->\n```\n(\S+)\n```", PAGE, re.DOTALL)
    assert whole
    assert whole[1] == OFFICE.public_key
    assert whole[3].encode() == (FOLDER / whole[2]).read_bytes()
    assert Keys(KEYS).open(whole[3].encode(), "time").payload == payload(whole[2])


def test_the_table_of_topics_equals_the_codes() -> None:
    told = {
        (names(topic)[0], sender, "yes" in retained, names(what)[0] if "JWS" in what else None)
        for topic, sender, retained, what in table_after("### Topics")
    }
    assert told == {(each.template, each.sender, each.retained, each.signed_as) for each in topics.TOPICS}


def test_the_table_of_states_equals_the_codes() -> None:
    rows = table_after("At most 100 in a message")
    assert {names(row[0])[0]: set(names(row[3])) for row in rows} == {
        state: {reason for reason in reasons if reason} for state, reasons in REASONS.items()
    }
    assert {names(row[0])[0] for row in rows if row[2] == "yes"} == FINAL


@pytest.mark.parametrize(
    ("heading", "example"),
    [
        ("## 5. The broadcast", "broadcast_planned_2.jws"),
        ("## 7. Settings", "settings.jws"),
        ("## 11. Status", "status.json"),
    ],
)
def test_every_field_is_explained(heading: str, example: str) -> None:
    section = re.split(r"\n## ", PAGE[PAGE.index(heading) + 3 :])[0]
    prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    assert set(payload(example)) <= set(names(prose))


def test_every_field_of_a_receipt_is_explained() -> None:
    told = {name for row in table_after("## 10. Receipts") for name in names(row[0])}
    assert {*Receipt.model_fields} - {"broadcast", "state"} <= told


def test_the_pages_figures_equal_the_codes() -> None:
    assert f"{CHUNK_BYTES:,}" == f"{MAX_JWS_BYTES:,}" == "65,536"
    for figure in ("65,536", f"at most {MAX_NAMES} names", f"older than {SILENT_AFTER_S} s", OGG_OPUS):
        assert figure in PAGE


def test_the_page_names_no_file_of_this_project() -> None:
    assert not re.search(r"PROTOCOL\.md|shared/|wire/|\.py\b|pydantic", PAGE)
    assert "Apache License 2.0" in PAGE
