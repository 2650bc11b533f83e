"""Strict JSON: any text that two readers could understand differently is refused."""

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.strict_json import MAX_DEPTH, MAX_INTEGER, NotJson, parse_object, write_object


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b"[{}]",
        b"{",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":0x10}',
        b'{"a":1_000}',
        b'{"a":"\x01"}',
        b'{"a":"line\nbreak"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_bytes_that_are_no_json_object_in_utf_8_are_refused(data: bytes) -> None:
    with pytest.raises(NotJson):
        parse_object(data)


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'{"b":[{"a":1,"a":2}]}', b'{"a":1,"\\u0061":2}'],
)
def test_a_repeated_key_is_refused_at_any_depth(data: bytes) -> None:
    with pytest.raises(NotJson, match="twice"):
        parse_object(data)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400 + ".0"])
def test_nan_infinity_and_too_large_numbers_are_refused(number: str) -> None:
    with pytest.raises(NotJson):
        parse_object(f'{{"a":{number}}}'.encode())


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0, 1])
def test_integers_up_to_2_to_the_53_are_read(number: int) -> None:
    assert parse_object(f'{{"a":{number}}}'.encode()) == {"a": number}


@pytest.mark.parametrize(
    "number", [str(MAX_INTEGER + 1), str(-MAX_INTEGER - 1), "9" * 17, "9" * 18, "9" * 5000, "-" + "9" * 5000]
)
def test_integers_beyond_2_to_the_53_are_refused_also_with_thousands_of_digits(number: str) -> None:
    with pytest.raises(NotJson):
        parse_object(f'{{"a":{number}}}'.encode())


def test_minus_zero_is_zero() -> None:
    assert parse_object(b'{"a":-0}') == {"a": 0}
    assert type(parse_object(b'{"a":-0}')["a"]) is int


def test_a_small_number_with_an_exponent_is_a_float() -> None:
    assert parse_object(b'{"a":1e2,"b":1e-400}') == {"a": 100.0, "b": 0.0}


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '{"\\ud800":1}', '["x\\ud83d"]'])
def test_half_a_surrogate_pair_is_refused_in_keys_and_values(text: str) -> None:
    with pytest.raises(NotJson):
        parse_object(f'{{"a":{text}}}'.encode())


def test_a_whole_surrogate_pair_is_one_letter() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def nested(depth: int, opening: str, closing: str) -> bytes:
    inner = "1"
    for _ in range(depth - 1):
        inner = opening + inner + closing
    return f'{{"a":{inner}}}'.encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_read_up_to_its_limit_and_refused_beyond(opening: str, closing: str) -> None:
    value = parse_object(nested(MAX_DEPTH, opening, closing))
    assert parse_object(write_object(value)) == value
    for depth in (MAX_DEPTH + 1, 500, 990, 1000, 100_000):
        with pytest.raises(NotJson):
            parse_object(nested(depth, opening, closing))


def test_brackets_inside_a_text_do_not_count_as_nesting() -> None:
    assert parse_object(b'{"a":"' + b"[{" * 1000 + b'"}')["a"] == "[{" * 1000


def test_many_objects_next_to_each_other_do_not_count_as_nesting() -> None:
    many = {"a": [{"b": [1]}] * 1000}
    assert parse_object(json.dumps(many).encode()) == many


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800"])
def test_the_writer_writes_nothing_that_the_reader_would_refuse(value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        write_object({"a": value})


def test_the_writer_keeps_letters_as_letters_and_wastes_no_space() -> None:
    assert write_object({"a": "ế", "b": [1, 2]}) == '{"a":"ế","b":[1,2]}'.encode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.dictionaries(texts, st.recursive(st.none() | st.booleans() | texts, st.lists, max_leaves=8), max_size=4))
def test_a_written_object_is_read_again(fields: dict[str, Any]) -> None:
    assert parse_object(write_object(fields)) == fields


@given(st.dictionaries(texts, st.integers() | st.floats(), max_size=3))
def test_a_number_is_read_unchanged_or_refused(fields: dict[str, Any]) -> None:
    try:
        data = json.dumps(fields).encode()
        read = parse_object(data)
    except NotJson:
        assert any(
            not math.isfinite(number) or (isinstance(number, int) and abs(number) > MAX_INTEGER)
            for number in fields.values()
        )
    else:
        assert read == fields


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0123abdenrtflsuNI.-+ \n', max_size=60).map(str.encode))
def test_any_bytes_are_read_as_an_object_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotJson):
        assert isinstance(parse_object(data), dict)
