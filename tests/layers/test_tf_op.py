from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph.run import run
from kerasfmt.layers import Dense, SlicingOpLambda, TFOpLambda

X = np.array([[-1.5, 0.0, 2.0], [4.0, -0.5, 1.0]], np.float32)
Y = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]], np.float32)
ALL = {"start": None, "stop": None, "step": None}
ELLIPSIS = {"class_name": "__ellipsis__"}


def predict(model: kerasfmt.Model, *arrays: Any) -> Any:
    """The one output for the arrays, which agrees with the symbolic one."""
    (found,) = run(model.default_trace(training=False).function, list(arrays), {})
    (tensor,) = model.outputs
    assert tensor.dtype.numpy == found.dtype
    assert tensor.shape is not None
    assert len(tensor.shape) == found.ndim
    assert all(known in (None, size) for known, size in zip(tensor.shape, found.shape, strict=True))
    return found


def config_of(node: Any, function: str, kind: str = "TFOpLambda", **names: str) -> dict[str, Any]:
    """The config of a model that calls one function on the inputs x and y, as Keras 2 stores it."""
    inputs = [
        {
            "class_name": "InputLayer",
            "config": {"batch_input_shape": [None, 3], "dtype": "float32", "name": name},
            "name": name,
            "inbound_nodes": [],
        }
        for name in ("x", "y")
    ]
    config = {"name": "op", "trainable": True, "dtype": "float32", "function": function}
    layer = {"class_name": kind, "config": config, "name": "op", "inbound_nodes": [node]}
    return {
        "name": "model",
        "trainable": True,
        "layers": [*inputs, layer],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["op", 0, 0]],
    }


# Function, its stored call, what it gives for X and Y.
CALLS: list[tuple[str, Any, Any]] = [
    ("__operators__.add", ["x", 0, 0, {"y": 1, "name": None}], X + 1),
    ("__operators__.add", ["x", 0, 0, {"y": ["y", 0, 0], "name": None}], X + Y),
    ("__operators__.add", ["x", 0, 0, {"y": [1.0, 2.0, 3.0], "name": None}], X + np.float32([1, 2, 3])),
    ("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0], "name": None}], 1 - X),
    ("math.maximum", ["x", 0, 0, {"y": 0.5}], np.maximum(X, 0.5)),
    ("nn.relu6", ["x", 0, 0, {}], np.clip(X, 0, 6)),
    ("clip_by_value", ["x", 0, 0, {"clip_value_min": -1, "clip_value_max": 1.5}], np.clip(X, -1, 1.5)),
    ("math.reduce_mean", ["x", 0, 0, {"axis": 1, "keepdims": True}], X.mean(1, keepdims=True)),
    ("math.reduce_sum", ["x", 0, 0, {"axis": [1]}], X.sum(1)),
    ("math.argmax", ["x", 0, 0, {"axis": -1, "output_type": "int32"}], X.argmax(-1).astype(np.int32)),
    ("concat", [["x", 0, 0, {"axis": -1}], ["y", 0, 0, {"axis": -1}]], np.concatenate([X, Y], -1)),
    ("concat", [["x", 0, 0, {"axis": 0}]], X),
    ("stack", [["x", 0, 0, {"axis": 1}], ["y", 0, 0, {"axis": 1}]], np.stack([X, Y], 1)),
    ("reshape", ["x", 0, 0, {"shape": [-1, 1, 3]}], X[:, None]),
    ("expand_dims", ["x", 0, 0, {"axis": -1}], X[..., None]),
    ("cast", ["x", 0, 0, {"dtype": "int32"}], X.astype(np.int32)),
    ("tile", ["x", 0, 0, {"multiples": [1, 2], "name": None}], np.tile(X, (1, 2))),
    ("repeat", ["x", 0, 0, {"repeats": 2, "axis": 1}], np.repeat(X, 2, 1)),
    ("compat.v1.transpose", ["x", 0, 0, {"perm": None, "name": "t", "conjugate": False}], X.T),
    ("compat.v1.gather", ["x", 0, 0, {"indices": [2, 0], "axis": 1, "batch_dims": 0}], X[:, [2, 0]]),
    ("compat.v1.pad", ["x", 0, 0, {"paddings": [[0, 0], [1, 2]]}], np.pad(X, ((0, 0), (1, 2)))),
    ("compat.v1.shape", ["x", 0, 0, {"name": None, "out_type": "int32"}], np.array([2, 3], np.int32)),
    ("linalg.matmul", ["x", 0, 0, {"b": ["y", 0, 0], "transpose_b": True}], X @ Y.T),
    ("tensordot", ["x", 0, 0, {"b": [[1.0], [2.0], [3.0]], "axes": 1}], X @ np.float32([[1], [2], [3]])),
    ("math.scalar_mul", ["_CONSTANT_VALUE", -1, 0.5, {"x": ["x", 0, 0]}], X / 2),
]

SLICES: list[tuple[Any, Any]] = [
    ([ALL, 0], X[:, 0]),
    ([ALL, -1], X[:, -1]),
    ([ALL, {"start": 1, "stop": None, "step": None}], X[:, 1:]),
    ([ALL, {"start": None, "stop": None, "step": -1}], X[:, ::-1]),
    ([ELLIPSIS, None], X[..., None]),
    ([ALL, None, ELLIPSIS, {"start": -2, "stop": None, "step": None}], X[:, None, -2:]),
    ({"start": 1, "stop": None, "step": None}, X[1:]),
    (0, X[0]),
]


def check_stored(config: dict[str, Any]) -> kerasfmt.Model:
    """The model of a config, whose own config is the same."""
    model = kerasfmt.model_from_config(config)
    again = json.loads(json.dumps(model.get_config()))
    (entry,) = [e for e in again["layers"] if e["name"] == "op"]
    assert json.dumps(entry) == json.dumps(config["layers"][-1])
    return model


@pytest.mark.parametrize(("function", "node", "expected"), CALLS, ids=[c[0] for c in CALLS])
def test_functions(function: str, node: Any, expected: Any) -> None:
    found = predict(check_stored(config_of(node, function)), X, Y)
    assert found.shape == np.shape(expected)
    # A few float32 operations.
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("spec", "expected"), SLICES, ids=[json.dumps(s[0])[:40] for s in SLICES])
def test_slices(spec: Any, expected: Any) -> None:
    node = ["x", 0, 0, {"slice_spec": spec}]
    found = predict(check_stored(config_of(node, "__operators__.getitem", "SlicingOpLambda")), X, Y)
    np.testing.assert_array_equal(found, expected)


