"""What the functions of `keras.ops` make on symbolic tensors, as their source states it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Collection
from typing import Any

_CONSTANT = "makes a constant of numbers, which is no operation"
_CODE = "its argument is a Python function, which Keras does not store; write it as a layer"
_ANSWER = "answers about a tensor, and makes no operation"

NO_OPERATION: dict[str, str] = {
    **dict.fromkeys(("bartlett", "blackman", "hamming", "hanning", "kaiser"), _CONSTANT),
    **dict.fromkeys(("empty", "eye", "identity", "ones", "tri", "zeros"), _CONSTANT),
    **dict.fromkeys(("custom_gradient", "vectorize"), _CODE),
    **dict.fromkeys(("dtype", "is_tensor", "shape"), _ANSWER),
    "convert_to_numpy": "gives an array, and takes no symbolic tensor",
}
"""Function of `keras.ops` that makes no operation -> why."""

ALIASES = {"abs": "absolute", "conj": "conjugate"}
"""Function that calls another one -> its name."""


def exported(module: Any) -> dict[str, Any]:
    """The functions that `keras.ops` and the modules in it export, by name: `image.resize`, and `relu` once."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    found = {name: value for name, value in own.items() if inspect.isfunction(value)}
    for name, inner in own.items():
        if inspect.ismodule(inner):
            functions = {f: v for f, v in vars(inner).items() if inspect.isfunction(v)}
            found |= {f"{name}.{f}": v for f, v in functions.items() if found.get(f) is not v}
    return found


def made_by(function: Any, classes: Collection[str]) -> list[str]:
    """The classes of operations that a function names in a call."""
    called = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", None))
            if name in classes and name not in called:
                called.append(name)
    return called
