"""Functions of TensorFlow that a user made: those that objects have as attributes, and signatures.

    @tf.function(input_signature=[...])         model.serve: a function for each signature that it was traced for
    save_model(model, path, signatures={"serve": function})

Source: tensorflow/python/saved_model/function_serialization.py; tensorflow/python/saved_model/
signature_serialization.py, canonicalize_signatures
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from kerasfmt import protos
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Spec, Value
from kerasfmt.graphdef.structured_value import OtherValue, decode, decode_arg_spec
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.structure import flatten
from kerasfmt.sources.live.objects import is_function
from kerasfmt.sources.live.tf_code import TFCode


def taken_function(code: TFCode, name: str, function: Any) -> GivenFunction | GivenTrace:
    """A tf.function, with a function for each signature that it was traced for.

    Args:
      code: takes functions of the model.
      name: what it is called.
      function: the tf.function; or a concrete one.

    Raises:
      UnsupportedLayerError: it captures something that the model does not hold.
    """
    if not hasattr(function, "get_concrete_function"):
        return _trace(code, name, function)
    # As TensorFlow does when it saves: a function with an input signature is traced if it was not yet.
    concrete = function._list_all_concrete_functions_for_serialization()
    serialization: Any = sys.modules["tensorflow.python.saved_model.function_serialization"]
    message = protos.SavedFunction()
    theirs = serialization.serialize_function(function, ())
    message.ParseFromString(theirs.SerializeToString())
    traces = [_trace(code, name, each) for each in concrete]
    return GivenFunction(traces, decode_arg_spec(message.function_spec), message)


def _trace(code: TFCode, name: str, concrete: Any) -> GivenTrace:
    message = _described(concrete)
    arguments: Any = decode(message.canonicalized_input_signature)
    outputs = decode(message.output_signature)
    function = code.taken(concrete, name)
    serialization: Any = sys.modules["tensorflow.python.saved_model.function_serialization"]
    bare = protos.SavedBareConcreteFunction()
    bare.ParseFromString(serialization.serialize_bare_concrete_function(concrete).SerializeToString())
    return GivenTrace(name, arguments, outputs, lambda: function, (message, bare))


def _described(concrete: Any) -> protos.SavedConcreteFunction:
    """The signature of a function, in words of a SavedModel."""
    coder: Any = sys.modules["tensorflow.python.saved_model.nested_structure_coder"]
    graphs: Any = sys.modules["tensorflow.python.framework.func_graph"]
    outputs = graphs.convert_structure_to_signature(concrete.structured_outputs)
    found = protos.SavedConcreteFunction()
    for part, structure in (
        (found.canonicalized_input_signature, concrete.structured_input_signature),
        (found.output_signature, outputs),
    ):
        part.ParseFromString(coder.encode_structure(structure).SerializeToString())
    return found


def taken_signatures(code: TFCode, given: Mapping[str, Any]) -> dict[str, Any]:
    """Signatures, in which functions of TensorFlow became functions of named Values.

    Args:
      code: takes functions of the model.
      given: functions of TensorFlow, or signatures of kerasfmt, by name.

    Raises:
      InvalidModelError: a tf.function has no input signature, or does not take or give tensors by name.
      UnsupportedLayerError: it captures something that the model does not hold.
    """
    return {
        key: _signature(code, key, value) if is_function(value) else value for key, value in given.items()
    }


def _signature(code: TFCode, key: str, function: Any) -> Signature:
    concrete = function
    if hasattr(function, "get_concrete_function"):
        if getattr(function, "input_signature", None) is None:
            raise InvalidModelError(
                f"signature {key}: expected a tf.function with an input signature, got one without; pass "
                "function.get_concrete_function(tf.TensorSpec(...))"
            )
        concrete = function.get_concrete_function()
    message = _described(concrete)
    specs = flatten(decode(message.canonicalized_input_signature))
    tensors = [leaf for leaf in specs if isinstance(leaf, Spec)]
    keywords = [str(word) for word in concrete._arg_keywords]
    if any(isinstance(leaf, OtherValue) for leaf in specs) or len(tensors) != len(keywords) or not tensors:
        raise UnsupportedLayerError(
            f"signature {key}: expected dense tensors as its arguments, got {specs!s:.200}"
        )
    outputs = decode(message.output_signature)
    names = sorted(outputs) if isinstance(outputs, Mapping) else None
    leaves = flatten(outputs)
    if not all(isinstance(leaf, Spec) for leaf in leaves) or (
        names is not None and len(names) != len(leaves)
    ):
        raise InvalidModelError(
            f"signature {key}: expected a tensor or a dict of tensors as its outputs, got {outputs!s:.200}"
        )
    taken = code.taken(concrete, f"signature {key}", tensors)

    def body(**values: Value) -> Mapping[str, Value]:
        results = values[keywords[0]].graph.call(taken, [values[word] for word in keywords])
        return dict(zip(names or [f"output_{place}" for place in range(len(results))], results, strict=True))

    return Signature(body, {word: spec.with_name(word) for word, spec in zip(keywords, tensors, strict=True)})
