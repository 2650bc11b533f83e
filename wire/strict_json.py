"""JSON as the wire takes it (RFC 8259, narrowed as by I-JSON, RFC 7493).

UTF-8; duplicate keys, NaN, infinities, integers beyond 2^53 and lone surrogates are refused, and so is what Python's
own parser chokes on (digits by the thousand). Nesting ends well before the interpreter's own limit, which moves with
the depth of the calls: what was read can be written again wherever it is carried.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

LARGEST_INTEGER = 2**53
DEEPEST = 64


class NotJson(ValueError):
    """The bytes are not the JSON that the wire takes; the message says what was wrong."""


def parse_object(data: bytes) -> dict[str, Any]:
    """Read one JSON object, of any keys and values; raises NotJson for anything else."""
    try:
        careful = _MANY_DIGITS.search(data) is not None
        value = (_CAREFUL if careful else _QUICK).decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)[:200]) from None
    if not isinstance(value, dict):
        raise NotJson("not an object")
    if data.count(b"{") + data.count(b"[") > DEEPEST and _depth_exceeds(DEEPEST, value):
        raise NotJson(f"nested deeper than {DEEPEST}")
    return value


def write_object(value: Mapping[str, object]) -> bytes:
    """Write one JSON object compactly, in UTF-8; raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
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


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise NotJson("an integer lies beyond 2^53")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("a number is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise NotJson(f"{text} is no JSON number")


# A call for each integer would cost as much as all the rest: it is only made where there are digits enough.
_MANY_DIGITS = re.compile(rb"[0-9]{16}")
_QUICK = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_float=_finite, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_int=_integer, parse_float=_finite, parse_constant=_constant
)
