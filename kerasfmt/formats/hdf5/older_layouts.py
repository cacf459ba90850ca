"""The weights of layers that other classes or older Keras versions store in other arrays.

A layer states what it adopts: `Layer.adopt`. Here the arrays of a layer that holds such layers are shared out among
them. Where a file has as many arrays as the layer has weights, each is at its place. Where it has others, the layers
must all be of that kind; each then has equally many.

Source: keras/src/saving/legacy/hdf5_format.py, preprocess_weights_for_loading (2.15)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.dialects.versions import is_keras1
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.matching import NamedArray, ordered_weights
from kerasfmt.ir import Layer
from kerasfmt.ir.derived import Derived
from kerasfmt.ir.layer import find_layer_class
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.printable import printable

_AXES: Final[Mapping[tuple[str, str], tuple[int, ...]]] = {
    ("Conv1D", "channels_last"): (0, 1, 2, 3),
    ("Conv2D", "channels_first"): (2, 3, 1, 0),
    ("Conv3D", "channels_first"): (2, 3, 4, 1, 0),
    ("Conv2DTranspose", "channels_last"): (0, 1, 3, 2),
    ("Conv2DTranspose", "channels_first"): (2, 3, 0, 1),
}
"""Class and data format of the kernels that Keras 1 stores in another order, and the axes in the order of Keras 2.

