"""What is recorded of a layer's code, and that everything is as before in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.events import NotRecordable
from kerasfmt.sources.live.recording import Recorder
from kerasfmt.sources.live.symbolic_variables import variable_of
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")


class Scale(keras.Layer):
    def __init__(self) -> None:
        super().__init__("scale")
        self.scale = self.add_weight("scale", np.ones(2, np.float32))
        self.named = {"list": [self.add_weight("count", np.zeros((), np.float32), trainable=False)]}
        self.dense = keras.Dense("dense", np.ones((2, 2), np.float32))

    def call(self, x: Any, training: bool = False) -> Any:
        y = self.dense(self.scale * x)
        if training:
            self.named["list"][0].assign(keras.Mean()(y))
            y = y + keras.normal(y.shape)
        self.add_loss(keras.Mean()(y))  # type: ignore[attr-defined]
        return y


def record(live: Any, training: bool | None = None, shape: Any = (83, 2)) -> Any:
    recorder = Recorder(live, lambda layer: type(layer).__module__ == __name__)
    return recorder.record(lambda cls: (cls(shape), {}), training, {0: 83})


def test_the_steps() -> None:
    found = record(Scale(), True)
    assert [(e.kind, e.name) for e in found.events] == [
        ("operation", "Multiply"),
        ("layer", "Dense"),
        ("operation", "Mean"),
        ("assign", ""),
        ("random", "normal"),
        ("operation", "Add"),
        ("operation", "Mean"),
        ("loss", ""),
    ]
    assert __file__ in found.events[0].line
    assert "self.scale * x" in found.events[0].line
    assert found.outputs is found.events[5].outputs
    assert [e.name for e in record(Scale(), False).events] == ["Multiply", "Dense", "Mean", ""]


def test_everything_is_as_before() -> None:
    live = Scale()
    before = (
        dict(vars(live)),
        live.named["list"][0],
        vars(live.dense)["_kernel"],
        dict(vars(keras.Operation)),
    )
    record(live, True)
    assert (dict(vars(live)), live.named["list"][0], vars(live.dense)["_kernel"]) == before[:3]
    assert dict(vars(keras.Operation)) == before[3]
    assert keras.arange(83).shape == (83,)
    with pytest.raises(AssertionError, match="normal was drawn"):
        keras.normal((2,))


def test_what_stands_for_a_variable() -> None:
    found: list[Any] = []

    class Looking(Scale):
        def call(self, x: Any, training: bool = False) -> Any:
            found.append(self.scale)
            return x * self.scale

    live = Looking()
    record(live)
    assert variable_of(found[0]) is live.scale
    assert (found[0].path, found[0].trainable, found[0].value) == ("scale/scale", True, found[0])
    assert variable_of(live.scale) is live.scale
    assert variable_of(3) is None


class Inner(keras.Layer):
    def call(self, x: Any) -> Any:
        return keras.Sin()(x) + 1


def test_a_custom_layer_inside_is_one_step() -> None:
    class Outer(keras.Layer):
        def __init__(self) -> None:
            super().__init__("outer")
            self.inner = Inner("inner")

        def call(self, x: Any) -> Any:
            return self.inner(x) * 2

    found = record(Outer())
    assert [(e.kind, e.name) for e in found.events] == [("layer", "Inner"), ("operation", "Multiply")]


def test_arrays_of_unknown_sizes() -> None:
    class Counting(keras.Layer):
        def call(self, x: Any) -> Any:
            return (
                x * keras.tile(np.ones((1, 2)), [x.shape[0], 1])
                + keras.arange(2)
                + keras.Mean()(keras.arange(x.shape[0]))
            )

    found = record(Counting("counting"))
    assert [e.name for e in found.events] == ["Tile", "Multiply", "Add", "arange", "Mean", "Add"]


REFUSED: list[tuple[Any, str]] = [
    (lambda self, x: x if x else -x, "TypeError: A symbolic KerasTensor cannot be used as a boolean"),
    (lambda self, x: x * np.asarray(self.scale), "reads the content of variable scale/scale in Python"),
    (lambda self, x: x * self.scale.numpy(), "reads the content of variable scale/scale in Python"),
    (lambda self, x: x.nothing, "has no attribute 'nothing'"),
]


@pytest.mark.parametrize(("code", "said"), REFUSED)
def test_what_cannot_be_recorded(code: Any, said: str) -> None:
    live = type("Refused", (Scale,), {"call": code, "__module__": __name__})()
    with pytest.raises(NotRecordable, match=said) as error:
        record(live)
    assert __file__ in error.value.line


def test_functions_that_an_operation_runs() -> None:
    class Choosing(Scale):
        def call(self, x: Any, training: bool = False) -> Any:
            y = keras.Sin()(x)
            return keras.control(
                "cond", keras.Mean()(y) < 0, lambda: y * self.scale, lambda: x + self.dense(y)
            )

    (sin, mean, less, chosen) = record(Choosing()).events
    assert (chosen.kind, chosen.name, chosen.args[0]) == ("control", "cond", less.outputs)
    true, false = chosen.bodies
    assert [e.name for e in true.events] == ["Multiply"]
    assert true.events[0].args[0] is sin.outputs
    assert true.outputs == [true.events[0].outputs]
    assert [e.name for e in false.events] == ["Dense", "Add"]
    assert chosen.outputs[0] is not true.outputs[0]
    assert mean.name == "Mean"


def test_an_operation_of_keras_that_runs_functions() -> None:
    class Scanning(keras.Layer):
        def call(self, x: Any) -> Any:
            return keras.Scan(reverse=True)(
                lambda total, row: (total + row, total), np.zeros(2, np.float32), x
            )

    (scan,) = record(Scanning("scanning")).events
    assert (scan.kind, scan.name, scan.options) == ("control", "scan", {"reverse": True})
    assert [out.shape for out in scan.outputs] == [(2,), (83, 2)]


def test_functions_that_run_on_numbers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    core = keras.sys.modules["keras.src.ops.core"].backend.core  # type: ignore[attr-defined]
    monkeypatch.setattr(core, "map", lambda f, xs: np.stack([f(x) for x in xs]))

    class Mapping(keras.Layer):
        def call(self, x: Any) -> Any:
            table = keras.control("map", lambda row: row * 2, np.arange(4).reshape(2, 2))
            assert isinstance(table, np.ndarray)
            return keras.control("map", lambda row: keras.Sin()(x) * row, table)

    (only,) = record(Mapping("mapping")).events
    assert (only.name, [e.name for e in only.bodies[0].events]) == ("map", ["Sin", "Multiply"])
    chosen = type(
        "Chosen", (keras.Layer,), {"call": lambda self, x: keras.control("cond", 1, lambda: x, None)}
    )
    assert record(chosen("chosen")).events == []


def test_a_number_of_numpy_before_a_tensor() -> None:
    class Doubling(keras.Layer):
        def call(self, x: Any) -> Any:
            return np.float32(2) * x

    keras.KerasTensor.__rmul__ = lambda self, other: keras.Multiply()(self, other)  # type: ignore[attr-defined]
    try:
        assert [e.name for e in record(Doubling("doubling")).events] == ["Multiply"]
    finally:
        del keras.KerasTensor.__rmul__  # type: ignore[attr-defined]
    assert not hasattr(keras.KerasTensor, "__array_ufunc__")
