"""The code of live Keras 3 layers and models, traced on symbolic tensors.

Source: keras/src/layers/layer.py, Layer.__call__; keras/src/export/export_utils.py, get_input_signature
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Builder, Spec
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import bound_signature
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, argument, function_name
from kerasfmt.ir.traces import Kwargs
from kerasfmt.sources.live.custom_layers import CustomLayers
from kerasfmt.sources.live.entries import called
from kerasfmt.sources.live.events import NotComputable, NotRecordable
from kerasfmt.sources.live.objects import JAX, backend_of, keras_classes
from kerasfmt.sources.live.recording import Recorder
from kerasfmt.sources.live.replay import Replay
from kerasfmt.sources.live.script import script_of


class KerasCode:
    """Traces one live layer.

    Args:
      layers: the layers and weights of the model.
      live: the layer.
    """

    def __init__(self, layers: CustomLayers, live: Any) -> None:
        self._layers = layers
        self._live = live
        self.inputs: Structure = None
        self.signature = bound_signature(live.call)

    def trace(
        self,
        layer: LiveLayer,
        inputs: Structure,
        kwargs: Kwargs,
        training: bool | None,
        context: CallContext,
    ) -> Trace:
        """The function of a call; see `Tracer`."""
        recorder = Recorder(self._live, self._layers.is_custom)
        given = {name: value for name, value in kwargs.items() if value is not None}
        try:
            script = script_of(recorder, inputs, given, training)
        except NotRecordable as error:
            if backend_of(self._live) == JAX and not isinstance(error, NotComputable):
                return self._traced_by_jax(layer, inputs, given, training, context, error)
            raise UnsupportedLayerError(self._refusal(str(error))) from error
        graph = Builder(function_name(context.names[layer]))
        values = map_structure(graph.input, inputs)
        further = {k: map_structure(lambda s: argument(graph, s), v) for k, v in given.items()}
        flat = [v for part in (values, *further.values()) for v in flatten(part) if hasattr(v, "graph")]
        replay = Replay(graph, script, flat, self._layers.layers, self._layers.weight_of, training, context)
        try:
            outputs = replay.outputs()
        except (UnsupportedLayerError, InvalidModelError) as error:
            raise type(error)(self._where(str(error))) from error
        function = graph.finish([*flatten(outputs), *context.losses])
        return Trace(function, inputs, given, outputs, len(context.losses), training)

    def _traced_by_jax(
        self,
        layer: LiveLayer,
        inputs: Structure,
        given: Kwargs,
        training: bool | None,
        context: CallContext,
        unrecorded: NotRecordable,
    ) -> Trace:
        """The function of a call whose code is JAX's own."""
        from kerasfmt.sources.live.jax_code import JaxCode
        from kerasfmt.sources.live.jax_trace import Untraceable, line_of_code

        try:
            return JaxCode(self._layers, self._live).trace(layer, inputs, given, training, context)
        except Untraceable as error:
            line = "" if error.line else f"{line_of_code(self._live.call)}: "
            raise UnsupportedLayerError(
                self._where(
                    f"{line}{error}; its call can neither be recorded nor traced by JAX: {error.advice}. Or pass a "
                    f"kerasfmt.layers.Layer subclass as {self._custom_objects()}"
                )
            ) from unrecorded

    def _where(self, text: str) -> str:
        return f"layer {self._live.name} ({called(self._live)}): {text}"

    def _refusal(self, reason: str) -> str:
        return self._where(
            f"{reason}; its call cannot be recorded: write it with keras.ops and layers, on tensors alone. "
            "A function of JAX becomes a model by kerasfmt.from_jax. Or pass a kerasfmt.layers.Layer subclass as "
            f"{self._custom_objects()}"
        )

    def _custom_objects(self) -> str:
        return f"custom_objects={{{type(self._live).__name__!r}: YourLayer}}"


def input_specs(live: Any) -> Structure:
    """The Specs of what a subclassed model was built for, with the batch size left open.

    Raises:
      InvalidModelError: it was never called or built.
    """
    given = getattr(live, "inputs", None) if keras_classes(live) & {"Functional", "Sequential"} else None
    if given:
        specs = [Spec(tuple(t.shape), dtypes.of(str(t.dtype)), t.name) for t in given]
        return specs[0] if len(specs) == 1 else specs
    shapes: Mapping[str, Any] = getattr(live, "_build_shapes_dict", None) or {}
    if not shapes:
        raise InvalidModelError(
            f"model {live.name} ({called(live)}): its input shape is not known yet; call it on data, or "
            "model.build(shape), first"
        )
    dtype = dtypes.of(str(getattr(live, "input_dtype", "float32")))

    def spec(shape: Any) -> Any:
        if isinstance(shape, Mapping):
            return {key: spec(item) for key, item in shape.items()}
        if any(isinstance(item, list | tuple | dict) for item in shape):
            return [spec(item) for item in shape]
        return Spec((None, *shape[1:]), dtype)

    found = {name.removesuffix("_shape"): spec(shape) for name, shape in shapes.items()}
    if len(found) != 1:
        raise UnsupportedLayerError(
            f"model {live.name} ({called(live)}): its call takes the tensors {', '.join(found)} as arguments of their "
            "own; take them as one list or dict, the first argument of call"
        )
    (only,) = found.values()
    return only
