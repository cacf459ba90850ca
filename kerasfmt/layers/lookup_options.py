"""The options that StringLookup, IntegerLookup and TextVectorization share, and what follows from them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import fields
from kerasfmt.ir.adapting import AdaptableLayer
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.layers.category import sparse, with_category_dtype
from kerasfmt.nn.categorical import COUNT, INT, MULTI_HOT, ONE_HOT, TF_IDF
from kerasfmt.typing import override

_MODES = (INT, ONE_HOT, MULTI_HOT, COUNT, TF_IDF)
_OLD_MODES = {"binary": MULTI_HOT, "tf-idf": TF_IDF}


def _mode(value: Any) -> str:
    found = _OLD_MODES.get(value, value) if isinstance(value, str) else None
    if found not in _MODES:
        raise ValueError(f"expected one of {list(_MODES)}, got {value!r:.80}")
    return found


def listed(value: Any) -> Any:
    """A vocabulary or its weights as the layer holds them: a list, an array, a path, or None."""
    return list(value) if isinstance(value, tuple) else value


def plain(value: Any) -> Any:
    """A vocabulary or its weights as a config holds them."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def _oov_method(value: Any) -> str:
    if value not in ("floormod", "farmhash"):
        raise ValueError(f"expected 'floormod' or 'farmhash', got {value!r:.80}")
    return str(value)


def _salt(value: Any) -> list[int] | None:
    if value is None:
        return None
    found = [value, value] if is_integer(value) else value
    if not isinstance(found, list | tuple) or len(found) != 2 or not all(map(is_integer, found)):
        raise ValueError(f"expected an integer, two integers or None, got {value!r:.80}")
    if not all(-(2**63) <= item < 2**63 for item in found):
        raise ValueError(f"expected integers that int64 holds, got {value!r:.80}")
    return [int(item) for item in found]


def refuse_path(cls: type, config: Any) -> None:
    """Refuses a config that names a file as its vocabulary.

    Raises:
      UnsupportedLayerError: it does.
    """
    if isinstance(config.get("vocabulary"), str):
        raise UnsupportedLayerError(
            f"layer {config.get('name')} ({cls.__name__}): its config names the vocabulary file "
            f"{config['vocabulary']!r:.200}; files that a config names are never opened, so make the layer in "
            "Python with that path, or store the tokens in the config"
        )


class LookupOptions(AdaptableLayer, register=False):
    """A layer with the options of a lookup.

    Source: tf_keras/src/layers/preprocessing/index_lookup.py.
    """

    config_order: ClassVar[tuple[str, ...]] = (
        "invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode", "sparse",
        "pad_to_max_tokens", "idf_weights", "vocabulary", "vocabulary_size",
    )  # fmt: skip
    max_tokens: int | None = fields.integer(default=None, optional=True)
    num_oov_indices: int = 1
    mask_token: Any = None
    oov_token: Any = None
    vocabulary: Field[Any, ArrayLike | str | None] = fields.option(
        default=None, convert=listed, to_config=plain
    )
    idf_weights: Field[Any, ArrayLike | None] = fields.option(default=None, convert=listed, to_config=plain)
    invert: bool = False
    output_mode: Field[str, str] = fields.option(default=INT, convert=_mode)
    sparse: bool = sparse()
    pad_to_max_tokens: bool = False
    vocabulary_size: int | None = fields.integer(default=None, optional=True, kw_only=True)
    has_input_vocabulary: bool | None = fields.option(default=None, stored=False, kw_only=True)
    has_static_table: InitVar[Any] = fields.option(default=None, kw_only=True)
    oov_method: str = fields.option(default="floormod", convert=_oov_method, implied=True, kw_only=True)
    salt: Field[list[int] | None, int | Sequence[int] | None] = fields.option(
        default=None, convert=_salt, implied=True, kw_only=True
    )
    vocabulary_dtype: DType = fields.state(default=dtypes.string)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with a dtype that follows from the output mode."""
        return super().complete(with_category_dtype(given))

    def check_options(self) -> None:
        """Checks options against each other.

        Raises:
          InvalidModelError: they do not fit together.
        """
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise self.fail(f"option max_tokens: expected more than 1 or None, got {self.max_tokens}")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise self.fail("option pad_to_max_tokens: expected max_tokens with it")
        if not 0 <= self.num_oov_indices <= fields.LARGEST:
            raise self.fail(
                f"option num_oov_indices: expected a number of at least 0, got {self.num_oov_indices}"
            )
        integers = self.vocabulary_dtype is not dtypes.string
        if self.salt is not None and integers and self.oov_method != "farmhash":
            raise self.fail(f"option salt: expected oov_method 'farmhash' with it, got {self.oov_method!r}")
        if self.invert and self.output_mode != INT:
            raise self.fail(f"option invert: expected output_mode 'int' with it, got {self.output_mode!r}")
        if self.invert and self.oov_token is None:
            raise self.fail("option invert: expected an oov_token with it, which unknown numbers give")
        if self.idf_weights is not None and self.output_mode != TF_IDF:
            raise self.fail(
                f"option idf_weights: expected output_mode 'tf_idf' with it, got {self.output_mode!r}"
            )
        if self.output_mode == INT and not self.compute_dtype.is_integer:
            raise self.fail(
                f"option dtype: expected an integer dtype for output_mode 'int', got {self.policy.name}"
            )
        if self.output_mode != INT and not self.compute_dtype.is_floating:
            raise self.fail(
                f"option dtype: expected a float dtype for output_mode {self.output_mode!r}, got {self.policy.name}"
            )

    @property
    def oov_start(self) -> int:
        """The first number of a token that is not in the vocabulary."""
        return 1 if self.mask_token is not None and self.output_mode == INT else 0

    @property
    def token_start(self) -> int:
        """The number of the first token of the vocabulary."""
        return self.oov_start + self.num_oov_indices

    @classmethod
    @override
    def from_config(cls, config: Any) -> Any:
        """The layer that a config stands for.

        Raises:
          UnsupportedLayerError: the config names a file as its vocabulary.
        """
        refuse_path(cls, config)
        return super().from_config(config)
