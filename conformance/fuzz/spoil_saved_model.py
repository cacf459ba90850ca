"""Mutations of a SavedModel: its messages, its objects, Keras's texts, its checkpoint.

An input holds the files one after the other, each behind its size as 8 bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from conformance.fuzz import spoil, spoil_checkpoint
from conformance.fuzz.spoil_hdf5 import Spoil
from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY

FILES = (
    "saved_model.pb",
    "keras_metadata.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
)
_GRAPH, _TEXTS, _INDEX, _SHARD = FILES
_NUMBERS = (0, 0, 1, 2, -1, 7, 1000, (1 << 31) - 1, -(1 << 31))

Files = dict[str, bytes]


def joined(directory: Path) -> bytes:
    """An input of the files in a directory."""
    parts = [(directory / name).read_bytes() for name in FILES]
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def split(data: bytes) -> Files:
    """The files of an input."""
    found, at = {}, 0
    for name in FILES:
        size = int.from_bytes(data[at : at + 8], "little")
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size
    return found


def _join(files: Files) -> bytes:
    return b"".join(len(files[name]).to_bytes(8, "little") + files[name] for name in FILES)


def put(data: bytes, directory: Path) -> None:
    """Writes the files of an input into a directory, in the place of older ones."""
    shutil.rmtree(directory, ignore_errors=True)
    for name, content in split(data).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _bytes_of(name: str) -> Spoil:
    def spoilt(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        files = split(data)
        change = random.choice(list(spoil.BYTES.values()))
        files[name] = change(random, files[name], [split(other)[name] for other in others])
        return _join(files)

    return spoilt


def _number(random: Random, count: int) -> int:
    return random.choice((random.randrange(count), random.randrange(count), *_NUMBERS))


def _spoil_nodes(random: Random, nodes: Any) -> None:
    """Objects tied otherwise, renamed, missing, too many, or of another kind."""
    for _ in range(random.choice((1, 1, 1, 3, 20))):
        node, kind = random.choice(nodes), random.randrange(7)
        if kind <= 2 and node.children:
            random.choice(node.children).node_id = _number(random, len(nodes))
        elif kind == 3 and node.children:
            names = ("kernel", "layer-0", "optimizer", "variables", "keras_api", "", "\x1b[2J", "x" * 9999)
            random.choice(node.children).local_name = random.choice(names)
        elif kind == 4 and node.children:
            del node.children[random.randrange(len(node.children))]
        elif kind == 5:
            for number in range(random.choice((1, 3000))):
                node.children.add(node_id=_number(random, len(nodes)), local_name=f"layer-{number}")
        else:
            slot = node.slot_variables.add(slot_name="m")
            slot.original_variable_node_id = _number(random, len(nodes))
            slot.slot_variable_node_id = _number(random, len(nodes))


def objects(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The object graph of saved_model.pb, spoilt."""
    files = split(data)
    saved = protos.SavedModel.FromString(files[_GRAPH])
    graph = saved.meta_graphs[0].object_graph_def
    if random.random() < 0.3:
        node = random.choice(graph.nodes)
        change = random.randrange(4)
        if change == 0:
            node.variable.dtype = random.choice((0, 1, 7, 9, 101))
        elif change == 1:
            node.variable.aggregation = random.choice((1, 3, 9, -1))
        elif change == 2:
            node.user_object.identifier = random.choice(("", "optimizer", "_tf_keras_layer", "\x1b[2J"))
        else:
            node.constant.operation = "x"
    else:
        _spoil_nodes(random, graph.nodes)
    files[_GRAPH] = saved.SerializeToString()
    return _join(files)


