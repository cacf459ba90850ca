"""Compares two SavedModel directories part by part: `python -m conformance.structure OURS THEIRS`.

Numbers that only say in which order things were written (node ids, function name suffixes, shared object
ids) are replaced by what they mean: the path of an object below the root. Everything else must be equal, or
be listed in `structure_rules.ACCEPTED` with the reason. Needs protobuf messages and the TensorBundle reader,
not TensorFlow.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.structure_rules import MISSING, Difference
from kerasfmt import protos
from kerasfmt.containers import tensorbundle

CHECKPOINT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class Artefact:
    """One SavedModel directory, parsed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.saved_model = protos.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
        self.meta_graph = self.saved_model.meta_graphs[0]
        self.objects = self.meta_graph.object_graph_def
        metadata = directory / "keras_metadata.pb"
        self.keras = (
            protos.KerasSavedMetadata.FromString(metadata.read_bytes()) if metadata.exists() else None
        )

    @cached_property
    def checkpoint(self) -> Mapping[str, Any]:
        """Checkpoint key -> lazy array."""
        read: Mapping[str, Any] = tensorbundle.read(self.directory / "variables" / "variables")
        return read

    @cached_property
    def paths(self) -> dict[int, str]:
        """Node id -> the first path by which it is reached, breadth first, children by name."""
        found = {0: "root"}
        queue = [0]
        for node in queue:
            saved = self.objects.nodes[node]
            for child in sorted(saved.children, key=lambda c: c.local_name):
                if child.node_id not in found:
                    found[child.node_id] = f"{found[node]}.{child.local_name}"
                    queue.append(child.node_id)
        return found

    @cached_property
    def functions(self) -> dict[str, Any]:
        """Name -> FunctionDef."""
        return {f.signature.name: f for f in self.meta_graph.graph_def.library.function}


def compare(ours: Path | str, theirs: Path | str) -> list[Difference]:
    """Every difference between two SavedModels, the accepted ones included.

    Raises:
      FileNotFoundError: One of them has no `saved_model.pb`.
    """
    a, b = Artefact(Path(ours)), Artefact(Path(theirs))
    parts = (_files, _meta_graph, _signatures, _object_graph, _checkpoint, _keras_metadata, _graph)
    return [difference for part in parts for difference in part(a, b)]


def _equal(path: str, what: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if ours != theirs:
        yield Difference(path, what, ours, theirs)


def _dicts(path: str, what: str, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[Difference]:
    """The differences of two dicts, key by key."""
    for key in sorted({*ours, *theirs}, key=str):
        if ours.get(key, MISSING) != theirs.get(key, MISSING):
            yield Difference(path, f"{what} {key}", ours.get(key, MISSING), theirs.get(key, MISSING))


def _files(a: Artefact, b: Artefact) -> Iterator[Difference]:
    def names(artefact: Artefact) -> list[str]:
        root = artefact.directory
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))

    yield from _equal("files", "names", names(a), names(b))


def _meta_graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    yield from _equal(
        "saved_model",
        "schema version",
        a.saved_model.saved_model_schema_version,
        b.saved_model.saved_model_schema_version,
    )
    yield from _equal(
        "saved_model", "meta graphs", len(a.saved_model.meta_graphs), len(b.saved_model.meta_graphs)
    )
    ours, theirs = a.meta_graph.meta_info_def, b.meta_graph.meta_info_def
    yield from _equal("meta_info", "tags", sorted(ours.tags), sorted(theirs.tags))
    for name in (
        "meta_graph_version",
        "tensorflow_version",
        "tensorflow_git_version",
        "stripped_default_attrs",
    ):
        yield from _equal("meta_info", name, getattr(ours, name), getattr(theirs, name))
    yield from _dicts("meta_info", "op", _ops(ours), _ops(theirs))
    aliases = [{_function_stem(k): v for k, v in m.function_aliases.items()} for m in (ours, theirs)]
    yield from _dicts("meta_info", "function alias", *aliases)
    yield from _dicts("saver_def", "field", _fields(a.meta_graph.saver_def), _fields(b.meta_graph.saver_def))
    collections = [{k: _text(v) for k, v in m.meta_graph.collection_def.items()} for m in (a, b)]
    yield from _dicts("collections", "collection", *collections)
    assets = [[_text(f) for f in m.meta_graph.asset_file_def] for m in (a, b)]
    yield from _equal("assets", "asset files", *assets)
    versions = [_text(m.meta_graph.graph_def.versions) for m in (a, b)]
    yield from _equal("graph", "versions", *versions)


