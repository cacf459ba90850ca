from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value
from kerasfmt.graph.run import run
from kerasfmt.nn.ragged import Ragged, join_columns, join_neighbours, split_characters, split_words, to_dense

TEXTS = np.array([b"a b  a", b"", "ü日".encode(), b" c "], object)


def ragged(make: Any, *further: Any) -> tuple[list[int], list[bytes]]:
    """The row splits and the values of what is made of TEXTS."""
    graph = Builder("rows")
    made = make(graph.input(Spec((None,), dtypes.string)), *further)
    splits, values = run(graph.finish([made.splits, made.values]), [TEXTS], {})
    assert splits.dtype == np.int64
    return splits.tolist(), values.tolist()


def joined_words(x: Value, widths: list[int]) -> Ragged:
    return join_neighbours(split_words(x), widths)


def test_words_and_characters() -> None:
    assert ragged(split_words) == ([0, 3, 3, 4, 5], [b"a", b"b", b"a", "ü日".encode(), b"c"])
    splits, values = ragged(split_characters)
    assert splits == [0, 6, 6, 8, 11]
    assert [value.decode() for value in values] == list("a b  aü日 c ")


@pytest.mark.parametrize("texts", [[], [b"", b" "]], ids=["no texts", "no words"])
def test_no_words(texts: list[bytes]) -> None:
    graph = Builder("rows")
    rows = split_words(graph.input(Spec((None,), dtypes.string)))
    dense = to_dense(rows, np.array(b"-", object), 2)
    splits, found = run(graph.finish([rows.splits, dense]), [np.array(texts, object)], {})
    assert splits.tolist() == [0] * (len(texts) + 1)
    assert found.tolist() == [[b"-", b"-"]] * len(texts)


def test_neighbours() -> None:
    splits, values = ragged(joined_words, [1, 2])
    assert splits == [0, 5, 5, 6, 7]
    assert values == [b"a", b"b", b"a", b"a b", b"b a", "ü日".encode(), b"c"]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (None, [[b"a", b"b", b"a"], [b"", b"", b""], ["ü日".encode(), b"", b""], [b"c", b"", b""]]),
        (1, [[b"a"], [b""], ["ü日".encode()], [b"c"]]),
        (0, [[], [], [], []]),
    ],
    ids=str,
)
def test_dense(length: int | None, expected: list[list[bytes]]) -> None:
    graph = Builder("dense")
    rows = split_words(graph.input(Spec((None,), dtypes.string)))
    dense = to_dense(rows, np.array(b"", object), length)
    assert dense.shape == (None, length)
    (found,) = run(graph.finish([dense]), [TEXTS], {})
    assert found.tolist() == expected


def test_columns() -> None:
    graph = Builder("columns")
    joined = join_columns(graph.input(Spec((None, 3), dtypes.string)), [1, 3])
    given = np.array([[b"a", b"b", b"c"], [b"", b"d", b"e"]], object)
    (found,) = run(graph.finish([joined]), [given], {})
    assert found.tolist() == [[b"a", b"b", b"c", b"a b c"], [b"", b"d", b"e", b" d e"]]