def graphs(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Graphs missing, doubled, without tags, or of another model."""
    files = split(data)
    saved = protos.SavedModel.FromString(files[_GRAPH])
    kind = random.randrange(4)
    if kind == 0:
        del saved.meta_graphs[:]
    elif kind == 1:
        saved.meta_graphs.add().CopyFrom(saved.meta_graphs[0])
    elif kind == 2:
        saved.meta_graphs[0].ClearField("object_graph_def")
    else:
        files[_GRAPH] = split(random.choice(others))[_GRAPH]
        return _join(files)
    files[_GRAPH] = saved.SerializeToString()
    return _join(files)


def functions(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Nodes, signatures and captures of functions, spoilt."""
    files = split(data)
    saved = protos.SavedModel.FromString(files[_GRAPH])
    for _ in range(random.choice((1, 1, 5))):
        random.choice((_spoil_node, _spoil_node, _spoil_node, _spoil_function, _spoil_signature))(
            random, saved.meta_graphs[0]
        )
    files[_GRAPH] = saved.SerializeToString()
    return _join(files)


def _spoil_node(random: Random, meta: Any) -> None:
    """A node of a function, or of the main graph, with another input, op or attribute."""
    bodies = [function.node_def for function in meta.graph_def.library.function]
    nodes = random.choice([body for body in (meta.graph_def.node, *bodies, *bodies) if len(body)])
    node, kind = random.choice(nodes), random.randrange(3)
    if kind == 0 and node.input:
        other = random.choice(nodes).name
        names = (other, f"{other}:output:0", "", "^x", "a:b:999999")
        node.input[random.randrange(len(node.input))] = random.choice(names)
    elif kind == 1:
        node.op = random.choice((random.choice(nodes).op, "Unheard", "Const", "While", ""))
    elif node.attr:
        _spoil_attribute(random, node.attr[random.choice(sorted(node.attr))], meta)


def _spoil_attribute(random: Random, attribute: Any, meta: Any) -> None:
    kind = random.randrange(6)
    names = [function.signature.name for function in meta.graph_def.library.function] or [""]
    if kind == 0:
        attribute.i = random.choice(_NUMBERS)
    elif kind == 1:
        attribute.type = random.choice((0, 1, 3, 7, 20, 101, 9999))
    elif kind == 2:
        attribute.func.name = random.choice(names)
    elif kind == 3:
        attribute.Clear()
    elif kind == 4:
        attribute.shape.dim.add(size=1 << 40)
    else:
        attribute.tensor.tensor_shape.dim.add(size=random.choice((2, 1 << 28)))


def _spoil_function(random: Random, meta: Any) -> None:
    """A function with another argument or output, or one that calls itself."""
    library = list(meta.graph_def.library.function)
    if not library:
        return
    function, kind = random.choice(library), random.randrange(4)
    if kind == 0 and function.ret:
        names = (random.choice(function.node_def).name, "", "x:y:0")
        function.ret[random.choice(sorted(function.ret))] = random.choice(names)
    elif kind == 1 and function.signature.input_arg:
        random.choice(function.signature.input_arg).type = random.choice((0, 1, 7, 20, 101))
    elif kind == 2:
        function.signature.input_arg.add(name=random.choice(("x", "")), type=1)
    else:
        for node in function.node_def:
            if "f" in node.attr:
                node.attr["f"].func.name = function.signature.name


def _spoil_signature(random: Random, meta: Any) -> None:
    """A signature of other tensors, or a function that captures other objects."""
    graph = meta.object_graph_def
    if random.random() < 0.5 and meta.signature_def:
        signature = meta.signature_def[random.choice(sorted(meta.signature_def))]
        end = random.choice((signature.inputs, signature.outputs))["z"]
        end.name, end.dtype = "z:0", random.choice((0, 1, 9999))
    elif graph.concrete_functions:
        concrete = graph.concrete_functions[random.choice(sorted(graph.concrete_functions))]
        concrete.bound_inputs.append(_number(random, len(graph.nodes)))


def checkpoint_objects(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The object graph in the checkpoint, spoilt."""
    files = split(data)

    def change(graph: Any) -> None:
        if random.random() < 0.3:
            held = [node for node in graph.nodes if node.attributes]
            attribute = random.choice(held).attributes[0]
            keys = ("", "x" * 9999, random.choice(held).attributes[0].checkpoint_key, OBJECT_GRAPH_KEY)
            attribute.checkpoint_key = random.choice(keys)
        else:
            _spoil_nodes(random, graph.nodes)

    files[_INDEX], files[_SHARD] = _with_objects(files, change)
    return _join(files)


def _with_objects(files: Files, change: Callable[[Any], None]) -> tuple[bytes, bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name:
        directory = Path(name)
        put(_join(files), directory)
        prefix = directory / "variables" / "variables"
        held: dict[str, Any] = {key: np.array(tensor) for key, tensor in tensorbundle.read(prefix).items()}
        graph = protos.TrackableObjectGraph.FromString(held[OBJECT_GRAPH_KEY][()])
        change(graph)
        held[OBJECT_GRAPH_KEY] = np.array(graph.SerializeToString(), object)
        tensorbundle.write(prefix, held.items(), flush=False)
        return (directory / _INDEX).read_bytes(), (directory / _SHARD).read_bytes()


def _text(change: Callable[[Random, Any], Any]) -> Spoil:
    """Spoils what Keras says of an object, of the model above all."""

    def spoilt(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        files = split(data)
        texts = protos.KerasSavedMetadata.FromString(files[_TEXTS])
        entry = random.choice((texts.nodes[0], texts.nodes[0], random.choice(texts.nodes)))
        changed = change(random, json.loads(entry.metadata))
        encoded = changed if isinstance(changed, bytes) else spoil.encoded(changed)
        entry.metadata = encoded.decode("utf-8", "replace")
        files[_TEXTS] = texts.SerializeToString()
        return _join(files)

    return spoilt


def entries(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Texts for other objects, doubled, missing, or for readers of other versions."""
    files = split(data)
    texts = protos.KerasSavedMetadata.FromString(files[_TEXTS])
    entry, kind = random.choice(texts.nodes), random.randrange(5)
    if kind == 0:
        entry.node_id = _number(random, len(texts.nodes))
    elif kind == 1:
        texts.nodes.add().CopyFrom(entry)
    elif kind == 2:
        del texts.nodes[random.randrange(len(texts.nodes))]
    elif kind == 3:
        entry.version.min_consumer = random.choice(_NUMBERS)
    else:
        entry.identifier = random.choice(("", "_tf_keras_metric", "_tf_keras_layer", "\x1b[2J"))
    files[_TEXTS] = texts.SerializeToString()
    return _join(files)


def variables(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The checkpoint, spoilt in every way."""
    files = split(data)
    change = random.choice(list(spoil_checkpoint.CHECKPOINT.values()))
    parts = [spoil_checkpoint.joined(found[_INDEX], found[_SHARD]) for found in map(split, (data, *others))]
    files[_INDEX], files[_SHARD] = spoil_checkpoint.split(change(random, parts[0], parts))
    return _join(files)


SAVED_MODEL: dict[str, Spoil] = {
    "saved_model.pb": _bytes_of(_GRAPH),
    "keras_metadata.pb": _bytes_of(_TEXTS),
    "variables": variables,
    "objects": objects,
    "objects of the checkpoint": checkpoint_objects,
    "graphs": graphs,
    "functions": functions,
    "entries of texts": entries,
    "texts: values": _text(spoil.structure),
    "texts: calls": _text(spoil.calls),
    "texts: JSON": _text(spoil.text),
}
