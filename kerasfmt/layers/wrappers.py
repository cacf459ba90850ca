"""Layers that wrap another layer: Wrapper, TimeDistributed, SpectralNormalization.

Source: tf_keras/src/layers/rnn/base_wrapper.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.initializers import get as initializer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.sequential import Sequential
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.shapes import dims_of, l2_normalize, read, reshape_to
from kerasfmt.typing import override


def _layer(value: Any) -> Layer:
    if not isinstance(value, Layer):
        raise ValueError(f"expected a layer, got {value!r}")
    return value


class Wrapper(Layer):
    """Base of layers that wrap another layer.

    Args:
      layer: the wrapped layer.
    """

    layer: Layer = fields.option(convert=_layer, to_config=Layer.described)

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        return {"layer": self.layer}

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The wrapper around the layer that its config describes."""
        return cls.from_config({**config, "layer": make(config["layer"])})

    @override
    def numbered_objects(self) -> Mapping[str, Collection[str]]:
        """The options that a recurrent layer inside shares with the cell that it made."""
        cell = self.layer.sublayers.get("cell")
        if cell is None or cell.options_of is not self.layer:
            return {}
        return {"layer": {*cell.get_config()} - {*Layer.fields}}

    @property
    @override
    def activity_layer(self) -> Layer:
        return self.layer.activity_layer

    def build_inner(self, inputs: Structure) -> None:
        """Builds the wrapped layer; the names of its weights begin with the name of the wrapper."""
        layer = self.layer
        if isinstance(layer, Sequential) and not layer.built:
            layer.build_for(flatten(inputs)[0].shape)
        if not isinstance(layer, Model) and not layer.built:
            layer.scope = layer.weight_scope = self.name_scope
            try:
                layer.ensure_built(map_structure(layer.cast_spec, inputs))
            except InvalidModelError as error:
                raise self.fail(str(error)) from error
            # Keras keeps the shape only in `build` of its base class, which few other classes call.
            if type(layer).build is not Layer.build and not layer.facts.build_calls_base:
                layer.build_input = None

    @override
    def build(self, inputs: Any) -> None:
        self.build_inner(inputs)

    @override
    def call(self, inputs: Any, training: bool = False, *, call_context: CallContext) -> Any:
        return call_context.run(self.layer, inputs, training)


