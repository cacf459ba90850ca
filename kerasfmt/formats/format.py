"""The record of a format: its names, how it is recognized, and the functions that read and write it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.typing import record

if TYPE_CHECKING:
    from kerasfmt.containers.binary import Binary
    from kerasfmt.files.contents import DirectoryContents
    from kerasfmt.formats.description import Description
    from kerasfmt.formats.saved_model.options import SaveOptions
    from kerasfmt.ir import Model
    from kerasfmt.ir.graph_model import GraphModel
    from kerasfmt.ir.signature import Signature

Source: TypeAlias = Any
"""A path, a file that is open already and of a kind that the format takes, or the bytes of a file."""
Tags: TypeAlias = str | Iterable[str] | None
"""The tags of a graph: one, or a set of them; None for the only graph, or the one with the tag `serve`."""


@record(frozen=True, kw_only=True, eq=False)
class WriteArguments:
    """The arguments of a writer of models; a writer ignores what it has no use for.

    Attributes:
      include_optimizer: whether to write the optimizer's state.
      signatures: the signatures of the model; given only to formats that hold signatures.
      options: TensorFlow's options.
      save_traces: whether to write each layer's traced functions.
      progress: is told the bytes of weights that have been read, part by part.
    """

    include_optimizer: bool = True
    signatures: Mapping[str, Signature] | None = None
    options: SaveOptions | None = None
    save_traces: bool = True
    progress: Progress = unheard


@record(frozen=True, kw_only=True)
class OpenFiles:
    """The open files that a format takes in place of a path.

    Attributes:
      title: what errors call them.
      recognize: whether something is one.
    """

    title: str
    recognize: Callable[[object], bool]


@record(frozen=True, kw_only=True)
class Shards:
    """Weights in several files beside a map of them.

    Attributes:
      suffix: the end of the map's name.
      readers: who reads them, for errors.
      write: writes them, in the place of older ones or of nothing. Takes the model, the path of the map, the GiB of
        weights that one file may hold, and whether to wait until they are on the disk.
    """

    suffix: str
    readers: str
    write: Callable[[Model, Path, float, bool], None]


@record(frozen=True, kw_only=True)
class Prefix:
    """Weights in several files that a path names by the beginning of their names.

    Attributes:
      suffix: the end of the name of the file that is always there.
      write: writes them, in the place of older ones or of nothing. Takes the model, the path, and whether to wait until
        they are on the disk.
    """

    suffix: str
    write: Callable[[Model, Path, bool], None]


@record(frozen=True, kw_only=True)
class Format:
    """A format of models, of weights alone, or of both. What it cannot do is None, or raises the reason.

    The functions import what they need when they are called: a process pays for the formats that it uses.

    Attributes:
      name: its name as `save_format`.
      title: what errors call it: "a SavedModel".
      aliases: other names of it as `save_format`. A name may mean one format of models and another one of weights.
      suffixes: ends of the names of models, in lower case; "" stands for names that no other format claims.
      weights_suffixes: ends of the names of files of weights; "" stands for names that no other format claims, if
        the caller names the format.
      contents: the permitted contents of a directory of the format; None if the format is a file.
      open_files: the open files that it takes in place of a path.
      recognize: whether a file or directory is of the format, by its content.
      recognize_bytes: whether the bytes of a file are of the format; None if it is not read from memory.
      holds_weights: whether a path, or an open file, holds weights in the format.
      holds_signatures: whether its models have signatures.
      optimizer_in_weights: whether the optimizer's state is among the weights that are written.
      weights_without_layers: whether its files of weights take those of a model without layers.
      read: reads the model at a path or in an open file. Takes custom objects, and whether to keep the compile state.
      write: writes a model to a path at which there is no file yet, into an empty directory, or into an open file.
      read_architecture: reads a model with fresh weights, where the files of the format hold none.
      read_tagged: as `read`, of the graph with given tags; None where a file holds one model only.
      read_graph: reads the graph with given tags in a directory.
      write_graph: writes a graph that was read into an empty directory.
      read_weights: gives a model the weights in a file. Takes whether to pair by name, and whether to skip misfits.
      write_weights: writes the weights of a model.
      shards: how it writes weights in several files.
      prefix: how it writes weights whose path is a prefix; `write_weights` is None then.
      describe: describes a file; reads no weight.
      unread: what a path holds beside what `read` takes and warns of, in sentences.
      unheld: what a compiled model has that files of the format cannot hold, and `write` does not warn of, in
        sentences.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    weights_suffixes: tuple[str, ...] = ()
    contents: DirectoryContents | None = None
    open_files: OpenFiles | None = None
    recognize: Callable[[Path], bool] | None = None
    recognize_bytes: Callable[[Binary], bool] | None = None
    holds_weights: Callable[[Source], bool] | None = None
    holds_signatures: bool = False
    optimizer_in_weights: bool = False
    weights_without_layers: bool = False
    read: Callable[[Source, Mapping[str, Any] | None, bool], Model] | None = None
    write: Callable[[Model, Source, WriteArguments], None] | None = None
    read_architecture: Callable[[Path, Mapping[str, Any] | None], Model] | None = None
    read_tagged: Callable[[Source, Mapping[str, Any] | None, bool, Tags], Model] | None = None
    read_graph: Callable[[Source, Tags], GraphModel] | None = None
    write_graph: Callable[[GraphModel, Source], None] | None = None
    read_weights: Callable[[Model, Source, bool, bool], None] | None = None
    write_weights: Callable[[Model, Source], None] | None = None
    shards: Shards | None = None
    prefix: Prefix | None = None
    describe: Callable[[Path], Description] | None = None
    unread: Callable[[Path], Iterable[str]] | None = None
    unheld: Callable[[Model], Iterable[str]] | None = None
