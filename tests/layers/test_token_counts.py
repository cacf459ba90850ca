"""What lookups count while they are adapted."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.layers.token_counts import TokenCounts


def test_tokens_come_by_count_and_then_by_themselves() -> None:
    counts = TokenCounts()
    counts.add(np.array([[3, 1], [2, 3]]))
    counts.add(np.array([2, 9]))
    assert counts.most_frequent([], None) == [3, 2, 9, 1]
    assert counts.most_frequent([3], 2) == [2, 9]


def test_documents_are_rows_or_the_whole_of_one_axis() -> None:
    counts = TokenCounts()
    counts.add(np.array([[b"a", b"a"], [b"a", b"b"]], object), by_document=True)
    counts.add(np.array([b"b", b"c"], object), by_document=True)
    assert counts.documents == 3
    found = counts.inverse_document_frequencies([b"a", b"b", b"c", b"d"])
    np.testing.assert_allclose(found, np.log(1 + 3 / np.array([3, 3, 2, 1])))


def test_documents_have_one_axis() -> None:
    with pytest.raises(ValueError, match="documents of one axis"):
        TokenCounts().add(np.zeros((1, 2, 3), np.int64), by_document=True)
