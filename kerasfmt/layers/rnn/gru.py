"""GRU, and CuDNNGRU of older files, which is read as a GRU.

Source: tf_keras/src/layers/rnn/gru.py, cudnn_gru.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.layers.rnn.base import SHARED_OPTIONS
from kerasfmt.layers.rnn.cells import GRUCell
from kerasfmt.layers.rnn.fused import FusedLayer
from kerasfmt.layers.rnn.stored_gates import adopt_gru
from kerasfmt.nn import fused_gru
from kerasfmt.typing import override


class GRU(FusedLayer):
    """Runs a GRUCell over the steps of sequences.

    Args:
      units: size of the outputs and of the state.
      activation: activation of the candidate.
      recurrent_activation: activation of the gates.
      use_bias: whether biases are added.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      return_sequences: whether the outputs of all steps are given, instead of those of the last step.
      return_state: whether the state after the last step is given too.
      go_backwards: whether the last step comes first.
      stateful: whether the state is kept for the next call; needs inputs of a known batch.
      unroll: whether each step has nodes of its own; needs inputs of a known number of steps.
      time_major: whether inputs and outputs are (steps, batch, ...).
      reset_after: whether the reset gate works after the product of state and kernel, as in cuDNN.
      implementation: 1 for a product per gate, 2 for one product; with recurrent dropout it is 1.
      zero_output_for_mask: whether the output of a masked step is zero instead of the output of the step before.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, steps, features). Output: (batch, units), or (batch, steps, units); then the state.
    Source: tf_keras/src/layers/rnn/gru.py, GRU.
    """

    config_order = (
        *SHARED_OPTIONS, "units", "activation", "recurrent_activation", "use_bias",
        "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "recurrent_constraint", "bias_constraint",
        "dropout", "recurrent_dropout", "implementation", "reset_after",
    )  # fmt: skip
    cell_class = GRUCell
    fused = fused_gru.GRU
    units: int = fields.positive_integer()
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    time_major: bool = False
    reset_after: bool = True
    implementation: int = fields.choice(0, 1, 2, default=2, kw_only=True)
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)

    @property
    @override
    def fits_cudnn(self) -> bool:
        """Whether the options are those that cuDNN has, which resets after the product."""
        return self.reset_after and super().fits_cudnn

    @override
    def adopt(self, stored: Sequence[ArrayLike]) -> Sequence[ArrayLike]:
        """The weights of a GRU, of a CuDNNGRU, or of a GRU of Keras 1."""
        return adopt_gru(stored, self.reset_after)


class CuDNNGRU(GRU):
    """The GRU of older files that only a GPU runs; what is read is a GRU.

    Source: tf_keras/src/layers/rnn/cudnn_gru.py.
    """

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """A GRU with the options that cuDNN has."""
        return GRU.revive(config, custom_objects, make)
