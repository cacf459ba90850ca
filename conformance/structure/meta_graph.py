"""What a SavedModel says besides its objects: files, versions, ops, signatures, collections, the main graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.structure.artefact import Artefact, function_stem
from conformance.structure.rules import Difference
from conformance.structure.values import dicts, equal, text


def files(a: Artefact, b: Artefact) -> Iterator[Difference]:
    def names(artefact: Artefact) -> list[str]:
        root = artefact.directory
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))

    yield from equal("files", "names", names(a), names(b))


def meta_graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    yield from equal(
        "saved_model",
        "schema version",
        a.saved_model.saved_model_schema_version,
        b.saved_model.saved_model_schema_version,
    )
    yield from equal(
        "saved_model", "meta graphs", len(a.saved_model.meta_graphs), len(b.saved_model.meta_graphs)
    )
    ours, theirs = a.meta_graph.meta_info_def, b.meta_graph.meta_info_def
    yield from equal("meta_info", "tags", sorted(ours.tags), sorted(theirs.tags))
    for name in (
        "meta_graph_version",
        "tensorflow_version",
        "tensorflow_git_version",
        "stripped_default_attrs",
    ):
        yield from equal("meta_info", name, getattr(ours, name), getattr(theirs, name))
    yield from dicts("meta_info", "op", _ops(ours), _ops(theirs))
    aliases = [{function_stem(k): v for k, v in m.function_aliases.items()} for m in (ours, theirs)]
    yield from dicts("meta_info", "function alias", *aliases)
    yield from dicts("saver_def", "field", _fields(a.meta_graph.saver_def), _fields(b.meta_graph.saver_def))
    collections = [{k: text(v) for k, v in m.meta_graph.collection_def.items()} for m in (a, b)]
    yield from dicts("collections", "collection", *collections)
    assets = [[text(f) for f in m.meta_graph.asset_file_def] for m in (a, b)]
    yield from equal("assets", "asset files", *assets)
    versions = [text(m.meta_graph.graph_def.versions) for m in (a, b)]
    yield from equal("graph", "versions", *versions)


def _ops(info: Any) -> dict[str, str]:
    return {op.name: text(op) for op in info.stripped_op_list.op}


def _fields(message: Any) -> dict[str, Any]:
    return {field.name: value for field, value in message.ListFields()}


def signatures(a: Artefact, b: Artefact) -> Iterator[Difference]:
    ours, theirs = a.meta_graph.signature_def, b.meta_graph.signature_def
    yield from equal("signatures", "keys", sorted(ours), sorted(theirs))
    for key in sorted(set(ours) & set(theirs)):
        path = f"signatures[{key}]"
        yield from equal(path, "method_name", ours[key].method_name, theirs[key].method_name)
        for side in ("inputs", "outputs"):
            infos = [{n: text(i) for n, i in getattr(s[key], side).items()} for s in (ours, theirs)]
            yield from dicts(path, side[:-1], *infos)
        defaults = [{n: text(t) for n, t in s[key].defaults.items()} for s in (ours, theirs)]
        yield from dicts(path, "default", *defaults)


def graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    """The graph and its function library: which ops, which functions."""
    counts = [dict(Counter(n.op for n in x.meta_graph.graph_def.node)) for x in (a, b)]
    yield from dicts("graph", "nodes of op", *counts)
    names = [{n.name: n.op for n in x.meta_graph.graph_def.node} for x in (a, b)]
    yield from dicts("graph", "node", *names)
    stems = [Counter(map(function_stem, x.functions)) for x in (a, b)]
    yield from dicts("library", "functions named", *stems)
