"""The layer: one `call` from which everything else follows. What else it may override is in layer_defaults.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt.errors import KerasfmtError, OutOfMemoryError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.families import FamilyTable
from kerasfmt.graph import Spec, Value, emit_one
from kerasfmt.graph.sizes import checked_shape
from kerasfmt.ir import activations, fields, masks
from kerasfmt.ir.activations import Activation
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CONTEXT, CallSignature, call_signature
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.json_values import LEAVES
from kerasfmt.ir.keras_facts import LATER_PACKAGE
from kerasfmt.ir.layer_defaults import LayerDefaults
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Call, Constant, Tensor
from kerasfmt.ir.trace import specs_of
from kerasfmt.ir.traces import Traces
from kerasfmt.ir.weight import Weight
from kerasfmt.typing import override

if TYPE_CHECKING:
    from typing_extensions import Self

    from kerasfmt.ir.attached import Attached

LAYER_CLASSES: FamilyTable[type[Layer]] = FamilyTable()
"""By Keras's class name, and by the registered name if it differs."""


def _input_shape(value: Any) -> tuple[int | None, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(d is None or _is_size(d) for d in value):
        raise ValueError(f"expected sizes and None, got {value!r}")
    return checked_shape(tuple(value))


def _is_size(value: Any) -> bool:
    return is_integer(value) and value >= 0


class Layer(LayerDefaults, kw_only=True):
    """Base of every layer.

    A subclass is its options (annotated class attributes, in the order of Keras's constructor), its weights
    (`kernel: Weight = fields.weight()`, made in `build`) and its `call`. The parameters of `call` after `inputs` say
    what the layer takes: `training`, `mask`, further tensors. A layer that calls layers of its own takes
    `call_context` by keyword.

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

    autocast: ClassVar[bool] = True
    is_input: ClassVar[bool] = False
    """Whether the layer is an entry of a model, which is never called."""
    generator_state: Weight | None = fields.state(default=None)
    """The state of the layer's random generator, where it has one: int64 (3,), a counter and a key; not a weight."""
    options_of: Layer | None = fields.state(default=None)
    """The layer that made this one of its own options, where one did."""
    attached: Attached | None = fields.state(default=None)
    """What it has beside its config, which a SavedModel holds; None where there is nothing."""
    common_attributes: ClassVar[frozenset[str]] = frozenset()
    """The attributes that every layer has, beside its options and weights."""

    batch_input_shape: Field[tuple[int | None, ...] | None, Sequence[int | None] | None] = fields.option(
        default=None, convert=_input_shape, to_config=list, implied=True
    )
    input_shape: InitVar[Sequence[int | None] | None] = fields.option(default=None, convert=_input_shape)
    batch_size: InitVar[int | None] = None
    input_dim: InitVar[int | None] = None

    @override
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
                    )  # a user's class keeps its name when a family with that name is imported later

    def __init__(self, *args: Any, **options: Any) -> None:
        self.calls: list[Call] = []
        self.traces = Traces(self)
        self.built = False
        self.build_input: Structure = None
        super().__init__(*args, **options)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with the full input shape from whichever option states it."""
        options = super().complete(given)
        shape = self._converted("input_shape", options.get("input_shape"))
        if shape is None and self.fields["input_dim"].init_only and options.get("input_dim") is not None:
            shape = (options["input_dim"],)
        if shape is not None:
            options["batch_input_shape"] = (options.get("batch_size"), *shape)
        return options

    def build(self, inputs: Any) -> None:
        """Makes the weights, with `add_weight`, for inputs of these Specs."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The outputs, as Values, for inputs that are Values."""
        raise NotImplementedError

    @property
    def activity_layer(self) -> Layer:
        """The layer whose activity regularizer Keras shows as this layer's."""
        return self

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        """Layers that this layer holds, by attribute."""
        return {}

    @property
    def keras_name(self) -> str:
        """Keras 2's name of the class; a name unknown to Keras 2, if its class lacks some of these options."""
        name = self.facts.registered_name or type(self).__name__
        later = any(
            getattr(self, option) not in values
            for option, values in self.facts.implied_by_keras2.items()
            if option in self.fields
        )
        return f"{LATER_PACKAGE}{name}" if later else name

    @property
    def class_label(self) -> str:
        """What tables and errors call the class."""
        return type(self).__name__

    @property
    def own_calls(self) -> int:
        """Number of calls that a config counts before the first call from outside.

        Source: tf_keras/src/engine/functional.py, _should_skip_first_node
        """
        return 0

    def described(self, names: LayerNames = OWN_NAMES) -> dict[str, Any]:
        """Class name and config, `{"class_name", "config"}`."""
        return {"class_name": self.keras_name, "config": self.config_in(names)}

    def as_activation(self) -> Activation:
        """The layer as the activation of another one.

        Raises:
          UnsupportedLayerError: when it is called, it has weights or does something else in training.
        """

        def call(x: Value) -> Value:
            given = self.cast_input(x)
            self.ensure_built(given.spec)
            if self.weights or self.takes_training:
                raise UnsupportedLayerError(
                    f"activation {self.class_label}: expected a layer without weights that does the same in training; "
                    "put it after the layer"
                )
            found: Value = self.run(given, {}, None, CallContext())
            return found

        return Activation(self.class_label, call, self.facts, self)

    def config_in(self, names: LayerNames) -> dict[str, Any]:
        """The config, with layers under the given names."""
        config = self.get_config()
        return config if names[self] == self.name else {**config, "name": names[self]}

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

    @property
    def joins_masks(self) -> bool:
        """Whether the masks of its inputs become part of other arguments."""
        return type(self).join_mask_arguments is not Layer.join_mask_arguments

    @classmethod
    @override
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The layer that a config stands for; a layer as its activation may be described in it.

        Raises:
          UnsupportedLayerError: an option that the class does not have.
        """
        return super().from_config(
            {
                name: value if type(value) in LEAVES else _activation_layer(cls, name, value)
                for name, value in config.items()
            }
        )

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
          InvalidModelError: the inputs have no such axis, or its size is unknown.
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
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:
                shapes = [s.shape for s in flatten(inputs)]
                raise self.fail(f"it cannot be built for inputs of shape {shapes}: {error}") from error
            self.built = True

    def cast_spec(self, spec: Spec) -> Spec:
        """The spec after the layer's automatic cast of floating inputs."""
        if self.autocast and spec.dtype.is_floating and self.compute_dtype.is_floating:
            return Spec(spec.shape, self.compute_dtype, spec.name)
        return spec

    def cast_input(self, value: Value) -> Value:
        """The value after the layer's automatic cast of floating inputs."""
        if self.cast_spec(value.spec).dtype is not value.dtype:
            return emit_one("Cast", value, DstT=self.compute_dtype)
        return value

    def __call__(self, inputs: Structure, **kwargs: Any) -> Any:
        """The symbolic outputs of the layer on symbolic inputs, among which may be arrays.

        Raises:
          InvalidModelError: the inputs do not fit the layer.
          TypeError: an input is neither a symbolic tensor nor an array.
        """
        inputs = map_structure(lambda leaf: Constant(leaf) if isinstance(leaf, np.ndarray) else leaf, inputs)
        leaves = flatten(inputs)
        if not leaves:
            raise self.fail("it is called without inputs")
        for leaf in leaves:
            if not isinstance(leaf, Tensor | Constant):
                raise TypeError(
                    f"layer {self.name}: expected symbolic tensors (kerasfmt.Input) or arrays, got {type(leaf)}"
                )
        call = Call(self, inputs, kwargs, None, len(self.calls))
        if not call.tensor_inputs:
            raise self.fail("no symbolic tensor (kerasfmt.Input) is among its arguments")
        specs = map_structure(lambda t: self.cast_spec(t.spec), inputs)
        self.ensure_built(specs)
        self._check_inputs(flatten(specs))
        shared = call.tensor_inputs[0].shared_traces
        arguments = self.argument_specs(inputs, kwargs)
        found = self.output_specs(*arguments, kwargs.get("training"), CallContext(shared))
        outputs = call.outputs = map_structure(lambda spec: Tensor(spec, shared), found)
        masks.mark_outputs(self, specs, inputs, outputs)
        for index, tensor in enumerate(call.flat_outputs):
            tensor.call, tensor.index = call, index
        self.calls.append(call)
        return outputs

    def argument_specs(self, inputs: Structure, kwargs: dict[str, Any]) -> tuple[Structure, dict[str, Any]]:
        """The Specs of the arguments of a symbolic call: cast, with masks, as the layer's `call` gets them.

        Args:
          inputs: the first argument, a structure of Tensors.
          kwargs: the further arguments.
        """
        given = dict(kwargs)
        if self.takes_mask and "mask" not in kwargs and any(t.masked for t in flatten(inputs)):
            given["mask"] = masks.mask_of(inputs)
        specs = map_structure(lambda t: self.cast_spec(t.spec), inputs)
        return self.arranged(specs, masks.joined_specs(self, inputs, specs_of(given), kwargs))

    def output_specs(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The Specs of the outputs of a call.

        Args:
          inputs: a structure of Specs.
          kwargs: further arguments, with Specs in place of tensors.
          training: the mode.
          context: the context of the call.
        """
        trace = self.traces.exact(inputs, kwargs, training, context)
        return map_structure(lambda v: v.spec, trace.outputs)

    def _check_inputs(self, specs: list[Spec]) -> None:
        wanted = self.input_spec()
        if isinstance(wanted, list) and len(wanted) != len(specs):
            raise self.fail(f"expected {len(wanted)} inputs, got {len(specs)}")
        listed = wanted if isinstance(wanted, list) else [wanted]
        for spec, demand in zip(specs, listed, strict=False):
            wrong = demand.mismatch(spec.shape) if demand is not None else None
            if wrong is not None:
                raise self.fail(f"input: {wrong}")

    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The outputs of `call`, in the graph of the inputs; adds its losses to the context."""
        if self.takes_training:
            kwargs["training"] = bool(training)
        if self.takes_mask:
            for mask in flatten(kwargs.setdefault("mask", None)):
                if mask is not None and not isinstance(mask, Value):
                    raise self.fail(f"mask: expected a tensor, got {mask!r:.80}")
        if self.signature.takes_context:
            kwargs[CONTEXT] = context
        try:
            return self.call(inputs, **kwargs)
        except (UnsupportedLayerError, OutOfMemoryError, UnsafeFileError):
            raise
        except (KerasfmtError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            shapes = [v.shape for v in flatten(inputs)]
            raise self.fail(f"on inputs of shape {shapes}: {error}") from error


Layer.common_attributes = frozenset(vars(Layer(name="layer")))


def _activation_layer(cls: type[Layer], option: str, value: Any) -> Any:
    """The layer that is described as the activation of another one; other values stay as they are."""
    field = cls.fields.get(option)
    if field is None or field.convert is not activations.get or not isinstance(value, Mapping):
        return value
    kind = find_layer_class(str(value.get("class_name")))
    return value if kind is None else kind.from_config(value.get("config") or {})


def find_layer_class(class_name: str) -> type[Layer] | None:
    """The layer class of a Keras class name, or None."""
    return LAYER_CLASSES.find(class_name)
