"""Activations by the names that Keras stores.

Source: keras/src/activations.py (2.15 and 3.x).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Value
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config, parse_identifier, unknown
from kerasfmt.nn import activations as nn


@dataclass(frozen=True)
class Activation:
    """An elementwise (or, for softmax and its kin, last-axis) function under Keras's name of it.

    Attributes:
      name: what Keras 2 stores in a layer's config.
      function: emits the nodes for one value.
    """

    name: str
    function: Callable[[Value], Value] = field(compare=False, repr=False)

    def __call__(self, x: Value) -> Value:
        """The activation of `x`."""
        return self.function(x)


_FUNCTIONS: tuple[tuple[Callable[..., Value], tuple[str, ...]], ...] = (
    (nn.linear, ("linear",)),
    (nn.relu, ("relu",)),
    (nn.relu6, ("relu6",)),
    (nn.leaky_relu, ("leaky_relu",)),
    (nn.elu, ("elu",)),
    (nn.selu, ("selu",)),
    (nn.softplus, ("softplus",)),
    (nn.softsign, ("softsign",)),
    (nn.tanh, ("tanh",)),
    (nn.sigmoid, ("sigmoid",)),
    (nn.exponential, ("exponential",)),
    # Keras 2 stores silu as swish too: both names are tf.nn.silu, whose __name__ is "swish".
    (nn.silu, ("swish", "silu")),
    (nn.hard_sigmoid, ("hard_sigmoid",)),
    (nn.hard_sigmoid_keras3, ("hard_sigmoid_keras3",)),
    (nn.hard_silu, ("hard_silu", "hard_swish")),
    (nn.gelu, ("gelu",)),
    (nn.mish, ("mish",)),
    (nn.softmax, ("softmax", "softmax_v2")),
    (nn.log_softmax, ("log_softmax", "log_softmax_v2")),
    (nn.log_sigmoid, ("log_sigmoid",)),
    (nn.celu, ("celu",)),
    (nn.glu, ("glu",)),
    (nn.hard_tanh, ("hard_tanh",)),
    (nn.hard_shrink, ("hard_shrink",)),
    (nn.soft_shrink, ("soft_shrink",)),
    (nn.tanh_shrink, ("tanh_shrink",)),
    (nn.squareplus, ("squareplus",)),
    (nn.sparse_plus, ("sparse_plus",)),
    (nn.sparse_sigmoid, ("sparse_sigmoid",)),
)
"""Function -> its names; the first one is what a config holds."""

_BY_NAME: dict[str, Activation] = {
    name: activation
    for function, names in _FUNCTIONS
    for activation in [Activation(names[0], function)]
    for name in names
}


def get(identifier: object) -> Activation:
    """The activation that `identifier` names; None is linear.

    Args:
      identifier: None, an Activation, a name, or a config dict of Keras 2 or Keras 3.

    Raises:
      UnsupportedLayerError: there is no such activation, or it is a layer.

    Source: keras/src/activations.py, get
    """
    if identifier is None:
        return _BY_NAME["linear"]
    if isinstance(identifier, Activation):
        return identifier
    name, config = parse_identifier("activation", identifier)
    if name == "function" and isinstance(config, str):
        name, config = config, {}
    if not isinstance(config, Mapping) or config:
        raise UnsupportedLayerError(
            f"activation {name}: expected no options, got {config!r}; put an activation layer after the layer"
        )
    if name not in _BY_NAME:
        raise unknown("activation", name, _BY_NAME)
    return _BY_NAME[name]


def to_config(activation: Activation) -> str:
    """What Keras 2 stores for the activation: its name.

    Source: keras/src/activations.py, serialize(use_legacy_format=True)
    """
    return activation.name


Option: TypeAlias = Field[Activation, Activation | Config | None]
"""The type of an option that is an activation; None is linear."""


def option() -> Any:
    """An option that is an activation, linear by default."""
    return Field(None, get, to_config)
