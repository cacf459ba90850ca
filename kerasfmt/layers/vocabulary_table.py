"""The table of a lookup: its vocabulary, from where it comes, and what files hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.graph import EagerConstant, KeyValues, Table
from kerasfmt.graph.resource import TableInitializer
from kerasfmt.graph.strings import as_bytes
from kerasfmt.graph.text_table import LINE_NUMBER, WHOLE_LINE, tokens_of_lines
from kerasfmt.ir import fields
from kerasfmt.ir.asset import Asset, TextFile
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_content import WeightContent
from kerasfmt.layers.idf_weights import IdfWeights
from kerasfmt.layers.lookup_options import LookupOptions
from kerasfmt.layers.token_counts import TokenCounts
from kerasfmt.layers.vocabulary import Array, Special, as_tokens, checked_tokens, tokens_by_number
from kerasfmt.nn.categorical import INT, TF_IDF
from kerasfmt.typing import override

_VOCABULARY = "vocabulary.txt"
_TABLES = frozenset(
    {
        ("string", "int64"), ("string", "int32"), ("int64", "string"), ("int64", "int64"), ("int64", "int32"),
        ("int32", "string"), ("int32", "int32"),
    }
)  # fmt: skip
"""The dtypes of keys and values for which TensorFlow has a table.

