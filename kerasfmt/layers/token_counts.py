"""How often tokens come in data, and in how many documents: what a lookup learns while it is adapted.

Source: tf_keras/src/layers/preprocessing/index_lookup.py, IndexLookup.update_state and finalize_state.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class TokenCounts:
    """The tokens of the data so far, bytes or integers, with their counts.

    Attributes:
      documents: the number of documents.
    """

    def __init__(self) -> None:
        self._counts: Counter[Any] = Counter()
        self._document_counts: Counter[Any] = Counter()
        self.documents = 0

    def add(self, batch: Array, *, by_document: bool = False) -> None:
        """Counts the tokens of a batch.

        Args:
          batch: tokens of any shape; the first axis is that of documents. Without other axes it is one document.
          by_document: whether to count documents too.

        Raises:
          ValueError: documents are counted, and have more than one axis.
        """
        self._counts.update(batch.ravel().tolist())
        if by_document:
            rows = batch if batch.ndim > 1 else batch.reshape(1, -1)
            if rows.ndim > 2:
                raise ValueError("expected documents of one axis")
            for row in rows:
                self._document_counts.update(set(row.tolist()))
            self.documents += len(rows)

    def add_rows(self, tokens: Array, splits: Array, *, by_document: bool = False) -> None:
        """Counts the tokens of documents of different lengths.

        Args:
          tokens: the documents one after the other.
          splits: where each document begins, and where the last one ends.
          by_document: whether to count documents too.
        """
        listed = tokens.tolist()
        self._counts.update(listed)
        if by_document:
            bounds = splits.tolist()
            for start, end in itertools.pairwise(bounds):
                self._document_counts.update(set(listed[start:end]))
            self.documents += len(bounds) - 1

    def most_frequent(self, without: Iterable[Any], most: int | None) -> list[Any]:
        """The tokens by how often they came, then by themselves, both descending.

        Args:
          without: tokens that are left out.
          most: the largest number of tokens; None for all.
        """
        left_out = set(without)
        kept = [(count, token) for token, count in self._counts.items() if token not in left_out]
        return [token for _, token in sorted(kept, reverse=True)[:most]]

    def inverse_document_frequencies(self, tokens: Sequence[Any]) -> Array:
        """The weight of each token: float64 (n,), the greater the fewer documents have it."""
        counts = np.array([self._document_counts[token] for token in tokens], np.int64)
        return np.asarray(np.log(1 + self.documents / (1 + counts)))