The kernel of a Conv1D has a second axis of size 1; up to 1.1 its order is (filters, channels, steps, 1).
"""
_LEGACY_CONV1D: Final = (2, 3, 1, 0)
_MIRRORED: Final = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")
"""Layers whose kernels Keras 2 stores as its backend applies them; recurrent ones with such kernels too."""
THEANO: Final = "theano"
"""The backend that mirrors kernels."""


def as_stored_today(
    layer: Layer, stored: Sequence[NamedArray], version: str | None, backend: str | None, where: str
) -> list[NamedArray]:
    """The arrays of the weights of a layer as Keras 2.15 stores them, in the order of `ordered_weights`.

    Args:
      layer: the layer.
      stored: the arrays that a file stores for it, in its order.
      version: the version of the Keras that wrote the file.
      backend: its backend.
      where: the file and the owner, for errors.

    Raises:
      InvalidModelError: they are of a layer that computes something else.
      UnsupportedFormatError: a layer's kernels are in an order that is not read.
    """
    found = in_todays_layout(layer, stored, where)
    if is_keras1(version):
        found = from_keras1(layer, found, where)
    return from_theano(layer, found) if backend == THEANO else found


def in_todays_layout(layer: Layer, stored: Sequence[NamedArray], where: str) -> list[NamedArray]:
    """The arrays of the weights of a layer, in the order of `ordered_weights`.

    Args:
      layer: the layer.
      stored: the arrays that a file stores for it, in its order.
      where: the file and the owner, for errors.

    Raises:
      InvalidModelError: they are of a layer that computes something else.
    """
    adopting = [leaf for leaf in _leaves(layer) if leaf.weights and type(leaf).adopt is not Layer.adopt]
    found = list(stored)
    if not adopting:
        return found
    weights = ordered_weights(layer)
    if len(stored) == len(weights):
        places = {weight: place for place, weight in enumerate(weights)}
        for leaf in adopting:
            own = [places[weight] for weight in ordered_weights(leaf)]
            for place, array in zip(own, _adopted(leaf, [found[i] for i in own], where), strict=True):
                found[place] = array
        return found
    share, rest = divmod(len(stored), len(adopting))
    if rest or sum(len(leaf.weights) for leaf in adopting) != len(weights):
        return found
    shares = [found[i * share : (i + 1) * share] for i in range(len(adopting))]
    return [array for leaf, own in zip(adopting, shares, strict=True) for array in _adopted(leaf, own, where)]


def _adopted(leaf: Layer, stored: Sequence[NamedArray], where: str) -> list[NamedArray]:
    try:
        arrays = leaf.adopt([array for _, array in stored])
    except ValueError as error:
        raise InvalidModelError(f"{where}: layer {leaf.name} ({type(leaf).__name__}): {error}") from error
    if len(arrays) == len(stored):
        return [(name, array) for (name, _), array in zip(stored, arrays, strict=True)]
    weights = ordered_weights(leaf)
    names = [weight.name for weight in weights] if len(weights) == len(arrays) else [leaf.name] * len(arrays)
    return list(zip(names, arrays, strict=True))


def _leaves(layer: Layer) -> Iterator[Layer]:
    """The layer, or the layers inside that adopt for themselves, in the order of their weights."""
    if type(layer).adopt is not Layer.adopt or not layer.sublayers:
        yield layer
        return
    for inner in layer.sublayers.values():
        yield from _leaves(inner)


def from_keras1(layer: Layer, stored: Sequence[NamedArray], where: str) -> list[NamedArray]:
    """The arrays of the weights of a layer that Keras 1 stored, with kernels in the order of Keras 2.

    Args:
      layer: the layer.
      stored: its arrays, in the order of `ordered_weights`.
      where: the file and the owner, for errors.

    Raises:
      UnsupportedFormatError: a layer's kernels are in an order that is not read.
    """
    places = {weight: place for place, weight in enumerate(ordered_weights(layer))}
    found = list(stored)
    for leaf in _leaves(layer):
        form = getattr(leaf, "data_format", "channels_last")
        kind = next((name for name, _ in _AXES if type(leaf) is find_layer_class(name)), type(leaf).__name__)
        axes = _AXES.get((kind, form))
        place = None if axes is None else places.get(leaf.weight_attributes["kernel"])
        if axes is not None and place is not None and place < len(found):
            name, array = found[place]
            if form == "channels_first":
                warnings.warn(
                    printable(
                        f"{where}: Keras 1 does not say for which backend it stores a kernel, and those of Theano "
                        "are mirrored; if the file is of Keras on Theano, flip the kernel along its spatial axes"
                    ),
                    stacklevel=2,
                )
            found[place] = name, _kernel(leaf, kind, array, axes)
        elif hasattr(leaf, "kernel_size") and (
            form == "channels_first" or "recurrent_kernel" in leaf.weight_attributes
        ):
            said = f"{kind} with {form}" if form == "channels_first" else kind
            raise UnsupportedFormatError(
                f"{where}: Keras 1 stores the kernel of a {said} in an order that is not read; "
                "load the file with Keras 2 and save it again"
            )
    return found


def from_theano(layer: Layer, stored: Sequence[NamedArray]) -> list[NamedArray]:
    """The arrays of the weights of a layer that Keras 2 on Theano stored, with kernels as TensorFlow applies them.

    Theano convolves: it mirrors kernels along their spatial axes. TensorFlow and CNTK correlate. Keras 2.0 to 2.3
    mirrored the kernels of a file of the other kind; later versions compute with them as they are.

    Args:
      layer: the layer.
      stored: its arrays, in the order of `ordered_weights`.

    Source: keras/engine/saving.py, preprocess_weights_for_loading; keras/utils/conv_utils.py, convert_kernel (2.2)
    """
    places = {weight: place for place, weight in enumerate(ordered_weights(layer))}
    found = list(stored)
    mirrored = tuple(kind for name in _MIRRORED if (kind := find_layer_class(name)) is not None)
    for leaf in _leaves(layer):
        recurrent = hasattr(leaf, "kernel_size") and "recurrent_kernel" in leaf.weight_attributes
        if not (recurrent or type(leaf) in mirrored):
            continue
        for attribute in ("kernel", "recurrent_kernel"):
            weight = leaf.weight_attributes.get(attribute)
            place = None if weight is None else places.get(weight)
            if place is not None and place < len(found):
                name, array = found[place]
                found[place] = name, _mirrored(array)
    return found


def _mirrored(array: ArrayLike) -> ArrayLike:
    spatial = tuple(range(len(array.shape) - 2))
    return Derived(tuple(array.shape), array.dtype, lambda: np.flip(_read(array), spatial))


def _kernel(leaf: Layer, kind: str, array: ArrayLike, axes: tuple[int, ...]) -> ArrayLike:
    shape = tuple(array.shape)
    if len(shape) != len(axes):
        return array  # which does not fit
    if kind != "Conv1D":
        return Derived(tuple(shape[axis] for axis in axes), array.dtype, lambda: _read(array).transpose(axes))
    kernel = leaf.weight_attributes["kernel"]
    if (shape[0], shape[3]) != (kernel.shape[0], kernel.shape[2]) or shape[1] != 1:
        axes = _LEGACY_CONV1D
    steps, one, *rest = (shape[axis] for axis in axes)
    if one != 1:
        return array
    return Derived((steps, *rest), array.dtype, lambda: _read(array).transpose(axes)[:, 0])


def _read(array: ArrayLike) -> np.ndarray[Any, Any]:
    return np.asarray(array)
