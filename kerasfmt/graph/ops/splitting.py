"""Ops that split strings into tokens, and join tokens that stand side by side.

Source: tensorflow/core/kernels/string_split_op.cc, string_ngrams_op.cc.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, with_rank
from kerasfmt.graph.ops.ragged import row_numbers
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _split(text: bytes, separator: bytes, most: int) -> list[bytes]:
    if most == 0:
        return [text]
    if separator:
        return text.split(separator, most)
    if most < 0:
        return text.split()
    parts = text.split(None, most)
    # TensorFlow counts the rest after the last split as a token, even if it is empty.
    return [*parts, b""] if len(parts) == most else parts


@register("StringSplitV2")
class StringSplitV2(Op):
    """The tokens of strings, as a sparse matrix: between separators, or between runs of whitespace."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, separator: Value) -> list[Shape]:
        with_rank(x, 1), with_rank(separator, 0)
        return [(None, 2), (None,), (2,)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, separator: Array) -> list[Array]:
        between = separator.item()
        return _matrix([_split(text, between, attrs["maxsplit"]) for text in strings_of(x)])


@register("StringSplit")
class StringSplit(Op):
    """The tokens of strings, as a sparse matrix: between any of some bytes, or each byte for itself."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, delimiter: Value) -> list[Shape]:
        with_rank(x, 1), with_rank(delimiter, 0)
        return [(None, 2), (None,), (2,)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, delimiter: Array) -> list[Array]:
        any_of = delimiter.item()
        rows = [_split_at_bytes(text, any_of) for text in strings_of(x)]
        return _matrix([[token for token in row if token] for row in rows] if attrs["skip_empty"] else rows)


def _split_at_bytes(text: bytes, any_of: bytes) -> list[bytes]:
    if not any_of or not text:  # an empty text has no token, even if empty ones are kept
        return [text[place : place + 1] for place in range(len(text))]
    return text.translate(bytes.maketrans(any_of, any_of[:1] * len(any_of))).split(any_of[:1])


def _matrix(rows: list[list[bytes]]) -> list[Array]:
    """Rows of tokens as indices, values and shape of a sparse matrix."""
    lengths = np.array([len(row) for row in rows], np.int64)
    starts = np.cumsum(lengths) - lengths
    indices = np.empty((int(lengths.sum()), 2), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(rows)), lengths)
    indices[:, 1] = np.arange(len(indices)) - np.repeat(starts, lengths)
    tokens = [token for row in rows for token in row]
    shape = np.array([len(rows), lengths.max(initial=0)], np.int64)
    return [indices, string_array(tokens, (len(tokens),)), shape]


def string_split(x: Value, separator: str = "", maxsplit: int = -1) -> tuple[Value, ...]:
    """The tokens of strings, as a sparse matrix of strings.

    Args:
      x: strings (n,).
      separator: what stands between tokens; "" for any ASCII whitespace, which then is in no token.
      maxsplit: the largest number of splits; -1 for no limit.

    Returns:
      Indices int64 (count, 2), values (count,) and shape int64 (2,).

    Source: tf.strings.split.
    """
    return emit("StringSplitV2", x, separator, maxsplit=maxsplit)


@register("StringNGrams")
class StringNGrams(Op):
    """Tokens joined with those that follow them, in each row of a ragged matrix."""

    @staticmethod
    @override
    def infer(attrs: Attrs, tokens: Value, splits: Value) -> list[Shape]:
        with_rank(tokens, 1)
        return [(None,), with_rank(splits, 1)]

    @staticmethod
    @override
    def run(attrs: Attrs, tokens: Array, splits: Array) -> list[Array]:
        row_numbers(splits, len(tokens))
        listed, bounds = strings_of(tokens), splits.tolist()
        made: list[bytes] = []
        ends = [0]
        for start, end in itertools.pairwise(bounds):
            made += _ngrams(attrs, listed[start:end])
            ends.append(len(made))
        return [string_array(made, (len(made),)), np.array(ends[: len(bounds)], splits.dtype)]


def _ngrams(attrs: Attrs, tokens: list[bytes]) -> list[bytes]:
    """The n-grams of one row, width after width."""
    separator, left, right = (_bytes(attrs[name]) for name in ("separator", "left_pad", "right_pad"))
    most = attrs["pad_width"]
    made: list[bytes] = []
    for width in attrs["ngram_widths"]:
        padding = width - 1 if most < 0 else min(most, width - 1)
        row = [*[left] * padding, *tokens, *[right] * padding] if padding else tokens
        made += _windows(row, width, separator)
    if not made and tokens and attrs["preserve_short_sequences"]:
        padding = max(most, 0)
        made.append(separator.join([*[left] * padding, *tokens, *[right] * padding]))
    return made


def _windows(row: list[bytes], width: int, separator: bytes) -> list[bytes]:
    if width == 1:
        return row
    return [separator.join(row[at : at + width]) for at in range(len(row) - width + 1)]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def string_ngrams(
    tokens: Value, splits: Operand, widths: Sequence[int], separator: str = " "
) -> tuple[Value, ...]:
    """Tokens joined with those that follow them, in each row of a ragged matrix.

    Args:
      tokens: strings (count,), the rows one after the other.
      splits: int64 (n + 1,), where each row begins, and where the last one ends.
      widths: the numbers of tokens that are joined.
      separator: what stands between joined tokens.

    Returns:
      Strings, width after width in each row, and int64 (n + 1,).

    Source: tf.strings.ngrams.
    """
    return emit(
        "StringNGrams", tokens, splits, separator=separator, ngram_widths=list(widths), left_pad="", right_pad="",
        pad_width=0, preserve_short_sequences=False,
    )  # fmt: skip
