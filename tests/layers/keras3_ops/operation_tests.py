"""What a family of Keras 3's operations declares of itself to be tested: calls, and calls that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import kerasfmt
from kerasfmt.graph.run import run
from kerasfmt.layers.keras3_ops import Operation
from kerasfmt.layers.keras3_ops.operation import OPERATIONS, module_of

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Constant:
    """An array that is stored in the config."""

    array: Array


@dataclass(frozen=True)
class Call:
    """A call of an operation, of which arrays among the arguments are tensors with a batch axis of unknown size.

    `options` are the config of the operation and, where they are arrays or constants, further arguments of the call.
    `gives` is the array or the arrays that it computes.
    """

    kind: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    gives: Any = None
    rtol: float = 2e-6

    def __str__(self) -> str:
        return self.kind


def call(kind: str, *arguments: Any, gives: Any = None, rtol: float = 2e-6, **options: Any) -> Call:
    return Call(kind, arguments, options, gives, rtol)


def tensor_word(name: str, array: Array) -> dict[str, Any]:
    """A tensor among the arguments of a stored call."""
    config = {"shape": shape_of(array), "dtype": str(array.dtype), "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def shape_of(array: Array) -> list[int | None]:
    return [None, *array.shape[1:]]


def slice_word(part: slice) -> dict[str, Any]:
    """A slice among the arguments of a stored call."""
    return {"class_name": "__slice__", "config": {"start": part.start, "stop": part.stop, "step": part.step}}


def as_stored(structure: Any, tensor: Callable[[Array], Any]) -> Any:
    """Arguments as Keras 3 stores them."""
    if isinstance(structure, list | tuple):
        return [as_stored(item, tensor) for item in structure]
    if isinstance(structure, slice):
        return slice_word(structure)
    if structure is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(structure, Constant):
        value, dtype = structure.array.tolist(), str(structure.array.dtype)
        return {"class_name": "__numpy__", "config": {"value": value, "dtype": dtype}}
    return tensor(structure) if isinstance(structure, np.ndarray) else structure


def stored(given: Call) -> tuple[dict[str, Any], list[Array]]:
    """The config of a model of one operation, as Keras 3 stores it, and the arrays that its inputs stand for."""
    arrays: list[Array] = []

    def tensor(array: Array) -> dict[str, Any]:
        arrays.append(array)
        return tensor_word(f"input_{len(arrays) - 1}", array)

    arguments = as_stored(given.arguments, tensor)
    config, named = {"name": "op"}, {}
    for name, option in given.options.items():
        kept = named if isinstance(option, np.ndarray | Constant) else config
        kept[name] = as_stored(option, tensor)
    names = [f"input_{i}" for i in range(len(arrays))]
    inputs = [
        {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "config": {"batch_shape": shape_of(a), "dtype": str(a.dtype), "sparse": False, "name": name},
            "registered_name": None,
            "name": name,
            "inbound_nodes": [],
        }
        for name, a in zip(names, arrays, strict=True)
    ]
    operation = {
        "module": module_of(given.kind),
        "class_name": given.kind,
        "config": config,
        "registered_name": given.kind,
        "name": "op",
        "inbound_nodes": [{"args": arguments, "kwargs": named}],
    }
    count = len(given.gives) if isinstance(given.gives, list) else 1
    model = {
        "name": "model",
        "trainable": True,
        "layers": [*inputs, operation],
        "input_layers": [[name, 0, 0] for name in names],
        "output_layers": [["op", 0, i] for i in range(count)],
    }
    return json.loads(json.dumps(model)), arrays


def predict(model: kerasfmt.Model, arrays: Sequence[Array]) -> list[Array]:
    """The outputs for the arrays, which agree with the symbolic ones."""
    found = [np.asarray(a) for a in run(model.default_trace(training=False).function, list(arrays), {})]
    for tensor, array in zip(model.outputs, found, strict=True):
        assert tensor.dtype.numpy == array.dtype
        assert tensor.shape is not None
        assert len(tensor.shape) == array.ndim
        assert all(known in (None, size) for known, size in zip(tensor.shape, array.shape, strict=True))
    return found


class OperationTests:
    """Operations compute what they say, and so do the functions of TensorFlow that Keras 2 is given for them.

    Every operation of the family, which is the module that the test mirrors, is called.
    """

    calls: ClassVar[Sequence[Call]]
    composed: ClassVar[bool] = False
    """Whether the operations are functions of this package and not of TensorFlow."""
    refused: ClassVar[Sequence[tuple[Call, str]]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "made" in metafunc.fixturenames:
            metafunc.parametrize("made", self.calls, ids=str)
        if "refusal" in metafunc.fixturenames:
            metafunc.parametrize("refusal", self.refused, ids=lambda r: str(r[0]))

    def name_of(self, kind: str) -> str:
        """Keras 2's name of the class that an operation becomes."""
        if kind == "GetItem":
            return "SlicingOpLambda"
        return "Keras3>TFOpLambda" if self.composed else "TFOpLambda"

    def test_every_operation_is_called(self) -> None:
        family = type(self).__module__.replace("tests.", "kerasfmt.", 1).replace(".test_", ".")
        rows = {kind: OPERATIONS.find(kind) for kind in Operation.kinds()}
        wanted = {kind for kind, row in rows.items() if row and row.translate.__module__ == family}
        assert wanted - {made.kind for made in self.calls} == set()

    def test_value(self, made: Call) -> None:
        config, arrays = stored(made)
        model = kerasfmt.model_from_config(config)
        again = kerasfmt.model_from_config(json.loads(json.dumps(model.get_config())))
        (entry,) = [e for e in again.get_config()["layers"] if e["name"] == "op"]
        assert entry["class_name"] == self.name_of(made.kind)
        expected = made.gives if isinstance(made.gives, list) else [made.gives]
        for found in (model, again):
            for result, wanted in zip(predict(found, arrays), expected, strict=True):
                assert result.shape == np.shape(wanted)
                # A dozen float32 operations; what is a small difference of great numbers has the error of those.
                np.testing.assert_allclose(result, wanted, rtol=made.rtol, atol=2e-6)

    def test_refused(self, refusal: tuple[Call, str]) -> None:
        made, message = refusal
        with pytest.raises(kerasfmt.KerasfmtError, match=f"layer op.*{message}"):
            kerasfmt.model_from_config(stored(made)[0])


def floats(*shape: int, low: float = -3, high: float = 3) -> Array:
    """Numbers that depend on their count only."""
    rng = np.random.default_rng(int(np.prod(shape)))
    return rng.uniform(low, high, shape).astype(np.float32)


X = np.array([[-1.5, 0.0, 2.0], [4.0, -0.5, 1.0]], np.float32)
Y = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]], np.float32)
P = np.array([[0.1, 0.5, 0.9], [0.3, 0.7, 0.2]], np.float32)
"""Numbers between 0 and 1."""
N = np.array([[0, 3, -7], [5, 1, 2]], np.int32)
C = np.array([[True, False, True], [False, False, True]])
S = floats(2, 4, 5)
V = np.array([0.5, -2.0, 3.0, 1.5], np.float32)
"""A vector, of which the only axis is the batch."""
IMAGES = floats(2, 6, 8, 3, low=0, high=1)
WILD = np.array([[np.nan, np.inf, -np.inf], [0, 1, -0.0]], np.float32)
