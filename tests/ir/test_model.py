"""Functional models: structures, shared layers, nested models, weights; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Functional, Input, Model, Sequential
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Add, BatchNormalization, Dense, Softmax
from tests.growth import assert_linear

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


# Structures.


def test_one_input_and_one_output() -> None:
    x = Input((3,), name="x")
    model = Model(x, Dense(2, name="d")(x), name="m")
    assert model.predict(X).shape == (2, 2)
    assert model.output_names == ["d"]
    assert [layer.name for layer in model.layers] == ["x", "d"]
    assert Model(x, x).predict(X).tolist() == X.tolist()


def test_lists() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], [Add(name="s")([a, b]), a, b], name="m")
    total, left, right = model.predict([X, 2 * X])
    assert total.tolist() == (3 * X).tolist()
    assert left.tolist() == X.tolist()
    assert right.tolist() == (2 * X).tolist()
    assert model.output_names == ["s", "a", "b"]


def test_dicts() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model({"first": a, "second": b}, {"out": Add()([a, b]), "in": [a, b]})
    result = model.predict({"second": 2 * X, "first": X})
    assert result["out"].tolist() == (3 * X).tolist()
    assert [r.tolist() for r in result["in"]] == [X.tolist(), (2 * X).tolist()]
    assert {k: s.name for k, s in model.input_specs.items()} == {"first": "a", "second": "b"}


def test_outputs_of_one_layer_are_numbered() -> None:
    x = Input((3,))
    d = Dense(3, name="d")
    assert Model(x, [d(x), d(d(x))]).output_names == ["d", "d_1"]


# Shared layers and nested models.


def test_a_shared_layer_has_its_weights_once() -> None:
    x = Input((3,))
    dense = Dense(3, use_bias=False)
    model = Model(x, dense(dense(x)))
    (kernel,) = model.get_weights()
    np.testing.assert_allclose(model.predict(X), X @ kernel @ kernel, rtol=1e-5)
    assert model.count_params() == 9
    assert [layer.name for layer in model.layers] == ["input_1", "dense"]


def test_a_nested_model_with_several_inputs_and_outputs() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    inner = Model({"p": a, "q": b}, {"sum": Add()([a, b]), "first": a})
    x = Input((3,))
    outputs = inner({"q": x, "p": Dense(3, use_bias=False)(x)})
    model = Model(x, [outputs["sum"], outputs["first"]])
    (kernel,) = model.get_weights()
    total, first = model.predict(X)
    np.testing.assert_allclose(total, X @ kernel + X, rtol=1e-5)
    np.testing.assert_allclose(first, X @ kernel, rtol=1e-5)


def test_a_nested_model_with_the_wrong_inputs() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    inner = Model([a, b], Add()([a, b]), name="inner")
    with pytest.raises(InvalidModelError, match=r"layer inner \(Model\): expected 2 inputs, got 1"):
        inner(Input((3,)))
    with pytest.raises(InvalidModelError, match=r"^model inner: layer add \(Add\): on inputs of shape"):
        inner([Input((3,)), Input((4,))])


def test_errors_name_the_path_of_the_model() -> None:
    a, b = Input((None,), name="a"), Input((None,), name="b")
    inner = Model([a, b], Add(name="sum")([a, b]), name="inner")
    c, d = Input((None,), name="c"), Input((None,), name="d")
    outer = Model([c, d], Softmax()(inner([c, d])), name="outer")
    with pytest.raises(InvalidModelError, match=r"^model outer/inner: layer sum \(Add\): on inputs of shape"):
        outer([Input((3,)), Input((4,))])


def test_layers_stand_in_the_order_of_their_depth() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    deep = Dense(3, name="d2")(Dense(3, name="d1")(a))
    model = Model([a, b], Add(name="s")([deep, b]))
    assert [layer.name for layer in model.layers] == ["a", "d1", "d2", "b", "s"]
    assert [call.layer.name for call in model.network][-1] == "s"


# What is refused, when the model is made.


def test_an_input_that_is_not_given() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    with pytest.raises(InvalidModelError, match="model m: its outputs need the input b, which is not among"):
        Model(a, Add()([a, b]), name="m")


def test_an_input_that_nothing_needs() -> None:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], Softmax()(a))
    assert "b" in [layer.name for layer in model.layers]
    assert model.predict([X, X]).shape == (2, 3)


def test_two_layers_of_one_name() -> None:
    x = Input((3,))
    with pytest.raises(InvalidModelError, match="model m: two layers are called 'd'; rename one"):
        Model(x, Dense(2, name="d")(Dense(2, name="d")(x)), name="m")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, y: Model(y, y), "its inputs must come from kerasfmt.Input"),
        (lambda x, y: Model("x", y), "its inputs must come from kerasfmt.Input"),
        (lambda x, y: Model(x, "y"), "its outputs must be symbolic tensors, got str"),
        (lambda x, y: Model(x, [y, None]), "its outputs must be symbolic tensors, got NoneType"),
        (lambda x, y: Model(x, []), "it has no outputs"),
        (lambda x, y: Model([x, x], y), "one of its inputs is given twice"),
    ],
)
def test_parts_that_are_no_tensors(make: Any, message: str) -> None:
    x = Input((3,))
    with pytest.raises(InvalidModelError, match=message):
        make(x, Dense(2)(x))


def test_a_cycle_that_someone_made() -> None:
    x = Input((3,))
    first = Dense(3, name="first")(x)
    second = Dense(3, name="second")(first)
    first.origin.inputs = second
    with pytest.raises(InvalidModelError, match="is part of a cycle"):
        Model(x, second)


def test_a_long_chain_needs_no_recursion() -> None:
    x = y = Input((1,))
    softmax = Softmax()
    for _ in range(2000):
        y = softmax(y)
    assert len(Model(x, y).network) == 2001


# Getting at layers.


def test_names_of_models() -> None:
    x = Input((3,))
    assert [Model(x, x).name, Model(x, x).name, Functional(x, x).name] == ["model", "model_1", "model_2"]


# Trainable flags, weights, training.


def test_trainable() -> None:
    x = Input((3,))
    norm, dense = BatchNormalization(name="n"), Dense(1, name="d")
    model = Model(x, dense(norm(x)))
    names = [w.name.split("/")[1] for w in model.trainable_weights]
    assert names == ["gamma", "beta", "kernel", "bias"]
    assert [w.name.split("/")[1] for w in model.non_trainable_weights] == ["moving_mean", "moving_variance"]
    norm.trainable = False
    assert [w.name.split("/")[1] for w in model.trainable_weights] == ["kernel", "bias"]
    assert len(model.non_trainable_weights) == 4
    assert len(model.weights) == 6


def test_freezing_a_model_freezes_its_layers() -> None:
    y = Input((3,))
    inner = Model(y, BatchNormalization(name="n")(y))
    x = Input((3,))
    model = Model(x, inner(x))
    model.trainable = False
    assert not inner.get_layer("n").trainable
    assert model.trainable_weights == []
    model.trainable = True
    assert len(model.trainable_weights) == 2


def test_weights() -> None:
    x = Input((3,))
    model = Model(x, Dense(1, name="b")(Dense(2, name="a")(x)))
    assert [w.name for w in model.weights] == ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    assert model.count_params() == 3 * 2 + 2 + 2 + 1
    values = [np.full(w.shape, i, np.float32) for i, w in enumerate(model.weights)]
    model.set_weights(values)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), values, strict=True))
    assert model.predict(np.ones((1, 3), np.float32)).tolist() == [[(0 + 1) * 2 * 2 + 3]]
    with pytest.raises(InvalidModelError, match="expected 4 weights, got 3"):
        model.set_weights(values[:3])


def test_a_sequential_in_a_model() -> None:
    x = Input((3,))
    inner = Sequential([Dense(4), Dense(2)], name="inner")
    model = Model(x, inner(x))
    assert model.predict(X).shape == (2, 2)
    assert len(model.weights) == 4


@pytest.mark.parametrize("cls", [kerasfmt.Model, kerasfmt.Sequential])
def test_a_class_of_models_refuses_a_config_and_says_what_takes_it(cls: type[kerasfmt.Model]) -> None:
    with pytest.raises(TypeError, match=r"from_config: expected kerasfmt\.model_from_config\(config\)"):
        cls.from_config({"name": "m", "layers": []})


def test_whether_layers_are_trainable_is_worked_out_once() -> None:
    def reading(count: int) -> Callable[[], object]:
        model = Sequential([Dense(1, input_shape=(1,)) for _ in range(count)])
        seen = {model.trainable_state}
        return lambda: [model.trainable_state in seen for _ in range(count)]

    assert_linear(reading, 20)
    model = Sequential([Dense(1, input_shape=(1,)), Dense(1)])
    assert model.trainable_state == (True, (True,), (True,))
    model.layers[1].trainable = False
    assert model.trainable_state == (True, (True,), (False,))
    model.add(Dense(1, trainable=False))
    assert model.trainable_state == (True, (True,), (False,), (False,))
