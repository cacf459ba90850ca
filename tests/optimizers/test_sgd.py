"""SGD: what it is, and what it keeps: a momentum of no use in Keras 2."""

from __future__ import annotations

from pathlib import Path

import kerasfmt
from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests, compiled, state


class TestSGD(OptimizerTests):
    optimizer = optimizers.SGD
    own = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
    kept = [({"momentum": 0.9}, [["m"]], [["m"]])]
    attributes = {"m": "momentums"}

    def test_momentum_is_the_second_argument(self) -> None:
        assert optimizers.SGD(0.1, 0.9).momentum == 0.9

    def test_without_momentum(self, tmp_path: Path) -> None:
        model = compiled(optimizers.SGD())
        assert [name for name, _ in state(model)] == [
            "iteration",
            *(f"SGD/m/{weight.name}" for weight in model.trainable_weights),
        ]
        for name in ("m.h5", "tf_keras", "m.keras"):
            kerasfmt.save_model(
                model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None
            )
            found = state(kerasfmt.load_model(tmp_path / name))
            assert found == (state(model)[:1] if name == "m.keras" else state(model))
