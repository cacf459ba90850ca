"""Functions as objects of a SavedModel: what was traced, under which signature.

Source: tensorflow/python/eager/polymorphic_function; tensorflow/core/function/polymorphism/function_type.py.
"""

from __future__ import annotations

import re
from typing import Any

from kerasfmt import protos
from kerasfmt.graph import Function, Spec
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.structure import Structure
from kerasfmt.typing import record

NO_ARGUMENTS = ArgSpec()


@record(frozen=True, eq=False)
class ConcreteFunction:
    """A function for one signature.

    Attributes:
      function: the graph.
      name: base of its name in the library.
      inputs: canonical signature: `((positional arguments), {keyword arguments})`, or its message.
      outputs: structure of Specs, or its message.
      arg_spec: signature of the Python function that was traced, or its message.
      keywords: names of the tensor arguments.
      positional: how many of them may be passed by position.
      input_signature: the input signature of the tf.function, if it has one.
    """

    function: Function
    name: str
    inputs: Any
    outputs: Structure
    arg_spec: ArgSpec | protos.FunctionSpec = NO_ARGUMENTS
    keywords: tuple[str, ...] = ()
    positional: int = 0
    input_signature: tuple[Any, ...] | None = None


@record(frozen=True, eq=False)
class PolymorphicFunction:
    """A tf.function: one function for each traced signature.

    Attributes:
      traces: the functions.
      arg_spec: signature of the Python function, or its message.
      input_signature: the only signature that it takes, if there is one.
      jit_compile: whether XLA compiles it; None if not stated.
    """

    traces: tuple[ConcreteFunction, ...] = ()
    arg_spec: ArgSpec | protos.FunctionSpec = NO_ARGUMENTS
    input_signature: tuple[Any, ...] | None = None
    jit_compile: bool | None = None


def name_outputs(outputs: Structure, single: str = "tensor") -> Structure:
    """Names output Specs as TensorFlow does: by their path below `tensor`, a dict's top level by its keys."""
    if isinstance(outputs, Spec):
        return outputs.with_name(single)
    if isinstance(outputs, dict):
        return {key: _name_path(outputs[key], str(key)) for key in sorted(outputs)}
    return type(outputs)(_name_path(item, f"tensor_{i}") for i, item in enumerate(outputs))


def _name_path(structure: Structure, path: str) -> Structure:
    if isinstance(structure, Spec):
        return structure.with_name(re.sub(r"[^A-Za-z0-9_]", "_", path))
    if isinstance(structure, dict):
        return {key: _name_path(structure[key], f"{path}_{key}") for key in sorted(structure)}
    return type(structure)(_name_path(item, f"{path}_{i}") for i, item in enumerate(structure))
