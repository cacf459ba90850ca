"""What several recordings of a layer's code agree on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.sources.live.events import NotRecordable
from kerasfmt.sources.live.open_sizes import OpenSize
from kerasfmt.sources.live.recording import Recorder
from kerasfmt.sources.live.script import Content, Input, Output, Script, script_of
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")


def script(code: Any, *shapes: Any) -> tuple[Any, Script]:
    live = type("Live", (keras.Layer,), {"call": code, "__module__": __name__})("live")
    live.scale = live.add_weight("scale", np.ones(2, np.float32))
    specs = [Spec(shape, dtypes.float32) for shape in shapes]
    return live, script_of(Recorder(live, lambda _: False), specs[0] if len(specs) == 1 else specs, {}, None)


def test_tensors_are_places() -> None:
    live, found = script(lambda self, x: [x * self.scale + np.float32(2), x], (None, 2))
    times, plus = found.steps
    assert times.args == (Input(0), Content(id(live.scale), None))
    assert plus.args == (Output(0, 0), 2.0)
    assert found.outputs == [Output(1, 0), Input(0)]
    assert times.outputs == Spec((None, 2), dtypes.float32)
    assert found.variables[id(live.scale)] is live.scale


def test_the_content_of_a_variable_is_not_a_constant() -> None:
    live, found = script(lambda self, x: x * vars(self)["_trainable_variables"][0].value, (None, 2))
    assert found.steps[0].args[1] == Content(id(live._trainable_variables[0]), None)
    _, found = script(lambda self, x: x * np.ones(2, np.float32), (None, 2))
    assert isinstance(found.steps[0].args[1], np.ndarray)


def test_sizes_that_are_not_known() -> None:
    def code(self: Any, inputs: Any) -> Any:
        x, y = inputs
        return keras.Reshape(newshape=(x.shape[0] * x.shape[1], 2))(x + y)

    _, found = script(code, (None, None, 2), (None, None, 2))
    assert found.axes == ((0, 0), (0, 1))
    assert found.steps[1].options == {"newshape": (OpenSize(0, ((1, (0, 1)),)), 2)}
    assert found.steps[1].outputs.shape == (None, 2)


def test_code_that_depends_on_sizes() -> None:
    with pytest.raises(NotRecordable, match="another way for other sizes"):
        script(lambda self, x: x + 1 if x.shape[0] < 85 else x * 2, (None, 2))
    with pytest.raises(NotRecordable, match=r"test_script.py.*known sizes"):
        script(lambda self, x: keras.Reshape(newshape=(-1, 2))(x + x.shape[0] // 2), (None, 2))
    with pytest.raises(NotRecordable, match="no known rank"):
        script(lambda self, x: x, None)
    with pytest.raises(NotRecordable, match="unknown sizes"):
        script(lambda self, x: x, (None,) * 9)


def test_a_tensor_of_elsewhere() -> None:
    other = keras.KerasTensor((2,))
    with pytest.raises(NotRecordable, match="made elsewhere"):
        script(lambda self, x: x + other, (None, 2))


def test_functions_have_places_of_their_own() -> None:
    def code(self: Any, x: Any) -> Any:
        y = keras.Sin()(x)
        found = keras.control("map", lambda row: row * self.scale + keras.Mean()(y), x)
        return found + y

    _, made = script(code, (None, 2))
    sin, mapped, plus = made.steps
    assert (sin.number, mapped.number, plus.number) == (0, 1, 6)
    (body,) = mapped.bodies
    assert (body.number, [s.number for s in body.events]) == (2, [3, 4, 5])
    assert body.inputs == [Spec((2,), dtypes.float32)]
    assert body.events[0].args[0] == Output(2, 0)
    assert body.events[1].args == (Output(0, 0),)
    assert body.outputs == [Output(5, 0)]
    assert mapped.args == ([], [Input(0)], OpenSize(0, ((1, (0,)),)))
    assert mapped.outputs == [Spec((None, 2), dtypes.float32)]
    assert plus.args == (Output(1, 0), Output(0, 0))


def test_functions_that_depend_on_sizes() -> None:
    def code(self: Any, x: Any) -> Any:
        return keras.control("map", lambda row: row + 1 if x.shape[0] < 85 else row * 2, x)

    with pytest.raises(NotRecordable, match="another way for other sizes"):
        script(code, (None, 2))


NUMBERS: list[tuple[str, Any, Any]] = [
    ("float32", np.float64(2), 2.0),
    ("float32", np.int64(2), 2),
    ("float16", np.float32(0.1), np.float32(0.1)),
    ("float16", np.float64(0.1), np.float32(0.1)),
    ("int32", np.float32(2.5), np.float32(2.5)),
    ("int32", np.int64(2), 2),
    ("int8", np.int32(2), np.int32(2)),
]


@pytest.mark.parametrize(("dtype", "number", "kept"), NUMBERS)
def test_numbers_of_numpy(dtype: str, number: Any, kept: Any) -> None:
    live = type("Live", (keras.Layer,), {"call": lambda self, x: x * number, "__module__": __name__})("live")
    found = (
        script_of(Recorder(live, lambda _: False), Spec((2,), dtypes.of(dtype)), {}, None).steps[0].args[1]
    )
    if isinstance(kept, np.generic):
        assert (found.shape, found.dtype, found) == ((), kept.dtype, kept)
    else:
        assert (type(found), found) == (type(kept), kept)
