"""Sequential models: where the input shape comes from, adding layers, configs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, Model, Sequential
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Conv2D, Dense, Embedding, InputLayer, Layer, Softmax

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


def test_the_seed_example() -> None:
    model = Sequential([Dense(5, input_shape=(3,)), Softmax()])
    np.testing.assert_allclose(model.predict(X).sum(1), 1, rtol=1e-6)
    assert [layer.name for layer in model.layers] == ["dense", "softmax"]
    assert model.name == "sequential"


ENTRIES: dict[str, Any] = {
    "input_shape": lambda: [Dense(2, input_shape=(3,))],
    "batch_input_shape": lambda: [Dense(2, batch_input_shape=(None, 3))],
    "input_dim": lambda: [Dense(2, input_dim=3)],
    "InputLayer": lambda: [InputLayer(batch_input_shape=(None, 3)), Dense(2)],
    "Input": lambda: [Input((3,)), Dense(2)],
    "model": lambda: [Sequential([Dense(3, input_shape=(3,))]), Dense(2)],
}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_input_shape(name: str) -> None:
    model = Sequential(ENTRIES[name]())
    assert model.built
    assert model.inputs[0].shape == (None, 3)
    assert model.predict(X).shape == (2, 2)
    assert model.declares_input
    again = kerasfmt.model_from_config(model.get_config())
    assert again.get_config() == model.get_config()
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("name", ENTRIES)
def test_add_is_the_same_as_the_list(name: str) -> None:
    at_once = Sequential(ENTRIES[name]())
    kerasfmt.clear_session()
    layers = ENTRIES[name]()
    model = Sequential()
    for layer in layers:
        model.add(layer)
    assert model.get_config()["layers"] == at_once.get_config()["layers"]


def test_a_fixed_batch() -> None:
    assert Sequential([Dense(2, input_shape=(3,), batch_size=4)]).inputs[0].shape == (4, 3)


def test_an_embedding_needs_no_shape() -> None:
    model = Sequential([Embedding(5, 2)])
    assert model.inputs[0].shape == (None, None)
    assert model.predict(np.array([[1, 2, 3]])).shape == (1, 3, 2)


def test_without_a_shape_it_waits() -> None:
    model = Sequential([Dense(2, name="d")], name="s")
    assert not model.built
    assert [layer.name for layer in model.layers] == ["d"]
    for use in (lambda: model.predict(X), model.get_config, lambda: model.input_specs):
        with pytest.raises(InvalidModelError, match=r"layer s \(Sequential\): its input shape is not known"):
            use()


def test_it_takes_the_shape_of_its_first_call() -> None:
    model = Sequential([Dense(2)])
    assert model(Input((3,))).shape == (None, 2)
    assert [type(layer).__name__ for layer in model.layers] == ["Dense"]
    config = model.get_config()
    assert "build_input_shape" not in config
    assert [entry["class_name"] for entry in config["layers"]] == ["InputLayer", "Dense"]
    assert model.input_spec() is None
    assert model.own_calls == 1  # as Keras counts it, once it has an input layer
    again = kerasfmt.model_from_config(config)
    again.layers[0].kernel.value = model.layers[0].kernel.value
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_an_empty_model() -> None:
    model = Sequential()
    assert (model.layers, model.built) == ([], False)


def test_layers_added_after_a_prediction_count() -> None:
    model = Sequential([Dense(2, input_shape=(3,))])
    assert model.predict(X).shape == (2, 2)
    model.add(Dense(5))
    assert model.predict(X).shape == (2, 5)
    assert model.outputs[0].shape == (None, 5)
    assert len(model.weights) == 4


def test_a_layer_that_does_not_fit_is_not_added() -> None:
    model = Sequential([Dense(2, input_shape=(3,), name="a")])
    with pytest.raises(InvalidModelError, match="layer z"):
        model.add(Conv2D(1, 2, name="z"))
    assert [layer.name for layer in model.layers] == ["a"]
    assert model.predict(X).shape == (2, 2)


def test_names_are_unique() -> None:
    layer = Dense(3, input_shape=(3,), name="d")
    for other in (layer, Dense(2, name="d")):
        with pytest.raises(InvalidModelError, match="two layers are called 'd'; rename one"):
            Sequential([layer, other])
        model = Sequential([layer])
        with pytest.raises(InvalidModelError, match="two layers are called 'd'"):
            model.add(other)


def test_an_input_is_the_first() -> None:
    with pytest.raises(InvalidModelError, match="an InputLayer can only be the first"):
        Sequential([Dense(2, input_shape=(3,)), InputLayer(batch_input_shape=(None, 2))])


def test_only_layers() -> None:
    with pytest.raises(TypeError, match="expected a layer, got 'relu'"):
        Sequential([Dense(2, input_shape=(3,)), "relu"])  # type: ignore[list-item]


def test_one_output() -> None:
    class Two(Layer, register=False):
        def call(self, inputs: Any) -> Any:
            return [inputs, inputs]

    with pytest.raises(InvalidModelError, match="layer two has 2 outputs; a Sequential takes one"):
        Sequential([Two(input_shape=(3,), name="two")])


def test_many_layers() -> None:
    model = Sequential([InputLayer(batch_input_shape=(None, 1))])
    for _ in range(1000):
        model.add(Softmax())
    assert len(model.layers) == 1000
    assert model.layers[-1].name == "softmax_999"


def test_models_share_layers() -> None:
    shared = Dense(3, input_shape=(3,))
    first, second = Sequential([shared]), Sequential([shared, Softmax()])
    np.testing.assert_allclose(second.predict(X).sum(1), 1, rtol=1e-6)
    assert first.weights == second.weights
    x = Input((3,))
    assert Model(x, [first(x), second(x)]).count_params() == 12


def test_the_spec_of_an_input_that_was_declared_and_of_one_that_the_first_call_gave() -> None:
    (spec,) = Sequential([Dense(2, input_shape=(3,))]).input_spec() or ()
    assert spec.shape == (None, 3)
    model = Sequential([Dense(2)])
    model.build_for((None, 3))
    assert model.input_spec() is None
    model.checks_input = True
    assert model.input_spec() == [spec]
