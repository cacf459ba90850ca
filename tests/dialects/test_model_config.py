"""Configs: Keras 2's and Keras 3's dialects, the rules of node indices, what is refused and how it is said."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import kerasfmt
from kerasfmt.dialects.model_config import layer_from_config, model_from_config
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Add, BatchNormalization, Dense, Layer
from tests.dialects.configs import (
    MLP,
    MLP3,
    NESTED,
    STACK,
    Config,
    entry_layer,
    flow,
    functional,
    layer,
    predict,
    ref,
    with_layers,
)


@pytest.mark.parametrize("config", [MLP, MLP3], ids=["keras2", "keras3"])
def test_both_dialects(config: Config) -> None:
    model = model_from_config(config)
    assert model.name == "mlp"
    assert flow(model) == {"x": [], "a": ["x"], "b": ["a"], "sum": ["a", "b"]}
    assert [w.name for w in model.weights] == ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    assert predict(model).shape == (2, 3)


@pytest.mark.parametrize("config", [MLP, MLP3, STACK], ids=["keras2", "keras3", "sequential"])
def test_a_config_comes_back(config: Config) -> None:
    model = model_from_config(copy.deepcopy(config))
    written = json.loads(json.dumps(model.described()))
    again = model_from_config(written)
    assert json.loads(json.dumps(again.described())) == written
    np.testing.assert_array_equal(predict(again), predict(model))


def test_reading_changes_nothing_in_the_config() -> None:
    config = copy.deepcopy(MLP3)
    model_from_config(config)
    assert config == MLP3


def test_sequential_with_an_input_shape() -> None:
    dense = layer("Dense", "d", units=2, batch_input_shape=[None, 3])
    model = model_from_config({"class_name": "Sequential", "config": {"name": "s", "layers": [dense]}})
    assert model.inputs[0].shape == (None, 3)


@pytest.mark.parametrize("name", ["BatchNormalizationV1", "BatchNormalizationV2"])
def test_names_of_older_classes(name: str) -> None:
    entry = layer(name, "n", batch_input_shape=[None, 3])
    model = model_from_config({"name": "s", "layers": [entry]})
    assert type(model.layers[0]) is BatchNormalization


def test_sequential_with_a_build_shape() -> None:
    config = {"name": "s", "layers": [layer("Dense", "d", units=2)], "build_input_shape": [None, 3]}
    model = model_from_config({"class_name": "Sequential", "config": config})
    assert model.inputs[0].shape == (None, 3)
    assert model.get_config()["build_input_shape"] == [None, 3]


def test_sequential_that_was_never_built() -> None:
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Dense", "d", units=2)]}}
    with pytest.raises(InvalidModelError, match="model s: its input shape is not in the file"):
        model_from_config(config)


def test_one_inside_of_another_model_takes_the_shape_of_its_first_call() -> None:
    inner = layer("Sequential", "s", layers=[layer("Dense", "d", units=2)])
    inner["inbound_nodes"] = [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]
    entries = [layer("InputLayer", name, batch_input_shape=[None, 3]) | {"name": name} for name in "xy"]
    added = layer("Add", "sum") | {"inbound_nodes": [[["s", 0, 0, {}], ["s", 1, 0, {}]]]}
    config = {
        "name": "m",
        "layers": [*entries, inner | {"name": "s"}, added | {"name": "sum"}],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["sum", 0, 0]],
    }
    model = model_from_config({"class_name": "Functional", "config": config})
    x, y = np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32)
    kernel = model.get_layer("s").get_layer("d").kernel.numpy()
    np.testing.assert_allclose(model.predict([x, y]), (x + y) @ kernel, rtol=1e-5)
    again = model.get_config()
    # Keras counts the construction of a model that has an input layer as its first call.
    assert [node[:3] for node in again["layers"][3]["inbound_nodes"][0]] == [["s", 1, 0], ["s", 2, 0]]
    assert again["layers"][2]["config"]["layers"][0]["class_name"] == "InputLayer"


def test_multiple_inputs_and_outputs_in_structures() -> None:
    layers = [
        entry_layer("left", 3),
        entry_layer("right", 3),
        layer("Concatenate", "both", [ref("left"), ref("right")], axis=1),
        layer("Dense", "d", [ref("both")], units=1),
    ]
    model = model_from_config(
        functional("m", layers, {"l": ["left", 0, 0], "r": ["right", 0, 0]}, [["d", 0, 0], ["both", 0, 0]])
    )
    x = np.ones((2, 3), np.float32)
    first, second = model.predict({"l": x, "r": 2 * x})
    assert (first.shape, second.shape) == ((2, 1), (2, 6))
    assert set(model.get_config()["input_layers"]) == {"l", "r"}


# What is refused.


def edited(**options: Any) -> Config:
    config = copy.deepcopy(STACK)
    config["config"]["layers"][1]["config"].update(options)
    return config


DENSE = layer("Dense", "d", [ref("x")], units=2)
LAMBDA = layer(
    "Lambda", "code", [ref("x")], function=["4wEAAAAAAAAA\n", None, None], function_type="lambda", module="os"
)
REFUSED: dict[str, tuple[Any, type[KerasfmtError], str]] = {
    "unknown class": (
        with_layers(layer("Frob", "f", [ref("x")])),
        UnsupportedLayerError,
        "model m: layer 'f' of class 'Frob': kerasfmt does not have this layer yet; for a custom layer, pass "
        "a kerasfmt.layers.Layer subclass as custom_objects={'Frob': YourLayer}",
    ),
    "unknown option": (
        edited(colour="red"),
        UnsupportedLayerError,
        "model stack: layer d (Dense): unknown option colour='red'",
    ),
    "unknown activation": (
        edited(activation="cube"),
        UnsupportedLayerError,
        "model stack: layer d (Dense): option activation: activation 'cube'",
    ),
    "bad value": (edited(units=-1), InvalidModelError, "model stack: layer d (Dense): option units"),
    "unknown policy": (edited(dtype="float7"), UnsupportedLayerError, "dtype policy 'float7'"),
    "option missing": (with_layers(layer("Dense", "d", [ref("x")])), InvalidModelError, "option units is needed"),
    "lambda": (
        with_layers(LAMBDA),
        UnsafeFileError,
        "model m: layer code (Lambda): its function is stored as Python bytecode, which is never run",
    ),
    "two of a name": (with_layers(DENSE, DENSE), InvalidModelError, "model m: two layers are called 'd'"),
    "two of a name in a stack": (
        {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [entry_layer("x", 3), *[layer("Dense", "d", units=2)] * 2]},
        },
        InvalidModelError,
        "two layers are called 'd'",
    ),
    "no such layer": (
        with_layers(layer("Dense", "d", [ref("y")], units=2)),
        InvalidModelError,
        "a call refers to layer 'y', which does not exist",
    ),
    "no such call": (
        with_layers(layer("Dense", "d", [ref("x", 1)], units=2)),
        InvalidModelError,
        "model m: the calls of layers ['d'] wait for each other",
    ),
    "cycle": (
        with_layers(
            layer("Add", "a", [ref("x"), ref("d")]), layer("Dense", "d", [ref("a")], units=3)
        ),
        InvalidModelError,
        "wait for each other",
    ),
    "negative index": (
        with_layers(layer("Dense", "d", [ref("x", 0, -1)], units=2)),
        InvalidModelError,
        "which does not exist",
    ),
    "tensor index": (
        with_layers(layer("Dense", "d", [ref("x", 0, 5)], units=2)),
        InvalidModelError,
        "model m: its config is malformed: IndexError",
    ),
    "no such output": (
        functional("m", [entry_layer("x", 3), DENSE], [["x", 0, 0]], [["d", 1, 0]]),
        InvalidModelError,
        "model m: config: no layer call ['d', 1, 0]",
    ),
    "input that is none": (
        functional("m", [entry_layer("x", 3), DENSE], [["d", 0, 0]], [["d", 0, 0]]),
        InvalidModelError,
        "model m: layer m (Functional): its inputs must come from kerasfmt.Input",
    ),
    "input not declared": (
        functional(
            "m",
            [entry_layer("x", 3), entry_layer("y", 3), layer("Add", "d", [ref("x"), ref("y")])],
            [["x", 0, 0]],
            [["d", 0, 0]],
        ),
        InvalidModelError,
        "model m: its outputs need the input y, which is not among its inputs",
    ),
    "not a model": (DENSE, InvalidModelError, "expected a model, got 'Dense'"),
    "not a dict": ([1], InvalidModelError, "expected a layer's class_name and config, got [1]"),
    "no layers": (
        {"class_name": "Sequential", "config": {"name": "s"}},
        InvalidModelError,
        "model s: expected a list of layers, got None",
    ),
    "name": (edited(name=["d"]), InvalidModelError, "option name: expected a text, got ['d']"),
    "name that is no text": (edited(name="\ud800"), InvalidModelError, "option name: expected a text"),
    "shape": (edited(batch_input_shape=[None, -3]), InvalidModelError, "option batch_input_shape: expected sizes"),
    "trainable": (edited(trainable="yes"), InvalidModelError, "option trainable: expected True or False"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    config, error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        model_from_config(config)
    assert message in str(caught.value)


def wrapped(config: Config, name: str) -> Config:
    """A Sequential around a model."""
    return {"class_name": "Sequential", "config": {"name": name, "layers": [config]}}


@pytest.mark.parametrize("name", ["unknown class", "no such layer", "unknown option", "two of a name"])
def test_errors_name_the_path_of_the_model(name: str) -> None:
    config, error, message = REFUSED[name]
    inner = config["config"]["name"]
    with pytest.raises(error) as caught:
        model_from_config(wrapped(wrapped(config, "middle"), "outer"))
    assert str(caught.value).startswith(f"model outer/middle/{inner}: ")
    assert message.removeprefix(f"model {inner}: ") in str(caught.value)


def test_models_may_be_nested() -> None:
    config = STACK
    for depth in range(60):
        config = wrapped(config, f"s{depth}")
    assert predict(model_from_config(config)).shape == (2, 2)


@pytest.mark.parametrize("depth", [70, 10_000])
def test_models_nested_too_deep(depth: int) -> None:
    config = STACK
    for level in range(depth):
        config = wrapped(config, f"s{level}")
    with pytest.raises(UnsafeFileError, match="nested more than"):
        model_from_config(config)


@pytest.mark.parametrize("key", ["kernel_initializer", "activation", "units", "dtype", "batch_input_shape"])
def test_options_nested_too_deep(key: str) -> None:
    value: Any = 1
    for level in range(10_000):
        value = [value] if level % 2 else {"class_name": "Zeros", "config": value}
    with pytest.raises(UnsafeFileError, match="nested more than"):
        model_from_config(edited(**{key: value}))


def test_a_lambda_never_runs() -> None:
    """Neither bytecode nor a module that is named is touched, whatever the class calls itself."""
    import marshal
    import sys

    code = marshal.dumps(compile("import this", "x", "exec"))
    for kind in ("Lambda", "TFOpLambda", "builtins>Lambda"):
        bad = layer(kind, "code", [ref("x")], function=[code.hex(), None, None], module="this")
        with pytest.raises((UnsupportedLayerError, UnsafeFileError)):
            model_from_config(with_layers(bad))
    assert "this" not in sys.modules


# Custom objects.


@pytest.fixture
def doubling() -> type[Layer]:
    class Doubling(Layer, register=False):
        times: int = 2

        def call(self, inputs: Any) -> Any:
            return inputs * float(self.times)

    return Doubling


def test_custom_objects(doubling: type[Layer]) -> None:
    config = with_layers(layer("Frob", "f", [ref("x")], times=3), layer("Dense", "d", [ref("f")], units=1))
    config["config"]["output_layers"] = [["f", 0, 0]]
    model = model_from_config(config, {"Frob": doubling})
    np.testing.assert_array_equal(predict(model), np.arange(6).reshape(2, 3) * 3)
    config["config"]["layers"][1] |= {"class_name": "Other", "registered_name": "my>Frob"}
    assert predict(model_from_config(config, {"my>Frob": doubling})).shape == (2, 3)


def test_custom_objects_that_are_no_layers() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"custom_objects\['Frob'\]: expected a subclass"):
        model_from_config(with_layers(layer("Frob", "f", [ref("x")])), {"Frob": lambda x: x})


# Whatever stands in a config, the answer is a model or a KerasfmtError.

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just(2**70),
    st.just(1.5),
    st.sampled_from(["", "x", "Dense", "Sequential", "Functional", "float32", "\ud800"]),
    st.just([]),
    st.just({}),
    st.just(["x", 0, 0, {}]),
    st.just([["x", 0, 0]]),
    st.just({"class_name": "Dense", "config": {}}),
    st.just({"class_name": "__tuple__", "items": 3}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every item of a config."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def put(config: Any, path: tuple[Any, ...], junk: Any) -> None:
    for key in path[:-1]:
        config = config[key]
    config[path[-1]] = junk


NESTED2 = functional("outer", NESTED["Keras 2"][0], [["x", 0, 0]], [["inner", 2, 0]])
NESTED3 = functional("outer", NESTED["Keras 3"][0], [["x", 0, 0]], [["inner", 2, 0]])


@pytest.mark.parametrize("config", [MLP, MLP3, STACK, NESTED2, NESTED3], ids=["2", "3", "s", "n2", "n3"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_malformed_configs(config: Config, data: st.DataObject) -> None:
    spoilt = copy.deepcopy(config)
    for _ in range(data.draw(st.integers(1, 2))):
        put(
            spoilt,
            data.draw(st.sampled_from(sorted(places(spoilt), key=repr))),
            copy.deepcopy(data.draw(JUNK)),
        )
    try:
        model = model_from_config(spoilt)
    except KerasfmtError as error:
        assert str(error)
    else:
        assert isinstance(model, Model)
        json.dumps(model.get_config())


def test_from_config_of_models() -> None:
    model = kerasfmt.model_from_config(MLP["config"])
    assert type(model).__name__ == "Functional"
    stack = kerasfmt.model_from_config(STACK["config"])
    assert isinstance(stack, Sequential)
    merged = Add().get_config()
    assert Add.from_config(merged).get_config() == merged
    assert Dense.from_config({"units": 2}).units == 2


def test_every_layer_is_known_without_importing_the_layers_first() -> None:
    code = (
        "import kerasfmt; print(type(kerasfmt.model_from_config({'layers': [{'class_name': 'Conv2D', 'config': "
        "{'filters': 1, 'kernel_size': 2, 'batch_input_shape': [None, 3, 3, 1]}}]}).layers[0]).__name__)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "Conv2D"


def hard_sigmoid(**start: Any) -> dict[str, Any]:
    dense = {"class_name": "Dense", "config": {"units": 2, "activation": "hard_sigmoid", **start}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [dense]}}


@pytest.mark.parametrize(
    ("config", "keras", "expected"),
    [
        (hard_sigmoid(batch_input_shape=[None, 3]), None, "hard_sigmoid"),
        (hard_sigmoid(batch_input_shape=[None, 3]), 3, "hard_sigmoid_keras3"),
        (
            hard_sigmoid(
                batch_input_shape=[None, 3],
                dtype={"class_name": "DTypePolicy", "config": {"name": "float32"}},
            ),
            None,
            "hard_sigmoid_keras3",
        ),
        (
            {
                "layers": [
                    {"class_name": "InputLayer", "config": {"batch_shape": [None, 3]}},
                    *hard_sigmoid()["config"]["layers"],
                ]
            },
            None,
            "hard_sigmoid_keras3",
        ),
    ],
)
def test_whose_words_they_are(config: dict[str, Any], keras: Literal[2, 3] | None, expected: str) -> None:
    assert model_from_config(config, keras=keras).layers[-1].activation.name == expected  # type: ignore[attr-defined]


class Known:
    """What a file knows of layers."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, ...]] = []

    def made(self, entry: Any, path: tuple[str, ...]) -> Layer | None:
        return None

    def enter(self, entry: Any, path: tuple[str, ...], layer: Layer) -> None:
        self.entered.append((*path, layer.name))

    def revived(self, entry: Any, path: tuple[str, ...]) -> Layer | None:
        return Dense(4, name=entry["config"]["name"]) if "Own" in entry["class_name"] else None


