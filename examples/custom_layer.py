"""A layer of one's own, and a Lambda, written with graph ops: saved with their functions, loaded without their code.

python examples/custom_layer.py served
"""

from __future__ import annotations

import sys

import numpy as np

import kerasfmt
from kerasfmt.graph import Value, ops
from kerasfmt.graph.spec import Spec


class Swish(kerasfmt.layers.Layer):
    """`x * sigmoid(beta * x)` of the inputs, scaled by a weight; without the sigmoid in training."""

    beta: float = 1.0

    def build(self, inputs: Spec) -> None:
        """Makes the weight."""
        ones = kerasfmt.initializers.get("ones")
        self.scale = self.add_weight("scale", (self.last_dim(inputs),), initializer=ones)

    def call(self, inputs: Value, training: bool = False) -> Value:
        """The outputs, in the graph of the inputs."""
        x = inputs * self.scale
        return x if training else x * ops.sigmoid(x * self.beta)


def main(target: str) -> None:
    """Writes the SavedModel."""
    x = kerasfmt.Input((4,))
    y = kerasfmt.layers.Lambda(lambda t: ops.sin(t) * 2.0)(Swish(beta=2.0, name="swish")(x))
    model = kerasfmt.Model(x, kerasfmt.layers.Dense(2)(y))
    kerasfmt.save_model(model, target)
    print(model.predict(np.ones((1, 4), np.float32)))


if __name__ == "__main__":
    main(sys.argv[1])
