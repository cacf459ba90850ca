"""TensorFlow checkpoints: the variables of objects, as Keras 2's `save_weights` and `tf.train.Checkpoint` store them.

    ckpt.index                  the names of the arrays, and where each one lies
    ckpt.data-00000-of-00001    the arrays, and the object graph; see `kerasfmt.containers.tensorbundle`
    checkpoint                  which checkpoints a directory has; see state_file.py

A path names a checkpoint without the endings of its files; if nothing else is left of the name, by `.index`.

Source: tensorflow/python/checkpoint/checkpoint.py; tf_keras/src/saving/legacy/save.py
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.prefixes import is_prefix
from kerasfmt.formats.format import Format, Prefix, Source

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model


def _is_checkpoint(path: Path) -> bool:
    return is_prefix(path) or (path / layout.STATE).is_file()


def _holds_weights(source: Source) -> bool:
    if not isinstance(source, Path):
        return False
    return _is_checkpoint(source) or is_prefix(source / layout.VARIABLES)


def _read_weights(model: Model, source: Source, by_name: bool, skip_mismatch: bool) -> None:
    from kerasfmt.formats.checkpoint.weights import load_weights

    load_weights(model, source, by_name, skip_mismatch)


def _write_weights(model: Model, path: Path, flush: bool) -> None:
    from kerasfmt.formats.checkpoint.writer import write_weights

    write_weights(model, path, flush)


def _describe(path: Path) -> Description:
    from kerasfmt.formats.checkpoint.description import describe

    return describe(path)


FORMAT: Final = Format(
    name="checkpoint",
    title="a TensorFlow checkpoint",
    aliases=("tf", "tensorflow"),
    weights_suffixes=("",),
    optimizer_in_weights=True,
    recognize=_is_checkpoint,
    holds_weights=_holds_weights,
    read_weights=_read_weights,
    prefix=Prefix(suffix=layout.INDEX, write=_write_weights),
    describe=_describe,
)
