"""Live models, stood in for by classes that look like Keras's: what is taken, what is refused and how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import from_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from tests.sources.live.live_models import (
    KERNEL,
    Dense2,
    Dense3,
    Layer3,
    Parameter,
    Sequential2,
    Sequential3,
    Variable2,
    Variable3,
    X,
    Y,
    dense2,
    dense3,
    model2,
    model3,
    policy,
)


class BatchNorm3(Layer3):
    __module__ = "keras.src.layers.normalization.batch_normalization"


BatchNorm3.__name__ = "BatchNormalization"


@pytest.mark.parametrize("live", [model2(), model3(), model3(wrap=Parameter)], ids=["keras2", "jax", "torch"])
def test_takes_config_and_weights(live: Any) -> None:
    found = from_keras(live)
    assert (found.name, [layer.name for layer in found.layers]) == ("live", ["dense"])
    assert [weight.name for weight in found.weights] == ["dense/kernel", "dense/bias"]
    np.testing.assert_allclose(found.predict(X), Y, rtol=1e-6)
    assert found.training_config is None


@pytest.mark.parametrize("live", [model2(), model3()], ids=["keras2", "keras3"])
def test_saves_in_one_step(tmp_path: Path, live: Any) -> None:
    kerasfmt.save_model(live, tmp_path / "saved_model")
    assert (tmp_path / "saved_model" / "saved_model.pb").is_file()
    kerasfmt.save_model(live, tmp_path / "m.h5")
    np.testing.assert_allclose(kerasfmt.load_model(tmp_path / "m.h5").predict(X), Y, rtol=1e-6)
    kerasfmt.save_weights(live, tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        np.testing.assert_array_equal(file["dense/dense/kernel:0"], KERNEL)


def test_imports_no_framework() -> None:
    program = (
        "import sys; from tests.sources.live.live_models import dense3, Sequential3; "
        "import kerasfmt; "
        "kerasfmt.from_keras(Sequential3('m', [dense3()])); print(*sys.modules)"
    )
    root = Path(__file__).parents[3]
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    assert not {"tensorflow", "keras", "tf_keras", "jax", "torch"} & set(said.stdout.split())


def test_deferred_sequential_of_keras2() -> None:
    layer = dense2()
    del layer.config["batch_input_shape"]
    assert from_keras(Sequential2("live", [layer], shape=(None, 3))).inputs[0].shape == (None, 3)
    with pytest.raises(InvalidModelError, match="its input shape is not known yet; call it on data"):
        model = Sequential2("live", [layer])
        model._is_graph_network = False
        from_keras(model)


def test_weights_are_found_by_name() -> None:
    live = model3()
    live.layers[0].trainable_weights.reverse()
    np.testing.assert_array_equal(from_keras(live).weights[0].numpy(), KERNEL)


# Custom code.


class MyDense(Dense3):
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


class Doubled(Dense3):
    def call(self, inputs: Any) -> Any:
        return 2 * inputs


class Custom(Layer3):
    pass


class Trainer(Sequential3):
    def train_step(self, data: Any) -> Any:
        return data


def test_subclasses_without_code_of_their_own() -> None:
    found = from_keras(Trainer("live", [dense3(MyDense)]))
    assert type(found) is kerasfmt.Sequential
    np.testing.assert_allclose(found.predict(X), Y, rtol=1e-6)


def test_custom_objects() -> None:
    class Twice(kerasfmt.layers.Dense, register=False):
        def call(self, inputs: Any) -> Any:
            return super().call(inputs) * 2.0

    found = from_keras(Sequential3("live", [dense3(Doubled)]), custom_objects={"Doubled": Twice})
    np.testing.assert_allclose(found.predict(X), 2 * Y, rtol=1e-6)


@pytest.mark.parametrize("value", [3, object(), np.zeros(3), dense3()])
def test_other_things(value: Any) -> None:
    with pytest.raises(TypeError, match="expected a Keras model, got"):
        from_keras(value)


def test_weights_that_do_not_fit() -> None:
    live = model2()
    live.layers[0].trainable_weights.pop()
    with pytest.raises(InvalidModelError, match=r"expected 2 weights .* got 1 \(dense/kernel \[3, 2\]\)"):
        from_keras(live)
    live.layers[0].trainable_weights.append(Variable2("dense/bias", np.zeros(3, "f4")))
    with pytest.raises(
        InvalidModelError, match=r"weight dense/bias: expected shape \[2\], got \[3\] from dense/bias"
    ):
        from_keras(live)


# Keras 3's dialect.

OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"lora_rank": None, "quantization_config": None}, ""),
    ({"invented": False}, "unknown option invented=False"),
]


@pytest.mark.parametrize(("options", "said"), OPTIONS)
def test_options_of_keras3(options: dict[str, Any], said: str) -> None:
    if not said:
        from_keras(model3(**options))
        return
    with pytest.raises(UnsupportedLayerError, match=said):
        from_keras(model3(**options))


def test_what_a_layer_is_not_quantized_by_yet_is_named() -> None:
    with pytest.warns(UserWarning, match="layer dense: its quantization_config, .* is left out"):
        from_keras(model3(quantization_config={"class_name": "Int8QuantizationConfig", "config": {}}))


def test_hard_sigmoid_is_another_function() -> None:
    clipped = np.clip(Y + 3, 0, 6) / 6
    np.testing.assert_allclose(from_keras(model3(activation="hard_sigmoid")).predict(X), clipped, rtol=1e-6)
    clipped = np.clip(0.2 * Y + 0.5, 0, 1)
    np.testing.assert_allclose(from_keras(model2(activation="hard_sigmoid")).predict(X), clipped, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["mixed_float16", policy("mixed_float16")])
def test_policies(dtype: Any) -> None:
    assert from_keras(model3(dtype=dtype)).layers[0].policy.name == "mixed_float16"


def test_keras2_layers_are_not_those_of_keras3() -> None:
    assert from_keras(Sequential2("live", [dense2(Dense2)])).layers[0].get_config()["dtype"] == "float32"


def test_a_layer_that_keras_2_has_written_to_a_saved_model() -> None:
    """Keras 2 then leaves the method `call` of its class as an attribute behind."""
    live = model2()
    live.layers[0].call = live.layers[0].call
    np.testing.assert_allclose(from_keras(live).predict(X), Y, rtol=1e-6)


def test_variables_of_keras3_in_another_precision() -> None:
    norm = BatchNorm3(
        {"name": "norm", "trainable": True, "dtype": policy("float16"), "axis": -1},
        [Variable3(f"norm/{name}", np.full(3, 1.5, np.float16)) for name in ("gamma", "beta")],
    )
    norm.non_trainable_weights = [
        Variable3(f"norm/moving_{name}", np.full(3, 0.25, np.float16)) for name in ("mean", "variance")
    ]
    found = from_keras(Sequential3("live", [norm]))
    assert {weight.numpy().dtype.name for weight in found.weights} == {"float32"}
    assert [weight.numpy()[0] for weight in found.weights] == [1.5, 1.5, 0.25, 0.25]
