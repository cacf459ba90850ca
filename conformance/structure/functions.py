"""Functions: what they accept, return and capture, and what their bodies compute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.structure.artefact import Artefact, function_stem
from conformance.structure.rules import MISSING, Difference
from conformance.structure.values import dicts, equal, text
from kerasfmt import protos


def saved_function(path: str, a: Artefact, b: Artefact, ours: Any, theirs: Any) -> Iterator[Difference]:
    """A SavedFunction: its spec and its concrete functions, matched by what they accept."""
    yield from dicts(path, "function_spec", text(ours.function_spec), text(theirs.function_spec))
    mine = [concrete_function(a, name) for name in ours.concrete_functions]
    other = [concrete_function(b, name) for name in theirs.concrete_functions]
    yield from equal(path, "number of concrete functions", len(mine), len(other))
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
        yield from dicts(path, f"concrete function of {_brief(function['inputs'])}:", function, match)


def bare_function(function: Any) -> dict[str, Any]:
    return {name: value for name, value in text(function).items() if name != "concrete_function_name"}


def _brief(signature: Any) -> str:
    """The arguments of a canonicalized signature, in short."""
    return re.sub(r"'(name|dtype|shape|values|fields|[a-z_0-9]+_value)': ", "", repr(signature))[:160]


def concrete_function(artefact: Artefact, name: str) -> dict[str, Any]:
    """What a concrete function accepts, returns and captures, and what its body computes."""
    saved = artefact.objects.concrete_functions[name]
    definition = artefact.functions.get(name)
    found = {
        "name": function_stem(name),
        "inputs": text(saved.canonicalized_input_signature),
        "outputs": text(saved.output_signature),
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
        "attributes": {key: text(definition.attr[key]) for key in sorted(definition.attr)},
        "stateful": signature.is_stateful,
        "control outputs": len(signature.control_output),
        "ops": _body(artefact, name),
    }


def _argument_name(argument: Any) -> str:
    """An argument's name; that of a handle is left out, as it is made of numbers and op names.

    TensorFlow numbers the initializers of tables as they come in the process.
    """
    if argument.type == protos.DataType.Value("DT_RESOURCE"):
        return ""
    return re.sub(r"^key_value_init\d+", "key_value_init", str(argument.name))


def _argument_attributes(definition: Any) -> dict[int, Any]:
    """What is noted on each argument.

    TensorFlow notes a handle as the argument of the op that takes it, "resource" or "table_handle", or as the number
    that its tensor had in the process, for the same function as chance has it; all are left out.
    """
    found = {}
    for i in sorted(definition.arg_attr):
        noted = {key: text(value) for key, value in sorted(definition.arg_attr[i].attr.items())}
        if re.fullmatch(rb"\d+|resource|table_handle", noted.get("_user_specified_name", {}).get("s", b"")):
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
