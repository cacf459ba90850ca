"""The layer: one `call` from which everything else follows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import InitVar
from typing import Any, ClassVar

from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.families import FamilyTable
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one
from kerasfmt.ir import fields
from kerasfmt.ir.call_signature import CallSignature, call_signature
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.trace import (
    InnerCall,
    Trace,
    covers,
    freeze,
    function_name,
    name_specs,
    specs_of,
)
from kerasfmt.ir.trace_sharing import find_trace, keep_trace, likeness
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_owner import WeightOwner

LAYER_CLASSES: FamilyTable[type[Layer]] = FamilyTable()
"""By Keras's class name, and by its registered name where that is another."""


def _input_shape(value: Any) -> tuple[int | None, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(d is None or _is_size(d) for d in value):
        raise ValueError(f"expected sizes and None, got {value!r}")
    return tuple(None if d is None else int(d) for d in value)


def _is_size(value: Any) -> bool:
    return is_integer(value) and 0 <= value < 2**63


class Layer(WeightOwner, kw_only=True):
    """Base of every layer.

    A subclass is its options (annotated class attributes, in the order of Keras's constructor), its weights
    (`kernel: Weight = fields.weight()`, made in `build`) and its `call`. The parameters of `call` after `inputs` say
    what the layer takes: `training`, `mask`, further tensors.

    Args:
      name: unique name within a model; made from the class name by default.
      trainable: whether the weights may be trained.
      dtype: dtype or dtype policy, float32 by default.
      input_shape: shape of the input without the batch dimension.
      batch_input_shape: shape of the input with the batch dimension.
      batch_size: the batch dimension that goes with `input_shape`.
      input_dim: the only dimension of `input_shape`.

    Raises:
      UnsupportedLayerError: an option that the layer does not have, or a value that it cannot take.
    """

    supports_masking: ClassVar[bool] = False
    autocast: ClassVar[bool] = True
    stateful: ClassVar[bool] = False
    is_input: ClassVar[bool] = False
    """Whether the layer is an entry of a model, which is never called."""
    generator_state: Weight | None = fields.state(default=None)
    """The state of the layer's random generator, where it has one: int64 (3,), a counter and a key; not a weight."""

    batch_input_shape: Field[tuple[int | None, ...] | None, Sequence[int | None] | None] = fields.option(
        default=None, convert=_input_shape, to_config=list, implied=True
    )
    input_shape: InitVar[Sequence[int | None] | None] = fields.option(default=None, convert=_input_shape)
    batch_size: InitVar[int | None] = None
    input_dim: InitVar[int | None] = None

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if register:
            names = [cls.__name__]
            if "facts" in cls.__dict__ and cls.facts.registered_name:
                names.append(cls.facts.registered_name)
            for name in names:
                if not (cls.__module__.startswith("kerasfmt.") and LAYER_CLASSES.known(name)):
                    LAYER_CLASSES.enter(
                        name, cls
                    )  # a user's class stands before that of a family imported later

    def __init__(self, *args: Any, **options: Any) -> None:
        self.calls: list[Call] = []
        self._traces: dict[Any, Trace] = {}
        self.activity_trace: Trace | None = None
        self.inner_calls: list[InnerCall] = []
        self.inner_losses: list[Value] = []
        self.built = False
        self.build_input: Structure = None
        super().__init__(*args, **options)

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with the full input shape, from whatever says it."""
        options = super().complete(given)
        shape = self._converted("input_shape", options.get("input_shape"))
        if shape is None and self.fields["input_dim"].init_only and options.get("input_dim") is not None:
            shape = (options["input_dim"],)
        if shape is not None:
            options["batch_input_shape"] = (options.get("batch_size"), *shape)
        return options

    # What a subclass says of itself.

    def build(self, inputs: Any) -> None:
        """Makes the weights, with `add_weight`, for inputs of these Specs."""

    def call(self, inputs: Any) -> Any:
        """The outputs, as Values, for inputs that are Values."""
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the outputs (bool Values or None), given that of the inputs."""
        return mask if self.supports_masking else None

    def input_spec(self) -> InputSpec | list[InputSpec] | None:
        """What the built layer demands of its inputs, as Keras stores it."""
        return None

    def random_generator(self) -> bool:
        """Whether Keras gives the layer a random generator object."""
        return False

    def tracked_lists(self) -> tuple[str, ...]:
        """The `tracked_lists` of the facts, or those that there are with these options."""
        return self.facts.tracked_lists

    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """Attributes that Keras tracks as functions compiled for themselves, with those that were traced."""
        return {}

    # What follows from it.

    @property
    def sublayers(self) -> Mapping[str, Layer]:
        """Layers that this layer holds, by attribute."""
        return {}

    @property
    def keras_name(self) -> str:
        """Keras 2's name of the class."""
        return self.facts.registered_name or type(self).__name__

    @property
    def own_calls(self) -> int:
        """Number of calls that a config counts before the first one from outside.

        Source: tf_keras/src/engine/functional.py, _should_skip_first_node
        """
        return 0

    def described(self) -> dict[str, Any]:
        """Class name and config, `{"class_name", "config"}`."""
        return {"class_name": self.keras_name, "config": self.get_config()}

    @property
    def signature(self) -> CallSignature:
        """What `call` takes."""
        return call_signature(type(self).call)

    @property
    def takes_training(self) -> bool:
        """Whether training and inference differ."""
        return "training" in self.signature.further

    @property
    def takes_mask(self) -> bool:
        """Whether `call` uses the mask of its inputs."""
        return self.signature.takes_any or "mask" in self.signature.further

    @classmethod
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The layer that a config from a file stands for.

        Args:
          config: the options.
          custom_objects: what the user passed to go with the file.
          make: makes the layer of a `{"class_name", "config"}` inside the config.
        """
        return cls.from_config(config)

    # Shapes.

    def last_dim(self, inputs: Spec) -> int:
        """Size of the last axis, which must be known."""
        return self.axis_dim(inputs, -1)

    def axis_dim(self, inputs: Spec, axis: int) -> int:
        """Size of an axis, which must be known.

        Raises:
          InvalidModelError: it is not.
        """
        if inputs.shape is None or not -len(inputs.shape) <= axis < len(inputs.shape):
            raise self.fail(f"input: expected an axis {axis}, got shape {inputs.shape}")
        size = inputs.shape[axis]
        if size is None:
            raise self.fail(f"input: expected a known size of axis {axis}, got shape {inputs.shape}")
        return size

    # Symbolic calls and tracing.

    def ensure_built(self, inputs: Structure) -> None:
        """Builds the weights for inputs of these Specs, once."""
        if not self.built:
            self.build_input = map_structure(lambda s: s.shape, inputs)
            try:
                self.build(inputs)
            except (ValueError, TypeError, IndexError) as error:
                shapes = [s.shape for s in flatten(inputs)]
                raise self.fail(f"it cannot be built for inputs of shape {shapes}: {error}") from error
            self.built = True

    def cast_spec(self, spec: Spec) -> Spec:
        """The spec after the layer's automatic cast of floating inputs."""
        if self.autocast and spec.dtype.is_floating:
            return Spec(spec.shape, self.compute_dtype, spec.name)
        return spec

    def cast_input(self, value: Value) -> Value:
        """The value after the layer's automatic cast of floating inputs."""
        if self.autocast and value.dtype.is_floating and value.dtype is not self.compute_dtype:
            return emit_one("Cast", value, DstT=self.compute_dtype)
        return value

    def __call__(self, inputs: Structure, **kwargs: Any) -> Any:
        """The symbolic outputs of the layer on symbolic inputs.

        Raises:
          InvalidModelError: the inputs do not fit the layer.
        """
        tensors = flatten(inputs)
        for leaf in tensors:
            if not isinstance(leaf, Tensor):
                raise TypeError(
                    f"layer {self.name}: expected symbolic tensors (kerasfmt.Input), got {type(leaf)}"
                )
        specs = map_structure(lambda t: self.cast_spec(t.spec), inputs)
        self.ensure_built(specs)
        self._check_inputs(flatten(specs))
        masked = [t.masked for t in tensors]
        call_kwargs = dict(kwargs)
        if self.takes_mask and "mask" not in kwargs and any(masked):
            call_kwargs["mask"] = map_structure(lambda t: t.mask, inputs)
        trace = self.trace(
            specs,
            self._with_mask_specs(inputs, specs_of(call_kwargs), kwargs),
            training=kwargs.get("training"),
        )
        outputs = map_structure(lambda v: Tensor(v.spec), trace.outputs)
        if any(masked) or self.makes_mask():
            self._mark_masks(specs, inputs, outputs)
        call = Call(self, inputs, kwargs, outputs, len(self.calls))
        for index, tensor in enumerate(call.flat_outputs):
            tensor.call, tensor.index = call, index
        self.calls.append(call)
        return outputs

    def _check_inputs(self, specs: list[Spec]) -> None:
        wanted = self.input_spec()
        if isinstance(wanted, list) and len(wanted) != len(specs):
            raise self.fail(f"expected {len(wanted)} inputs, got {len(specs)}")
        listed = wanted if isinstance(wanted, list) else [wanted]
        for spec, demand in zip(specs, listed, strict=False):
            wrong = demand.mismatch(spec.shape) if demand is not None else None
            if wrong is not None:
                raise self.fail(f"input: {wrong}")

    def absorb_masks(
        self, inputs: Any, mask: Any, kwargs: dict[str, Any], masks: Mapping[str, Value]
    ) -> dict[str, Any]:
        """The call arguments with what the masks that come along make of them.

        Args:
          inputs: the inputs, before the automatic cast.
          mask: the masks of the inputs, None where there is none.
          kwargs: the further arguments.
          masks: the masks of those, by name.
        """
        return kwargs

    def _with_mask_specs(
        self, inputs: Structure, specs: dict[str, Any], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        if type(self).absorb_masks is Layer.absorb_masks:
            return specs
        graph = Builder("mask")
        further = {k: t for k, t in kwargs.items() if isinstance(t, Tensor)}
        values = map_structure(lambda t: graph.input(t.spec), inputs)
        masks = map_structure(lambda t: None if t.mask is None else graph.input(t.mask), inputs)
        given = {**kwargs, **{k: graph.input(t.spec) for k, t in further.items()}}
        found = self.absorb_masks(
            values, masks, given, {k: graph.input(t.mask) for k, t in further.items() if t.mask is not None}
        )
        return {k: v.spec if isinstance(v, Value) else specs.get(k, v) for k, v in found.items()}

    def makes_mask(self) -> bool:
        """Whether outputs are masked although the inputs are not."""
        return False

    def _mark_masks(self, specs: Structure, inputs: Structure, outputs: Structure) -> None:
        graph = Builder("mask")
        values = map_structure(graph.input, specs)
        masks = map_structure(lambda t: None if t.mask is None else graph.input(t.mask), inputs)
        found = self.compute_mask(values, masks)
        if isinstance(found, Value):
            flatten(outputs)[0].mask = found.spec.with_name("mask")
        elif isinstance(found, list | tuple):
            for tensor, mask in zip(flatten(outputs), flatten(found), strict=True):
                tensor.mask = None if mask is None else mask.spec.with_name("mask")

    def trace(
        self, inputs: Structure, kwargs: Mapping[str, Any] | None = None, training: bool | None = None
    ) -> Trace:
        """`call` as a function for inputs of these Specs; the same signature gives the same function."""
        kwargs = self.signature.ordered({k: v for k, v in (kwargs or {}).items() if k != "training"})
        mode = bool(training) if self.takes_training else None
        key = (freeze(inputs), freeze(kwargs), mode, self._trainable_state)
        found = self._traces.get(key)
        if found is None:
            found = self._traces[key] = self._make_trace(key, inputs, kwargs, mode)
        return found

    def _make_trace(
        self, key: Hashable, inputs: Structure, kwargs: Mapping[str, Any], training: bool | None
    ) -> Trace:
        alike = likeness(self)
        if alike is None:
            return self._trace(inputs, kwargs, training)
        found = find_trace(self, alike, key)
        return found or keep_trace(self, alike, key, self._trace(inputs, kwargs, training))

    def traces(self) -> list[Trace]:
        """Every trace made so far."""
        return list(self._traces.values())

    def general_trace(
        self, inputs: Structure, kwargs: Mapping[str, Any] | None = None, training: bool | None = None
    ) -> Trace:
        """The trace that Keras would use for inputs of these Specs: that of the input spec, where it covers them."""
        given = {k: v for k, v in (kwargs or {}).items() if k != "training"}
        general = self.signature_specs()
        if general is not None and not given and covers(general, inputs):
            return self.trace(general, {}, training)
        return self.trace(inputs, given, training)

    def signature_specs(self) -> Structure | None:
        """Specs as general as the input spec allows, for which Keras traces a layer first; None where it has none.

        Source: tf_keras/src/saving/legacy/saved_model/save_impl.py, LayerCallCollection._get_layer_inputs.
        """
        demands = self.input_spec()
        if demands is None:
            return None
        specs = [d.general(self.compute_dtype) for d in (demands if isinstance(demands, list) else [demands])]
        if any(s.shape is None for s in specs):
            return None
        return specs if isinstance(demands, list) else specs[0]

    def _trace(self, inputs: Structure, kwargs: Mapping[str, Any], training: bool | None) -> Trace:
        graph = Builder(function_name(self.name))
        inputs = name_specs(inputs, self.signature.first)
        kwargs = {name: name_specs(value, name) for name, value in kwargs.items()}
        values = map_structure(graph.input, inputs)
        call_kwargs = {
            name: map_structure(lambda s: graph.input(s) if isinstance(s, Spec) else s, value)
            for name, value in kwargs.items()
        }
        for name in call_kwargs:
            if name not in self.signature.further and not self.signature.takes_any:
                raise UnsupportedLayerError(
                    f"layer {self.name} ({type(self).__name__}): call argument {name} is not supported"
                )
        self.inner_calls = []
        outputs, losses = self.run(values, call_kwargs, training)
        inner = tuple(self.inner_calls)
        flat = flatten(outputs)
        function = graph.finish([*flat, *losses])
        return Trace(function, inputs, kwargs, outputs, len(losses), training, inner)

    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None
    ) -> tuple[Structure, list[Value]]:
        """Outputs and conditional losses of `call`, in the graph of the inputs."""
        if self.takes_training:
            kwargs["training"] = bool(training)
        if self.takes_mask:
            kwargs.setdefault("mask", None)
        self.inner_losses = []
        try:
            return self.call(inputs, **kwargs), self.inner_losses
        except UnsupportedLayerError:
            raise
        except (KerasfmtError, ValueError, TypeError, IndexError) as error:
            shapes = [v.shape for v in flatten(inputs)]
            raise self.fail(f"on inputs of shape {shapes}: {error}") from error

    def activity_owner(self) -> Layer:
        """The layer whose activity regularizer Keras shows as this layer's."""
        return self

    def activity_regularizer_of(self) -> Regularizer | None:
        """The activity regularizer, if the layer has that option and it is set."""
        return getattr(self, "activity_regularizer", None)


def find_layer_class(class_name: str) -> type[Layer] | None:
    """The layer class of a Keras class name, or None."""
    return LAYER_CLASSES.find(class_name)
