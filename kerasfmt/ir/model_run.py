"""How the layer calls of a model run on Values: each with its masks, its losses and its function.

Source: tf_keras/src/engine/functional.py, _run_internal_graph; tf_keras/src/engine/base_layer.py, __call__.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kerasfmt.graph import Value
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Call, Constant, Tensor


@dataclass(eq=False)
class ModelRun:
    """The Values of a model's symbolic tensors so far.

    Attributes:
      training: the mode, where a call does not state its own.
      context: takes the losses of the calls.
      values: the Value of each tensor; at first of the model's inputs.
      masks: the mask of each tensor, or None.
    """

    training: bool | None
    context: CallContext
    values: dict[Tensor, Value]
    masks: dict[Tensor, Value | None] = field(default_factory=dict)

    def run(self, call: Call) -> None:
        """Runs a layer call whose inputs are known; enters its outputs."""
        layer = call.layer
        given = self._values_of(call.inputs, layer)
        inputs = map_structure(lambda v: layer.cast_input(v) if isinstance(v, Value) else v, given)
        masks = map_structure(self.masks.get, call.inputs)
        masked = any(m is not None for m in flatten(masks))
        kwargs = {name: self._values_of(value, layer) for name, value in call.kwargs.items()}
        if layer.takes_mask and "mask" not in kwargs and masked:
            kwargs["mask"] = masks
        kwargs = layer.join_mask_arguments(given, masks, kwargs, self._masks_of(call.kwargs))
        training = kwargs.pop("training", self.training)
        outputs = self._outputs(layer, inputs, kwargs, training)
        self.values.update(zip(call.flat_outputs, outputs, strict=True))
        self.context.add_activity_losses(layer, outputs)
        if masked or layer.starts_mask:
            found = layer.compute_mask(inputs, masks if masked else None)
            flat_masks = flatten(found) if found is not None else [None] * len(outputs)
            self.masks.update(zip(call.flat_outputs, flat_masks, strict=False))

    def _values_of(self, structure: Structure, layer: Layer) -> Structure:
        """The Values of symbolic arguments; a layer that is a function takes constants as they are."""

        def value_of(leaf: Any) -> Any:
            if isinstance(leaf, Tensor):
                return self.values[leaf]
            if isinstance(leaf, Constant) and not layer.facts.preserves_structure:
                return next(iter(self.values.values())).graph.constant(leaf.value)
            return leaf

        return map_structure(value_of, structure)

    def _masks_of(self, kwargs: dict[str, Any]) -> dict[str, Value]:
        found = {k: self.masks.get(t) for k, t in kwargs.items() if isinstance(t, Tensor)}
        return {k: mask for k, mask in found.items() if mask is not None}

    def _outputs(
        self, layer: Layer, inputs: Structure, kwargs: dict[str, Any], training: bool | None
    ) -> list[Value]:
        """Flat outputs of a layer, from a call of its function; in line where Keras makes no function."""
        if layer.facts.restored_from_config:
            inside = self.context.inside()
            made = layer.run(inputs, kwargs, training, inside)
            self.context.losses.extend(inside.losses)
            return flatten(made)
        inputs, kwargs = layer.arranged(inputs, kwargs)
        specs = map_structure(lambda v: v.spec, inputs)
        further = {
            k: map_structure(lambda v: v.spec if isinstance(v, Value) else v, s) for k, s in kwargs.items()
        }
        trace = layer.traces.keras(specs, further, training, self.context)
        exact = layer.traces.exact(specs, further, False, self.context)
        flat = flatten(inputs)
        flat += [v for name in trace.kwargs for v in flatten(kwargs[name]) if isinstance(v, Value)]
        count = len(trace.function.outputs) - trace.losses
        shapes = [v.shape for v in exact.function.outputs[:count]]
        shapes += [
            v.shape for v in trace.function.outputs[count:]
        ]  # code of the user's adds others in training
        results = flat[0].graph.call(trace.function, flat, shapes)
        self.context.losses.extend(results[count:])
        return list(results[:count])
