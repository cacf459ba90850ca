"""Calls made again from configs: their order, shared layers, and the indices of nested models."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import limits
from kerasfmt.dialects import keras2
from kerasfmt.dialects.calls import Finder, make_calls
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import InvalidModelError, UnsafeFileError
from kerasfmt.ir import Model
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.tensor import Call
from tests.dialects.configs import (
    INNER2,
    MLP,
    NESTED,
    Config,
    entry_layer,
    functional,
    keras3_call,
    keras3_dense,
    keras3_input,
    keras_tensor,
    layer,
    nested,
    predict,
    ref,
)
from tests.growth import assert_linear


def test_calls_in_any_order() -> None:
    config = copy.deepcopy(MLP)
    config["config"]["layers"].reverse()
    np.testing.assert_array_equal(predict(model_from_config(config)), predict(model_from_config(MLP)))


def shared(dialect: int) -> Config:
    """x -> d -> d -> d, all one layer."""
    if dialect == 2:
        layers = [entry_layer("x", 3), layer("Dense", "d", [ref("x")], [ref("d", 0)], [ref("d", 1)], units=3)]
    else:
        calls = [keras3_call(keras_tensor(*at)) for at in (("x", 0), ("d", 0), ("d", 1))]
        layers = [keras3_input("x", 3), keras3_dense("d", *calls)]
    return functional("m", layers, [["x", 0, 0]], [["d", 2, 0]])


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_shared_layer(dialect: int) -> None:
    model = model_from_config(shared(dialect))
    assert len(model.get_layer("d").calls) == 3
    assert [c.tensor_inputs[0].origin.index for c in model.get_layer("d").calls] == [0, 0, 1]
    assert len(model.weights) == 2


@pytest.mark.parametrize("name", NESTED)
def test_node_indices_of_nested_models(name: str) -> None:
    layers, output = NESTED[name]
    model = model_from_config(functional("outer", layers, [["x", 0, 0]], [output]))
    inner = model.layers[1]
    calls = len(inner.calls)
    assert calls == len(layers[1]["inbound_nodes"])
    assert model.outputs[0].origin is inner.calls[-1]
    again = model_from_config(model.described())
    np.testing.assert_array_equal(predict(again), predict(model))
    assert len(again.layers[1].calls) == calls


def test_the_first_call_of_a_nested_model_has_index_1_in_keras_2() -> None:
    bad = functional(
        "outer", [entry_layer("x", 3), nested(INNER2, [ref("x")])], [["x", 0, 0]], [["inner", 0, 0]]
    )
    with pytest.raises(InvalidModelError, match="which does not exist"):
        model_from_config(bad)


def test_what_is_written_counts_as_keras_2() -> None:
    x = kerasfmt.Input((3,), name="x")
    inner = model_from_config(INNER2)
    config = Model(x, inner(inner(x)), name="outer").get_config()
    assert config["output_layers"] == [["inner", 2, 0]]
    assert config["layers"][1]["inbound_nodes"] == [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]]


class Plain:
    """A layer that only counts its calls."""

    facts = KerasFacts()
    own_calls = 0

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, inputs: Any) -> None:
        x = kerasfmt.Input((3,))
        self.calls.append(Call(self, inputs, {}, x, len(self.calls)))  # type: ignore[arg-type]


def test_a_call_of_many_inputs_that_come_one_after_the_other_is_read_in_linear_work() -> None:
    def reading(count: int) -> Callable[[], object]:
        names = [f"l{number}" for number in range(count)]
        layers = {name: Plain() for name in ("x", "sum", *names)}
        layers["x"]([])
        chain = [(name, [ref(before)]) for before, name in zip(["x", *names], names, strict=False)]
        pending = [("sum", [ref(name) for name in names]), *reversed(chain)]

        def read() -> None:
            for name in ("sum", *names):
                layers[name].calls.clear()
            make_calls(Finder(layers, keras2.CALLS), pending)  # type: ignore[arg-type]
            assert len(layers["sum"].calls) == 1

        return read

    assert_linear(reading, 50)


def test_the_outputs_of_one_call_are_found_in_linear_work() -> None:
    def reading(count: int) -> Callable[[], object]:
        x = kerasfmt.Input((3,))
        made = Plain()
        made.calls.append(Call(made, x, {}, [x] * count, 0))  # type: ignore[arg-type]
        find = Finder({"a": made}, keras2.CALLS)  # type: ignore[dict-item]
        find(["a", 0, 0])  # makes the list of the outputs, which later references share
        return lambda: [find(["a", 0, number]) for number in range(count)]

    assert_linear(reading, 100)


def test_models_that_call_each_other_twice_cost_more_than_a_config_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mask of a model is worked out again for each of its calls, also within each other."""
    monkeypatch.setattr(limits, "FLOOR", 1 << 22)
    config = functional(
        "m", [entry_layer("x", 3), layer("Masking", "l", [ref("x")])], [["x", 0, 0]], [["l", 0, 0]]
    )
    config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 3, 2]
    for number in range(20):
        name = config["config"]["name"] = f"m{number}"
        calls = [[ref("x")], [ref(name, 1)]]
        entry = {**entry_layer("x", 3, 2)}
        config = functional(
            "m", [entry, {**config, "name": name, "inbound_nodes": calls}], [["x", 0, 0]], [[name, 2, 0]]
        )
    with pytest.raises(UnsafeFileError, match=r"m\d+.*: takes [\d,]+ bytes more in memory"):
        model_from_config(config)


def test_tuples_of_inputs_and_outputs_stay_in_a_saved_model(tmp_path: Path) -> None:
    a, b = kerasfmt.Input((3,), name="a"), kerasfmt.Input((3,), name="b")
    model = Model((a, b), ({"y": b}, (a,)))
    kerasfmt.save_model(model, tmp_path / "m")
    again = kerasfmt.load_model(tmp_path / "m")
    assert again.get_config() == model.get_config()
    assert model.get_config()["output_layers"] == ({"y": ["b", 0, 0]}, (["a", 0, 0],))
    x = np.ones((2, 3), np.float32)
    for found in (model, again):
        inside, (whole,) = found.predict((x, 2 * x))
        assert inside["y"].tolist() == (2 * x).tolist()
        assert whole.tolist() == x.tolist()
