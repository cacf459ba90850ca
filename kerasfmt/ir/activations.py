"""Activations by the names that Keras stores.

Source: keras/src/activations.py (2.15 and 3.x).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Value
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config, find_custom, parse_identifier, unknown
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.nn import activations as nn
from kerasfmt.typing import record


@runtime_checkable
class _Callable(Protocol):
    """A layer that may be an activation."""

    def as_activation(self) -> Activation: ...

    def described(self) -> dict[str, Any]: ...


@record(frozen=True)
class Activation:
    """An activation function under Keras's name.

    Most work on each element. Softmax and its relatives work along the last axis.

    Attributes:
      name: what Keras 2 stores in a layer's config.
      function: emits the nodes for one value.
      facts: how the versions of Keras differ about it.
      layer: the layer that computes it, where it is one.
    """

    name: str
    function: Callable[[Value], Value] = field(repr=False)
    facts: KerasFacts = field(default=KerasFacts(), compare=False, repr=False)
    layer: _Callable | None = field(default=None, repr=False)

    @property
    def is_custom(self) -> bool:
        """Whether it is a function of the user's, which may have the name of one of Keras's."""
        known = find(self.name)
        return self.layer is None and (known is None or known.function is not self.function)

    def __call__(self, x: Value) -> Value:
        """The activation of `x`."""
        if not self.is_custom:
            return self.function(x)
        try:
            found = self.function(x)
        except (TypeError, ValueError, AttributeError) as error:
            raise self._refuse(f"an error, {error}") from error
        if not isinstance(found, Value):
            raise self._refuse(type(found).__name__)
        return found

    def _refuse(self, got: str) -> UnsupportedLayerError:
        return UnsupportedLayerError(
            f"activation {self.name}: expected its function, made of kerasfmt.graph.ops, to return a Value; got {got}"
        )


_BOTH = KerasFacts()
_EARLIER = KerasFacts(absent_in=3)
_LATER = KerasFacts(absent_in=2)

_FUNCTIONS: tuple[tuple[Callable[..., Value], tuple[str, ...], KerasFacts], ...] = (
    (nn.linear, ("linear",), _BOTH),
    (nn.relu, ("relu",), _BOTH),
    (nn.relu6, ("relu6",), _BOTH),
    (nn.leaky_relu, ("leaky_relu",), _BOTH),
    (nn.elu, ("elu",), _BOTH),
    (nn.selu, ("selu",), _BOTH),
    (nn.softplus, ("softplus",), _BOTH),
    (nn.softsign, ("softsign",), _BOTH),
    (nn.tanh, ("tanh",), _BOTH),
    (nn.sigmoid, ("sigmoid",), _BOTH),
    (nn.exponential, ("exponential",), _BOTH),
    # Keras 2 stores silu as swish too: both names are tf.nn.silu, whose __name__ is "swish".
    (nn.silu, ("swish", "silu"), KerasFacts(name_in_keras3="silu")),
    # hard_sigmoid is one function in Keras 2 and another in Keras 3. The latter has a name of its own here, which
    # Keras 2 does not know.
    (nn.hard_sigmoid, ("hard_sigmoid",), _EARLIER),
    (nn.relu6_sigmoid, ("hard_sigmoid_keras3",), KerasFacts(absent_in=2, name_in_keras3="hard_sigmoid")),
    (nn.hard_silu, ("hard_silu", "hard_swish"), _LATER),
    (nn.gelu, ("gelu",), _BOTH),
    (nn.mish, ("mish",), _BOTH),
    (nn.softmax, ("softmax", "softmax_v2"), _BOTH),
    (nn.log_softmax, ("log_softmax", "log_softmax_v2"), _BOTH),
    (nn.log_sigmoid, ("log_sigmoid",), _LATER),
    (nn.celu, ("celu",), _LATER),
    (nn.glu, ("glu",), _LATER),
    (nn.hard_tanh, ("hard_tanh",), _LATER),
    (nn.hard_shrink, ("hard_shrink",), _LATER),
    (nn.soft_shrink, ("soft_shrink",), _LATER),
    (nn.tanh_shrink, ("tanh_shrink",), _LATER),
    (nn.squareplus, ("squareplus",), _LATER),
    (nn.sparse_plus, ("sparse_plus",), _LATER),
    (nn.sparse_sigmoid, ("sparse_sigmoid",), _LATER),
    (nn.sparsemax, ("sparsemax",), _LATER),
)
"""Function, its names and its facts; a config holds the first name."""

_BY_NAME: dict[str, Activation] = {
    name: activation
    for function, names, facts in _FUNCTIONS
    for activation in [Activation(names[0], function, facts)]
    for name in names
}


def known_activations() -> list[Activation]:
    """Every activation once."""
    return list(dict.fromkeys(_BY_NAME.values()))


def find(name: str) -> Activation | None:
    """The activation of a name; None where there is none."""
    return _BY_NAME.get(name)


def get(identifier: object) -> Activation:
    """The activation that `identifier` names; None is linear.

    Args:
      identifier: None, an Activation, a layer without weights, a name, or a config dict of Keras 2 or Keras 3.

    Raises:
      UnsupportedLayerError: there is no such activation, or it is a layer with weights.

    Source: keras/src/activations.py, get
    """
    if identifier is None:
        return _BY_NAME["linear"]
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, _Callable):
        return identifier.as_activation()
    if callable(identifier) and not isinstance(identifier, type):
        return Activation(getattr(identifier, "__name__", type(identifier).__name__), identifier)
    name, config = parse_identifier("activation", identifier)
    if not isinstance(config, Mapping) or config:
        raise UnsupportedLayerError(
            f"activation {name}: expected no options, got {config!r}; put an activation layer after the layer"
        )
    if name not in _BY_NAME:
        raise unknown("activation", name, _BY_NAME)
    return _BY_NAME[name]


def custom(identifier: object, custom_objects: Mapping[str, Any]) -> Activation | None:
    """The function of the user's that `identifier` names, as an activation; None where the user gave none.

    Raises:
      UnsupportedLayerError: what the user gave is no function.
    """
    name, given = find_custom(identifier, custom_objects)
    if given is None or isinstance(given, Activation):
        return given
    if isinstance(given, type) or not callable(given):
        raise UnsupportedLayerError(
            f"custom_objects[{name!r}]: expected a function of a kerasfmt Value that returns a Value, as "
            f"lambda x: kerasfmt.graph.ops.minimum(x, 20.0), got {given!r:.80}"
        )
    return Activation(name, given)


def to_config(activation: Activation) -> Any:
    """What Keras 2 stores for the activation: its name, or the description of its layer.

    Source: keras/src/activations.py, serialize(use_legacy_format=True)
    """
    return activation.name if activation.layer is None else activation.layer.described()


Option: TypeAlias = Field[Activation, Activation | Config | None]
"""The type of an option that is an activation; None is linear."""


def option(*, default: Any = None) -> Any:
    """An option that is an activation, linear by default."""
    return Field(default, get, to_config, custom=custom)
