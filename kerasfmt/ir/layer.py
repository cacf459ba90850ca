"""The layer: config fields, weights, and one `call` from which everything else follows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one
from kerasfmt.ir import naming
from kerasfmt.ir import policy as policies
from kerasfmt.ir.call_signature import CallSignature, call_signature
from kerasfmt.ir.fields import REQUIRED, Field, flag
from kerasfmt.ir.initializers import Initializer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.likeness import find_trace, keep_trace, likeness
from kerasfmt.ir.policy import Policy
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
from kerasfmt.ir.weight import Weight

_REGISTRY: dict[str, type[Layer]] = {}


class Layer:
    """Base of every layer.

    A subclass is its config fields (annotated class attributes, in the order of Keras's constructor), its
    weights (annotated as `Weight`, made in `build`) and its `call`. The parameters of `call` after `inputs` say
    what the layer takes:
    `training`, `mask`, further tensors.

    Args:
      name: unique name within a model; made from the class name by default.
      trainable: whether the weights may be trained.
      dtype: dtype or dtype policy, float32 by default.
      input_shape: shape of the input without the batch dimension.
      batch_input_shape: shape of the input with the batch dimension.
      batch_size: the batch dimension that goes with `input_shape`.

    Raises:
      UnsupportedLayerError: an option that the layer does not have, or a value that it cannot take.
    """

    fields: ClassVar[dict[str, Field]] = {}
    config_order: ClassVar[tuple[str, ...]] = ()
    """The options in the order of Keras's config, where that is not the order of the constructor."""
    supports_masking: ClassVar[bool] = False
    autocast: ClassVar[bool] = True
    stateful: ClassVar[bool] = False
    must_restore_from_config: ClassVar[bool] = False
    """Whether Keras revives the layer from its config only; then its calls are no functions of their own."""
    preserves_structure: ClassVar[bool] = False
    """Whether the config tells a list of one input from that input."""
    tracked_order: ClassVar[tuple[str, ...]] = ()
    """Lists, layers and weights that Keras tracks in another order than by kind: the names of all of them."""
    scope: str = ""
    """What the names of the weights begin with: for a layer inside a layer, `outer/`."""
    weight_scope: str | None = None
    """What the names of the weights begin with where that is not the name of the layer: its wrapper's scope."""
    keras_identifier: ClassVar[str] = "_tf_keras_layer"
    registered_name: str
    """Keras's name of the class, where that is not the name of the class itself: `package>name`."""
    generator_state: Weight | None = None
    """The state of the layer's random generator, where it has one: int64 (3,), a counter and a key; not a weight."""

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own: dict[str, Field] = {}
        for key, annotation in inspect.get_annotations(cls).items():
            default = cls.__dict__.get(key, REQUIRED)
            if key.startswith("_") or str(annotation).startswith(("ClassVar", "Weight")):
                continue
            if isinstance(default, Field):
                own[key] = default
            else:
                own[key] = flag(default=default) if annotation in (bool, "bool") else Field(default)
            if key in cls.__dict__:
                delattr(cls, key)
        cls.fields = {**cls.fields, **own}
        if register:
            _REGISTRY[cls.__name__] = cls
            _REGISTRY[cls.__dict__.get("registered_name", cls.__name__)] = cls

    def __init__(
        self,
        *args: Any,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: tuple[int | None, ...] | None = None,
        batch_input_shape: tuple[int | None, ...] | None = None,
        batch_size: int | None = None,
        **options: Any,
    ) -> None:
        self.name = _checked_name(type(self), name) or naming.unique_name(type(self).__name__)
        if not isinstance(trainable, bool | np.bool_):
            raise self.fail(f"option trainable: expected True or False, got {trainable!r}")
        self._trainable = bool(trainable)
        self.policy: Policy = policies.get(dtype)
        if "input_dim" in options and "input_dim" not in self.fields:
            input_shape = (options.pop("input_dim"),)
        if input_shape is not None:
            batch_input_shape = (batch_size, *input_shape)
        self.batch_input_shape = self._checked_shape(batch_input_shape)
        self._set_options(args, options)
        self.built = False
        self.build_input: Structure = None
        self.calls: list[Call] = []
        self._weights: list[Weight] = []
        self._attributes: dict[str, Weight] = {}
        self._traces: dict[Any, Trace] = {}
        self.activity_trace: Trace | None = None
        self.inner_calls: list[InnerCall] = []
        self.inner_losses: list[Value] = []
        self.validate()

    def _checked_shape(self, shape: Any) -> tuple[int | None, ...] | None:
        if shape is None:
            return None
        items = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
        if not isinstance(shape, list | tuple) or not all(d is None or is_dimension(d) for d in items):
            raise self.fail(f"input shape: expected sizes and None, got {shape!r}")
        return tuple(None if d is None else int(d) for d in items)

    @property
    def trainable(self) -> bool:
        """Whether the weights may be trained; to set it sets that of the sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        self._trainable = bool(trainable)
        for layer in self.sublayers.values():
            layer.trainable = trainable

    @property
    def _trainable_state(self) -> tuple[Any, ...]:
        return (self._trainable, *(layer._trainable_state for layer in self.sublayers.values()))

    def _set_options(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        if len(args) > len(self.fields):
            raise TypeError(
                f"{type(self).__name__}: {len(args)} positional arguments for {len(self.fields)} options"
            )
        given = dict(zip(self.fields, args, strict=False))
        for key, value in options.items():
            if key not in self.fields:
                raise UnsupportedLayerError(
                    f"layer {self.name} ({type(self).__name__}): unknown option {key}={value!r}; "
                    f"it takes {', '.join(self.fields) or 'none'}"
                )
            given[key] = value
        for key, spec in self.fields.items():
            value = given.get(key, spec.default)
            if value is REQUIRED:
                raise TypeError(f"layer {self.name} ({type(self).__name__}): option {key} is needed")
            setattr(self, key, self._convert(key, spec, value))

    def _convert(self, key: str, spec: Field, value: Any) -> Any:
        where = f"layer {self.name} ({type(self).__name__}): option {key}"
        try:
            return spec.convert(value)
        except UnsupportedLayerError as error:
            raise UnsupportedLayerError(f"{where}: {error}") from error
        except KerasfmtError:
            raise
        except (ValueError, TypeError) as error:
            raise InvalidModelError(f"{where}: {error}") from error

    # What a subclass says of itself.

    def validate(self) -> None:
        """Checks options against each other; raises through `self.fail`."""

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
        """Attributes that Keras tracks as (empty) list wrappers, or dict wrappers where they are dicts, in its order.

        In Keras's object graph they come after the random generator and before weights and sublayers.
        """
        return ()

    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """Attributes that Keras tracks as functions compiled for themselves, with those that were traced."""
        return {}

    # What follows from it.

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

    def fail(self, text: str) -> InvalidModelError:
        """An error that names this layer."""
        return InvalidModelError(f"layer {self.name} ({type(self).__name__}): {text}")

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
    def compute_dtype(self) -> DType:
        """The dtype that the layer computes in."""
        return self.policy.compute_dtype

    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        *,
        initializer: Initializer | None = None,
        trainable: bool = True,
        dtype: DType | None = None,
        attribute: str | None = None,
        options: str | None = None,
        autocast: bool = True,
        moving: bool = False,
    ) -> Weight:
        """A new weight of this layer, called `layer/name` and reached as the attribute of its name.

        Args:
          name: name below the layer's.
          shape: its shape, fully known.
          initializer: makes its first value; the option `name_initializer` by default. Regularizer and
            constraint are the options `name_regularizer` and `name_constraint`, where the layer has them.
          trainable: whether it is a trainable weight.
          dtype: the policy's variable dtype by default.
          attribute: attribute name, where it is not `name`.
          options: what the names of its options begin with, where it is not `name`.
          autocast: whether reads follow the compute dtype.
          moving: whether it is a running average (on-read synchronization, mean aggregation).
        """
        if any(d is None for d in shape):
            raise self.fail(
                f"weight {name}: shape {shape} has an unknown dimension; give the layer a full input shape"
            )
        prefix = options or name
        weight = Weight(
            f"{self.name_scope}{name}",
            tuple(int(d) for d in shape),
            dtype or self.policy.variable_dtype,
            trainable=trainable,
            initializer=initializer or getattr(self, f"{prefix}_initializer", None),
            regularizer=getattr(self, f"{prefix}_regularizer", None),
            constraint=getattr(self, f"{prefix}_constraint", None),
            autocast=autocast,
            synchronization=3 if moving else 0,
            aggregation=2 if moving else 0,
        )
        self._weights.append(weight)
        for key in dict.fromkeys((name, attribute or name)):
            self._attributes[key] = weight
        setattr(self, attribute or name, weight)
        return weight

    @property
    def name_scope(self) -> str:
        """What the names of the weights begin with."""
        return f"{self.scope}{self.name}/" if self.weight_scope is None else self.weight_scope

    @property
    def weight_attributes(self) -> Mapping[str, Weight]:
        """The layer's own weights by name and, where that is another, by attribute, in the order of their making."""
        return self._attributes

    @property
    def sublayers(self) -> Mapping[str, Layer]:
        """Layers that this layer holds, by attribute."""
        return {}

    @property
    def trainable_weights(self) -> list[Weight]:
        """Weights that an optimizer may change."""
        if not self.trainable:
            return []
        own = [w for w in self._weights if w.trainable]
        return _distinct(own + [w for layer in self.sublayers.values() for w in layer.trainable_weights])

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The other weights."""
        if self.trainable:
            own = [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.non_trainable_weights]
        else:
            own = [w for w in self._weights if w.trainable] + [w for w in self._weights if not w.trainable]
            nested = [w for layer in self.sublayers.values() for w in layer.weights]
        return _distinct(own + nested)

    @property
    def weights(self) -> list[Weight]:
        """Trainable weights, then the others; each once."""
        return _distinct(self.trainable_weights + self.non_trainable_weights)

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as NumPy arrays."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, values: list[Any]) -> None:
        """Replaces the values of `weights`; kept as given, not copied.

        Raises:
          InvalidModelError: wrong number, shape or dtype.
        """
        weights = self.weights
        if len(values) != len(weights):
            raise self.fail(f"expected {len(weights)} weights, got {len(values)}")
        for weight, value in zip(weights, values, strict=True):
            weight.value = value

    def count_params(self) -> int:
        """Number of weight elements."""
        total = 0
        for weight in self.weights:
            size = 1
            for dim in weight.shape:
                size *= dim
            total += size
        return total

    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect; `from_config` makes an equal layer of it."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.policy.to_config(),
        }
        if self.batch_input_shape is not None:
            config["batch_input_shape"] = list(self.batch_input_shape)
        for key in self.config_order or self.fields:
            value = getattr(self, key)
            if self.fields[key].in_config(value):
                config[key] = self.fields[key].to_config(value)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Layer:
        """The layer that a config stands for.

        Raises:
          UnsupportedLayerError: an option that the layer does not have.
        """
        return cls(**config)

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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def is_dimension(value: object) -> bool:
    """Whether `value` can be the known size of an axis."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(0 <= value < 2**63)


def _checked_name(cls: type[Layer], name: Any) -> str | None:
    if name is None:
        return None
    try:
        name.encode()
    except (AttributeError, UnicodeEncodeError):
        raise InvalidModelError(
            f"layer of class {cls.__name__}: expected a text as name, got {name!r}"
        ) from None
    return str(name)


def find_layer_class(class_name: str) -> type[Layer] | None:
    """The layer class of a Keras class name, or None."""
    return _REGISTRY.get(class_name)


def _distinct(weights: list[Weight]) -> list[Weight]:
    return list(dict.fromkeys(weights))
