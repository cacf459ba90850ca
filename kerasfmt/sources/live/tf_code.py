"""The code of live Keras 2 layers and models, traced by the TensorFlow that is in their process.

    call -> tf.function -> FuncGraph -> FunctionDef and its library -> Function, bound to weights and constants

Losses that a call adds follow its outputs. What a function captures is found by its handle among the variables of the
model. Nothing is imported: a live layer leads to the modules of its Keras, and they to TensorFlow.

Source: tf_keras/src/saving/legacy/saved_model/save_impl.py, layer_call_wrapper and _reset_layer_losses;
tensorflow/python/framework/func_graph.py
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes, limits, protos
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Capture, EagerConstant, Function, Spec
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graphdef.binding import bind
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CallSignature, bound_signature, with_mode
from kerasfmt.ir.given import GivenTrace
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, function_name
from kerasfmt.ir.traces import Kwargs
from kerasfmt.sources.live.entries import called
from kerasfmt.sources.live.objects import keras_base
from kerasfmt.sources.live.tf_gradients import Traced, trace_gradients
from kerasfmt.sources.live.tf_layers import TFLayers

_BASE: Final = ".engine.base_layer"


class TensorFlow:
    """The TensorFlow of a live layer of Keras 2.

    Args:
      live: the layer.
    """

    def __init__(self, live: Any) -> None:
        base = keras_base(live, "Layer")
        root = base.__module__.removesuffix(_BASE)
        self._keras = root
        self.tf: Any = vars(sys.modules[base.__module__])["tf"]

    def module(self, name: str) -> Any:
        """A module of the layer's Keras."""
        return sys.modules[f"{self._keras}.{name}"]

    def spec(self, spec: Spec) -> Any:
        """A tf.TensorSpec."""
        return self.tf.TensorSpec(spec.shape, spec.dtype.name, name=None)

    def definition(self, name: str) -> Any:
        """The FunctionDef of a function that TensorFlow knows."""
        context: Any = sys.modules["tensorflow.python.eager.context"]
        return context.context().get_function_def(name)


