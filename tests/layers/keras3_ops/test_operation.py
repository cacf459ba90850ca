from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import Softmax
from kerasfmt.layers.keras3_ops import Operation, module_of
from kerasfmt.layers.keras3_ops.operation import leaves, map_numbers
from tests.layers.keras3_ops.operation_tests import X, Y, call, predict, stored


def tensor(dtype: str, shape: tuple[int | None, ...] = (3,)) -> Any:
    return kerasfmt.Input(shape, dtype=dtype)


def test_the_tables_hold_what_is_common() -> None:
    assert len(Operation.kinds()) >= 260


@pytest.mark.parametrize(
    ("kind", "module"),
    [("Add", "numpy"), ("Relu", "nn"), ("Cast", "core"), ("Norm", "linalg"), ("NoSuch", "numpy")],
)
def test_the_module_of_an_operation(kind: str, module: str) -> None:
    assert module_of(kind) == f"keras.src.ops.{module}"


def test_integers_and_floats_meet_as_in_keras_3() -> None:
    config, arrays = stored(call("Add", X.astype(np.int32), Y))
    model = kerasfmt.model_from_config(config)
    (found,) = predict(model, arrays)
    np.testing.assert_allclose(found, X.astype(np.int32) + Y)
    assert [layer.name for layer in model.layers] == ["input_0", "op_cast", "input_1", "op"]


# dtypes of tensors, or constants; and the dtype that Keras 3 computes in.
PROMOTED: list[tuple[list[Any], str]] = [
    (["float32", "float32"], "float32"),
    (["int32", "float16"], "float16"),
    (["int64", "float32"], "float32"),
    (["float16", "bfloat16"], "float32"),
    (["float16", "float64"], "float64"),
    (["int8", "int32"], "int32"),
    (["bool", "uint8"], "uint8"),
    (["int32", 1], "int32"),
    (["int32", 1.5], "float32"),
    (["float16", 1.5], "float16"),
    (["bool", True], "bool"),
    (["bool", 2], "int32"),
    ([[1, 2.5, 3], "int32"], "float32"),
]


@pytest.mark.parametrize(("operands", "dtype"), PROMOTED, ids=str)
def test_operands_are_promoted(operands: list[Any], dtype: str) -> None:
    op = Operation("Add", name="op")
    found = op.promote(*(tensor(o) if isinstance(o, str) else o for o in operands))
    assert {v.dtype.name for v in found if isinstance(v, kerasfmt.ir.Tensor)} == {dtype}
    if dtypes.of(dtype).is_floating:
        assert all(
            isinstance(leaf, float) for v in found for leaf in leaves(v) if isinstance(leaf, int | float)
        )


def test_helpers_are_named_after_their_function() -> None:
    op = Operation("Hypot", name="op")
    op([tensor("float32"), tensor("float32")])
    assert [layer.name for layer in op.helpers] == ["op_square", "op_square_1", "op_add"]
    assert op.function == "math.sqrt"
    assert op.keras_name == "TFOpLambda"


def test_sizes_and_axes_of_tensors_and_constants() -> None:
    op, x = Operation("Add", name="op"), tensor("float32", (4, None, 5))
    assert (op.rank(x), op.rank([[1, 2]]), op.rank(3), op.axis(x, -1), op.size(x, 1)) == (4, 2, 0, 3, 4)
    assert op.sizes(tensor("float32", (4, 5))) == [-1, 4, 5]
    for refused, message in (
        (lambda: op.axis(x, 4), "axis 4 is out of range for 4 dimensions"),
        (lambda: op.size(x, 0), "the size of axis 0 must be known"),
        (lambda: op.sizes(x), "more than one unknown dimension is not supported"),
    ):
        with pytest.raises(InvalidModelError, match=f"layer op .*operation Add: {message}"):
            refused()


def test_constants_are_reshaped_and_mapped() -> None:
    op = Operation("Add", name="op")
    assert op.reshaped([1, 2, 3, 4], [2, -1]) == [[1, 2], [3, 4]]
    assert op.reshaped(tensor("float32"), [-1]).shape == (None,)
    assert map_numbers([[1, 2], 3], float) == [[1.0, 2.0], 3.0]


REFUSED = [
    (call("NoSuch", X), UnsupportedLayerError, "layer op: operation NoSuch .*custom_objects"),
    (call("Add", X, {"class_name": "__lambda__", "config": {}}), InvalidModelError, "__lambda__"),
    (call("Add", X), InvalidModelError, "layer op .*Add.*x2"),
]


@pytest.mark.parametrize(("made", "error", "text"), REFUSED, ids=str)
def test_refused(made: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        kerasfmt.model_from_config(stored(made)[0])


def test_a_layer_of_the_same_name_is_a_layer() -> None:
    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, Softmax(name="op")(x))
    assert type(kerasfmt.model_from_config(model.get_config()).get_layer("op")) is Softmax