Source: tensorflow/core/kernels/lookup_table_op.cc.
"""


class VocabularyTable(LookupOptions, register=False):
    """A layer with a vocabulary in a table: given as tokens or as a file, learned from data, or read from a file.

    The numbers begin with the mask token, where there is one, and with those of tokens that are not in the vocabulary.

    Source: tf_keras/src/layers/preprocessing/index_lookup.py, IndexLookup.
    """

    facts = KerasFacts(
        restored_from_config=True,
        implied_by_keras2={"oov_method": ("floormod",), "salt": (None,)},
        tracked_order=(
            "input_vocabulary", "input_idf_weights", "idf_weights", "lookup_table", "token_counts",
            "token_document_counts", "num_documents",
        ),
    )  # fmt: skip
    lookup_table: Table = fields.state()
    idf: Weight = fields.weight()
    num_documents: Weight = fields.weight()
    mask_key: EagerConstant | None = fields.state(default=None)
    mask_value: EagerConstant | None = fields.state(default=None)

    @override
    def validate(self) -> None:
        """Checks options against each other; makes the table."""
        self.check_options()
        if self.has_input_vocabulary is None:
            self.has_input_vocabulary = self.vocabulary is not None
        in_numbers = self.compute_dtype if self.output_mode == INT else dtypes.int64
        self.key_dtype, self.value_dtype = (
            (in_numbers, self.vocabulary_dtype) if self.invert else (self.vocabulary_dtype, in_numbers)
        )
        if (self.key_dtype.name, self.value_dtype.name) not in _TABLES:
            raise self.fail(
                f"options dtype and vocabulary_dtype: TensorFlow has no table from {self.key_dtype.name} to "
                f"{self.value_dtype.name}"
            )
        default = self.add_constant("default_value", self._default_value(), self.value_dtype)
        self.add_table(
            "lookup_table", Table(f"{self.name}/lookup_table", self.key_dtype, self.value_dtype, default)
        )
        if self.mask_token is not None:
            token = as_tokens([self.mask_token], self.vocabulary_dtype).reshape(())
            number = np.array(
                0 if self.output_mode == INT else np.iinfo(in_numbers.numpy).max, in_numbers.numpy
            )
            key, value = (number, token) if self.invert else (token, number)
            self.mask_key = self.add_constant("mask_key", key, self.key_dtype)
            self.mask_value = self.add_constant("mask_value", value, self.value_dtype)
        if self.output_mode == TF_IDF:
            self._add_idf_weights()
        if self.vocabulary is not None:
            self.set_vocabulary(self.vocabulary, self.idf_weights)
        if not self.has_input_vocabulary:
            self._add_counts()

    def _add_idf_weights(self) -> None:
        self.idf = IdfWeights("Variable", (self.token_start,), self.compute_dtype, trainable=False)
        self.idf.value = np.zeros(self.depth or self.token_start, self.compute_dtype.numpy)
        self._weights.append(self.idf)
        self._attributes["idf_weights"] = self.idf  # Keras's attribute; the option has that name here
        self.idf_constant = self.own_constant(WeightContent(self.idf))

    def _add_counts(self) -> None:
        """Makes what Keras counts tokens with; it is empty but while the layer is adapted."""
        self.add_weight_handler()
        names = ["token_counts", *(["token_document_counts"] if self.output_mode == TF_IDF else [])]
        for name in names:
            zero = self.add_constant(f"{name}/default_value", np.zeros((), np.int64), dtypes.int64)
            table = Table(f"{self.name}/{name}", self.vocabulary_dtype, dtypes.int64, zero, mutable=True)
            self.add_table(name, table)
        if self.output_mode == TF_IDF:
            documents = Weight("Variable", (), dtypes.int64, trainable=False)
            documents.value = np.zeros((), np.int64)
            self.own_weight(documents, "num_documents")

    def _default_value(self) -> Array:
        """What the table gives for a key that it has not."""
        if self.invert:
            return as_tokens([self.oov_token], self.vocabulary_dtype).reshape(())
        return np.array(self.oov_start if self.num_oov_indices == 1 else -1, self.value_dtype.numpy)

    def set_vocabulary(self, vocabulary: ArrayLike | str | Path, idf_weights: Any = None) -> None:
        """Sets the tokens, and in output mode "tf_idf" their weights.

        Args:
          vocabulary: the tokens without repetition, by number; or the path of a file with a token in each line. Tokens
            for masks and for what is not in the vocabulary may come first, or be left out.
          idf_weights: a weight for each token of `vocabulary`; False keeps those that the layer has.

        Raises:
          InvalidModelError: the tokens do not fit the options, or the layer computes with another number of them.
          OSError: the file cannot be read.
        """
        if self.output_mode == TF_IDF and idf_weights is None:
            raise self.fail("option idf_weights: output_mode 'tf_idf' needs a weight for each token")
        if self.output_mode != TF_IDF and idf_weights is not None:
            raise self.fail(f"option idf_weights: output_mode {self.output_mode!r} takes none")
        if isinstance(vocabulary, str | Path):
            self._set_file(Path(vocabulary))
            return
        given = as_tokens(vocabulary, self.vocabulary_dtype, self.fail)
        special = Special(self.mask_token, self.oov_token, self.oov_start, self.num_oov_indices)
        tokens, with_special = checked_tokens(
            given, special, self.vocabulary_dtype, self.invert, self.max_tokens, self.fail
        )
        if self.output_mode == TF_IDF and idf_weights is not False:
            weights = self._checked_weights(idf_weights, len(given))
            front = 0 if with_special else self.token_start
            self._set_tokens(tokens)
            self._set_weights(weights, front, np.average(weights))
        else:
            self._set_tokens(tokens)

    def _checked_weights(self, given: Any, count: int) -> Array:
        weights = np.asarray(given)
        if weights.shape != (count,) or weights.dtype.kind not in "fiu":
            raise self.fail(
                f"option idf_weights: expected a number for each of the {count} tokens, got {weights.dtype} of shape "
                f"{weights.shape}"
            )
        return weights

    def _set_weights(self, weights: Array, front: int, average: Any) -> None:
        """Sets the weights of the tokens; `average` stands for those of `front` tokens before them."""
        back = self.max_tokens - front - len(weights) if self.pad_to_max_tokens and self.max_tokens else 0
        padded = np.pad(weights, (front, back), constant_values=(average, 0))
        self.idf.value = padded.astype(self.compute_dtype.numpy)

    def _set_tokens(self, tokens: Array) -> None:
        numbers = np.arange(
            self.token_start,
            self.token_start + len(tokens),
            dtype=(self.key_dtype if self.invert else self.value_dtype).numpy,
        )
        pairs = (numbers, tokens) if self.invert else (tokens, numbers)
        keys, values = (
            EagerConstant(f"{self.name}/{name}", array, dtype)
            for name, array, dtype in zip(
                ("keys", "values"), pairs, (self.key_dtype, self.value_dtype), strict=True
            )
        )
        self._record_size(self.token_start + len(tokens))
        self.lookup_table.initializer = KeyValues(keys, values)

    def _set_file(self, path: Path) -> None:
        if self.output_mode == TF_IDF:
            raise self.fail("option vocabulary: a file has no idf_weights, which output_mode 'tf_idf' needs")
        asset = Asset(path)
        line, number = WHOLE_LINE, LINE_NUMBER
        columns = (number, line) if self.invert else (line, number)
        self._record_size(self.token_start + len(asset.lines()))
        self.lookup_table.initializer = TextFile(asset, *columns, self.token_start)

    def restore_table(self, initializer: TableInitializer) -> None:
        """Takes the vocabulary that a file holds in a table; from an empty table, none.

        Args:
          initializer: what fills the table: a file of tokens, or tokens and their numbers.

        Raises:
          InvalidModelError: the numbers are not those of a vocabulary.
        """
        if isinstance(initializer, TextFile) and initializer.offset == self.token_start:
            self._record_size(self.token_start + len(initializer.file.lines()))
            self.lookup_table.initializer = initializer
            return
        keys, values = initializer.content(self.lookup_table).export()
        tokens = tokens_by_number(
            *((values, keys) if self.invert else (keys, values)), self.token_start, self.fail
        )
        if len(tokens):
            self._set_tokens(tokens)

    def _record_size(self, size: int) -> None:
        fixed = self.output_mode != INT and not self.pad_to_max_tokens
        if fixed and self.vocabulary_size is not None and self.vocabulary_size != size:
            raise self.fail(
                f"its vocabulary has {self.vocabulary_size} tokens and cannot get {size} without pad_to_max_tokens"
            )
        self.vocabulary_size = size

    @property
    @override
    def trainable_state(self) -> tuple[Any, ...]:
        """Whether it is trainable, and the number of tokens, which its functions hold."""
        return (*super().trainable_state, self.vocabulary_size)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens by number: texts, or integers.

        Args:
          include_special_tokens: whether the tokens for masks and for what is not in the vocabulary come first.

        Raises:
          GraphError: there is no vocabulary yet.
          InvalidModelError: a token is no text in the layer's encoding.
        """
        special = [self.mask_token] * self.oov_start + [self.oov_token] * self.num_oov_indices
        tokens = self._readable(self.tokens())
        return [*special, *tokens] if include_special_tokens else tokens

    def _readable(self, tokens: Array) -> list[Any]:
        listed: list[Any] = tokens.tolist()
        return listed

    @property
    @override
    def learns(self) -> bool:
        return not self.has_input_vocabulary

    @override
    def reset_state(self) -> None:
        """Forgets the counts of tokens.

        Raises:
          InvalidModelError: the vocabulary is given.
        """
        if self.has_input_vocabulary:
            raise self.fail("it has a vocabulary and cannot be adapted; make it without one")
        self._counts = TokenCounts()

    @override
    def update_state(self, batch: Array) -> None:
        dtype = self.vocabulary_dtype
        batch = as_bytes(batch) if dtype is dtypes.string else batch.astype(dtype.numpy)
        self._counts.add(batch, by_document=self.output_mode == TF_IDF)

    def update_rows(self, tokens: Array, splits: Array) -> None:
        """Learns from documents of different lengths.

        Args:
          tokens: the documents one after the other.
          splits: where each document begins, and where the last one ends.
        """
        self._counts.add_rows(tokens, splits, by_document=self.output_mode == TF_IDF)

    @override
    def finalize_state(self) -> None:
        """Makes the vocabulary of the tokens that came most often."""
        special = [
            as_tokens([token], self.vocabulary_dtype)[0]
            for token in (self.mask_token, self.oov_token)
            if token is not None
        ]
        most = None if self.max_tokens is None else self.max_tokens - self.token_start
        found = self._counts.most_frequent(special, most)
        self._set_tokens(as_tokens(found, self.vocabulary_dtype, self.fail))
        if self.output_mode == TF_IDF:
            weights = self._counts.inverse_document_frequencies(found).astype(self.compute_dtype.numpy)
            self._set_weights(weights, self.token_start, weights.mean())
        self._counts = TokenCounts()

    def tokens(self) -> Array:
        """The tokens of the vocabulary without those for masks and unknown tokens: bytes, or integers."""
        content = self.lookup_table.first_content()
        keys, values = content.export()
        return values if self.invert else keys

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """Vocabulary and weights, if they are lists."""
        given = ("vocabulary", "idf_weights")
        return tuple(f"input_{name}" for name in given if isinstance(getattr(self, name), list))

    @override
    def archive_variables(self) -> Mapping[str, Weight]:
        return {"idf_weights": self.idf} if self.output_mode == TF_IDF else {}

    @property
    @override
    def weights_are_given(self) -> bool:
        return self.vocabulary is not None and self.output_mode == TF_IDF

    @override
    def assets(self, *, named: bool = False) -> Mapping[str, bytes]:
        """The vocabulary, unless the config has it."""
        in_config = self.vocabulary is not None and not (named and isinstance(self.vocabulary, str))
        if in_config or self.lookup_table.initializer is None:
            return {}
        lines = [str(token) for token in self.get_vocabulary()]
        broken = next((line for line in lines if "\n" in line or "\r" in line), None)
        if broken is not None:
            raise self.fail(
                f"its token {broken!r:.80} has the end of a line in it, which a file of tokens cannot hold; give the "
                "layer its vocabulary when it is made"
            )
        return {_VOCABULARY: "\n".join(lines).encode()}

    @override
    def take_assets(self, files: Mapping[str, bytes]) -> None:
        """Takes the vocabulary.

        Raises:
          InvalidModelError: there is another file, or its lines are no tokens.
        """
        if sorted(files) != [_VOCABULARY]:
            raise self.fail(f"expected a file {_VOCABULARY}, got {sorted(files)}")
        if self.vocabulary is not None:
            return
        lines = files[_VOCABULARY].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        try:
            tokens = tokens_of_lines(lines, self.vocabulary_dtype)
        except ValueError as error:
            raise self.fail(f"{_VOCABULARY}: {error}") from error
        self.set_vocabulary(tokens, False if self.output_mode == TF_IDF else None)

    @override
    def learned_options(self) -> Mapping[str, Any]:
        return {"vocabulary": None} if isinstance(self.vocabulary, str) else {}

    @override
    def config_beside_graph(self, config: dict[str, Any]) -> dict[str, Any]:
        return {**config, "vocabulary": None, "has_input_vocabulary": self.has_input_vocabulary}

    @property
    def depth(self) -> int | None:
        """The size of the last axis in other output modes than "int"; None while the vocabulary is not known."""
        return self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size
