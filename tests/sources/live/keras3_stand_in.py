"""A stand-in for Keras 3: symbolic tensors, operations, variables and layers, as far as recording looks at them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

ROOT = "keras.src"


class KerasTensor:
    __module__ = f"{ROOT}.backend.common.keras_tensor"

    def __init__(self, shape: Any, dtype: str = "float32") -> None:
        self.shape, self.dtype = tuple(shape), str(dtype)

    def __bool__(self) -> bool:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __add__(self, other: Any) -> Any:
        return Add()(self, other)

    def __mul__(self, other: Any) -> Any:
        return Multiply()(self, other)

    def __sub__(self, other: Any) -> Any:
        return Subtract()(self, other)

    def __lt__(self, other: Any) -> Any:
        return Less()(self, other)


def any_symbolic_tensors(args: Any = (), kwargs: Any = None) -> bool:
    return any(isinstance(value, KerasTensor) for value in _leaves([args, kwargs or {}]))


def _leaves(value: Any) -> Iterator[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else None
    if items is None:
        yield value
    else:
        for item in items:
            yield from _leaves(item)


class Operation:
    __module__ = f"{ROOT}.ops.operation"

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any_symbolic_tensors(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)  # type: ignore[attr-defined]

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        return self.compute_output_spec(*args, **kwargs)  # type: ignore[attr-defined]

    def get_config(self) -> dict[str, Any]:
        return {"name": "op", **self.options}


class _Elementwise(Operation):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any, y: Any = None) -> KerasTensor:
        shapes = [np.empty(getattr(v, "shape", ()), bool) for v in (x, y)]
        return KerasTensor(np.broadcast(*shapes).shape, x.dtype)


class Add(_Elementwise):
    __module__ = f"{ROOT}.ops.numpy"


class Subtract(_Elementwise):
    __module__ = f"{ROOT}.ops.numpy"


class Multiply(_Elementwise):
    __module__ = f"{ROOT}.ops.numpy"


class Sin(_Elementwise):
    __module__ = f"{ROOT}.ops.numpy"


class Less(_Elementwise):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any, y: Any = None) -> KerasTensor:
        return KerasTensor(super().compute_output_spec(x, y).shape, "bool")


class Strange(_Elementwise):
    """An operation that kerasfmt does not have."""

    __module__ = f"{ROOT}.ops.numpy"


class Matmul(Operation):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any, y: Any) -> KerasTensor:
        return KerasTensor((*x.shape[:-1], y.shape[-1]), x.dtype)


class Reshape(Operation):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any) -> KerasTensor:
        return KerasTensor(np.empty(x.shape, bool).reshape(self.options["newshape"]).shape, x.dtype)


class Mean(Operation):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any) -> KerasTensor:
        axis = self.options.get("axis")
        return KerasTensor(np.mean(np.zeros(x.shape), axis=axis).shape, x.dtype)


class Tile(Operation):
    __module__ = f"{ROOT}.ops.numpy"

    def compute_output_spec(self, x: Any) -> KerasTensor:
        return KerasTensor(np.tile(np.empty(x.shape, bool), self.options["repeats"]).shape, x.dtype)


class Variable:
    __module__ = f"{ROOT}.backend.common.variables"

    def __init__(self, path: str, array: Any, trainable: bool = True, regularizer: Any = None) -> None:
        self.path, self.name = path, path.rpartition("/")[2]
        self._value = np.asarray(array)
        self.trainable, self.regularizer = trainable, regularizer
        self.shape, self.dtype = self._value.shape, self._value.dtype.name

    @property
    def value(self) -> Any:
        return self._value

    def assign(self, value: Any) -> None:
        self._value = np.asarray(value)


class Layer(Operation):
    __module__ = f"{ROOT}.layers.layer"
    supports_masking = False
    activity_regularizer: Any = None
    autocast = True
    compute_dtype = input_dtype = "float32"
    trainable = True

    def __init__(self, name: str) -> None:
        self.name, self.built = name, True
        self.dtype_policy = SimpleNamespace(name="float32")
        self._trainable_variables: list[Any] = []
        self._non_trainable_variables: list[Any] = []

    def add_weight(self, name: str, array: Any, trainable: bool = True, regularizer: Any = None) -> Variable:
        made = Variable(f"{self.name}/{name}", array, trainable, regularizer)
        (self._trainable_variables if trainable else self._non_trainable_variables).append(made)
        return made

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        held = [v for v in _leaves(list(vars(self).values())) if isinstance(v, Layer)]
        inner = [x for layer in held for x in layer._flatten_layers()]
        return [self, *inner] if include_self else inner

    @property
    def trainable_weights(self) -> list[Any]:
        return [v for layer in self._flatten_layers() for v in layer._trainable_variables]

    @property
    def non_trainable_weights(self) -> list[Any]:
        return [v for layer in self._flatten_layers() for v in layer._non_trainable_variables]

    @property
    def weights(self) -> list[Any]:
        return [*self.trainable_weights, *self.non_trainable_weights]

    variables = weights

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        return self.compute_output_spec(*args, **kwargs)

    def compute_output_spec(self, x: Any, **kwargs: Any) -> Any:
        return KerasTensor(x.shape, x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": True}


class Dense(Layer):
    __module__ = f"{ROOT}.layers.core.dense"

    def __init__(self, name: str, kernel: Any) -> None:
        super().__init__(name)
        self._kernel = self.add_weight("kernel", kernel)

    def compute_output_spec(self, x: Any, **kwargs: Any) -> Any:
        assert isinstance(self._kernel, Variable)  # Keras's own code never meets what stands for a variable
        return KerasTensor((*x.shape[:-1], self._kernel.shape[-1]), x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "units": self._kernel.shape[-1], "use_bias": False}


class Model(Layer):
    __module__ = f"{ROOT}.models.model"
    optimizer: Any = None
    _build_shapes_dict: Any = None

    @property
    def layers(self) -> list[Any]:
        return [v for v in _leaves(list(vars(self).values())) if isinstance(v, Layer)]


class Scan(Operation):
    __module__ = f"{ROOT}.ops.core"

    def call(self, f: Any, init: Any, xs: Any) -> Any:
        return control("scan", f, init, xs, length=None, reverse=self.options["reverse"])


def _random(name: str) -> Any:
    def draw(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"{name} was drawn")

    return draw


BACKEND = ["numpy"]
"""The name of the backend."""
CONTROL = (
    "cond", "switch", "while_loop", "fori_loop", "scan", "associative_scan", "map", "vectorized_map",
)  # fmt: skip


def _running(name: str) -> Any:
    """A function of a backend that runs others; it takes no symbolic tensors."""

    def run(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"{name} ran")

    return run


def control(name: str, *args: Any, **kwargs: Any) -> Any:
    """A function of `keras.ops` that runs others, such as `keras.ops.cond`."""
    return getattr(sys.modules[f"{ROOT}.ops.core"].backend.core, name)(*args, **kwargs)  # type: ignore[attr-defined]


_NAMES = ("normal", "uniform", "randint", "truncated_normal", "dropout", "gamma")


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the modules of the stand-in those of the process."""
    arrays = SimpleNamespace(
        arange=np.arange, zeros=np.zeros, ones=np.ones, full=np.full, eye=np.eye, tri=np.tri,
        tile=np.tile, broadcast_to=np.broadcast_to, repeat=np.repeat,
    )  # fmt: skip
    core = SimpleNamespace(**{name: _running(name) for name in CONTROL})
    random = SimpleNamespace(**{n: _random(n) for n in _NAMES})
    backend = SimpleNamespace(numpy=arrays, random=random, core=core)
    contents: dict[str, dict[str, Any]] = {
        "backend.common.keras_tensor": {
            "KerasTensor": KerasTensor,
            "any_symbolic_tensors": any_symbolic_tensors,
        },
        "ops.operation": {"any_symbolic_tensors": any_symbolic_tensors},
        "ops.numpy": {"backend": backend, "Tile": Tile},
        "random.random": {"backend": backend},
        "ops.core": {"backend": backend},
        "backend": {
            "floatx": lambda: "float32",
            "backend": lambda: BACKEND[0],
            "result_type": lambda dtype: dtype.replace("64", "32"),
        },
    }
    any_symbolic_tensors.__module__ = KerasTensor.__module__
    for name, content in contents.items():
        module = ModuleType(f"{ROOT}.{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, f"{ROOT}.{name}", module)


def normal(shape: Any) -> Any:
    """`keras.random.normal`."""
    return sys.modules[f"{ROOT}.random.random"].backend.random.normal(shape)  # type: ignore[attr-defined]


def arange(stop: int) -> Any:
    """`keras.ops.arange`."""
    return sys.modules[f"{ROOT}.ops.numpy"].backend.numpy.arange(stop)  # type: ignore[attr-defined]


def tile(x: Any, repeats: Any) -> Any:
    """`keras.ops.tile`."""
    return sys.modules[f"{ROOT}.ops.numpy"].backend.numpy.tile(x, repeats)  # type: ignore[attr-defined]


__name__ = f"{ROOT}.stand_in"  # the frames of its functions are Keras's, not the user's
