"""The topics: each address tells its kind of message, who may send it, and whether the broker keeps it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import topics
from wire.ids import NAME_PATTERN, SHA256_PATTERN, ULID_PATTERN

ULID = "01KYB5T8G0ZX7M2Q4R6S8T0V1W"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ROOT = "loa/v1"

# The protocol's table, line by line.
TABLE = [
    ("office/areas/xa-1/broadcasts/" + ULID, "office", True, "broadcast", {"area": "xa-1", "broadcast": ULID}),
    ("office/speakers/loa-1/broadcasts/" + ULID, "office", True, "broadcast", {"speaker": "loa-1", "broadcast": ULID}),
    ("office/speakers/loa-1/settings", "office", True, "settings", {"speaker": "loa-1"}),
    ("office/speakers/loa-1/time", "office", False, "time", {"speaker": "loa-1"}),
    ("office/speakers/loa-1/acknowledgement", "office", False, "acknowledgement", {"speaker": "loa-1"}),
    ("office/audio/" + SHA + "/0", "office", True, None, {"sha256": SHA, "index": "0"}),
    ("office/audio/" + SHA + "/1023", "office", True, None, {"sha256": SHA, "index": "1023"}),
    ("speakers/loa-1/status", "speaker", True, None, {"speaker": "loa-1"}),
    ("speakers/loa-1/receipts", "speaker", False, None, {"speaker": "loa-1"}),
    ("speakers/loa-1/requests", "speaker", False, None, {"speaker": "loa-1"}),
]


@pytest.mark.parametrize(("topic", "sender", "retained", "typ", "levels"), TABLE)
def test_each_topic_of_the_table_is_parsed(
    topic: str, sender: str, retained: bool, typ: str | None, levels: dict[str, str]
) -> None:
    address = topics.parse_topic(ROOT, f"{ROOT}/{topic}")
    assert address is not None
    assert (address.topic.sender, address.topic.retained, address.topic.signed_as) == (sender, retained, typ)
    assert address.levels == levels
    assert address.topic.under(ROOT, **levels) == f"{ROOT}/{topic}"


def test_the_table_has_all_topics() -> None:
    understood = [topics.parse_topic(ROOT, f"{ROOT}/{line[0]}") for line in TABLE]
    assert {address.topic for address in understood if address} == set(topics.TOPICS)
    assert topics.QOS == 1
    assert topics.DEFAULT_ROOT == ROOT


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "loa",
        "loa/v1",
        "loa/v1/",
        "loa/v2/speakers/loa-1/status",
        "xloa/v1/speakers/loa-1/status",
        "/loa/v1/speakers/loa-1/status",
        "loa/v1//speakers/loa-1/status",
        "loa/v1/speakers/loa-1/status/",
        "loa/v1/speakers/loa-1/status/x",
        "loa/v1/speakers/loa-1/statuses",
        "loa/v1/speakers/office/status",
        "loa/v1/speakers/LOA-1/status",
        "loa/v1/speakers//status",
        "loa/v1/speakers/loa-1\n/status",
        "loa/v1/office/areas/office/broadcasts/" + ULID,
        "loa/v1/office/areas/xa-1/broadcasts/" + ULID.lower(),
        "loa/v1/office/areas/xa-1/broadcasts/",
        "loa/v1/office/areas/xa-1/settings",
        "loa/v1/office/audio/" + SHA,
        "loa/v1/office/audio/" + SHA.upper() + "/0",
        "loa/v1/office/audio/" + SHA + "/00",
        "loa/v1/office/audio/" + SHA + "/-1",
        "loa/v1/office/audio/" + SHA + "/12345",
        "loa/v1/office/audio/" + SHA + "/٣",
        "$SYS/broker/version",
    ],
)
def test_any_other_topic_is_not_parsed(topic: str) -> None:
    assert topics.parse_topic(ROOT, topic) is None


def test_a_topic_below_another_root_is_not_parsed() -> None:
    assert topics.parse_topic("tinh/a", "tinh/a/speakers/loa-1/status") is not None
    assert topics.parse_topic("tinh/a", "tinh/b/speakers/loa-1/status") is None


@given(st.sampled_from(topics.TOPICS), st.data())
def test_every_written_topic_is_parsed_again(topic: topics.Topic, data: st.DataObject) -> None:
    forms = {
        "area": NAME_PATTERN,
        "speaker": NAME_PATTERN,
        "broadcast": ULID_PATTERN,
        "sha256": SHA256_PATTERN,
        "index": "0|[1-9][0-9]{0,2}",
    }
    names = [name for name in forms if "{" + name + "}" in topic.template]
    levels = {name: data.draw(st.from_regex(forms[name], fullmatch=True).map(str.strip)) for name in names}
    assert topics.parse_topic(ROOT, topic.under(ROOT, **levels)) == topics.ParsedTopic(topic, levels)


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused_without_another_error(text: str) -> None:
    topics.parse_topic(ROOT, text)
    topics.parse_topic(ROOT, f"{ROOT}/speakers/{text}")


def test_the_office_subscribes_to_the_topics_of_single_speakers_or_of_all() -> None:
    assert topics.office_filter(ROOT, "loa-1") == "loa/v1/speakers/loa-1/+"
    assert topics.office_filter(ROOT, "+") == "loa/v1/speakers/+/+"


def test_a_speaker_subscribes_to_its_own_topics_and_the_areas_of_its_chain() -> None:
    assert topics.speaker_filter(ROOT, "loa-1") == "loa/v1/office/speakers/loa-1/#"
    assert topics.area_filter(ROOT, "xa-1") == "loa/v1/office/areas/xa-1/broadcasts/+"
