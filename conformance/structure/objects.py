"""The object graph: which objects there are, under which names, and what each is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.structure.artefact import Artefact
from conformance.structure.functions import bare_function, concrete_function, saved_function
from conformance.structure.rules import Difference
from conformance.structure.values import dicts, equal, text


def object_graph(a: Artefact, b: Artefact) -> Iterator[Difference]:
    """Walks both graphs from the root in parallel, by the names of children."""
    yield from equal("objects", "nodes", len(a.objects.nodes), len(b.objects.nodes))
    pairs = [(0, 0, "root")]
    met = {(0, 0)}
    matched_ours, matched_theirs = {0: 0}, {0: 0}
    for mine, other, path in pairs:
        node, their_node = a.objects.nodes[mine], b.objects.nodes[other]
        yield from _node(path, a, b, node, their_node)
        children = [_below(node, a), _below(their_node, b)]
        yield from equal(path, "children", *(sorted(c) for c in children))
        yield from equal(
            path,
            "order of children",
            *([n for n in c if n in children[1] and n in children[0]] for c in children),
        )
        dependencies = [
            {c.local_name: x.paths.get(c.node_id) for c in n.dependencies}
            for n, x in ((node, a), (their_node, b))
        ]
        yield from dicts(path, "dependency", *dependencies)
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
    yield from equal(
        "objects",
        "numbering",
        *({p: n[p] for p in n if p in numbers[0] and p in numbers[1]} for n in numbers),
    )


def _below(node: Any, artefact: Artefact) -> dict[str, int]:
    """The children of a node, and the slots of an optimizer."""
    slots = {
        f"[{s.slot_name} of {artefact.paths[s.original_variable_node_id]}]": s.slot_variable_node_id
        for s in node.slot_variables
    }
    return {c.local_name: c.node_id for c in node.children} | slots


def _node(path: str, a: Artefact, b: Artefact, ours: Any, theirs: Any) -> Iterator[Difference]:
    kinds = [n.WhichOneof("kind") for n in (ours, theirs)]
    yield from equal(path, "kind", *kinds)
    for name in ("registered_name", "registered_saver"):
        yield from equal(path, name, getattr(ours, name), getattr(theirs, name))
    yield from equal(
        path, "serialized_user_proto", text(ours.serialized_user_proto), text(theirs.serialized_user_proto)
    )
    slots = [
        sorted(
            (x.paths[s.original_variable_node_id], s.slot_name, x.paths[s.slot_variable_node_id])
            for s in n.slot_variables
        )
        for n, x in ((ours, a), (theirs, b))
    ]
    yield from equal(path, "slot variables", *slots)
    saveables = [
        {
            name: [_saveable(x, s.save_function), _saveable(x, s.restore_function)]
            for name, s in n.saveable_objects.items()
        }
        for n, x in ((ours, a), (theirs, b))
    ]
    yield from dicts(path, "saveable object", *saveables)
    if kinds[0] != kinds[1]:
        return
    kind = kinds[0]
    if kind == "function":
        yield from saved_function(path, a, b, ours.function, theirs.function)
    elif kind == "bare_concrete_function":
        mine, other = ours.bare_concrete_function, theirs.bare_concrete_function
        yield from dicts(path, "field", bare_function(mine), bare_function(other))
        names = [f.concrete_function_name for f in (mine, other)]
        # `trace_0` and so on are the concrete functions of the SavedFunction above them.
        if not re.search(r"\.trace_\d+$", path):
            yield from dicts(
                path,
                "concrete function:",
                *(concrete_function(x, n) for x, n in zip((a, b), names, strict=True)),
            )
    elif kind == "captured_tensor":
        yield from equal(path, "captured_tensor", ours.captured_tensor.name, theirs.captured_tensor.name)
    elif kind:
        yield from dicts(path, kind, text(getattr(ours, kind)), text(getattr(theirs, kind)))


def _saveable(artefact: Artefact, node: int) -> str:
    return artefact.paths.get(node, f"node of kind {artefact.objects.nodes[node].WhichOneof('kind')}")
