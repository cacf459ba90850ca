from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.dialects import keras3
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Dense, Discretization
from kerasfmt.layers.discretization import boundaries_of, compress, summarize
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32

# Source: the examples in the documentation of tf.keras.layers.Discretization.
X = np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]], np.float32)
DATA = np.random.default_rng(4).normal(size=(500, 1)).astype(np.float32)


class TestLayers(LayerTests):
    uses = [
        use(Discretization([0.0, 1.0, 2.0]), (None, 4), gives=(None, 4)),
        use(Discretization([0, 1], dtype="int32"), (None, None, 3), gives=(None, None, 3), dtype="int32"),
        use(Discretization([]), (None, 4), gives=(None, 4)),
        use(Discretization([0.5], output_mode="multi_hot"), (None, 4), gives=(None, 2)),
        use(Discretization([0.5, 0.5], output_mode="count"), (None, 4), gives=(None, 3), dtype="float64"),
        use(Discretization([0.5], output_mode="one_hot"), (None, 1), gives=(None, 2)),
    ]
    refused = {
        "nothing": (lambda: Discretization(name="it"), "bin_boundaries and num_bins: expected one of them"),
        "text": (lambda: Discretization("ab", name="it"), "option bin_boundaries: expected a list of finite"),
        "infinite": (lambda: Discretization([np.inf], name="it"), "option bin_boundaries: expected a list"),
        "order": (
            lambda: Discretization([1.0, 0.0], name="it"),
            "option bin_boundaries: expected numbers in ascending order",
        ),
        "bins": (lambda: Discretization(num_bins=0, name="it"), "option num_bins: expected a whole number"),
        "epsilon": (lambda: Discretization(num_bins=3, epsilon=0, name="it"), "option epsilon: expected"),
        "sparse": (lambda: Discretization([0.0], sparse=True, name="it"), "option sparse: sparse outputs"),
        "strings": (
            lambda: Discretization([0.0], name="it")(kerasfmt.Input((3,), dtype="string")),
            "input: expected float32, float64, int32 or int64, got string",
        ),
        "adapted": (
            lambda: Discretization([0.0], name="it").adapt(X),
            "it has bin_boundaries and cannot be adapted; give it num_bins instead",
        ),
    }


def test_published_bins() -> None:
    assert apply(Discretization([0.0, 1.0, 2.0]), X).tolist() == [[0, 2, 3, 1], [1, 3, 2, 1]]
    layer = Discretization(num_bins=4)
    layer.adapt(X)
    assert apply(layer, X).tolist() == [[0, 2, 3, 2], [1, 3, 3, 1]]


def test_old_names() -> None:
    assert Discretization.from_config({"bins": 4}).num_bins == 4
    assert Discretization.from_config({"bins": [0.0, 1.0]}).bin_boundaries == [0, 1]


def test_a_float_dtype_holds_no_numbers_of_bins() -> None:
    assert Discretization([0.0], dtype="float32").get_config()["dtype"] == "int64"


@pytest.mark.filterwarnings("ignore:.*Keras 2 does not restore what it learned:UserWarning")
@pytest.mark.parametrize("suffix", ["h5", "keras3", "tf_keras"])
def test_what_was_learned_is_saved_and_loaded(suffix: str, tmp_path: Path) -> None:
    layer = Discretization(num_bins=5, output_mode="one_hot", name="bins")
    layer.adapt(DATA)
    x = kerasfmt.Input((1,))
    model = kerasfmt.Model(x, Dense(2)(layer(x)))
    path = tmp_path / ("m.h5" if suffix == "h5" else "m.keras")
    options = {"h5": {}, "keras3": {"save_format": "keras"}, "tf_keras": {"save_format": "tf_keras"}}[suffix]
    kerasfmt.save_model(model, path, **options)
    again = kerasfmt.load_model(path)
    found = again.get_layer("bins")
    assert found.boundaries == layer.boundaries
    assert [len(found.weights), found.num_bins] == [0 if suffix == "keras3" else 1, 5]
    np.testing.assert_array_equal(again.predict(DATA), model.predict(DATA))
    kerasfmt.save_model(again, tmp_path / "again.keras", save_format="keras")
    assert kerasfmt.load_model(tmp_path / "again.keras").get_layer("bins").boundaries == layer.boundaries


def test_keras_2_takes_the_boundaries_of_keras_3_as_given() -> None:
    layer = Discretization([0.0, 1.0], num_bins=3)
    assert layer.get_config()["num_bins"] is None
    assert layer.learned_options() == {"bin_boundaries": [0.0, 1.0], "num_bins": 3}
    assert Discretization(num_bins=3).learned_options() == {"bin_boundaries": None, "num_bins": 3}
    assert json.dumps(layer.get_config())


@pytest.mark.parametrize("bins", [1, 2, 3, 49, 100, 101, 150])
def test_the_number_of_bins_is_known_before_they_are(bins: int) -> None:
    layer = Discretization(num_bins=bins)
    expected = layer.depth
    layer.adapt(DATA)
    assert layer.depth == len(layer.boundaries) + 1 == expected


def test_another_summary_makes_other_functions() -> None:
    layer = Discretization(num_bins=3)
    model = kerasfmt.Sequential([kerasfmt.Input((1,)), layer])
    assert model.predict(DATA).max() == 0
    layer.adapt(DATA)
    assert set(model.predict(DATA).ravel().tolist()) == {0, 1, 2}
    first, summary = layer.boundaries, layer.summary.numpy()
    layer.summary.value = summary * f32([2], [1])
    assert layer.boundaries == tuple(2 * boundary for boundary in first)
    assert layer.summary.shape == summary.shape
    with pytest.raises(InvalidModelError, match=r"expected shape \(2, 100\), got \(3, 4\)"):
        layer.summary.value = np.zeros((3, 4), np.float32)


def test_equal_layers_do_not_share_what_they_learned() -> None:
    x = kerasfmt.Input((1,))
    layers: list[Any] = [Discretization(num_bins=3) for _ in range(2)]
    model = kerasfmt.Model(x, [layer(x) for layer in layers])
    layers[0].adapt(DATA)
    layers[1].adapt(DATA + 100)
    first, second = model.predict(DATA)
    assert (first.max(), second.max()) == (2, 0)


def test_summaries() -> None:
    numbers = np.arange(10, 0, -1, dtype=np.float32)
    assert summarize(numbers, 0.1).tolist() == [[2, 3, 4, 5, 6, 7, 8, 9, 10], [1] * 9]
    assert summarize(numbers, 0.5).tolist() == [[6], [5]]
    assert summarize(numbers[:2], 0.1).tolist() == [[9, 10], [1, 1]]
    short = f32([1, 2, 3], [1, 1, 1])
    assert compress(short, 0.1) is short
    np.testing.assert_allclose(compress(short, 0.5), [[1.5, 3], [1.5, 1.5]])
    assert boundaries_of(short, 10).tolist() == [1, 2]


def test_its_dtype_in_keras_3_is_that_of_floats() -> None:
    """Keras 3 casts the inputs to it."""

    def stated(layer: Discretization, dtype: str) -> str:
        x = kerasfmt.Input((3,), dtype=dtype)
        entry = keras3.write_model(kerasfmt.Model(x, layer(x)))["config"]["layers"][1]
        return str(entry["config"]["dtype"]["config"]["name"])

    assert stated(Discretization([0.0]), "float32") == "float32"
    assert stated(Discretization([0.0], dtype="int32"), "float32") == "float32"
    assert stated(Discretization([0.0], dtype="int32"), "int32") == "int32"
    assert stated(Discretization([0.0], output_mode="count", dtype="float64"), "float64") == "float64"
