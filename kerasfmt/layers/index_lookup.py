"""What StringLookup, IntegerLookup and TextVectorization share: from tokens to their numbers in the output mode."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.graph import Node, Value, ops
from kerasfmt.layers.vocabulary_table import VocabularyTable
from kerasfmt.nn.categorical import INT, TF_IDF, encode_categories, encode_ragged
from kerasfmt.nn.ragged import Ragged
from kerasfmt.typing import override


class IndexLookup(VocabularyTable, register=False):
    """Maps tokens to their numbers in a vocabulary, or numbers to tokens.

    Source: tf_keras/src/layers/preprocessing/index_lookup.py, IndexLookup.
    """

    @override
    def call(self, inputs: Value) -> Value:
        if (inputs.dtype is dtypes.string) is not (self.key_dtype is dtypes.string):
            raise self.fail(f"input: expected {self.key_dtype.name}, got {inputs.dtype.name}")
        lookups = self.numbers(ops.cast(inputs, self.key_dtype))
        if self.output_mode == INT:
            return lookups
        weights = self.idf_constant if self.output_mode == TF_IDF else None
        return encode_categories(
            lookups, self.output_mode, self._known_depth(), self.compute_dtype, idf_weights=weights
        )

    def encode_rows(self, rows: Ragged) -> Value:
        """The numbers of tokens in rows of different lengths, in the output mode: (rows, depth)."""
        weights = self.idf_constant if self.output_mode == TF_IDF else None
        return encode_ragged(
            rows, self.output_mode, self._known_depth(), self.compute_dtype, idf_weights=weights
        )

    def _known_depth(self) -> int:
        depth = self.depth
        if depth is None:
            raise self.fail(
                f"output_mode {self.output_mode!r} needs a vocabulary; give it one, or adapt the layer to data"
            )
        return depth

    def numbers(self, keys: Value) -> Value:
        """The number of each token."""
        found = ops.lookup_table_find(self.lookup_table, keys)
        if self.mask_key is not None and self.mask_value is not None:
            found = ops.where(ops.equal(keys, self.mask_key), self.mask_value, found)
        if self.invert:
            return found
        if self.num_oov_indices > 1:
            return ops.identity(self._with_oov_buckets(keys, found))
        checks = [self._check_all_known(keys, found)] if self.num_oov_indices == 0 else []
        result = ops.identity(found)
        result.node.controls.extend(checks)
        return result

    def _with_oov_buckets(self, keys: Value, found: Value) -> Value:
        """The numbers, with one of several for each token that is not in the vocabulary."""
        count = self.num_oov_indices
        if keys.dtype is not dtypes.string and self.oov_method == "floormod":
            buckets = ops.floor_mod(keys, count)
        else:
            texts = keys if keys.dtype is dtypes.string else ops.as_string(keys)
            if self.salt is None:
                buckets = ops.string_to_hash_bucket_fast(texts, count)
            else:
                buckets = ops.string_to_hash_bucket_strong(texts, count, self.salt)
        buckets = ops.cast(buckets, found.dtype)
        return ops.where(ops.equal(found, -1), buckets + self.oov_start, found)

    def _check_all_known(self, keys: Value, found: Value) -> Node:
        """The node that raises an error if a token is not in the vocabulary."""
        unknown = ops.nonzero(ops.equal(found, -1))
        graph = keys.graph
        text = f"layer {self.name}: num_oov_indices is 0, and these tokens are not in the vocabulary: "
        graph.emit(
            "Assert",
            ops.equal(ops.size(unknown), 0),
            [graph.constant(text), ops.gather_nd(keys, unknown)],
        )
        return graph.nodes[-1]
