"""Configs of live objects as plain JSON."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.sources.live.objects import by_name, registered_name, to_json


class Shape:
    rank: int | None = 2

    def as_list(self) -> list[int | None]:
        return [None, 3]


class Unknown(Shape):
    rank = None


class Half:
    name = "float16"
    as_numpy_dtype = np.float16


JSON = [
    ((1, (2.5, None)), [1, [2.5, None]]),
    (np.arange(3), [0, 1, 2]),
    (np.float32(0.5), 0.5),
    (Shape(), [None, 3]),
    (Unknown(), None),
    (Half(), "float16"),
    (np.dtype("int32"), "int32"),
    pytest.param({1: {"b", "a"}}, {"1": ["a", "b"]}, id="a set"),
    (max, "max"),
]


@pytest.mark.parametrize(("value", "expected"), JSON, ids=lambda v: str(v)[:20])
def test_to_json(value: Any, expected: Any) -> None:
    assert to_json(value) == expected


def test_to_json_refuses_objects() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"got builtins\.object"):
        to_json({"a": [object()]})


def test_an_ellipsis_among_the_slices_of_a_live_model() -> None:
    assert to_json({"slice_spec": (..., 1)}) == {"slice_spec": [{"class_name": "__ellipsis__"}, 1]}


@pytest.mark.parametrize("place", ["saving", "utils"])
def test_the_name_under_which_keras_knows_a_class(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = SimpleNamespace(get_registered_name=lambda cls: f"Custom>{cls.__name__}")
    keras = SimpleNamespace(**{"saving": SimpleNamespace(), place: registry})
    monkeypatch.setitem(sys.modules, "keras_of_this_test", keras)
    kind = type("Adam", (), {"__module__": "keras_of_this_test.optimizers.adam"})
    assert registered_name(kind) == "Custom>Adam"
    assert registered_name(Shape) == "Shape"


class Several:
    """A layer whose code takes tensors by position and by name."""

    def call(self, a: Any, b: Any, factor: float = 2.0, *, mask: Any = None) -> Any:
        return a


class Many:
    """A layer whose code takes any number of tensors."""

    def call(self, *tensors: Any) -> Any:
        return tensors


@pytest.mark.parametrize(
    ("layer", "args", "kwargs", "expected"),
    [
        (Several(), ["x"], {}, (["x"], {})),
        (Several(), ["x", "y"], {}, (["x"], {"b": "y"})),
        (Several(), ["x", "y", 3.0], {"mask": "m"}, (["x"], {"b": "y", "factor": 3.0, "mask": "m"})),
        (Several(), [], {"b": "y", "a": "x"}, (["x"], {"b": "y"})),
        (Many(), ["x", "y"], {}, (["x", "y"], {})),
    ],
)
def test_arguments_have_the_names_of_the_code(layer: Any, args: Any, kwargs: Any, expected: Any) -> None:
    assert by_name(layer, args, kwargs) == expected
