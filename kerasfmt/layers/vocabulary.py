"""Vocabularies: tokens as arrays, and the checks that Keras makes of them.

Source: tf_keras/src/layers/preprocessing/index_lookup.py, IndexLookup.set_vocabulary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.graph.sizes import fitting
from kerasfmt.graph.strings import as_bytes

Array = np.ndarray[Any, Any]
Fail = Callable[[str], KerasfmtError]


class Special(NamedTuple):
    """The tokens before those of the vocabulary.

    Attributes:
      mask: stands for a masked input; None where there is none.
      oov: stands for tokens that are not in the vocabulary; None where there is none.
      masks: how many numbers masks take, 0 or 1.
      oovs: how many numbers such tokens take.
    """

    mask: Any
    oov: Any
    masks: int
    oovs: int

    def listed(self) -> list[Any]:
        """The tokens by their numbers."""
        return [self.mask] * self.masks + [self.oov] * self.oovs


def as_tokens(given: ArrayLike, dtype: DType, fail: Fail = InvalidModelError) -> Array:
    """Tokens as an array: bytes objects, or integers of the dtype.

    Args:
      given: texts, bytes or integers.
      dtype: what tokens the layer has.
      fail: makes the error.

    Raises:
      KerasfmtError: they are not one list of such tokens.
    """
    if isinstance(given, np.ndarray):
        array = given
    elif dtype is dtypes.string and isinstance(given, list | tuple):
        array = np.empty(len(given), object)  # NumPy's own text arrays take the longest token's room for each
        array[:] = given
    else:
        array = np.asarray(given)
    if array.ndim != 1 or array.size == 0:
        raise fail(f"option vocabulary: expected a list of tokens, got an array of shape {array.shape}")
    try:
        if dtype is dtypes.string:
            return as_bytes(array)
        if array.dtype.kind not in "iu":
            raise ValueError(f"expected integers, got {array.dtype}")
        return fitting(array, dtype)
    except ValueError as error:
        raise fail(f"option vocabulary: {error}") from error


def checked_tokens(
    given: Array, special: Special, dtype: DType, invert: bool, max_tokens: int | None, fail: Fail
) -> tuple[Array, bool]:
    """The tokens of a vocabulary without the special ones, and whether it had these.

    Raises:
      KerasfmtError: a token comes twice, a special token is not at the beginning, or there are too many.
    """
    before = special.listed()
    start = len(before)
    first = [None if token is None else as_tokens([token], dtype)[0] for token in before]
    with_special = given[:start].tolist() == first
    tokens = given[start:] if with_special else given
    listed = tokens.tolist()
    held = set(listed)
    if len(held) < len(listed):
        repeated = [token for token, count in Counter(listed).items() if count > 1]
        raise fail(
            f"option vocabulary: {len(repeated)} tokens come more than once, {repeated[0]!r:.80} the first"
        )
    reserved = [("mask", special.mask), *([("oov", special.oov)] if invert else [])]
    for name, token in reserved:
        if token is not None and as_tokens([token], dtype)[0] in held:
            raise fail(
                f"option vocabulary: it holds the {name} token {token!r:.80}; leave the special tokens out, or begin "
                f"with exactly {before!r:.200}"
            )
    size = start + len(listed)
    if max_tokens is not None and size > max_tokens:
        raise fail(f"option vocabulary: it has {size} tokens, max_tokens allows {max_tokens}")
    return tokens, with_special


def tokens_by_number(tokens: Array, numbers: Array, start: int, fail: Fail) -> Array:
    """The tokens of a table in the order of their numbers, without the special tokens before the first one.

    Args:
      tokens: the tokens, in any order.
      numbers: the number of each.
      start: the number of the first token that is not a special one.
      fail: makes the error.

    Raises:
      KerasfmtError: a number is missing, or comes twice.
    """
    order = np.argsort(numbers, kind="stable")
    numbers, tokens = numbers[order], tokens[order]
    front = int(np.searchsorted(numbers, start))
    if not np.array_equal(numbers[front:], np.arange(start, start + len(numbers) - front)):
        raise fail(
            f"its table: expected a token for each number from {start} on, got {len(numbers) - front} with numbers "
            f"from {numbers[front]} to {numbers[-1]}"
        )
    return tokens[front:]