class TFCode:
    """Traces one live layer.

    Args:
      layers: the layers and weights of the model.
      live: the layer.
    """

    def __init__(self, layers: TFLayers, live: Any) -> None:
        self._layers = layers
        self._live = live
        self._tensorflow = TensorFlow(live)
        self.signature = _signature(_call_of(live))
        self.inputs = first_inputs(live)

    def trace(
        self,
        layer: LiveLayer,
        inputs: Structure,
        kwargs: Kwargs,
        training: bool | None,
        context: CallContext,
    ) -> Trace:
        """The function of a call; see `Tracer`."""
        tensorflow, live = self._tensorflow, self._live
        tf = tensorflow.tf
        given = {name: value for name, value in kwargs.items() if value is not None}
        specs = [
            leaf for part in (inputs, *given.values()) for leaf in flatten(part) if isinstance(leaf, Spec)
        ]
        found: dict[str, Any] = {}

        def run(*tensors: Any) -> Any:
            rest = iter(tensors)

            def tensor(leaf: Any) -> Any:
                return next(rest) if isinstance(leaf, Spec) else leaf

            first = map_structure(tensor, inputs)
            further = {name: map_structure(tensor, value) for name, value in given.items()}
            if training is not None and "training" in self.signature.further:
                further["training"] = training
            with self._calling(first, bool(training)):
                outputs = _call_of(live)(first, **further)
                losses = [loss for loss in live.losses if not hasattr(loss, "_unconditional_loss")]
            found["outputs"] = self._plain(outputs)
            found["losses"] = len(losses)
            return [*map(tf.convert_to_tensor, flatten(found["outputs"])), *map(tf.convert_to_tensor, losses)]

        function = self.function(run, specs, function_name(context.names[layer]))
        count = len(function.outputs) - found["losses"]
        values = iter(function.outputs[:count])
        outputs = map_structure(lambda _: next(values), found["outputs"])
        return Trace(function, inputs, given, outputs, found["losses"], training)

    def function(self, run: Callable[..., Any], specs: list[Spec], name: str) -> Function:
        """A Python function as a Function, bound to what it captures.

        Args:
          run: takes tensors, returns a list of them.
          specs: the Specs of the tensors.
          name: what errors call it.

        Raises:
          UnsupportedLayerError: TensorFlow cannot trace it, or it captures something that the model does not hold.
        """
        tensorflow = self._tensorflow
        try:
            made = tensorflow.tf.function(run).get_concrete_function(*map(tensorflow.spec, specs))
        except KerasfmtError:
            raise
        except Exception as error:
            raise UnsupportedLayerError(
                self._where(f"TensorFlow cannot trace its call: {str(error).strip() or type(error).__name__}")
            ) from error
        function = self.taken(made, name, specs)
        for value, tensor in zip(function.outputs, made.graph.outputs, strict=True):
            rank = tensor.shape.rank
            value.set_shape(None if rank is None else tuple(tensor.shape.as_list()))
        return function

    def taken(self, made: Any, name: str, specs: Sequence[Spec] = ()) -> Function:
        """A concrete function of TensorFlow as a Function, bound to what it captures.

        Args:
          made: the function.
          name: what errors call it.
          specs: the Specs of its inputs, where they are known.

        Raises:
          UnsupportedLayerError: it captures something that the model does not hold.
        """
        tensorflow, graph = self._tensorflow, made.graph
        library = [_message(each) for each in graph.as_graph_def().library.function]
        own = _message(tensorflow.definition(made.name))
        messages = {each.signature.name: each for each in (*library, own)}
        gradients = list(trace_gradients(tensorflow.tf, made, messages))
        for each in gradients:
            for part in (
                *each.function.graph.as_graph_def().library.function,
                tensorflow.definition(each.function.name),
            ):
                message = _message(part)
                messages[message.signature.name] = message
            self._layers.gradient_names[each.kind] = message.signature.name
        decoder = FunctionDecoder(
            messages.values(),
            (),
            limits.Allowance(math.inf),
            self._where(name),
            self._layers.gradient_names,
        )
        for each in gradients:
            self._add_gradient(each, decoder)
        captured = [self._capture(each, made) for each in made.captured_inputs]
        function = bind(decoder.function(own.signature.name), captured)
        for value, spec in zip(function.inputs, specs, strict=False):
            value.set_shape(spec.shape)
        return function

    def _add_gradient(self, traced: Traced, decoder: FunctionDecoder) -> None:
        """Enters a gradient that nodes of the function have of their own."""
        name = self._layers.gradient_names[traced.kind]

        def prepare() -> Function:
            captured: list[Capture] = []
            function = decoder.function(name)
            count = len(function.inputs) - len(traced.captured)
            for found, argument in zip(traced.captured, function.inputs[count:], strict=True):
                if isinstance(found, tuple):
                    captured.append(InnerTensor(found[0], argument.dtype, decoder.function(found[1])))
                else:
                    captured.append(self._capture(found, traced.function))
            return bind(function, captured)

        arguments = ((None, *traced.inputs), dict[str, Any]())
        self._layers.gradients[name] = GivenTrace(name, arguments, traced.outputs, prepare, None)

    def _capture(self, tensor: Any, made: Any) -> Capture:
        """What stands for a tensor that a function captures."""
        if tensor.dtype != self._tensorflow.tf.resource:
            known = self._layers.constants.get(id(tensor))
            if known is None:
                value = np.asarray(tensor.numpy())
                dtype = dtypes.of(tensor.dtype.name)
                if value.dtype == object or dtype is dtypes.string:
                    value = np.asarray(value, object)
                known = (EagerConstant(f"{self._live.name}/constant", value, dtype), tensor)
                self._layers.constants[id(tensor)] = known
            return known[0]
        variable = self._layers.variable_of(tensor)
        weight = None if variable is None else self._layers.weight_of(variable)
        if weight is not None:
            return weight
        named = next((v.name for v in made.graph.variables if v.handle is tensor), None)
        what = "a table or another resource" if named is None else f"variable {named}"
        raise UnsupportedLayerError(
            self._where(
                f"its call uses {what}, which no layer of the model holds: assign it to an attribute of a layer"
                if named is not None
                else f"its call uses {what}; pass a kerasfmt.layers.Layer subclass as custom_objects="
                f"{{{type(self._live).__name__!r}: YourLayer}}"
            )
        )

    def _plain(self, outputs: Any) -> Structure:
        """The outputs in lists, tuples and dicts of Python.

        Raises:
          UnsupportedLayerError: one is no dense tensor.
        """
        if isinstance(outputs, Mapping):
            return {key: self._plain(outputs[key]) for key in sorted(outputs)}
        if isinstance(outputs, list | tuple):
            found = [self._plain(item) for item in outputs]
            return tuple(found) if isinstance(outputs, tuple) else found
        if outputs is None or hasattr(outputs, "flat_values") or hasattr(outputs, "dense_shape"):
            kind = "None" if outputs is None else type(outputs).__name__
            raise UnsupportedLayerError(self._where(f"its call returns a {kind}; expected dense tensors"))
        return outputs

    @contextmanager
    def _calling(self, inputs: Any, training: bool) -> Iterator[None]:
        """Runs code as Keras runs a call while it saves; the losses of the layers are as before in the end."""
        live, tensorflow = self._live, self._tensorflow
        layers = list(live._flatten_layers(recursive=True, include_self=True))
        before = [(layer, list(layer._losses), list(layer._eager_losses)) for layer in layers]
        context = tensorflow.module("engine.base_layer_utils").call_context()
        casting = tensorflow.module("mixed_precision.autocast_variable").enable_auto_cast_variables
        with ExitStack() as stack:
            for layer, losses, eager in before:
                stack.callback(_set_losses, layer, losses, eager)
                _set_losses(layer, [], [])
            # tf_keras hands on every argument that it propagates, where Keras up to 2.15 hands on the mode alone.
            several = "call_context_args" in inspect.signature(context.enter).parameters
            mode: dict[str, Any] = (
                {"call_context_args": {"training": training}} if several else {"training": training}
            )
            stack.enter_context(context.enter(live, inputs=inputs, build_graph=False, saving=True, **mode))
            stack.enter_context(casting(live._compute_dtype_object))
            yield

    def _where(self, text: str) -> str:
        return f"layer {self._live.name} ({called(self._live)}): {text}"


