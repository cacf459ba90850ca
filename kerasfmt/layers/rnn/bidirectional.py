"""Bidirectional: a recurrent layer that runs over sequences from both ends.

Source: tf_keras/src/layers/rnn/bidirectional.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.constraints import Constraint
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.layers.rnn.arguments import count, standard_call
from kerasfmt.layers.rnn.base import RecurrentLayer
from kerasfmt.layers.wrappers import Wrapper
from kerasfmt.typing import override

_Made = TypeVar("_Made", bound=Layer)
_SHARED = ("stateful", "return_sequences", "return_state")


def _recurrent(value: Any) -> RecurrentLayer:
    if not isinstance(value, RecurrentLayer):
        raise ValueError(f"expected a recurrent layer, got {value!r}")
    return value


def _recurrent_or_none(value: Any) -> RecurrentLayer | None:
    return None if value is None else _recurrent(value)


def copy_of(layer: _Made) -> _Made:
    """A layer with the same options and without weights; layers among the options are copied too."""

    def copied(value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(item, Layer) for item in value):
            return [copied(item) for item in value]
        if isinstance(value, Regularizer | Constraint):
            return type(value).from_config(value.get_config())  # Keras tells two of them apart
        return copy_of(value) if isinstance(value, Layer) else value

    fields = {name: field for name, field in type(layer).fields.items() if not field.init_only}
    return type(layer)(**{name: copied(vars(layer)[field.attribute]) for name, field in fields.items()})


class Bidirectional(Wrapper):
    """Runs a recurrent layer over sequences from both ends, and merges what comes of it.

    The layer itself never runs: `forward_layer` and `backward_layer` are copies of it. A symbolic call takes initial
    states as the layer does, those of the forward layer first.

    Args:
      layer: the recurrent layer.
      merge_mode: how the outputs are merged: "concat", "sum", "mul", "ave"; None to give both.
      backward_layer: the layer for the other direction; by default like `layer`, with the other `go_backwards`.

    Input: float (batch, steps, ...). Output: that of the layer; twice the features for "concat".
    Source: tf_keras/src/layers/rnn/bidirectional.py.
    """

    facts = KerasFacts(
        tracked_order=("forward_layer", "backward_layer", "_backward_layer_config"),
        unnumbered_options=frozenset({"backward_layer"}),
    )
    config_order = ("layer", "merge_mode", "num_constants", "backward_layer")
    supports_masking = True
    layer: RecurrentLayer = fields.option(convert=_recurrent, to_config=Layer.described)
    merge_mode: str | None = fields.choice("concat", "sum", "mul", "ave", None, default="concat")
    given_backward: RecurrentLayer | None = fields.option(
        default=None,
        convert=_recurrent_or_none,
        to_config=lambda layer: layer.described(),
        implied=True,
        alias="backward_layer",
    )
    num_constants: int = fields.option(default=0, convert=count, implied=True, kw_only=True)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; trainable as the layer is, unless it is stated."""
        options = super().complete(given)
        if isinstance(options.get("layer"), Layer):
            options.setdefault("trainable", options["layer"].trainable)
        return options

    @override
    def validate(self) -> None:
        """Makes the two layers that run."""
        self.forward_layer = copy_of(self.layer)
        self.backward_layer = copy_of(self.given_backward or self.layer)
        if self.given_backward is None:
            self.backward_layer.set_option("go_backwards", not self.layer.go_backwards)
        for prefix, layer in (("forward", self.forward_layer), ("backward", self.backward_layer)):
            layer.name = f"{prefix}_{layer.name}"
            layer.set_option("zero_output_for_mask", layer.return_sequences)
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise self.fail(
                "option backward_layer: expected go_backwards to differ from that of the layer, got "
                f"{self.backward_layer.go_backwards} for both"
            )
        for option in _SHARED:
            ahead, back = (getattr(layer, option) for layer in (self.forward_layer, self.backward_layer))
            if ahead != back:
                raise self.fail(
                    f"option backward_layer: expected {option}={ahead} as the layer has it, got {back}"
                )

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        names = ("forward_layer", "backward_layer")
        return {name: vars(self)[name] for name in names if name in vars(self)}

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return () if self.given_backward is None else ("_backward_layer_config",)

    @property
    def _backward_layer_config(self) -> dict[str, Any] | None:
        """The description of the backward layer that was given, which Keras tracks."""
        return None if self.given_backward is None else self.given_backward.described()

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The wrapper around the layers that its config describes."""
        given = config.get("backward_layer")
        backward = {} if given is None else {"backward_layer": make(given)}
        return cls.from_config({**config, "layer": make(config["layer"]), **backward})

    @property
    @override
    def stateful(self) -> bool:
        return self.layer.stateful

    @override
    def input_spec(self) -> Any:
        """What the layer demands before it is built."""
        return self.layer.unbuilt_input_spec

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure | None:
        """A list of the sequences; None where the steps are unrolled."""
        return None if self.layer.unroll else super().keras_signature(names)

    @override
    def _check_inputs(self, specs: list[Any]) -> None:
        """The two layers check what they get."""

    @override
    def __call__(
        self, inputs: Structure, initial_state: Any = None, constants: Any = None, **kwargs: Any
    ) -> Any:
        """The symbolic outputs for symbolic sequences.

        Args:
          inputs: sequences (batch, steps, ...), or a list of sequences, initial states and constants.
          initial_state: the states before the first step, those of the forward layer first.
          constants: what every step gets beside its inputs and states, a tensor or a list of them.
          kwargs: `mask` and `training`.
        """
        joined, fixed = standard_call(inputs, initial_state, constants)
        if fixed:
            self.num_constants = fixed
        if isinstance(joined, list):
            kwargs = {**kwargs, "initial_state": None, "constants": None}  # as Keras stores the call
        for layer in (self.forward_layer, self.backward_layer):
            layer.num_constants = self.num_constants
        return super().__call__(joined, **kwargs)

    @override
    def arranged(self, inputs: Structure, kwargs: dict[str, Any]) -> tuple[Structure, dict[str, Any]]:
        self.forward_layer.num_constants = self.num_constants
        given = {name: value for name, value in kwargs.items() if value is not None}
        return self.forward_layer.arranged(inputs, given)

    @override
    def build(self, inputs: Any) -> None:
        """Builds the two layers."""
        first = inputs[0] if isinstance(inputs, list) else inputs
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.scope = self.name_scope
                layer.ensure_built(first)

    @override
    def call(
        self,
        inputs: Any,
        training: bool = False,
        mask: Any = None,
        initial_state: Any = None,
        constants: Any = None,
        *,
        call_context: CallContext,
    ) -> Any:
        given: dict[str, Any] = {"mask": mask, "initial_state": initial_state, "constants": constants}
        sequences, given = self.arranged(inputs, {k: v for k, v in given.items() if v is not None})
        sequences = sequences[0] if isinstance(sequences, list) else sequences
        states = given.pop("initial_state", None)
        half = 0 if states is None else len(states) // 2
        if half * 2 != len(states or ()):
            raise self.fail(f"expected the states of both layers, got {len(states)} states")
        found = []
        for layer, part in ((self.forward_layer, slice(half)), (self.backward_layer, slice(half, None))):
            own = {} if states is None else {"initial_state": states[part]}
            made = call_context.run(layer, sequences, training, **given, **own)
            found.append(made if self.layer.return_state else [made])
        (ahead, *states_ahead), (back, *states_back) = found
        if self.layer.return_sequences:
            back = ops.reverse(back, [1 - self.layer.batch_axis])
        merged = self._merged(ahead, back)
        if not self.layer.return_state:
            return merged
        return [*(merged if isinstance(merged, list) else [merged]), *states_ahead, *states_back]

    def _merged(self, ahead: Value, back: Value) -> Any:
        if self.merge_mode == "concat":
            return ops.concat([ahead, back], -1)
        if self.merge_mode == "sum":
            return ahead + back
        if self.merge_mode == "ave":
            return (ahead + back) / 2.0
        return ahead * back if self.merge_mode == "mul" else [ahead, back]

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the sequences for outputs that are sequences; none for the others."""
        kept = flatten(mask)[0] if self.layer.return_sequences else None
        outputs = [kept] if self.merge_mode else [kept, kept]
        states = [None] * 2 * len(flatten(self.forward_layer.state_sizes)) if self.layer.return_state else []
        return [*outputs, *states] if len(outputs) + len(states) > 1 else kept

    def reset_states(self, states: Sequence[Any] | None = None) -> None:
        """Sets the states of the two stateful layers.

        Args:
          states: arrays, those of the forward layer first; zeros by default.

        Raises:
          InvalidModelError: the layers are not stateful, or not built, or the arrays do not fit.
        """
        half = 0 if states is None else len(states) // 2
        for layer, part in ((self.forward_layer, slice(half)), (self.backward_layer, slice(half, None))):
            layer.reset_states(None if states is None else states[part])