class TimeDistributed(Wrapper):
    """Applies a layer to every step of sequences.

    Args:
      layer: the wrapped layer.

    Input: (batch, steps, ...), or a structure of such tensors. Output: (batch, steps, ...).
    Source: tf_keras/src/layers/rnn/time_distributed.py, for layers without a state.
    """

    supports_masking = True

    @override
    def validate(self) -> None:
        """Refuses a layer whose calls depend on each other."""
        if self.layer.stateful:
            raise UnsupportedLayerError(
                f"layer {self.name} ({type(self).__name__}): option layer: expected a layer that is not stateful, got "
                f"{self.layer.name}; make it with stateful=False, and hand its states on as initial_state"
            )

    @override
    def build(self, inputs: Any) -> None:
        """Builds the wrapped layer for inputs without steps."""
        for spec in flatten(inputs):
            if spec.shape is None or len(spec.shape) < 3:
                raise self.fail(f"expected at least 3 dimensions (batch, steps, ...), got shape {spec.shape}")
        self._input_spec = map_structure(lambda s: InputSpec(shape=(None, None, *s.shape[2:])), inputs)
        self._input_spec = map_structure(
            lambda s: InputSpec(shape=s.shape, ndim=len(s.shape or ())), self._input_spec
        )
        self.build_inner(map_structure(lambda s: Spec((s.shape[0], *s.shape[2:]), s.dtype), inputs))

    @override
    def input_spec(self) -> Any:
        """The shape for which it was built, with any batch size and number of steps."""
        return self._input_spec

    @override
    def call(
        self, inputs: Any, training: bool = False, mask: Any = None, *, call_context: CallContext
    ) -> Any:
        first = flatten(inputs)[0]
        lead = self._lead(first)
        kwargs = {}
        if mask is not None and self.layer.takes_mask:
            kwargs["mask"] = _merged(mask)
        outputs = call_context.run(self.layer, map_structure(_merged, inputs), training, **kwargs)
        return map_structure(lambda y: _split(y, lead), outputs)

    def _lead(self, first: Value) -> list[int | Value]:
        batch, steps = first.dims[:2]
        return [batch or -1, steps or ops.getitem(ops.shape(first), 1)]

    @property
    @override
    def starts_mask(self) -> bool:
        return self.layer.starts_mask

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The masks that the wrapped layer computes for each step, or the mask of the inputs."""
        inner = None if mask is None else map_structure(_merged, mask)
        found = self.layer.compute_mask(map_structure(_merged, inputs), inner)
        if found is not None:
            return _split(found, self._lead(flatten(inputs)[0]))
        while isinstance(mask, Value) and mask.rank > 2:
            mask = ops.reduce_any(mask, -1)
        return mask


def _merged(x: Value | None) -> Any:
    """The value with batch and steps merged into one axis."""
    return None if x is None else reshape_to(x, [-1, *dims_of(x)[2:]])


def _split(y: Value, lead: list[int | Value]) -> Value:
    """The value with its first axis split into batch and steps."""
    return reshape_to(y, [*lead, *dims_of(y)[1:]])


class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its spectral norm at each training step.

    Args:
      layer: the wrapped layer, with a `kernel` or `embeddings`.
      power_iterations: number of iterations per step that improve the estimate of the norm.

    Source: tf_keras/src/layers/normalization/spectral_normalization.py.
    """

    facts = KerasFacts(
        tracked_lists=("kernel_shape",), tracked_order=("layer", "kernel", "kernel_shape", "vector_u")
    )
    power_iterations: int = fields.positive_integer(default=1)
    kernel: Weight = fields.weight()
    vector_u: Weight = fields.weight()

    @override
    def build(self, inputs: Any) -> None:
        """Builds the wrapped layer, and makes a vector (1, columns of the kernel) for the estimate."""
        self.build_inner(inputs)
        kernel = getattr(self.layer, "kernel", None) or getattr(self.layer, "embeddings", None)
        if not isinstance(kernel, Weight):
            kind = type(self.layer).__name__
            raise self.fail(f"option layer: expected a layer with a kernel or embeddings, got {kind}")
        self.kernel = self._attributes["kernel"] = kernel
        made = initializer({"class_name": "TruncatedNormal", "config": {"stddev": 0.02}})
        self.vector_u = self.add_weight(
            "vector_u", (1, kernel.shape[-1]), initializer=made, trainable=False, dtype=kernel.dtype
        )
        # From tf_keras 2.16 on, an autocast variable gives the dtype to which it casts. Files of a layer that was built
        # by a call therefore hold that dtype; Keras converts it when it loads them.
        self.vector_u.other_dtypes = (self.compute_dtype,)

    @override
    def input_spec(self) -> InputSpec:
        """The shape for which the wrapped layer was built."""
        shape = self.build_input
        return InputSpec(shape=(None, *shape[1:]), ndim=len(shape))

    @override
    def call(self, inputs: Value, training: bool = False, *, call_context: CallContext) -> Any:
        if training:
            self._normalize(inputs)
        return call_context.run(self.layer, inputs, training)

    def _normalize(self, beside: Value) -> None:
        near = ops.cast(ops.zeros_like(beside), self.compute_dtype)
        weights = self._rows(near)
        empty = ops.reduce_all(ops.equal(weights, np.zeros((), weights.dtype.numpy)))
        ops.cond(empty, lambda w: w, self._divide, [weights])

    def _rows(self, beside: Value) -> Value:
        return ops.reshape(read(beside, self.kernel), [-1, self.kernel.shape[-1]])

    def _divide(self, weights: Value) -> Value:
        u = read(weights, self.vector_u)
        v = u
        for _ in range(self.power_iterations):
            v = l2_normalize(ops.matmul(u, weights, transpose_b=True), [0, 1])
            u = l2_normalize(ops.matmul(v, weights), [0, 1])
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, weights), u, transpose_b=True)
        ops.assign(self.vector_u, ops.cast(u, self.vector_u.dtype))
        divided = ops.reshape(read(weights, self.kernel) / sigma, list(self.kernel.shape))
        ops.assign(self.kernel, ops.cast(divided, self.kernel.dtype))
        return weights
