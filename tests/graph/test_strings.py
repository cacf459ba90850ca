from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.strings import as_bytes, string_array, strings_of

GIVEN: dict[str, tuple[Any, Any]] = {
    "text": ("grüße", "grüße".encode()),
    "bytes": (b"\xff\x00", b"\xff\x00"),
    "list": (["a", b"b\x00"], [b"a", b"b\x00"]),
    "rows": ([["a"], ["b"]], [[b"a"], [b"b"]]),
    "unicode": (np.array(["a", "bc"]), [b"a", b"bc"]),
    "bytes array": (np.array([b"a", b"bc"]), [b"a", b"bc"]),
    "objects": (np.array(["a", b"bc"], object), [b"a", b"bc"]),
    "empty": (np.zeros((0, 2), object), []),
}


@pytest.mark.parametrize("name", GIVEN)
def test_texts_become_bytes(name: str) -> None:
    given, expected = GIVEN[name]
    found = as_bytes(given)
    assert found.dtype == object
    assert found.tolist() == expected
    assert found.shape == np.shape(given)


def test_a_tensor_of_strings_stays_as_it_is() -> None:
    array = np.array([b"a", b"b"], object)
    assert as_bytes(array) is array


@pytest.mark.parametrize("value", [[1, 2], [None], np.zeros(3), [["a"], ["b", "c"]]], ids=str)
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(ValueError, match="expected texts or bytes, got"):
        as_bytes(value)


def test_elements_in_order() -> None:
    array = string_array([b"a", b"b", b"c", b"d"], (2, 2))
    assert array.tolist() == [[b"a", b"b"], [b"c", b"d"]]
    assert strings_of(array) == [b"a", b"b", b"c", b"d"]