def _ops(info: Any) -> dict[str, str]:
    return {op.name: _text(op) for op in info.stripped_op_list.op}


def _fields(message: Any) -> dict[str, Any]:
    return {field.name: value for field, value in message.ListFields()}


def _text(message: Any) -> Any:
    """A message as nested dicts, lists and scalars, fields that are not set left out."""
    if not hasattr(message, "ListFields"):
        return message
    made: dict[str, Any] = {}
    for field, value in message.ListFields():
        if hasattr(value, "items"):
            made[field.name] = {key: _text(value[key]) for key in sorted(value)}
        elif hasattr(value, "ListFields"):
            made[field.name] = _text(value)
        elif hasattr(value, "append"):
            made[field.name] = [_text(item) for item in value]
        else:
            made[field.name] = value
    return made


def _signatures(a: Artefact, b: Artefact) -> Iterator[Difference]:
    ours, theirs = a.meta_graph.signature_def, b.meta_graph.signature_def
    yield from _equal("signatures", "keys", sorted(ours), sorted(theirs))
    for key in sorted(set(ours) & set(theirs)):
        path = f"signatures[{key}]"
        yield from _equal(path, "method_name", ours[key].method_name, theirs[key].method_name)
        for side in ("inputs", "outputs"):
            infos = [{n: _text(i) for n, i in getattr(s[key], side).items()} for s in (ours, theirs)]
            yield from _dicts(path, side[:-1], *infos)
        defaults = [{n: _text(t) for n, t in s[key].defaults.items()} for s in (ours, theirs)]
        yield from _dicts(path, "default", *defaults)


def _object_graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    """Walks both graphs from the root in parallel, by the names of children."""
    yield from _equal("objects", "nodes", len(a.objects.nodes), len(b.objects.nodes))
    pairs = [(0, 0, "root")]
    met = {(0, 0)}
    matched_ours, matched_theirs = {0: 0}, {0: 0}
    for mine, other, path in pairs:
        node, their_node = a.objects.nodes[mine], b.objects.nodes[other]
        yield from _node(path, a, b, node, their_node)
        children = [{c.local_name: c.node_id for c in n.children} for n in (node, their_node)]
        yield from _equal(path, "children", *(sorted(c) for c in children))
        yield from _equal(
            path,
            "order of children",
            *([n for n in c if n in children[1] and n in children[0]] for c in children),
        )
        dependencies = [
            {c.local_name: x.paths.get(c.node_id) for c in n.dependencies}
            for n, x in ((node, a), (their_node, b))
        ]
        yield from _dicts(path, "dependency", *dependencies)
        for name in sorted(children[0].keys() & children[1].keys()):
            pair = (children[0][name], children[1][name])
            if pair in met:
                continue
            met.add(pair)
            here = f"{path}.{name}"
            if matched_ours.setdefault(pair[0], pair[1]) != pair[1]:
                yield Difference(here, "identity", f"also {a.paths[pair[0]]}", f"is {b.paths[pair[1]]}")
                continue
            if matched_theirs.setdefault(pair[1], pair[0]) != pair[0]:
                yield Difference(here, "identity", f"is {a.paths[pair[0]]}", f"also {b.paths[pair[1]]}")
                continue
            pairs.append((*pair, here))
    numbers = [{path: node for node, path in x.paths.items()} for x in (a, b)]
    yield from _equal(
        "objects",
        "numbering",
        *({p: n[p] for p in n if p in numbers[0] and p in numbers[1]} for n in numbers),
    )


