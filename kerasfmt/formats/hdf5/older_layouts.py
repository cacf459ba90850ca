"""The weights of layers that other classes or older Keras versions store in other arrays.

A layer states what it adopts: `Layer.adopt`. Here the arrays of a layer that holds such layers are shared out among
them. Where a file has as many arrays as the layer has weights, each is at its place. Where it has others, the layers
must all be of that kind; each then has equally many.

Source: keras/src/saving/legacy/hdf5_format.py, preprocess_weights_for_loading (2.15)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.matching import NamedArray, ordered_weights
from kerasfmt.ir import Layer
from kerasfmt.ir.json_values import LEAVES
from kerasfmt.ir.layer import find_layer_class

_CHANGED: Final = ("Conv1D", "Conv2DTranspose", "ConvLSTM2D")
"""The classes whose kernels Keras 1 stores in another order, which their shapes may not show."""


def with_older_defaults(config: Any) -> Any:
    """The config of a model, with the options that the first versions of Keras 2 did not know.

    A GRU without `reset_after` resets before the matrix product, which is not what Keras 2.15 assumes.

    Args:
      config: JSON values.
    """
    if isinstance(config, list):
        return [with_older_defaults(item) for item in config]
    if not isinstance(config, dict):
        return config
    found = {
        key: value if type(value) in LEAVES or key == "inbound_nodes" else with_older_defaults(value)
        for key, value in config.items()
    }
    inner = found.get("config")
    if found.get("class_name") in ("GRU", "GRUCell") and isinstance(inner, dict):
        inner.setdefault("reset_after", False)
    return found


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


def refuse_changed_layouts(layer: Layer, where: str) -> None:
    """Refuses a layer whose arrays Keras 1 stores in another order.

    Args:
      layer: the layer.
      where: the file and the owner, for errors.

    Raises:
      UnsupportedFormatError: it is such a layer, or holds one.
    """
    changed = tuple(cls for cls in map(find_layer_class, _CHANGED) if cls is not None)
    for leaf in _leaves(layer):
        first = getattr(leaf, "data_format", None) == "channels_first" and hasattr(leaf, "kernel_size")
        if first or isinstance(leaf, changed):
            kind = type(leaf).__name__ + (" with channels_first" if first else "")
            raise UnsupportedFormatError(
                f"{where}: Keras 1 stores the kernel of a {kind} in an order that is not read; "
                "load the file with Keras 2 and save it again"
            )
