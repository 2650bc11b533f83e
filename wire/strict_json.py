"""JSON as the wire takes it (RFC 8259, narrowed as by I-JSON, RFC 7493).

UTF-8; refused are duplicate keys, NaN, infinities, integers beyond 2^53, lone surrogates, and what Python's own parser
refuses (integers of thousands of digits). Nesting ends at 64 levels, far below Python's recursion limit, which shrinks
with the depth of the call: so a value that was read can always be written again.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

MAX_INTEGER = 2**53
MAX_DEPTH = 64


class NotJson(ValueError):
    """The bytes are not JSON as the wire takes it; `str()` says what is wrong."""


def parse_object(data: bytes) -> dict[str, Any]:
    """Read one JSON object with any keys and values; raises NotJson for everything else."""
    try:
        checks_integers = _MANY_DIGITS.search(data) is not None
        value = (_DECODER_CHECKING_INTEGERS if checks_integers else _FAST_DECODER).decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)[:200]) from None
    if not isinstance(value, dict):
        raise NotJson("not an object")
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _depth_exceeds(MAX_DEPTH, value):
        raise NotJson(f"nested deeper than {MAX_DEPTH}")
    return value


def write_object(value: Mapping[str, object]) -> bytes:
    """The object as compact JSON in UTF-8; raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotJson("a key stands twice")
    return value


def _depth_exceeds(limit: int, value: dict[str, object]) -> bool:
    level: list[dict[str, object] | list[object]] = [value]
    for _ in range(limit):
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)


def _parse_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise NotJson("an integer lies beyond 2^53")
    return int(text)


def _parse_finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("a number is too large")
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise NotJson(f"{text} is no JSON number")


# Calling `_parse_integer` for each integer doubles the time, and only 16 digits or more can lie beyond 2^53.
_MANY_DIGITS = re.compile(rb"[0-9]{16}")
_FAST_DECODER = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates, parse_float=_parse_finite, parse_constant=_refuse_constant
)
_DECODER_CHECKING_INTEGERS = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates,
    parse_int=_parse_integer,
    parse_float=_parse_finite,
    parse_constant=_refuse_constant,
)