def _node(path: str, a: Artefact, b: Artefact, ours: Any, theirs: Any) -> Iterator[Difference]:
    kinds = [n.WhichOneof("kind") for n in (ours, theirs)]
    yield from _equal(path, "kind", *kinds)
    for name in ("registered_name", "registered_saver"):
        yield from _equal(path, name, getattr(ours, name), getattr(theirs, name))
    yield from _equal(
        path, "serialized_user_proto", _text(ours.serialized_user_proto), _text(theirs.serialized_user_proto)
    )
    slots = [
        sorted(
            (x.paths[s.original_variable_node_id], s.slot_name, x.paths[s.slot_variable_node_id])
            for s in n.slot_variables
        )
        for n, x in ((ours, a), (theirs, b))
    ]
    yield from _equal(path, "slot variables", *slots)
    saveables = [
        {
            name: [_saveable(x, s.save_function), _saveable(x, s.restore_function)]
            for name, s in n.saveable_objects.items()
        }
        for n, x in ((ours, a), (theirs, b))
    ]
    yield from _dicts(path, "saveable object", *saveables)
    if kinds[0] != kinds[1]:
        return
    kind = kinds[0]
    if kind == "function":
        yield from _function(path, a, b, ours.function, theirs.function)
    elif kind == "bare_concrete_function":
        mine, other = ours.bare_concrete_function, theirs.bare_concrete_function
        yield from _dicts(path, "field", _bare(mine), _bare(other))
        names = [f.concrete_function_name for f in (mine, other)]
        # `trace_0` and so on are the concrete functions of the SavedFunction above them.
        if not re.search(r"\.trace_\d+$", path):
            yield from _dicts(
                path, "concrete function:", *(_concrete(x, n) for x, n in zip((a, b), names, strict=True))
            )
    elif kind == "captured_tensor":
        yield from _equal(path, "captured_tensor", ours.captured_tensor.name, theirs.captured_tensor.name)
    elif kind:
        yield from _dicts(path, kind, _text(getattr(ours, kind)), _text(getattr(theirs, kind)))


def _saveable(artefact: Artefact, node: int) -> str:
    return artefact.paths.get(node, f"node of kind {artefact.objects.nodes[node].WhichOneof('kind')}")


def _bare(function: Any) -> dict[str, Any]:
    return {name: value for name, value in _text(function).items() if name != "concrete_function_name"}


def _function(path: str, a: Artefact, b: Artefact, ours: Any, theirs: Any) -> Iterator[Difference]:
    """A SavedFunction: its spec and its concrete functions, matched by what they accept."""
    yield from _dicts(path, "function_spec", _text(ours.function_spec), _text(theirs.function_spec))
    mine = [_concrete(a, name) for name in ours.concrete_functions]
    other = [_concrete(b, name) for name in theirs.concrete_functions]
    yield from _equal(path, "number of concrete functions", len(mine), len(other))
    signatures = [[f["inputs"] for f in functions] for functions in (mine, other)]
    if signatures[0] != signatures[1]:
        if Counter(map(repr, signatures[0])) == Counter(map(repr, signatures[1])):
            yield Difference(path, "order of concrete functions", *signatures)
        else:
            yield Difference(path, "signatures of concrete functions", *signatures)
            return
    left = list(other)
    for function in mine:
        match = next(f for f in left if f["inputs"] == function["inputs"])
        left.remove(match)
        yield from _dicts(path, f"concrete function of {_brief(function['inputs'])}:", function, match)


def _brief(signature: Any) -> str:
    """The arguments of a canonicalized signature, in short."""
    return re.sub(r"'(name|dtype|shape|values|fields|[a-z_0-9]+_value)': ", "", repr(signature))[:160]


def _concrete(artefact: Artefact, name: str) -> dict[str, Any]:
    """What a concrete function accepts, returns and captures, and what its body computes."""
    saved = artefact.objects.concrete_functions[name]
    definition = artefact.functions.get(name)
    found = {
        "name": _function_stem(name),
        "inputs": _text(saved.canonicalized_input_signature),
        "outputs": _text(saved.output_signature),
        "bound inputs": [artefact.paths.get(i, "a captured tensor") for i in saved.bound_inputs],
    }
    if definition is None:
        return {**found, "body": MISSING}
    signature = definition.signature
    return {
        **found,
        "arguments": [(_argument_name(arg), protos.DataType.Name(arg.type)) for arg in signature.input_arg],
        "results": [(arg.name, protos.DataType.Name(arg.type)) for arg in signature.output_arg],
        "argument attributes": _argument_attributes(definition),
        "attributes": {key: _text(definition.attr[key]) for key in sorted(definition.attr)},
        "stateful": signature.is_stateful,
        "control outputs": len(signature.control_output),
        "ops": _body(artefact, name),
    }


