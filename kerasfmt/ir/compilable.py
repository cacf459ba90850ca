"""What a model says of its training: how it is compiled, and its optimizer.

Source: tf_keras/src/engine/training.py, Model.compile
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerasfmt.families import FamilyTable

if TYPE_CHECKING:
    from kerasfmt.ir.compile_state import TrainingConfig
    from kerasfmt.ir.weight import Weight

MODEL_METHODS: FamilyTable[Callable[..., Any]] = FamilyTable()
"""What a model does with the help of the rooms above this one, by name; `kerasfmt.compiling` fills it."""


class Compilable:
    """A model that can be compiled.

    Attributes:
      training_config: the compile state; None until it is compiled.
    """

    if TYPE_CHECKING:
        training_config: TrainingConfig | None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        *,
        run_eagerly: bool | None = None,
        steps_per_execution: int | None = None,
        jit_compile: bool | None = None,
    ) -> None:
        """Says how the model is to be trained; files hold it. kerasfmt itself does not train.

        Args:
          optimizer: a name; an object of `kerasfmt.optimizers`; one with the state of the steps that it has done,
            `kerasfmt.optimizers.StartedOptimizer`; or class name and config as Keras 2 states them.
          loss: a name, an object of `kerasfmt.losses`, or class name and config; one for all outputs, or a list or
            dict with one for each.
          metrics: names, objects of `kerasfmt.metrics`, or class names and configs, in a list; or in a list or dict
            with a list for each output.
          loss_weights: the weight of each output's loss, in a list or dict.
          weighted_metrics: metrics that are weighted by sample; as `metrics`.
          run_eagerly: stored, as are the next two; None for Keras's default.
          steps_per_execution: number of steps in one call of the training function.
          jit_compile: whether XLA compiles the training function.

        Raises:
          UnsupportedLayerError: the optimizer's name is not known.
          InvalidModelError: a slot of a StartedOptimizer does not fit the trainable weights.
          TypeError: an argument is of none of these kinds.

        Source: tf_keras/src/engine/training.py, Model.compile

        Example:
          >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
          >>> model.compile("adam", loss="mse", metrics=["mae"])
          >>> model.optimizer.options.learning_rate
          0.001
        """
        options = {
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        _method("compile")(self, optimizer, loss, metrics, loss_weights, weighted_metrics, **options)

    @property
    def optimizer(self) -> Any:
        """The optimizer of a compiled model with its slots, a `kerasfmt.compiling.CompiledOptimizer`; or None."""
        return _method("optimizer")(self)

    def optimizer_variables(self) -> list[Weight]:
        """The optimizer's variables; empty if the model is not compiled."""
        return self.training_config.variables if self.training_config else []


def _method(name: str) -> Callable[..., Any]:
    found = MODEL_METHODS.find(name)
    if found is None:
        raise RuntimeError(
            "a model of kerasfmt.ir cannot be compiled; make it with kerasfmt.Model or kerasfmt.Sequential"
        )
    return found
