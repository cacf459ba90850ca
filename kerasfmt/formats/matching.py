"""Pairs a model's weights with stored arrays: one rule for order, shapes and dtypes, and one form of error.

Weights and arrays are paired in order. Number and shapes have to agree. An array of another dtype fits where the
weight takes that dtype too, where both hold integers (a counter has 32 bits on some backends), or where the reader
casts, as Keras's `load_weights` does. A cast is made when the weight is read, so that its array stays where it is.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Layer, Model, Weight
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.typing import override

NamedArray: TypeAlias = tuple[str, ArrayLike]
"""The name of a stored array in errors, and the array."""
Pair: TypeAlias = tuple[Weight, ArrayLike]


class Weighted(Protocol):
    """A model, of layers or of a graph."""

    @property
    def name(self) -> str:
        """Its name, for errors."""

    @property
    def weights(self) -> Sequence[Weight]:
        """Its weights."""


_SAME_NAMES: Final = {"depthwise_kernel": "kernel"}
"""Keras 3 calls the kernel of a depthwise convolution "kernel"."""
# ":0" is TensorFlow's output number; graph mode appends "_1" to a name that was taken.
_SUFFIX: Final = re.compile(r"(?:_\d+)?(?::\d+)?$")


def ordered_weights(layer: Layer) -> list[Weight]:
    """The weights of a layer in the order of HDF5 files and of live layers: the trainable ones, then the others.

    Source: keras/src/saving/legacy/hdf5_format.py, _legacy_weights
    """
    return list(dict.fromkeys(layer.trainable_weights + layer.non_trainable_weights))


def weights_by_layers(layer: Layer, frozen: bool = False) -> list[Weight]:
    """The same order where layers that a frozen model holds are frozen too, whatever they say themselves.

    Args:
      layer: the layer.
      frozen: whether it is inside of a model that is not trained.
    """
    trainable, others = _listed_weights(layer, frozen)
    return list(dict.fromkeys(trainable + others))


def _listed_weights(layer: Layer, frozen: bool) -> tuple[list[Weight], list[Weight]]:
    if not isinstance(layer, Model) or not layer.layers:
        return (
            ([], ordered_weights(layer)) if frozen else (layer.trainable_weights, layer.non_trainable_weights)
        )
    frozen = frozen or not layer.trainable
    listed = [_listed_weights(inner, frozen) for inner in layer.layers]
    trainable, others = ([w for part in parts for w in part] for parts in zip(*listed, strict=True))
    return trainable, others + [w for w in ordered_weights(layer) if w not in {*trainable, *others}]


def top_level_weights(model: Model) -> list[Weight]:
    """The weights of a model that belong to none of its layers."""
    held = {weight for layer in model.layers for weight in layer.weights}
    return [weight for weight in model.weights if weight not in held]


def keyed_weights(model: Weighted) -> dict[str, Weight]:
    """Every weight of a model by its name; a name that is taken gets a number: dense/kernel_1."""
    found: dict[str, Weight] = {}
    numbers: Counter[str] = Counter()
    for weight in dict.fromkeys(model.weights):
        key = weight.name
        while key in found:
            numbers[weight.name] += 1
            key = f"{weight.name}_{numbers[weight.name]}"
        found[key] = weight
    return found


def leaf_name(name: str) -> str:
    """The last part of a weight's name, the same for every Keras version and source."""
    leaf = _SUFFIX.sub("", name.rpartition("/")[2])
    return _SAME_NAMES.get(leaf, leaf)


def refuse(error: InvalidModelError) -> NoReturn:
    """Raises the error of an array that does not fit."""
    raise error


def skip(error: InvalidModelError) -> None:
    """Leaves out an array that does not fit, with a warning."""
    warnings.warn(f"{error}; skipped", stacklevel=2)


def mismatch_by_key(by_name: bool, skip_mismatch: bool) -> Callable[[InvalidModelError], None]:
    """What is called with the error of an array that does not fit, where arrays are found by their keys.

    Args:
      by_name: whether weights may be without an array.
      skip_mismatch: whether arrays that do not fit are left out.

    Raises:
      ValueError: `skip_mismatch` without `by_name`.
    """
    if skip_mismatch and not by_name:
        raise ValueError(
            "load_weights: skip_mismatch=True needs by_name=True; otherwise all weights have to fit"
        )
    return skip if skip_mismatch else refuse


def assign_by_key(
    weights: Mapping[str, Weight],
    stored: Mapping[str, ArrayLike],
    where: str,
    mismatch: Callable[[InvalidModelError], None],
) -> None:
    """Gives weights the arrays of their keys, cast to their dtypes; a weight without an array stays as it is.

    Args:
      weights: the weights by key.
      stored: the arrays by key.
      where: the file and the owner, for errors.
      mismatch: called with the error of an array that does not fit.

    Raises:
      InvalidModelError: an array does not fit, and `mismatch` refuses it. No weight is changed.
    """
    found = {key: weight for key, weight in weights.items() if key in stored}
    arrays = [(key, stored[key]) for key in found]
    assign(pair(list(found.values()), arrays, where, cast=True, mismatch=mismatch))


