"""What layers of categories share, and CategoryEncoding, which encodes the numbers of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields, policy
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.nn.categorical import COUNT, INT, MULTI_HOT, ONE_HOT, encode_categories
from kerasfmt.typing import override


def number_of_bins() -> Any:
    """A number of bins: a whole number of at least 1 that int64 holds."""

    def convert(value: Any) -> int:
        if not is_integer(value) or not 1 <= value < 2**63:
            raise ValueError(f"expected a whole number of at least 1 that int64 holds, got {value!r:.80}")
        return int(value)

    return fields.option(convert=convert)


def sparse() -> Any:
    """Whether outputs are sparse tensors, which is not supported."""

    def convert(value: Any) -> bool:
        if value not in (False, 0, None):
            raise UnsupportedLayerError(
                "sparse outputs are not supported; use sparse=False, whose outputs hold the same numbers"
            )
        return False

    return fields.option(default=False, convert=convert)


def with_category_dtype(
    given: Mapping[str, Any], default_mode: str = INT, strict: bool = False
) -> dict[str, Any]:
    """The options with a dtype: int64 for the numbers of categories, else float32.

    Args:
      given: the options.
      default_mode: the output mode, if the options give none.
      strict: whether a dtype is kept that cannot hold numbers of categories; int64 takes its place else.
    """
    dtype = given.get("dtype")
    numbers = given.get("output_mode", default_mode) == INT
    if dtype is None:
        return {**given, "dtype": "int64" if numbers else "float32"}
    if numbers and not strict and not policy.get(dtype).compute_dtype.is_integer:
        return {**given, "dtype": "int64"}
    return dict(given)


_OLD_MODES = {"binary": MULTI_HOT}


def _output_mode(value: Any) -> str:
    allowed = (MULTI_HOT, ONE_HOT, COUNT)
    found = _OLD_MODES.get(value, value) if isinstance(value, str) else value
    if found not in allowed:
        raise ValueError(f"expected one of {list(allowed)}, got {value!r:.80}")
    return str(found)


class CategoryEncoding(Layer):
    """Numbers of categories as vectors.

    Args:
      num_tokens: the number of categories; a number that is not less ends the run with an error.
      output_mode: "multi_hot" for a 1 at every number of a row; "one_hot" for a 1 at each number; "count" for how
        often each number occurs in a row.
      sparse: only False is supported.

    Input: numbers (batch,) or (batch, n). For mode "count" the call takes `count_weights` too, which has the shape of
    the numbers and says what each one counts. Output: float (batch, num_tokens).
    Source: tf_keras/src/layers/preprocessing/category_encoding.py.
    """

    facts = KerasFacts(implied_by_keras3={"sparse": (False,)})
    num_tokens: int = fields.positive_integer()
    output_mode: Field[str, str] = fields.option(default=MULTI_HOT, convert=_output_mode)
    sparse: bool = sparse()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; `max_tokens` is an old name of `num_tokens`."""
        if "max_tokens" in given:
            given = {**given, "num_tokens": given["max_tokens"]}
            del given["max_tokens"]
        return super().complete(given)

    @override
    def call(self, inputs: Value, count_weights: Value | None = None) -> Value:
        if count_weights is not None:
            if self.output_mode != COUNT:
                raise self.fail(f"count_weights: expected none in output mode {self.output_mode!r}")
            count_weights = ops.cast(count_weights, self.compute_dtype)
        axes = list(range(inputs.rank))
        greatest, least = ops.reduce_max(inputs, axes), ops.reduce_min(inputs, axes)
        zero = ops.zeros_like(least)
        within = ops.logical_and(
            ops.greater(zero + self.num_tokens, greatest), ops.greater_equal(least, zero)
        )
        text = f"Input values must be in the range 0 <= values < num_tokens with num_tokens={self.num_tokens}"
        ops.assert_true(within, text)
        return encode_categories(
            inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights=count_weights
        )
