"""TensorFlow SavedModel, as Keras 2 writes it; see layout.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.files.contents import DirectoryContents
from kerasfmt.formats.format import Format, Source, Tags, WriteArguments
from kerasfmt.formats.saved_model import layout

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model
    from kerasfmt.ir.graph_model import GraphModel


def _is_saved_model(path: Path) -> bool:
    return any((path / name).is_file() for name in (layout.SAVED_MODEL, layout.SAVED_MODEL_TEXT))


def _holds_weights(source: Source) -> bool:
    return isinstance(source, Path) and _is_saved_model(source)


def _read(source: Source, custom_objects: Mapping[str, Any] | None, compile: bool) -> Model:
    from kerasfmt.formats.saved_model.reader import load

    return load(source, custom_objects, compile)


def _read_tagged(
    source: Source, custom_objects: Mapping[str, Any] | None, compile: bool, tags: Tags
) -> Model:
    from kerasfmt.formats.saved_model.reader import load

    return load(source, custom_objects, compile, tags)


def _read_graph(source: Source, tags: Tags) -> GraphModel:
    from kerasfmt.formats.saved_model.graph_reader import load_graph

    return load_graph(source, tags)


def _write_graph(model: GraphModel, target: Source) -> None:
    model.write_again(target)


def _write(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats.saved_model.options import SaveOptions
    from kerasfmt.formats.saved_model.writer import write

    write(
        model,
        target,
        include_optimizer=arguments.include_optimizer,
        signatures=arguments.signatures,
        options=arguments.options or SaveOptions(),
        save_traces=arguments.save_traces,
        progress=arguments.progress,
    )


def _read_weights(model: Model, source: Source, by_name: bool, skip_mismatch: bool) -> None:
    from kerasfmt.formats.checkpoint.weights import load_weights  # a SavedModel holds a checkpoint

    load_weights(model, source, by_name, skip_mismatch)


def _describe(path: Path) -> Description:
    from kerasfmt.formats.saved_model.description import describe

    return describe(path)


def _assets(directory: Path) -> set[str]:
    """The paths of the assets that the model in a directory names; none if it cannot be read."""
    from kerasfmt import protos
    from kerasfmt.errors import CorruptFileError
    from kerasfmt.formats.saved_model.stored import assets_of

    where = str(directory / layout.SAVED_MODEL)
    try:
        saved = protos.parse(protos.SavedModel, (directory / layout.SAVED_MODEL).read_bytes(), where)
        assets = [asset for meta in saved.meta_graphs for asset in assets_of(meta, where)]
    except CorruptFileError:
        return set()
    return {f"{layout.ASSETS}/{asset.filename}" for asset in assets}


def _unread(path: Path) -> Iterator[str]:
    from kerasfmt.formats.saved_model.unread import unread

    yield from unread(path)


def _unheld(model: Model) -> Iterator[str]:
    from kerasfmt.formats import unheld

    yield from unheld.options_of_compile(model)


FORMAT: Final = Format(
    name="tf",
    title="a SavedModel",
    aliases=("tensorflow",),
    suffixes=("",),
    contents=DirectoryContents(
        "SavedModel", layout.SAVED_MODEL, layout.PATTERNS, kept=layout.ASSETS_EXTRA, named=_assets
    ),
    recognize=_is_saved_model,
    holds_weights=_holds_weights,
    holds_signatures=True,
    read=_read,
    read_tagged=_read_tagged,
    write=_write,
    read_graph=_read_graph,
    write_graph=_write_graph,
    read_weights=_read_weights,
    describe=_describe,
    unread=_unread,
    unheld=_unheld,
)