def _argument_name(argument: Any) -> str:
    """An argument's name; a captured variable's is left out, as it is made of numbers and op names."""
    return "" if argument.type == protos.DataType.Value("DT_RESOURCE") else str(argument.name)


def _argument_attributes(definition: Any) -> dict[int, Any]:
    """What is noted on each argument.

    TensorFlow notes a captured variable as "resource" or as the number that its tensor had in the process,
    for the same function as chance has it; both are left out.
    """
    found = {}
    for i in sorted(definition.arg_attr):
        noted = {key: _text(value) for key, value in sorted(definition.arg_attr[i].attr.items())}
        if re.fullmatch(rb"\d+|resource", noted.get("_user_specified_name", {}).get("s", b"")):
            del noted["_user_specified_name"]
        found[i] = noted
    return {i: noted for i, noted in found.items() if noted}


def _body(artefact: Artefact, name: str, seen: frozenset[str] = frozenset()) -> dict[str, int]:
    """How often each op occurs in a function and in all that it calls; Identity, NoOp and calls left out."""
    counts: Counter[str] = Counter()
    for node in artefact.functions[name].node_def:
        called = node.attr["f"].func.name if "f" in node.attr else ""
        if called in artefact.functions and called not in seen:
            counts.update(_body(artefact, called, seen | {name}))
        elif node.op not in ("Identity", "NoOp", "IdentityN"):
            counts[node.op] += 1
    return dict(sorted(counts.items()))


def _function_stem(name: str) -> str:
    """A function's name without the number that makes it unique."""
    return re.sub(r"_\d+$", "", name)


def _checkpoint(a: Artefact, b: Artefact) -> Iterator[Difference]:
    ours, theirs = a.checkpoint, b.checkpoint
    yield from _equal("checkpoint", "keys", sorted(ours), sorted(theirs))
    for key in sorted(set(ours) & set(theirs)):
        path = f"checkpoint[{key}]"
        mine, other = ours[key], theirs[key]
        yield from _equal(path, "dtype", str(mine.dtype), str(other.dtype))
        yield from _equal(path, "shape", tuple(mine.shape), tuple(other.shape))
        if key == CHECKPOINT_GRAPH:
            yield from _trackable_graph(_string(mine), _string(other))
        elif (str(mine.dtype), mine.shape) == (str(other.dtype), other.shape) and not _same_bytes(
            mine, other
        ):
            yield Difference(path, "value", "differs", "")


def _same_bytes(mine: Any, other: Any) -> bool:
    import numpy as np

    left, right = np.asarray(mine), np.asarray(other)
    if left.dtype == object:
        return bool(left.tolist() == right.tolist())
    return left.tobytes() == right.tobytes()


def _string(value: Any) -> bytes:
    import numpy as np

    found = np.asarray(value).reshape(-1)[0]
    return found if isinstance(found, bytes) else bytes(found)


def _trackable_graph(ours: bytes, theirs: bytes) -> Iterator[Difference]:
    """The object graph inside the checkpoint, node by node by path."""
    described = []
    for data in (ours, theirs):
        graph = protos.TrackableObjectGraph.FromString(data)
        paths, queue = {0: "root"}, [0]
        for node in queue:
            for child in sorted(graph.nodes[node].children, key=lambda c: c.local_name):
                if child.node_id not in paths:
                    paths[child.node_id] = f"{paths[node]}.{child.local_name}"
                    queue.append(child.node_id)
        described.append(
            {
                paths.get(i, f"node {i}, unreachable"): {
                    "children": {c.local_name: paths[c.node_id] for c in node.children},
                    "attributes": [(t.name, t.full_name, t.checkpoint_key) for t in node.attributes],
                    "slots": sorted(
                        (paths[s.original_variable_node_id], s.slot_name, paths[s.slot_variable_node_id])
                        for s in node.slot_variables
                    ),
                    "saver": _text(node.registered_saver),
                    "has values": _text(node.has_checkpoint_values),
                }
                for i, node in enumerate(graph.nodes)
            }
        )
    mine, other = described
    for path in sorted({*mine, *other}):
        if path not in mine or path not in other:
            yield Difference(
                f"{CHECKPOINT_GRAPH} {path}", "node", mine.get(path, MISSING), other.get(path, MISSING)
            )
        else:
            yield from _dicts(f"{CHECKPOINT_GRAPH} {path}", "part", mine[path], other[path])