def test_calls_in_python() -> None:
    x = kerasfmt.Input((3,))
    sliced = SlicingOpLambda("__operators__.getitem")(
        x, slice_spec=[ALL, {"start": 0, "stop": 2, "step": None}]
    )
    first = TFOpLambda("math.add")(3.0, y=sliced)
    both = TFOpLambda("concat")([first, x], axis=1)
    model = kerasfmt.Model(x, Dense(1, use_bias=False, kernel_initializer="ones")(both))
    assert [type(layer).__name__ for layer in model.layers][1:] == [
        "SlicingOpLambda",
        "TFOpLambda",
        "TFOpLambda",
        "Dense",
    ]
    expected = (X[:, :2] + 3).sum(1) + X.sum(1)
    np.testing.assert_allclose(model.predict(X)[:, 0], expected, rtol=1e-6)


def test_integers_divide_as_tensorflow_does() -> None:
    x = kerasfmt.Input((2,), dtype="int32")
    model = kerasfmt.Model(x, TFOpLambda("math.truediv")(x, y=4))
    assert predict(model, np.array([[1, 2]], np.int32)).dtype == np.float64


def test_a_slice_that_a_tensor_ends() -> None:
    x = kerasfmt.Input((None,))
    size = SlicingOpLambda("__operators__.getitem")(TFOpLambda("shape")(x), slice_spec=1)
    half = TFOpLambda("math.floordiv")(size, y=2)
    spec = [ALL, {"start": None, "stop": half, "step": None}]
    model = kerasfmt.Model(x, SlicingOpLambda("__operators__.getitem")(x, slice_spec=spec))
    again = kerasfmt.model_from_config(json.loads(json.dumps(model.get_config())))
    for found in (model, again):
        np.testing.assert_array_equal(predict(found, np.ones((2, 5), np.float32)), np.ones((2, 2)))


REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("nn.no_such", ["x", 0, 0, {}], UnsupportedLayerError, r"layer op .*tf\.nn\.no_such.*custom_objects"),
    (
        "einsum",
        ["_CONSTANT_VALUE", -1, "ab->b", {}],
        InvalidModelError,
        r"layer op .*tf\.einsum takes as \*args",
    ),
    ("__operators__.eq", ["x", 0, 0, {}], InvalidModelError, "first operand of == only.*tf.equal"),
    ("where", ["x", 0, 0, {"x": 1.0}], InvalidModelError, "layer op .*expected x and y, or neither"),
    (
        "compat.v1.boolean_mask",
        ["x", 0, 0, {"mask": [True, False], "axis": 1}],
        InvalidModelError,
        r"layer op .*axis 0 of the mask: expected size 3, got 2",
    ),
    (
        "gather_nd",
        ["x", 0, 0, {"indices": [[0]], "batch_dims": 2}],
        InvalidModelError,
        "layer op .*batch_dims",
    ),
    ("sort", ["x", 0, 0, {"direction": "UP"}], InvalidModelError, "layer op .*direction 'ASCENDING'.*'UP'"),
    ("sort", ["x", 0, 0, {"axis": 2}], InvalidModelError, "layer op .*axis 2 is out of range"),
    (
        "math.add",
        ["x", 0, 0, {"z": 1}],
        InvalidModelError,
        r"layer op .*tf\.math\.add\(float32\(None, 3\), z=1\)",
    ),
    ("math.add", ["x", 0, 0, {}], InvalidModelError, "layer op .*'y'"),
    ("reshape", ["x", 0, 0, {"shape": [4, 5, -1, -1]}], InvalidModelError, "layer op .*reshape"),
    ("linalg.matmul", ["x", 0, 0, {"b": [[1.0], [2.0]]}], InvalidModelError, "layer op .*matmul"),
    ("concat", [["x", 0, 0, {"axis": 5}], ["y", 0, 0, {"axis": 5}]], InvalidModelError, "layer op .*axis"),
    ("cast", ["x", 0, 0, {"dtype": "no_dtype"}], InvalidModelError, "layer op .*no_dtype"),
    ("math.reduce_sum", ["x", 0, 0, {"axis": "first"}], InvalidModelError, "layer op .*reduce_sum"),
]


@pytest.mark.parametrize(("function", "node", "error", "text"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refused(function: str, node: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        kerasfmt.model_from_config(config_of(node, function))


def nested(config: dict[str, Any]) -> dict[str, Any]:
    """The config of a Sequential model "outer" that holds the model of `config`, renamed "inner"."""
    (x,) = config["input_layers"][:1]
    inner = {**config, "name": "inner", "input_layers": [x]}
    inner["layers"] = [layer for layer in config["layers"] if layer["name"] != "y"]
    start = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 3], "name": "start"}}
    return {"name": "outer", "layers": [start, {"class_name": "Functional", "config": inner}]}


OF_ONE = [refused for refused in REFUSED if not isinstance(refused[1][0], list)]


@pytest.mark.parametrize(("function", "node", "error", "text"), OF_ONE, ids=[r[0] for r in OF_ONE])
def test_refused_with_the_path(function: str, node: Any, error: type[Exception], text: str) -> None:
    config = nested(config_of(node, function))
    with pytest.raises(error, match=f"^model outer/inner: .*?{text}"):
        kerasfmt.model_from_config(config)


@pytest.mark.parametrize(
    "spec", [{"start": 0}, [{"class_name": "Dense"}], ["a"], {"start": "a", "stop": 1, "step": 1}]
)
def test_refused_slices(spec: Any) -> None:
    config = config_of(["x", 0, 0, {"slice_spec": spec}], "__operators__.getitem", "SlicingOpLambda")
    with pytest.raises(InvalidModelError, match="op"):
        kerasfmt.model_from_config(config)


def test_a_function_must_be_a_name() -> None:
    with pytest.raises(InvalidModelError, match=r"layer op .*option function: expected a text, got 3"):
        kerasfmt.model_from_config(config_of(["x", 0, 0, {}], 3))  # type: ignore[arg-type]
