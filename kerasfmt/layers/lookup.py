"""Layers that map tokens to numbers: StringLookup and IntegerLookup."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType, DTypeLike
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.nn.categorical import INT
from kerasfmt.typing import override


def _integer_dtype(value: Any) -> DType:
    dtype = dtypes.of(value)
    if dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"expected int32 or int64, got {value!r:.80}")
    return dtype


class StringLookup(IndexLookup):
    """Maps strings to their numbers in a vocabulary, or numbers to strings.

    Args:
      max_tokens: the largest number of tokens, special ones included; None for no limit.
      num_oov_indices: how many numbers tokens take that are not in the vocabulary. With 0 they are an error. With more
        than 1 a hash of the token decides.
      mask_token: the token for masked inputs, number 0 in output mode "int"; None for none.
      oov_token: what unknown numbers give where `invert` is set.
      vocabulary: the tokens by number, or the path of a file with a token in each line.
      idf_weights: in output mode "tf_idf", a weight for each token.
      encoding: how `get_vocabulary` reads the bytes of tokens.
      invert: whether numbers are mapped to tokens.
      output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
      sparse: whether the output is sparse.
      pad_to_max_tokens: whether the last axis has the size `max_tokens`, however many tokens there are.

    Input: string of any shape; with `invert`, integers. Output: int64 of that shape in mode "int", else float.
    Source: tf_keras/src/layers/preprocessing/string_lookup.py.
    """

    argument_order = (
        "max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary", "idf_weights", "encoding",
        "invert", "output_mode", "sparse", "pad_to_max_tokens",
    )  # fmt: skip
    config_order = (*IndexLookup.config_order, "encoding")
    mask_token: str | None = None
    oov_token: str | None = "[UNK]"
    encoding: str = "utf-8"

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; of old configs, the dtype of the inputs is left out."""
        options = {name: value for name, value in given.items() if (name, value) != ("dtype", "string")}
        return super().complete(options)

    @override
    def _readable(self, tokens: np.ndarray[Any, Any]) -> list[Any]:
        try:
            return [token.decode(self.encoding) for token in tokens.tolist()]
        except (UnicodeDecodeError, LookupError) as error:
            raise self.fail(f"option encoding: {error}") from error


def _legacy(given: dict[str, Any], old: str, new: str) -> None:
    """Gives an option of an old config its later name."""
    if old in given:
        given[new] = given.pop(old)


class IntegerLookup(IndexLookup):
    """Maps integers to their numbers in a vocabulary, or numbers to integers.

    Args:
      max_tokens: the largest number of tokens, special ones included; None for no limit.
      num_oov_indices: how many numbers integers take that are not in the vocabulary. With 0 they are an error. With
        more than 1 the remainder of the integer decides.
      mask_token: the integer for masked inputs, number 0 in output mode "int"; None for none.
      oov_token: what unknown numbers give where `invert` is set.
      vocabulary: the integers by number, or the path of a file with an integer in each line.
      vocabulary_dtype: "int64" or "int32".
      idf_weights: in output mode "tf_idf", a weight for each integer.
      invert: whether numbers are mapped to integers.
      output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
      sparse: whether the output is sparse.
      pad_to_max_tokens: whether the last axis has the size `max_tokens`, however many integers there are.

    Input: integers of any shape. Output: int64 of that shape in mode "int", else float.
    Source: tf_keras/src/layers/preprocessing/integer_lookup.py.
    """

    argument_order = (
        "max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary", "vocabulary_dtype",
        "idf_weights", "invert", "output_mode", "sparse", "pad_to_max_tokens",
    )  # fmt: skip
    config_order = (
        *IndexLookup.config_order[: IndexLookup.config_order.index("idf_weights")],
        "vocabulary_dtype",
        *IndexLookup.config_order[IndexLookup.config_order.index("idf_weights") :],
    )
    mask_token: int | None = fields.integer(default=None, optional=True)
    oov_token: int | None = fields.integer(default=-1, optional=True)
    vocabulary_dtype: Field[DType, DTypeLike] = fields.option(
        default="int64", convert=_integer_dtype, to_config=lambda dtype: dtype.name
    )

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; those of old configs have their later names."""
        options = dict(given)
        for old, new in (
            ("max_values", "max_tokens"),
            ("mask_value", "mask_token"),
            ("oov_value", "oov_token"),
        ):
            _legacy(options, old, new)
        if options.get("output_mode", INT) != INT and options.get("dtype") == "int64":
            del options["dtype"]
        return super().complete(options)
