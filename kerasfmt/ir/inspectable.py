"""A model as its user looks at it: its layers by name, what it computes, its table, its picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from kerasfmt.drawing.picture import Picture
    from kerasfmt.ir.diagram import Drawn
    from kerasfmt.ir.layer import Layer
    from kerasfmt.ir.predict import Predictor
    from kerasfmt.ir.summary import Summarized


class Inspectable:
    """A model that can be looked at.

    Attributes:
      layers: its layers, in Keras's order.
    """

    if TYPE_CHECKING:

        @property
        def layers(self) -> list[Layer]:
            """The layers, in Keras's order."""

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer with a name, or at a position in `layers`.

        Args:
          name: name of the layer.
          index: position of the layer; it counts from the end if it is negative, and goes before `name`.

        Raises:
          ValueError: there is no such layer.

        Source: tf_keras/src/engine/training.py, Model.get_layer

        Example:
          >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="first")])
          >>> model.get_layer("first").units
          2
          >>> model.get_layer(index=-1).name
          'first'
        """
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"layer index {index}: the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; the model has {', '.join(layer.name for layer in self.layers)}")

    def predict(self, x: Any, batch_size: int = 32, verbose: bool | None = None) -> Any:
        """The model's outputs for `x`, computed in NumPy from the same graph that a SavedModel holds.

        Args:
          x: an array (rows, *shape of the input), or a structure of arrays like the model's inputs; each is
            converted to the dtype of its input.
          batch_size: number of rows computed at a time.
          verbose: whether to show a progress bar; by default on a terminal, for runs of many batches.

        Returns:
          An array (rows, *shape of the output) of the output's dtype, or a structure of arrays like the model's
          outputs.

        Raises:
          InvalidModelError: the arrays do not fit the inputs.
          ValueError: `batch_size` is smaller than 1.

        Source: tf_keras/src/engine/training.py, Model.predict

        Example:
          >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
          >>> model.predict([[1, 2, 3], [4, 5, 6]]).shape
          (2, 2)
        """
        from kerasfmt.ir.predict import predict

        return predict(cast("Predictor", self), x, batch_size, verbose)

    def summary(self, print_fn: Any = None) -> None:
        """Prints a table of the layers, their output shapes and parameter counts."""
        from kerasfmt.ir.summary import summary

        (print_fn or print)(summary(cast("Summarized", self)))

    def plot(self, path: str | os.PathLike[str] | None = None) -> Picture:
        """The picture of the model: layers with their classes and output shapes, models inside of it in frames.

        Args:
          path: where to write it as well: .svg for a picture, .dot for Graphviz, .mmd for Mermaid.

        Returns:
          The picture; a notebook shows it.

        Raises:
          UnsupportedFormatError: `path` has another suffix.
          SaveError: it cannot be written.

        Example:
          >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
          >>> [box.name for box in model.plot("model.svg").boxes]
          ['dense_input', 'dense']
        """
        from kerasfmt.ir.diagram import diagram_of

        found = diagram_of(cast("Drawn", self))
        if path is not None:
            found.save(path)
        return found
