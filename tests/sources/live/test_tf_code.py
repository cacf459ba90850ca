"""What is known of the code of Keras 2 layers without TensorFlow; `conformance/test_live_custom.py` traces it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.sources.live.tf_code import TFCode, first_inputs, model_inputs


class Shape(list[Any]):
    rank = property(len)
    as_list = property(lambda self: lambda: list(self))


def tensor_spec(*shape: Any, dtype: str = "float32", **more: Any) -> Any:
    return SimpleNamespace(shape=Shape(shape), dtype=SimpleNamespace(name=dtype), name="x", **more)


X = Spec((None, 2), dtypes.float32, "x")


def test_inputs() -> None:
    live = SimpleNamespace(
        _saved_model_inputs_spec=[tensor_spec(None, 2), {"b": tensor_spec(3, dtype="int32")}]
    )
    assert first_inputs(live) == [X, {"b": Spec((3,), dtypes.int32, "x")}]
    assert first_inputs(SimpleNamespace()) is None
    assert first_inputs(SimpleNamespace(_saved_model_inputs_spec=tensor_spec(None, ragged_rank=1))) is None
    model = SimpleNamespace(save_spec=lambda dynamic_batch: (([tensor_spec(None, 2)],), {}))
    assert model_inputs(model) == [X]
    assert model_inputs(SimpleNamespace(save_spec=lambda dynamic_batch: None)) is None
    assert model_inputs(SimpleNamespace()) is None


@pytest.fixture
def code() -> TFCode:
    found = TFCode.__new__(TFCode)
    live = SimpleNamespace(name="own")
    constants: dict[int, Any] = {}
    layers = SimpleNamespace(constants=constants, variable_of=lambda handle: None, weight_of=lambda v: None)
    vars(found).update(
        _live=live, _layers=layers, _tensorflow=SimpleNamespace(tf=SimpleNamespace(resource="resource"))
    )
    return found


def test_outputs_are_dense_tensors(code: TFCode) -> None:
    assert code._plain({"b": 1, "a": (2, [3])}) == {"a": (2, [3]), "b": 1}
    for value in (None, SimpleNamespace(flat_values=1), SimpleNamespace(dense_shape=1)):
        with pytest.raises(UnsupportedLayerError, match=r"layer own .*expected dense tensors"):
            code._plain([value])


def test_captures(code: TFCode) -> None:
    tensor = SimpleNamespace(dtype=SimpleNamespace(name="float32"), numpy=lambda: np.ones(2, np.float32))
    found = code._capture(tensor, None)
    assert code._capture(tensor, None) is found
    handle = SimpleNamespace(dtype="resource")
    lost = SimpleNamespace(handle=handle, name="lost:0")
    with pytest.raises(UnsupportedLayerError, match="uses variable lost:0, which no layer"):
        code._capture(handle, SimpleNamespace(graph=SimpleNamespace(variables=[lost])))
    with pytest.raises(UnsupportedLayerError, match="a table or another resource"):
        code._capture(handle, SimpleNamespace(graph=SimpleNamespace(variables=[])))
