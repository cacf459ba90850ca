"""Signatures: functions from named tensors to named tensors, as serving systems call them.

Source: tensorflow/python/saved_model/signature_serialization.py; tf_keras/src/saving/legacy/saving_utils.py,
trace_model_call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.object_graph import ConcreteNode, SavedNode, UserObject
from kerasfmt.formats.saved_model.traces import name_outputs
from kerasfmt.graph import Builder, Function, Spec, Value
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Model
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.structure import flatten, map_structure


@dataclass(frozen=True, eq=False)
class TracedSignature:
    """A signature as a function: inputs by name, outputs by name in the order of the function's outputs."""

    function: Function
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]


def default_signature(model: Model) -> ConcreteNode:
    """`_default_save_signature`: the model's inference function with its outputs by name."""
    graph = Builder("_wrapped_model")
    specs = model.input_specs
    values = map_structure(lambda s: graph.input(s, s.name), specs)
    outputs = _by_output_name(model, values)
    keywords = tuple(s.name for s in flatten(specs))
    return ConcreteNode(
        function=graph.finish(list(outputs.values())),
        name="_wrapped_model",
        inputs=((specs,), {}),
        outputs=name_outputs({k: v.spec for k, v in outputs.items()}),
        arg_spec=ArgSpec(("args_0",)),
        keywords=keywords,
        positional=len(keywords),
    )


def _by_output_name(model: Model, values: object) -> dict[str, Value]:
    """Inference outputs by the names of their layers, sorted by name."""
    flat = flatten(model.apply(values))
    return dict(sorted(zip(model.output_names, flat, strict=True)))


def trace_signatures(
    model: Model, default: ConcreteNode | None, given: Mapping[str, Signature] | None
) -> dict[str, TracedSignature]:
    """Every signature of a saved model: those given, or else `serving_default`.

    Raises:
      InvalidModelError: what is given is no signature, or one that cannot be traced.
    """
    if given is not None and not isinstance(given, Mapping):
        raise InvalidModelError(f"signatures: expected a dict of Signature by name, got {given!r}")
    if given:
        for key, signature in given.items():
            _check_given(key, signature)
        return {key: _trace_given(key, signature) for key, signature in sorted(given.items())}
    return {} if default is None else {layout.SERVING_DEFAULT: _trace_default(model, default)}


def _trace_default(model: Model, default: ConcreteNode) -> TracedSignature:
    graph = Builder("signature_wrapper")
    specs = flatten(model.input_specs)
    named = {s.name or "": s for s in sorted(specs, key=lambda s: s.name or "")}
    values = {name: graph.input(spec, name) for name, spec in named.items()}
    results = graph.call(default.function, [values[s.name or ""] for s in specs])
    return TracedSignature(graph.finish(results), named, default.outputs)


def _check_given(key: object, signature: object) -> None:
    if not isinstance(key, str) or not key or key == layout.INIT_OP:
        raise InvalidModelError(f"signature {key!r}: expected a name that is not TensorFlow's own")
    if not isinstance(signature, Signature):
        raise InvalidModelError(
            f"signature {key}: expected a kerasfmt.ir.signature.Signature, got {signature!r}"
        )
    for name, spec in signature.inputs.items():
        if not isinstance(spec, Spec):
            raise InvalidModelError(f"signature {key}: input {name}: expected a Spec, got {spec!r}")


def _trace_given(key: str, signature: Signature) -> TracedSignature:
    graph = Builder(f"signature_wrapper_{key}")
    values = {name: graph.input(spec, name) for name, spec in sorted(signature.inputs.items())}
    try:
        outputs = signature.body(**values)
    except KerasfmtError as error:
        raise type(error)(f"signature {key}: {error}") from error
    except (TypeError, ValueError) as error:
        raise InvalidModelError(f"signature {key}: its body cannot be called: {error}") from error
    named = outputs if isinstance(outputs, Mapping) else {"output_0": outputs}
    if not named:
        raise InvalidModelError(f"signature {key}: it has no outputs")
    for name, value in named.items():
        if not isinstance(name, str):
            raise InvalidModelError(f"signature {key}: output {name!r}: expected a name")
        if not isinstance(value, Value) or value.graph is not graph:
            raise InvalidModelError(
                f"signature {key}: output {name}: expected a Value made from its inputs, got {value}"
            )
    ordered = dict(sorted(named.items()))
    function = graph.finish(list(ordered.values()))
    specs = {name: spec.with_name(name) for name, spec in sorted(signature.inputs.items())}
    return TracedSignature(function, specs, {name: v.spec.with_name(name) for name, v in ordered.items()})


def parameter_name(name: str) -> str:
    """The Python parameter that stands for an input.

    Source: tensorflow/core/function/polymorphism/function_type.py, sanitize_arg_name.
    """
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return plain if plain[:1].isalpha() else f"arg_{plain}"


def signature_map(signatures: Mapping[str, TracedSignature]) -> UserObject:
    """The node `signatures`: one function per signature."""
    children: list[tuple[str, SavedNode]] = []
    for key, signature in signatures.items():
        inputs = {parameter_name(name): spec for name, spec in signature.inputs.items()}
        names = tuple(signature.inputs)
        if len(inputs) < len(names):
            raise InvalidModelError(f"signature {key}: inputs {list(names)} differ in signs only; rename one")
        node = ConcreteNode(
            function=signature.function,
            name="signature_wrapper",
            inputs=((), inputs),
            outputs=dict(signature.outputs),
            arg_spec=ArgSpec(kwonlyargs=tuple(inputs)),
            keywords=names,
            positional=1 if len(names) == 1 else 0,
        )
        children.append((key, node))
    return UserObject(children, layout.SIGNATURE_MAP)
