"""Layers that map tokens to numbers: StringLookup and IntegerLookup."""

from __future__ import annotations

from typing import Any

from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.typing import override


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
