"""Loads the weights of an HDF5 file into an existing model, with Keras's rules.

By topology, the layers of the model that have weights are paired with the layers of the file in order, whatever their
names. By name, each layer takes the weights that the file stores under its name; the other layers stay as they are.
A weight of another dtype is cast. Files of Keras 1 are read too, except for some layers whose kernels it stores in
another order.

Source: keras/src/saving/legacy/hdf5_format.py, load_weights_from_hdf5_group and
load_weights_from_hdf5_group_by_name (2.15)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.hdf5.older_layouts import as_stored_today
from kerasfmt.formats.hdf5.stored import H5Weights, NamedDatasets, open_weights
from kerasfmt.formats.matching import (
    NamedArray,
    Pair,
    assign,
    ordered_weights,
    pair,
    refuse,
    skip,
    top_level_weights,
)
from kerasfmt.ir import Layer, Model


def load_weights(
    model: Model, source: str | os.PathLike[str] | Any, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Gives a model the weights in a file, all of them or, if anything fails, none.

    Args:
      model: the model.
      source: a path, or an open h5py.File or group, of weights or of a whole model. Keep the file: weights are
        read when they are used.
      by_name: whether to go by the layers' names instead of their order.
      skip_mismatch: by name, whether to leave out, with a warning, weights that do not fit.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5, or holds no weights in the layout of Keras 2.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it links to another file.
      InvalidModelError: the weights do not fit the model, or the file is incomplete.
      ValueError: `skip_mismatch` without `by_name`.
      ImportError: h5py is not installed.
    """
    if skip_mismatch and not by_name:
        raise ValueError(
            "load_weights: skip_mismatch=True needs by_name=True; by topology all weights have to fit"
        )
    stored = open_weights(source)
    assign(_by_name(model, stored, skip_mismatch) if by_name else _by_topology(model, stored))


def _by_topology(model: Model, stored: H5Weights) -> Iterator[Pair]:
    layers = [layer for layer in model.layers if ordered_weights(layer)]
    held = [(name, datasets) for name, datasets in stored.layers.items() if datasets]
    if len(layers) != len(held):
        raise InvalidModelError(
            f"{stored.file}: expected weights of {len(layers)} layers, as model {model.name} has, "
            f"got those of {len(held)}; load them by_name=True if the models differ"
        )
    for layer, (name, datasets) in zip(layers, held, strict=True):
        where = f"{stored.file}: layer {layer.name}" + (
            f" ({name} in the file)" if name != layer.name else ""
        )
        arrays = _arrays(layer, datasets, stored, where)
        yield from pair(ordered_weights(layer), arrays, where, cast=True)
    yield from pair(top_level_weights(model), stored.top_level, _top_level(stored), cast=True)


def _by_name(model: Model, stored: H5Weights, skip_mismatch: bool) -> Iterator[Pair]:
    mismatch = skip if skip_mismatch else refuse
    layers = {layer.name: layer for layer in model.layers}
    for name, datasets in stored.layers.items():
        if name in layers:
            where = f"{stored.file}: layer {name}"
            arrays = _arrays(layers[name], datasets, stored, where)
            yield from pair(ordered_weights(layers[name]), arrays, where, cast=True, mismatch=mismatch)
    top = top_level_weights(model)
    yield from pair(top, stored.top_level, _top_level(stored), cast=True, mismatch=mismatch)


def _arrays(layer: Layer, datasets: NamedDatasets, stored: H5Weights, where: str) -> list[NamedArray]:
    """What the file holds for a layer, in the layout of Keras 2."""
    return as_stored_today(layer, datasets, stored.keras_version, stored.backend, where)


def _top_level(stored: H5Weights) -> str:
    return f"{stored.file}: top level of the model"