def _signature(call: Any) -> CallSignature:
    """What a call takes, with the mode as Keras 2 gives it: also to `**kwargs`, and False in the place of None.

    Source: tf_keras/src/utils/layer_utils.py, CallFunctionSpec; tf_keras/src/saving/legacy/saved_model/utils.py,
    set_training_arg_spec
    """
    found = bound_signature(call)
    if "training" in found.further:
        if found.defaults.get("training", True) is None:
            return replace(found, defaults={**found.defaults, "training": False})
        return found
    return with_mode(found) if found.takes_any else found


def _set_losses(layer: Any, losses: list[Any], eager: list[Any]) -> None:
    """Sets the losses of a layer, beside Keras's tracking of attributes."""
    object.__setattr__(layer, "_losses", losses)
    object.__setattr__(layer, "_eager_losses", eager)


def _call_of(live: Any) -> Any:
    """The Python function of a call, also where it is a tf.function."""
    return getattr(live.call, "python_function", live.call)


def _message(definition: Any) -> Any:
    """A FunctionDef of TensorFlow's protobuf as one of kerasfmt's."""
    found = protos.FunctionDef()
    found.ParseFromString(definition.SerializeToString())
    return found


def first_inputs(live: Any) -> Structure:
    """The Specs of the first argument that a layer was called on; None where Keras does not know them."""
    spec = getattr(live, "_saved_model_inputs_spec", None)
    if spec is None:
        return None
    return _specs(spec)


def model_inputs(live: Any) -> Structure:
    """The Specs of the inputs of a subclassed model, with the batch size left open; None where Keras does not know."""
    try:
        found = live.save_spec(dynamic_batch=True)
    except (AttributeError, ValueError, TypeError):
        return None
    if not found or not found[0]:
        return None
    further = [*found[0][1:], *found[1].values()]
    if any(hasattr(each, "shape") for each in further):
        raise UnsupportedLayerError(
            f"model {live.name} ({called(live)}): its call takes {1 + len(further)} arguments that are tensors; take "
            "them as one list or dict, the first argument of call"
        )
    specs = _specs(found[0][0])
    if specs is None:
        raise UnsupportedLayerError(
            f"model {live.name} ({called(live)}): it was called on {found[0][0]!s:.200}; expected dense tensors: "
            "sparse and ragged inputs are not supported"
        )
    return specs


def _specs(structure: Any) -> Structure:
    if isinstance(structure, Mapping):
        return {str(key): _specs(structure[key]) for key in structure}
    if isinstance(structure, list | tuple):
        found = [_specs(item) for item in structure]
        return tuple(found) if isinstance(structure, tuple) else found
    if (
        not hasattr(structure, "dtype")
        or not hasattr(structure, "shape")
        or not hasattr(structure, "name")
        or hasattr(structure, "ragged_rank")
    ):
        return None
    rank = structure.shape.rank
    shape = None if rank is None else tuple(structure.shape.as_list())
    return Spec(shape, dtypes.of(structure.dtype.name), structure.name)
