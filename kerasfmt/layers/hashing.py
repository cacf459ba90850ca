"""Layers that hash categories into bins: Hashing, HashedCrossing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.category import number_of_bins, sparse, with_category_dtype
from kerasfmt.nn.categorical import COUNT, INT, MULTI_HOT, ONE_HOT, encode_categories
from kerasfmt.typing import override


def _salt(value: Any) -> list[int] | None:
    if value is None:
        return None
    pair = [value, value] if is_integer(value) else value
    if (
        not isinstance(pair, list | tuple)
        or len(pair) != 2
        or not all(is_integer(i) and -(2**63) <= i < 2**63 for i in pair)
    ):
        raise ValueError(f"expected a whole number that int64 holds, two of them, or None, got {value!r:.80}")
    return [int(i) for i in pair]


def _mask_value(value: Any) -> str | int | None:
    if value is None or isinstance(value, str):
        return value
    if not is_integer(value):
        raise ValueError(f"expected a text, a whole number, or None, got {value!r:.80}")
    return int(value)


class Hashing(Layer):
    """Categories, hashed into bins.

    Args:
      num_bins: the number of bins.
      mask_value: the category that goes to bin 0, which no other category then goes to; None for none.
      salt: one or two whole numbers: the key of SipHash; None for FarmHash without a key.
      output_mode: "int" for the numbers of the bins, or "one_hot", "multi_hot" or "count".
      sparse: only False is supported.

    Input: strings or integers of any shape; in other modes than "int", (batch,) or (batch, n).
    Output: int64 of that shape, or float (batch, num_bins).
    Source: tf_keras/src/layers/preprocessing/hashing.py.
    """

    config_order = ("num_bins", "salt", "mask_value", "output_mode", "sparse")
    num_bins: int = number_of_bins()
    mask_value: Field[str | int | None, str | int | None] = fields.option(default=None, convert=_mask_value)
    salt: Field[list[int] | None, int | Sequence[int] | None] = fields.option(default=None, convert=_salt)
    output_mode: str = fields.choice(INT, ONE_HOT, MULTI_HOT, COUNT, default=INT)
    sparse: bool = sparse()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with a dtype that follows from the output mode."""
        return super().complete(with_category_dtype(given))

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return () if self.salt is None else ("salt",)

    @override
    def call(self, inputs: Value) -> Value:
        if not (inputs.dtype is dtypes.string or inputs.dtype.is_integer):
            raise self.fail(f"input: expected strings or integers, got {inputs.dtype.name}")
        bins = self._bins(inputs)
        return encode_categories(bins, self.output_mode, self.num_bins, self.compute_dtype)

    def _bins(self, categories: Value) -> Value:
        masks = self.mask_value is not None and self.num_bins > 1
        masked = ops.equal(categories, self._mask(categories)) if masks else None
        texts = categories if categories.dtype is dtypes.string else ops.as_string(categories)
        count = self.num_bins - masks
        if self.salt is None:
            bins = ops.string_to_hash_bucket_fast(texts, count, name="hash")
        else:
            bins = ops.string_to_hash_bucket_strong(texts, count, self.salt, name="hash")
        if masked is None:
            return bins
        bins = bins + ops.ones_like(bins)
        return ops.where(masked, ops.zeros_like(bins), bins)

    def _mask(self, categories: Value) -> Any:
        if isinstance(self.mask_value, str) != (categories.dtype is dtypes.string):
            raise self.fail(
                f"option mask_value: expected a value of the inputs, which are {categories.dtype.name}, "
                f"got {self.mask_value!r}"
            )
        return self.mask_value


class HashedCrossing(Layer):
    """The crosses of features, hashed into bins.

    Args:
      num_bins: the number of bins.
      output_mode: "int" for the numbers of the bins, or "one_hot".
      sparse: only False is supported.

    Input: two features or more of one shape, (batch,) or (batch, 1), strings or integers.
    Output: int64 of that shape, or float (batch, num_bins).
    Source: tf_keras/src/layers/preprocessing/hashed_crossing.py.
    """

    facts = KerasFacts(implied_by_keras3={"trainable": ANY_VALUE})
    num_bins: int = number_of_bins()
    output_mode: str = fields.choice(INT, ONE_HOT, default=INT)
    sparse: bool = sparse()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with a dtype that follows from the output mode."""
        return super().complete(with_category_dtype(given, strict=True))

    @override
    def validate(self) -> None:
        """Checks that the dtype can hold the numbers of bins, where these are the outputs."""
        if self.output_mode == INT and not self.compute_dtype.is_integer:
            raise self.fail(
                f"option dtype: expected integers in output mode {INT!r}, got {self.compute_dtype.name}"
            )

    @override
    def call(self, inputs: Any) -> Value:
        if not isinstance(inputs, list | tuple) or len(inputs) < 2:
            raise self.fail("input: expected a list of two features or more")
        rank = self._check(inputs)
        columns = [ops.expand_dims(x, -1) if rank < 2 else x for x in inputs]
        columns = [x if x.dtype is dtypes.string else ops.cast(x, dtypes.int64) for x in columns]
        indices, values, shape = ops.sparse_cross(columns, self.num_bins)
        dense = ops.sparse_to_dense(indices, shape, values, np.int64(0))
        crosses = ops.reshape(dense, [-1, 1] if rank == 2 else [-1])
        return encode_categories(crosses, self.output_mode, self.num_bins, self.compute_dtype)

    def _check(self, inputs: Sequence[Value]) -> int:
        """The rank of the inputs, which must be features of one shape."""
        shape = inputs[0].shape
        if any(x.shape != shape for x in inputs):
            raise self.fail(f"input: expected features of one shape, got {[x.shape for x in inputs]}")
        if shape is None or len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] != 1):
            raise self.fail(f"input: expected features of shape (batch,) or (batch, 1), got {shape}")
        wrong = [x.dtype.name for x in inputs if not (x.dtype is dtypes.string or x.dtype.is_integer)]
        if wrong:
            raise self.fail(f"input: expected strings or integers, got {wrong[0]}")
        return len(shape)
