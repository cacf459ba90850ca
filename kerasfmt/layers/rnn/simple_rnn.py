"""SimpleRNN: a recurrent layer whose outputs are its state.

Source: tf_keras/src/layers/rnn/simple_rnn.py.
"""

from __future__ import annotations

from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.layers.rnn.base import SHARED_OPTIONS, CellLayer
from kerasfmt.layers.rnn.cells import SimpleRNNCell


class SimpleRNN(CellLayer):
    """Runs a SimpleRNNCell over the steps of sequences.

    Args:
      units: size of the outputs and of the state.
      activation: activation function.
      use_bias: whether a bias is added.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      return_sequences: whether the outputs of all steps are given, instead of those of the last step.
      return_state: whether the state after the last step is given too.
      go_backwards: whether the last step comes first.
      stateful: whether the state is kept for the next call; needs inputs of a known batch.
      unroll: whether each step has nodes of its own; needs inputs of a known number of steps.
      time_major: whether inputs and outputs are (steps, batch, ...).
      zero_output_for_mask: whether the output of a masked step is zero instead of the output of the step before.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, steps, features). Output: (batch, units), or (batch, steps, units); then the state.
    Source: tf_keras/src/layers/rnn/simple_rnn.py.
    """

    config_order = (
        *SHARED_OPTIONS, "units", "activation", "use_bias",
        "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout",
    )  # fmt: skip
    cell_class = SimpleRNNCell
    units: int = fields.positive_integer()
    activation: activations.Option = activations.option(default="tanh")
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
    time_major: bool = fields.boolean(default=False, kw_only=True)
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)