def pair(
    weights: Sequence[Weight],
    stored: Sequence[NamedArray],
    where: str,
    *,
    cast: bool = False,
    mismatch: Callable[[InvalidModelError], None] = refuse,
) -> Iterator[Pair]:
    """Pairs each weight with the array stored for it.

    Args:
      weights: the weights of one owner.
      stored: the arrays, in the order of the weights.
      where: the file and the owner, for errors.
      cast: whether an array of any other dtype fits too.
      mismatch: called with the error of an array that does not fit, or once if the number of arrays is wrong.

    Raises:
      InvalidModelError: they do not fit, and `mismatch` refuses it.
    """
    if len(weights) != len(stored):
        count = f"{len(weights) or 'no'} weight{'' if len(weights) == 1 else 's'}"
        expected = count + _listed([(weight.name, weight) for weight in weights])
        got = f"{len(stored) or 'none'}{_listed(stored)}"
        mismatch(InvalidModelError(f"{where}: expected {expected}, got {got}"))
        return
    for weight, (name, array) in zip(weights, stored, strict=True):
        if not weight.takes_shape(tuple(array.shape)):
            expected, got = f"shape {list(weight.shape)}", str(list(array.shape))
        elif not _takes(weight, dtypes.of(array.dtype), cast):
            expected, got = f"dtype {weight.dtype}", str(array.dtype)
        else:
            yield weight, array
            continue
        mismatch(
            InvalidModelError(f"{where}: weight {weight.name}: expected {expected}, got {got} from {name}")
        )


def by_name(weights: Sequence[Weight], stored: Sequence[NamedArray]) -> list[NamedArray]:
    """The arrays in the order of the weights of the same names; unchanged if the names differ."""
    expected = [leaf_name(weight.name) for weight in weights]
    got = {leaf_name(name): (name, array) for name, array in stored}
    distinct = len(got) == len(stored) and sorted(expected) == sorted(got)
    return [got[name] for name in expected] if distinct else list(stored)


def check_names(weights: Sequence[Weight], stored: Sequence[NamedArray], where: str) -> None:
    """Refuses arrays in another order than the weights.

    A name that the owner does not know at all belongs to a renamed weight. A name that it knows is in the wrong place.

    Raises:
      InvalidModelError: the weight of that name is another one.
    """
    expected = [leaf_name(weight.name) for weight in weights]
    got = [leaf_name(name) for name, _ in stored]
    known, held = set(expected), set(got)
    for weight, wanted, found, (name, _) in zip(weights, expected, got, stored, strict=False):
        if wanted != found and (found in known or wanted in held):
            raise InvalidModelError(
                f"{where}: weight {weight.name}: expected {wanted} at this place, got {name}"
            )


def assign(pairs: Iterable[Pair]) -> None:
    """Gives each weight its array; if a pair is refused, no weight is changed."""
    for weight, array in list(pairs):
        same = np.dtype(array.dtype) == weight.dtype.numpy
        weight.value = array if same else Cast(array, weight.dtype.numpy)


class Cast:
    """An array under another dtype; it is read and cast when it is used.

    Attributes:
      shape: its shape.
      dtype: the dtype that it is cast to.
    """

    __slots__ = ("_array", "dtype", "shape")

    def __init__(self, array: ArrayLike, dtype: np.dtype[Any]) -> None:
        self._array = array
        self.shape = tuple(array.shape)
        self.dtype = dtype

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        array: Any = self._array if hasattr(self._array, "__getitem__") else np.asarray(self._array)
        return np.asarray(array[key]).astype(self.dtype)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        if copy is False:
            raise ValueError("an array that is cast cannot be had without a copy")
        array = self[()]
        return array if dtype is None else array.astype(dtype, copy=False)

    @override
    def __repr__(self) -> str:
        return f"<Cast {self._array!r} to {self.dtype}>"


def _takes(weight: Weight, dtype: dtypes.DType, cast: bool) -> bool:
    if cast and _is_real(dtype) and (_is_real(weight.dtype) or weight.dtype.is_complex):
        return True
    return dtype in (weight.dtype, *weight.other_dtypes) or (dtype.is_integer and weight.dtype.is_integer)


def _is_real(dtype: dtypes.DType) -> bool:
    return dtype.is_floating or dtype.is_integer or dtype is dtypes.bool_


def _listed(arrays: Sequence[tuple[str, ArrayLike | Weight]]) -> str:
    names = ", ".join(f"{name} {list(array.shape)}" for name, array in arrays)
    return f" ({names})" if names else ""
