"""TextVectorization: texts as the numbers of their words, or as how often each word comes in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one, ops
from kerasfmt.graph.run import run
from kerasfmt.graph.strings import as_bytes
from kerasfmt.ir import fields
from kerasfmt.ir.adapting import AdaptableLayer, Array
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.category import sparse
from kerasfmt.layers.lookup import StringLookup
from kerasfmt.layers.lookup_options import listed, plain, refuse_path
from kerasfmt.nn.categorical import COUNT, INT, MULTI_HOT, TF_IDF
from kerasfmt.nn.ragged import Ragged, join_columns, join_neighbours, split_characters, split_words, to_dense
from kerasfmt.typing import override

_LOWER: Final = "lower"
_STRIP: Final = "strip_punctuation"
_BOTH: Final = "lower_and_strip_punctuation"
_PUNCTUATION: Final = r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']'
"""What is stripped. Source: text_vectorization.py, DEFAULT_STRIP_REGEX."""
_OLD_MODES: Final = {"binary": MULTI_HOT, "tf-idf": TF_IDF}


def _one_of(what: str, *allowed: str | None) -> Any:
    """A choice, or a function of the user, which is refused by name."""

    def convert(value: Any) -> str | None:
        if callable(value) or isinstance(value, Mapping):
            name = getattr(value, "__name__", None) or "a function"
            raise UnsupportedLayerError(
                f"{name} is a function of its own, which kerasfmt cannot run; {what}, and pass that to a model whose "
                f"layer has one of {list(allowed)}"
            )
        if not (value is None or isinstance(value, str)) or value not in allowed:
            raise ValueError(f"expected one of {list(allowed)}, got {value!r:.80}")
        return value

    return convert


def _output_mode(value: Any) -> str | None:
    found = _OLD_MODES.get(value, value) if isinstance(value, str) else value
    allowed = (INT, MULTI_HOT, COUNT, TF_IDF, None)
    if not (found is None or isinstance(found, str)) or found not in allowed:
        raise ValueError(f"expected one of {list(allowed)}, got {value!r:.80}")
    return found


def _ngrams(value: Any) -> int | tuple[int, ...] | None:
    if value is None:
        return None
    widths = value if isinstance(value, list | tuple) else (value,)
    if not widths or not all(is_integer(width) and 1 <= width <= fields.LARGEST for width in widths):
        raise ValueError(
            f"expected a whole number of at least 1, several of them, or None, got {value!r:.80}"
        )
    if not isinstance(value, list | tuple):
        if value > _MOST_WIDTHS:
            raise ValueError(f"expected at most {_MOST_WIDTHS}, got {value}")
        return int(value)
    return tuple(int(width) for width in widths)


_MOST_WIDTHS: Final = 1000
"""The largest `ngrams` that stands for all widths up to it."""


def _length(value: Any) -> int | None:
    if value is not None and not (is_integer(value) and 0 <= value <= fields.LARGEST):
        raise ValueError(f"expected a whole number of at least 0 or None, got {value!r:.80}")
    return None if value is None else int(value)


def _not_ragged(value: Any) -> bool:
    if value not in (False, 0, None):
        raise UnsupportedLayerError(
            "ragged outputs are not supported; use ragged=False, which fills short rows with zeros"
        )
    return False


class TextVectorization(AdaptableLayer):
    """Texts as the numbers of their tokens in a vocabulary, or as vectors of counts.

    Args:
      max_tokens: the largest size of the vocabulary, with the tokens for padding and for unknown tokens; None for any.
      standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation" or None; of ASCII letters.
      split: "whitespace", "character" or None.
      ngrams: n for all sequences of up to n tokens, or the lengths of the sequences, or None.
      output_mode: "int" for the numbers of the tokens; "multi_hot", "count" or "tf_idf" for a vector for each text;
        None for the tokens of texts that are not split.
      output_sequence_length: the length of each row in mode "int"; None for that of the longest row.
      pad_to_max_tokens: whether vectors have `max_tokens` elements even if the vocabulary is smaller.
      vocabulary: the tokens, or the path of a file with a token in each line; None to learn them with `adapt`.
      idf_weights: in mode "tf_idf", the weight of each token.
      sparse: only False is supported.
      ragged: only False is supported.
      encoding: how tokens are encoded where they are read by people.

    Input: strings (batch,) or (batch, 1); without a split, of any shape. Output: int64 (batch, length), or float32
    (batch, size of the vocabulary).
    Source: tf_keras/src/layers/preprocessing/text_vectorization.py.
    """

    facts = KerasFacts(restored_from_config=True, build_calls_base=True)
    config_order: ClassVar[tuple[str, ...]] = (
        "max_tokens", "standardize", "split", "ngrams", "output_mode", "output_sequence_length",
        "pad_to_max_tokens", "sparse", "ragged", "vocabulary", "idf_weights", "encoding", "vocabulary_size",
    )  # fmt: skip
    max_tokens: int | None = fields.integer(default=None, optional=True)
    standardize: Field[str | None, str | None] = fields.option(
        default=_BOTH, convert=_one_of("standardize the texts before", _BOTH, _LOWER, _STRIP, None)
    )
    split: Field[str | None, str | None] = fields.option(
        default="whitespace", convert=_one_of("split the texts before", "whitespace", "character", None)
    )
    ngrams: Field[int | tuple[int, ...] | None, int | Sequence[int] | None] = fields.option(
        default=None, convert=_ngrams
    )
    output_mode: Field[str | None, str | None] = fields.option(default=INT, convert=_output_mode)
    output_sequence_length: Field[int | None, int | None] = fields.option(default=None, convert=_length)
    pad_to_max_tokens: bool = False
    vocabulary: Field[Any, ArrayLike | str | None] = fields.option(
        default=None, convert=listed, to_config=plain
    )
    idf_weights: Field[Any, ArrayLike | None] = fields.option(default=None, convert=listed, to_config=plain)
    sparse: bool = sparse()
    ragged: Field[bool, bool] = fields.option(default=False, convert=_not_ragged)
    encoding: str = "utf-8"
    vocabulary_size: int | None = fields.integer(default=None, optional=True, kw_only=True)
    has_input_vocabulary: bool | None = fields.option(default=None, stored=False, kw_only=True)
    lookup: StringLookup = fields.state()

    @classmethod
    @override
    def from_config(cls, config: Any) -> Any:
        """The layer that a config stands for.

        Raises:
          UnsupportedLayerError: the config names a file as its vocabulary.
        """
        refuse_path(cls, config)
        return super().from_config(config)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; the dtype is that of strings."""
        return {**super().complete(given), "dtype": "string"}

    @override
    def validate(self) -> None:
        """Checks options against each other; makes the lookup."""
        if self.output_mode != INT and self.output_sequence_length is not None:
            raise self.fail(
                f"option output_sequence_length: expected None in output mode {self.output_mode!r}, "
                f"got {self.output_sequence_length}"
            )
        if self.output_mode is None and self.split is not None:
            raise UnsupportedLayerError(
                f"{self._label()}: option output_mode: the tokens of split texts are ragged outputs, which are not "
                "supported; use split=None, or another output mode"
            )
        size = self.vocabulary_size
        try:
            self.lookup = StringLookup(
                max_tokens=self.max_tokens,
                vocabulary=self.vocabulary,
                idf_weights=self.idf_weights,
                mask_token="",
                output_mode=self.output_mode or INT,
                pad_to_max_tokens=self.pad_to_max_tokens,
                encoding=self.encoding,
                has_input_vocabulary=self.has_input_vocabulary,
                vocabulary_size=None if size is not None and size <= 2 - (self.output_mode != INT) else size,
            )
        except InvalidModelError as error:
            raise self.fail(str(error)) from error
        self._tokenizers: dict[int, Function] = {}

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        return {"_lookup_layer": self.lookup}

    @override
    def get_config(self) -> dict[str, Any]:
        """The config, with the size that the vocabulary has now."""
        known = self.lookup.vocabulary_size
        return {
            **super().get_config(),
            "vocabulary_size": self.lookup.token_start if known is None else known,
        }

    @override
    def config_beside_graph(self, config: dict[str, Any]) -> dict[str, Any]:
        return self.lookup.config_beside_graph(config)

    @property
    @override
    def weights_are_given(self) -> bool:
        return self.lookup.weights_are_given

    @override
    def archive_variables(self) -> Mapping[str, Weight] | None:
        return self.lookup.archive_variables()

    @override
    def assets(self, *, named: bool = False) -> Mapping[str, bytes]:
        return self.lookup.assets(named=named)

    @override
    def take_assets(self, files: Mapping[str, bytes]) -> None:
        self.lookup.take_assets(files)

    @override
    def learned_options(self) -> Mapping[str, Any]:
        return self.lookup.learned_options()

    def set_vocabulary(self, vocabulary: ArrayLike | str | Path, idf_weights: Any = None) -> None:
        """Sets the tokens, and in output mode "tf_idf" their weights; see `StringLookup.set_vocabulary`."""
        self.lookup.set_vocabulary(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens by number; see `StringLookup.get_vocabulary`."""
        return self.lookup.get_vocabulary(include_special_tokens)

    @override
    def call(self, inputs: Value) -> Value:
        if inputs.dtype is not dtypes.string:
            raise self.fail(f"input: expected strings, got {inputs.dtype.name}")
        tokens = self._tokens(inputs)
        if self.output_mode is None:
            assert isinstance(tokens, Value)
            return ops.identity(tokens)
        with inputs.graph.scope(self.lookup.name):
            return self._looked_up(tokens)

    def _looked_up(self, tokens: Value | Ragged) -> Value:
        shape = (None, None) if isinstance(tokens, Ragged) else tokens.shape
        self.lookup.ensure_built(Spec(shape, dtypes.string))
        if isinstance(tokens, Ragged):
            numbers = tokens.with_values(self.lookup.numbers(tokens.values))
            if self.output_mode == INT:
                return to_dense(numbers, np.zeros((), np.int64), self.output_sequence_length)
            return self.lookup.encode_rows(numbers)
        found = self.lookup.call(tokens)
        return found if self.output_sequence_length is None else self._of_length(found)

    def _of_length(self, numbers: Value) -> Value:
        """The numbers with a last axis of the output's length: cut, or filled with zeros."""
        rank, length = numbers.rank, self.output_sequence_length
        assert length is not None
        cut = ops.getitem(numbers, (..., slice(None, length)))
        missing = ops.subtract(length, ops.getitem(ops.shape(cut), rank - 1))
        last = ops.reshape(ops.pack([0, missing]), [1, 2])
        padding = ops.concat([np.zeros((rank - 1, 2), np.int32), last], 0)
        # Keras 2 pads to a size that it does not know before the graph runs; so do the functions in its files.
        return emit_one("Pad", cut, padding, shapes=[(None,) * rank])

    def _tokens(self, x: Value) -> Value | Ragged:
        """The tokens of texts."""
        if self.standardize in (_LOWER, _BOTH):
            x = ops.string_lower(x)
        if self.standardize in (_STRIP, _BOTH):
            x = ops.regex_replace(x, _PUNCTUATION, "")
        widths = tuple(range(1, self.ngrams + 1)) if isinstance(self.ngrams, int) else self.ngrams
        if self.split is None:
            if widths is not None and x.rank != 2:
                raise self.fail(
                    f"option ngrams: expected inputs (batch, tokens) without a split, got {x.shape}"
                )
            return x if widths is None else join_columns(x, widths)
        if x.rank > 1:
            if x.dims[-1] != 1 or x.rank > 2:
                raise self.fail(f"input: expected texts (batch,) or (batch, 1) to split, got shape {x.shape}")
            x = ops.squeeze(x, [-1])
        rows = split_words(x) if self.split == "whitespace" else split_characters(x)
        return rows if widths is None else join_neighbours(rows, widths)

    @property
    @override
    def learns(self) -> bool:
        return self.lookup.learns

    @override
    def reset_state(self) -> None:
        """Forgets the counts of tokens.

        Raises:
          InvalidModelError: the vocabulary is given.
        """
        if self.lookup.has_input_vocabulary:
            raise self.fail("it has a vocabulary and cannot be adapted; make it without one")
        self.lookup.reset_state()

    @override
    def update_state(self, batch: Array) -> None:
        texts = as_bytes(batch)
        results = run(self._tokenizer(texts), [texts], {})
        if len(results) == 1:
            self.lookup.update_state(results[0])
        else:
            self.lookup.update_rows(*results)

    def _tokenizer(self, texts: Array) -> Function:
        """The function from a batch of texts to its tokens; of split texts, to values and row splits."""
        found = self._tokenizers.get(texts.ndim)
        if found is None:
            graph = Builder("tokens")
            shape = (None,) if texts.ndim == 1 else (None, *texts.shape[1:])
            tokens = self._tokens(graph.input(Spec(shape, dtypes.string)))
            outputs = [tokens.values, tokens.splits] if isinstance(tokens, Ragged) else [tokens]
            found = self._tokenizers[texts.ndim] = graph.finish(outputs)
        return found

    @override
    def finalize_state(self) -> None:
        """Makes the vocabulary of the tokens that came most often."""
        self.lookup.finalize_state()