def _keras_metadata(a: Artefact, b: Artefact) -> Iterator[Difference]:
    if a.keras is None or b.keras is None:
        yield from _equal("keras_metadata.pb", "presence", a.keras is not None, b.keras is not None)
        return
    ids = _SharedIds()
    nodes = [{n.node_path: (n, json.loads(n.metadata)) for n in keras.nodes} for keras in (a.keras, b.keras)]
    yield from _equal("keras_metadata", "node paths", sorted(nodes[0]), sorted(nodes[1]))
    yield from _equal(
        "keras_metadata",
        "order of nodes",
        *([p for p in n if p in nodes[0] and p in nodes[1]] for n in nodes),
    )
    for path in sorted(nodes[0].keys() & nodes[1].keys()):
        (mine, metadata), (other, their_metadata) = nodes[0][path], nodes[1][path]
        yield from _equal(f"metadata {path}", "identifier", mine.identifier, other.identifier)
        yield from _equal(f"metadata {path}", "version", _text(mine.version), _text(other.version))
        yield from _equal(f"metadata {path}", "node_id", mine.node_id, other.node_id)
        yield from _json(f"metadata {path}", "", metadata, their_metadata, ids)
        texts = [re.sub(r'"shared_object_id": \d+', "", json.dumps(m)) for m in (metadata, their_metadata)]
        if texts[0] != texts[1] and sorted(texts[0]) == sorted(texts[1]):
            yield Difference(f"metadata {path}", "order of keys", *texts)


class _SharedIds:
    """Which `shared_object_id` of ours stands for which of theirs; the numbers themselves mean nothing."""

    def __init__(self) -> None:
        self.forward: dict[int, int] = {}
        self.backward: dict[int, int] = {}

    def same(self, ours: Any, theirs: Any) -> bool:
        """Whether two ids can mean the same object, given all that was compared so far."""
        if not isinstance(ours, int) or not isinstance(theirs, int):
            return bool(ours == theirs)
        return (
            self.forward.setdefault(ours, theirs) == theirs and self.backward.setdefault(theirs, ours) == ours
        )


def _json(path: str, what: str, ours: Any, theirs: Any, ids: _SharedIds) -> Iterator[Difference]:
    """The differences of two JSON values, as deep as they have the same shape."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from _json(path, f"{what}.{key}", ours.get(key, MISSING), theirs.get(key, MISSING), ids)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _json(path, f"{what}[{i}]", mine, other, ids)
    elif what.endswith(".shared_object_id"):
        if not ids.same(ours, theirs):
            yield Difference(path, what, ours, theirs)
    elif (ours, type(ours)) != (theirs, type(theirs)):
        yield Difference(path, what, ours, theirs)


def _graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    """The graph and its function library: which ops, which functions."""
    counts = [dict(Counter(n.op for n in x.meta_graph.graph_def.node)) for x in (a, b)]
    yield from _dicts("graph", "nodes of op", *counts)
    names = [{n.name: n.op for n in x.meta_graph.graph_def.node} for x in (a, b)]
    yield from _dicts("graph", "node", *names)
    stems = [Counter(map(_function_stem, x.functions)) for x in (a, b)]
    yield from _dicts("library", "functions named", *stems)


def main(argv: list[str] | None = None) -> int:
    """Prints the differences; exit status 1 if one is not accepted."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.structure", description=__doc__.splitlines()[0]
    )
    parser.add_argument("ours", type=Path)
    parser.add_argument("theirs", type=Path)
    parser.add_argument("--accepted", action="store_true", help="show the accepted differences too")
    options = parser.parse_args(argv)
    found = compare(options.ours, options.theirs)
    open_ones = [d for d in found if not d.accepted]
    for difference in open_ones:
        print(difference)
    if options.accepted:
        for difference in found:
            if difference.accepted:
                print(f"accepted ({difference.accepted}): {difference}")
    print(f"{len(open_ones)} differences, and {len(found) - len(open_ones)} accepted ones")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
