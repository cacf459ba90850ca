"""The inputs of a function, as users write them, as shapes and dtypes that JAX traces.

    "float32[b, t, 64]"         dtype and dimensions: numbers, and expressions of names, as jax.export takes them
    kerasfmt.Spec               None in its shape: a name of its own; on the first axis `batch`, one for all inputs
    jax.ShapeDtypeStruct        as it is
    an array                    its shape and dtype
    dicts, lists and tuples of these

Source: jax/_src/export/shape_poly.py, symbolic_shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.graph import Spec

_TEXT: Final = re.compile(r"\s*(\w+)\s*(?:\[(.*)\])?\s*", re.DOTALL)


@dataclass(frozen=True)
class Argument:
    """A tensor among the arguments of a function.

    Attributes:
      name: its name, made of the argument and of its place in it.
      shape: its dimensions: numbers, and symbolic expressions of JAX.
      dtype: its dtype outside of the function, which casts it where JAX has it in 32 bits.
    """

    name: str
    shape: tuple[Any, ...]
    dtype: DType

    @property
    def spec(self) -> Spec:
        """The spec with None for what is symbolic."""
        known = tuple(int(d) if isinstance(d, int | np.integer) else None for d in self.shape)
        return Spec(known, self.dtype, self.name)


@dataclass(frozen=True)
class Arguments:
    """The arguments of a function.

    Attributes:
      names: the name of each.
      tensors: the tensors in them, in JAX's order.
      structs: a structure of jax.ShapeDtypeStruct for each argument.
    """

    names: Sequence[str]
    tensors: Sequence[Argument]
    structs: Sequence[Any]


class Scope:
    """The symbols of one model.

    Args:
      jax: the module.
      constraints: what holds for them, `"t >= 8"`.

    Raises:
      InvalidModelError: JAX does not take a constraint.
    """

    def __init__(self, jax: Any, constraints: Sequence[str]) -> None:
        self._jax = jax
        try:
            self._scope = jax.export.SymbolicScope(tuple(constraints))
        except ValueError as error:
            raise InvalidModelError(f"constraints {list(constraints)}: {error}") from error

    def arguments(self, inputs: Any) -> Arguments:
        """The arguments of a function.

        Args:
          inputs: what describes each argument, by name.

        Raises:
          InvalidModelError: one of them cannot be understood.
        """
        if not isinstance(inputs, Mapping) or not all(isinstance(name, str) for name in inputs):
            raise InvalidModelError(
                f"inputs: expected a dict of the arguments' names, as {{'x': 'float32[b, 4]'}}, got {inputs!r:.80}"
            )
        tensors: list[Argument] = []
        structs = [self._struct(name, given, tensors) for name, given in inputs.items()]
        names = [tensor.name for tensor in tensors]
        if len(set(names)) < len(names):
            raise InvalidModelError(f"inputs: two tensors have one name among {names}; rename an argument")
        return Arguments(list(inputs), tensors, structs)

    def _struct(self, name: str, given: Any, tensors: list[Argument]) -> Any:
        if isinstance(given, Mapping):
            return {key: self._struct(f"{name}_{key}", given[key], tensors) for key in sorted(given)}
        if isinstance(given, list | tuple):
            return type(given)(self._struct(f"{name}_{i}", item, tensors) for i, item in enumerate(given))
        tensor = self._tensor(name, given)
        tensors.append(tensor)
        inner = self._jax.dtypes.canonicalize_dtype(tensor.dtype.numpy)
        return self._jax.ShapeDtypeStruct(tensor.shape, inner)

    def _tensor(self, name: str, given: Any) -> Argument:
        try:
            if isinstance(given, str):
                return self._parsed(name, given)
            if isinstance(given, Spec):
                return Argument(name, self._named(name, given), given.dtype)
            if hasattr(given, "shape") and hasattr(given, "dtype"):
                return Argument(name, tuple(given.shape), dtypes.of(np.dtype(given.dtype)))
        except KerasfmtError as error:
            raise InvalidModelError(f"input {name}: {error}") from error
        raise InvalidModelError(
            f"input {name}: expected 'float32[b, 4]', a Spec, a ShapeDtypeStruct or an array, got {given!r:.80}"
        )

    def _parsed(self, name: str, text: str) -> Argument:
        found = _TEXT.fullmatch(text)
        if found is None:
            raise InvalidModelError(
                f"input {name}: expected dtype[dimensions], as 'float32[b, 4]', got {text!r:.80}"
            )
        dtype = dtypes.of(found[1])
        return Argument(name, self._symbols(name, found[2] or ""), dtype)

    def _symbols(self, name: str, text: str) -> tuple[Any, ...]:
        if not text.strip():
            return ()
        try:
            return tuple(self._jax.export.symbolic_shape(text, scope=self._scope))
        except ValueError as error:
            raise InvalidModelError(f"input {name}: dimensions {text!r:.80}: {error}") from error

    def _named(self, name: str, spec: Spec) -> tuple[Any, ...]:
        if spec.shape is None:
            raise InvalidModelError(
                f"input {name}: its rank is not known; give a shape, with None for what is open"
            )
        plain = re.sub(r"\W", "_", name)
        words = [
            str(dim) if dim is not None else "batch" if axis == 0 else f"{plain}_{axis}"
            for axis, dim in enumerate(spec.shape)
        ]
        return self._symbols(name, ", ".join(words))
