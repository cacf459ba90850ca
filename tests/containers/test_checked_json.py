"""JSON that strangers made: damage, doubles and depth are told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import NoReturn

import pytest

from kerasfmt.containers.checked_json import decode, parse_object
from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsafeFileError
from kerasfmt.limits import limited
from tests.growth import assert_linear, refused

TEXTS = [
    ('{"a": 1, "a": 2}', CorruptFileError, "the key 'a' twice"),
    ('{"a": NaN}', CorruptFileError, "NaN"),
    ('{"a": -Infinity}', CorruptFileError, "-Infinity"),
    ('{"a": ', CorruptFileError, "expected JSON"),
    ("[1]", CorruptFileError, "expected a JSON object, got list"),
    ('{"a": ' + "[" * 10_000 + "]" * 10_000 + "}", UnsafeFileError, "nested deeper than 256"),
    ('{"a": ' * 300 + "1" + "}" * 300, UnsafeFileError, "nested deeper than 256"),
    ('{"a": ' + "9" * 10_000 + "}", CorruptFileError, "expected JSON"),
]


@pytest.mark.parametrize(("text", "error", "said"), TEXTS)
def test_refused(text: str, error: type[KerasfmtError], said: str) -> None:
    with pytest.raises(error, match=f"^m.json: .*{said}"):
        parse_object(text, "m.json")


def test_read() -> None:
    deepest = "[" * 255 + "]" * 255
    found = parse_object('{"a": [1, {"b": null}], "d": ' + deepest + "}", "m.json")
    assert found["a"] == [1, {"b": None}]


def test_text() -> None:
    assert decode("é".encode(), "m.json") == "é"
    with pytest.raises(CorruptFileError, match=r"^m\.json: expected UTF-8: "):
        decode(b"\xff", "m.json")


def test_keys_named_twice_are_found_in_linear_work() -> None:
    def reading(count: int) -> Callable[[], object]:
        keys = [f'"{number}": 0' for number in range(count)]
        text = "{" + ", ".join([*keys, keys[-1]]) + "}"
        return refused(CorruptFileError, lambda: parse_object(text, "m.json"))

    assert_linear(reading, 100)


def test_long_json_costs_more_than_a_small_file_may() -> None:
    text = '{"a": [' + ",".join(["[]"] * 2_000_000) + "]}"
    with limited() as allowance, pytest.raises(UnsafeFileError, match=r"^m\.json: takes 192,000,256 bytes"):
        allowance.add_file(1000)
        parse_object(text, "m.json")
    with limited(max_expansion=math.inf):
        assert len(parse_object('{"a": []}', "m.json")) == 1


def test_a_caller_deep_in_the_stack_is_not_called_a_deep_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RecursionError

    monkeypatch.setattr(json, "loads", fail)
    with pytest.raises(RecursionError):
        parse_object('{"a": "[[\\"' + "[" * 300 + '", "b": ' + "[" * 200 + "]" * 200 + "}", "m.json")
    with pytest.raises(UnsafeFileError, match="nested deeper"):
        parse_object('{"a": ' + "[" * 300, "m.json")
