"""The functions of a SavedModel's objects, each bound to the variables and constants that it captures.

    object (function)  ->  names of functions  ->  concrete_functions[name]: signature, numbers of captured objects

Nothing is decoded before it is used.

Source: tensorflow/core/protobuf/saved_object_graph.proto; tensorflow/python/saved_model/load.py, Loader
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from kerasfmt import limits
from kerasfmt.errors import CorruptFileError, GraphError, UnsupportedLayerError
from kerasfmt.formats.saved_model.captured import decoder_of
from kerasfmt.formats.saved_model.stored import Place, StoredModel
from kerasfmt.formats.saved_model.training import read_variable
from kerasfmt.graph import Capture, EagerConstant, Function, Value
from kerasfmt.graph.attr_values import decode_tensor
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graphdef.binding import bind
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.structured_value import decode, decode_arg_spec
from kerasfmt.ir import Weight
from kerasfmt.ir.given import GivenFunction, GivenTrace


class Bindings:
    """The functions and what they capture, each once.

    Args:
      stored: the SavedModel.

    Attributes:
      captures: what functions capture, by the number of the object.
    """

    def __init__(self, stored: StoredModel) -> None:
        self._stored = stored
        self._allowance = limits.allowance_for(0)  # functions are decoded when reading is long over
        self.captures: dict[int, Capture] = {}
        self._traces: dict[str, GivenTrace] = {}
        self._functions: dict[int, GivenFunction] = {}

    def weight(self, place: Place) -> Weight:
        """The weight of a variable.

        Raises:
          InvalidModelError: it has no value.
        """
        found = self.captures.get(place.number)
        if not isinstance(found, Weight):
            found = self.captures[place.number] = read_variable(place)
        return found

    def constant(self, place: Place) -> EagerConstant:
        """The tensor of a constant.

        Raises:
          GraphError: it is not in the graph.
          UnsafeFileError: it costs more than it may.
        """
        found = self.captures.get(place.number)
        if not isinstance(found, EagerConstant):
            operation = place.object.message.constant.operation
            message = self._stored.constant(operation, place.where)
            self._decoder.spend_constant(message)
            found = self.captures[place.number] = EagerConstant(operation, decode_tensor(message))
        return found

    @cached_property
    def _decoder(self) -> FunctionDecoder:
        return decoder_of(self._stored, self._allowance, self.gradient_names)

    @cached_property
    def gradient_names(self) -> dict[str, str]:
        """The functions that are gradients of nodes, by what nodes call them."""
        registered = self._stored.meta.graph_def.library.registered_gradients
        return {each.registered_op_type: each.gradient_func for each in registered}

    @cached_property
    def gradients(self) -> dict[str, GivenTrace]:
        """The functions that are gradients of nodes, by name."""
        concrete, root = self._stored.meta.object_graph_def.concrete_functions, self._stored.root
        names = dict.fromkeys(self.gradient_names.values())
        return {name: self._trace(name, None, root) for name in names if name in concrete}

    def function(self, place: Place) -> GivenFunction:
        """The tf.function of an object.

        Raises:
          CorruptFileError: it names a function that is not there.
        """
        found = self._functions.get(place.number)
        if found is None:
            message = place.object.message.function
            named = {
                str(child.object.message.bare_concrete_function.concrete_function_name): child
                for child in place.children.values()
                if child.object.message.WhichOneof("kind") == "bare_concrete_function"
            }
            traces = [self._trace(name, named.get(name), place) for name in message.concrete_functions]
            found = GivenFunction(traces, decode_arg_spec(message.function_spec), message)
            self._functions[place.number] = found
        return found

    def trace(self, place: Place) -> GivenTrace:
        """The function for one signature of an object.

        Raises:
          CorruptFileError: it is not there.
        """
        return self._trace(place.object.message.bare_concrete_function.concrete_function_name, place, place)

    def _trace(self, name: str, bare: Place | None, place: Place) -> GivenTrace:
        found = self._traces.get(name)
        if found is not None:
            return found
        concrete = self._stored.meta.object_graph_def.concrete_functions
        if name not in concrete:
            raise CorruptFileError(
                f"{place.where}: expected a function {name!r}, got none; the file is damaged"
            )
        message = concrete[name]
        arguments = decode(message.canonicalized_input_signature)
        if not (
            isinstance(arguments, tuple)
            and len(arguments) == 2
            and isinstance(arguments[0], tuple)
            and isinstance(arguments[1], dict)
        ):
            raise CorruptFileError(
                f"{place.where}: function {name!r}: expected a signature of positional and keyword arguments, got "
                f"{arguments!s:.80}; the file is damaged"
            )
        stored = (message, None if bare is None else bare.object.message.bare_concrete_function)
        found = self._traces[name] = GivenTrace(
            name,
            arguments,
            decode(message.output_signature),
            partial(self._prepare, name, message.bound_inputs, place.where),
            stored,
        )
        return found

    def _prepare(self, name: str, bound: Any, where: str) -> Function:
        function = self._decoder.function(name)
        try:
            if len(bound) > len(function.inputs):
                raise GraphError(
                    f"function {name}: captures {len(bound)} objects, and takes {len(function.inputs)}"
                )
            found = zip(bound, function.inputs[len(function.inputs) - len(bound) :], strict=True)
            return bind(function, [self._capture(number, argument, where) for number, argument in found])
        except GraphError as error:
            raise GraphError(f"{where}: {error}") from error

    def _capture(self, number: int, argument: Value, where: str) -> Capture:
        """What stands for an object among the arguments of a function."""
        place = self._stored.captured(number, where)
        found = self.captures.get(number)
        if found is not None:
            return found
        kind = place.object.message.WhichOneof("kind")
        if kind == "variable":
            return self.weight(place)
        if kind == "constant":
            return self.constant(place)
        if kind == "captured_tensor":
            said = place.object.message.captured_tensor
            holder = self._decoder.function(said.concrete_function)
            inner = self.captures[number] = InnerTensor(said.name, argument.dtype, holder)
            return inner
        raise UnsupportedLayerError(
            f"{where}: captures object {number}, a {kind}: expected a variable or a constant; tables and files are "
            "read with the layers of kerasfmt that hold them only"
        )
