"""Signatures: functions from named tensors to named tensors, as serving systems call them.

Source: tensorflow/python/saved_model/signature_serialization.py; tf_keras/src/saving/legacy/saving_utils.py,
trace_model_call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction, name_outputs
from kerasfmt.graph import Builder, Function, Spec, Value
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Model
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.structure import flatten, map_structure
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class PlannedSignature:
    """A signature as a function: inputs by name, outputs by name in the order of the function's outputs."""

    concrete: ConcreteFunction
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]


def plan_default(model: Model, context: CallContext) -> ConcreteFunction:
    """`_default_save_signature`: the model's inference function with its outputs by name.

    Args:
      model: the model.
      context: the names of layers, and the traces that they share.
    """
    graph = Builder("_wrapped_model")
    specs = model.keras_signature(context.names)
    traced = model.traces.default(False, context).function
    for (
        captured,
        argument,
    ) in traced.captures:  # TensorFlow has the model's nodes in this function, in its scope
        graph.capture(captured, f"{context.names[model]}/{argument.node.name}")
    flat = flatten(model.apply(map_structure(lambda s: graph.input(s, s.name), specs), context=context))
    outputs = dict(sorted(zip(model.output_names_in(context.names), flat, strict=True)))
    keywords = tuple(s.name for s in flatten(specs))
    return ConcreteFunction(
        function=graph.finish(list(outputs.values())),
        name="_wrapped_model",
        inputs=((specs,), {}),
        outputs=name_outputs({k: v.spec for k, v in outputs.items()}),
        arg_spec=ArgSpec(("args_0",)),
        keywords=keywords,
        positional=len(keywords),
    )


_ADVICE: Final = (
    "a function of TensorFlow is Python code: write it with kerasfmt.graph.ops, as "
    "kerasfmt.Signature(function, inputs)"
)


def plan_signatures(
    default: ConcreteFunction | None, given: Mapping[str, Signature] | None
) -> dict[str, PlannedSignature]:
    """Every signature of a saved model: those given, or else `serving_default`.

    Args:
      default: the result of `plan_default`; None if the model is saved without its functions.
      given: the user's signatures.

    Raises:
      InvalidModelError: a given value is not a signature, or cannot be traced.
    """
    if given is not None and not isinstance(given, Mapping):
        raise InvalidModelError(
            f"signatures: expected a dict of Signature by name, got {given!r:.200}; {_ADVICE}"
        )
    if given:
        for key, signature in given.items():
            _check_given(key, signature)
        return {key: _trace_given(key, signature) for key, signature in sorted(given.items())}
    return {} if default is None else {layout.SERVING_DEFAULT: _trace_default(default)}


def _trace_default(default: ConcreteFunction) -> PlannedSignature:
    graph = Builder("signature_wrapper")
    specs = flatten(default.inputs)
    named = {s.name or "": s for s in sorted(specs, key=lambda s: s.name or "")}
    values = {name: graph.input(spec, name) for name, spec in named.items()}
    results = graph.call(default.function, [values[s.name or ""] for s in specs])
    return planned_signature(layout.SERVING_DEFAULT, graph.finish(results), named, default.outputs)


def planned_signature(
    key: str, function: Function, inputs: Mapping[str, Spec], outputs: Mapping[str, Spec]
) -> PlannedSignature:
    """A function as a signature.

    Args:
      key: the name of the signature.
      function: the function.
      inputs: its inputs by name, in its order, which is that of the names.
      outputs: its outputs by name, in its order.

    Raises:
      InvalidModelError: TensorFlow gives two inputs one name.
    """
    parameters = {parameter_name(name): spec for name, spec in inputs.items()}
    names = tuple(inputs)
    if len(parameters) < len(names):
        raise InvalidModelError(
            f"signature {key}: inputs {list(names)} differ in special characters only; rename one"
        )
    concrete = ConcreteFunction(
        function=function,
        name="signature_wrapper",
        inputs=((), parameters),
        outputs=dict(outputs),
        arg_spec=ArgSpec(kwonlyargs=tuple(parameters)),
        keywords=names,
        positional=1 if len(names) == 1 else 0,
    )
    return PlannedSignature(concrete, inputs, outputs)


def _check_given(key: object, signature: object) -> None:
    if not isinstance(key, str) or not key or key == layout.INIT_OP:
        raise InvalidModelError(f"signature {key!r}: expected a name that is not TensorFlow's own")
    if not isinstance(signature, Signature):
        raise InvalidModelError(
            f"signature {key}: expected a kerasfmt.Signature, got {signature!r:.200}; {_ADVICE}"
        )
    for name, spec in signature.inputs.items():
        if not isinstance(spec, Spec):
            raise InvalidModelError(f"signature {key}: input {name}: expected a Spec, got {spec!r}")


def _trace_given(key: str, signature: Signature) -> PlannedSignature:
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
    return planned_signature(
        key, function, specs, {name: v.spec.with_name(name) for name, v in ordered.items()}
    )


def parameter_name(name: str) -> str:
    """The Python parameter that stands for an input.

    Source: tensorflow/core/function/polymorphism/function_type.py, sanitize_arg_name.
    """
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return plain if plain[:1].isalpha() else f"arg_{plain}"
