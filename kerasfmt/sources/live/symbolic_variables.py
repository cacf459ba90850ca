"""Variables of a live Keras 3 layer, and the symbolic tensors that stand for them while its code is recorded.

Source: keras/src/backend/common/variables.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kerasfmt.sources.live.code_lines import running_line
from kerasfmt.sources.live.events import NotRecordable
from kerasfmt.sources.live.objects import keras_classes


def is_variable(value: Any) -> bool:
    """Whether a value is a variable of Keras 3."""
    return bool({"Variable", "KerasVariable"} & keras_classes(value))


def symbolic_variable_class(tensor_class: Any) -> Any:
    """The class of the symbolic tensors that stand for variables.

    One is made of a variable, the dtype that it is read in, and a function. The function gets the variable and the
    value of each assignment.

    Args:
      tensor_class: the class of symbolic tensors.
    """

    def __init__(self: Any, variable: Any, dtype: str, assigned: Callable[[Any, Any], None]) -> None:
        tensor_class.__init__(self, tuple(variable.shape), dtype)
        vars(self).update(kerasfmt_variable=variable, kerasfmt_assigned=assigned)

    def assign(self: Any, value: Any) -> Any:
        self.kerasfmt_assigned(self.kerasfmt_variable, value)
        return self

    def refused(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotRecordable(
            running_line(), f"it reads the content of variable {self.kerasfmt_variable.path} in Python"
        )

    def __getattr__(self: Any, name: str) -> Any:
        if name.startswith("__") or name in ("_keras_history", "_keras_mask"):
            raise AttributeError(name)
        return getattr(self.kerasfmt_variable, name)

    names = {
        "__init__": __init__,
        "__getattr__": __getattr__,
        "assign": assign,
        "assign_add": lambda self, value: assign(self, self + value),
        "assign_sub": lambda self, value: assign(self, self - value),
        "value": property(lambda self: self),
        "numpy": refused,
        "__array__": refused,
    }
    return type("SymbolicVariable", (tensor_class,), names)


def variable_of(value: Any) -> Any:
    """The variable that an argument is or stands for; None for others."""
    if is_variable(value):
        return value
    return vars(value).get("kerasfmt_variable") if hasattr(value, "__dict__") else None


def held_variables(layer: Any, stand_in: Callable[[Any, str], Any]) -> Iterator[tuple[Any, Any, Any, Any]]:
    """What holds the variables that attributes of a layer name, the key, the variable, and what stands for it.

    Args:
      layer: the live layer.
      stand_in: makes what stands for a variable, given the dtype that it is read in.
    """
    skipped = (
        "_trainable_variables",
        "_non_trainable_variables",
        "_metrics",
        "_losses",
        "_seed_generators",
    )
    autocast = bool(getattr(layer, "autocast", True))
    compute = str(getattr(layer, "compute_dtype", "float32"))

    def walk(holder: Any, items: Any, depth: int) -> Iterator[tuple[Any, Any, Any, Any]]:
        for key, value in items:
            if is_variable(value):
                dtype = str(value.dtype)
                cast = autocast and getattr(value, "_autocast", True)
                floats = all(kind.startswith(("float", "bfloat")) for kind in (dtype, compute))
                yield holder, key, value, stand_in(value, compute if cast and floats else dtype)
            elif depth < 4 and isinstance(value, list):
                yield from walk(value, enumerate(value), depth + 1)
            elif depth < 4 and isinstance(value, dict):
                yield from walk(value, list(value.items()), depth + 1)

    yield from walk(vars(layer), [(k, v) for k, v in vars(layer).items() if k not in skipped], 0)
