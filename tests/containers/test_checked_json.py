"""JSON that strangers made: damage, doubles and depth are told."""

from __future__ import annotations

import pytest

from kerasfmt.containers.checked_json import decode, parse_object
from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsafeFileError

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