def test_a_file_may_know_more_of_layers() -> None:
    dense = {"class_name": "Own>Dense", "config": {"name": "own"}}
    inner = {
        "class_name": "Sequential",
        "config": {"name": "inner", "layers": [dense], "build_input_shape": [None, 3]},
    }
    config = {"name": "outer", "layers": [inner], "build_input_shape": [None, 3]}
    known = Known()
    model = model_from_config(config, members=known)
    assert known.entered == [("outer", "inner", "own"), ("outer", "inner"), ("outer",)]
    assert model.count_params() == 16
    assert layer_from_config(inner, {}, Known()).count_params() == 16
    with pytest.raises(UnsupportedLayerError, match=r"'own' of class 'Own>Dense'"):
        layer_from_config(inner, {})
    other = {"class_name": "Other", "config": {"name": "other"}}
    with pytest.raises(UnsupportedLayerError, match=r"'other' of class 'Other'.*; the file has no functions"):
        layer_from_config(other, {}, Known())
    with pytest.raises(UnsupportedLayerError, match="unknown option"):
        layer_from_config({**dense, "config": {"option": 3}}, {"Own>Dense": Dense}, Known())


def test_layers_in_wrappers_are_not_those_of_the_model() -> None:
    dense = {"class_name": "Dense", "config": {"name": "own", "units": 2}}
    wrapper = {"class_name": "TimeDistributed", "config": {"name": "wrapper", "layer": dense}}
    known = Known()
    layer_from_config(wrapper, {}, known)
    assert known.entered == [("wrapper",)]


@pytest.mark.parametrize("config", [MLP, MLP3, STACK], ids=["keras2", "keras3", "sequential"])
def test_a_model_class_of_the_users_own(config: Config) -> None:
    own = {**config, "class_name": "Own>Trainer"}
    for custom in (kerasfmt.Model, type("Mine", (kerasfmt.Model,), {})):
        model = model_from_config(own, {"Own>Trainer": custom})
        assert (model.own_class, model_from_config(config).own_class) == ("Own>Trainer", None)
        np.testing.assert_array_equal(predict(model), predict(model_from_config(config)))
        (inner,) = model_from_config({"name": "outer", "layers": [own]}, {"Own>Trainer": custom}).layers
        assert isinstance(inner, kerasfmt.Model)
        assert inner.own_class == "Own>Trainer"
    with pytest.raises(UnsupportedLayerError, match=r"pass custom_objects=\{'Own>Trainer': kerasfmt.Model\}"):
        model_from_config(own)
