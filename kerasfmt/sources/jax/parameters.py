"""The parameters of a function as variables, named by their paths.

Source: jax/_src/tree_util.py, tree_flatten_with_path; flax/nnx/statelib.py; equinox/_module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Weight
from kerasfmt.sources.jax.keys import is_key
from kerasfmt.sources.live.arrays import DeferredArray
from kerasfmt.typing import override


class DeviceArray(DeferredArray):
    """The whole content of an array of JAX, which is copied to the host when it is used."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape = tuple(int(size) for size in array.shape)
        self.dtype = np.dtype(array.dtype)

    @override
    def read(self) -> npt.NDArray[Any]:
        return np.asarray(self._array)


class Parameters:
    """The parameters of a model.

    Args:
      jax: the module.
      tree: a pytree of arrays; what is no array in it stays as it is.
      trainable: whether an optimizer may change floats, for all or as a pytree of the same structure, or of a prefix.

    Attributes:
      named: the variables by their paths.
      extra: variables for large arrays that functions close over.

    Raises:
      InvalidModelError: an array was deleted; or `trainable` has another structure.
    """

    def __init__(self, jax: Any, tree: Any, trainable: Any) -> None:
        self._jax = jax
        flat, self._structure = jax.tree_util.tree_flatten_with_path(tree)
        self._leaves = [leaf for _, leaf in flat]
        self._trainable = self._flags(tree, trainable)
        self._by_id: dict[int, Weight] = {}
        self.named: dict[tuple[str, ...], Weight] = {}
        self.extra: list[Weight] = []
        self._kept: list[Any] = []
        self._slots: list[Weight | None] = []
        paths = [_path(path) for path, _ in flat]
        for place, ((_, leaf), path) in enumerate(zip(flat, paths, strict=True)):
            if not is_array(leaf):
                self._slots.append(None)
                continue
            known = self._by_id.get(id(leaf))
            if known is None:
                known = self._weight("/".join(path) or "params", leaf, self._trainable[place])
                self.named[_free(path, self.named)] = known
            self._slots.append(known)

    def _flags(self, tree: Any, trainable: Any) -> Sequence[bool]:
        if isinstance(trainable, bool):
            return [trainable] * len(self._leaves)
        try:
            spread = self._jax.tree_util.tree_map(
                lambda flag, part: self._jax.tree_util.tree_map(lambda _: bool(flag), part), trainable, tree
            )
        except ValueError as error:
            raise InvalidModelError(
                f"trainable: expected a bool, or bools in the structure of params: {error}"
            ) from error
        return list(self._jax.tree_util.tree_leaves(spread))

    def _weight(self, name: str, leaf: Any, trainable: bool) -> Weight:
        if getattr(leaf, "is_deleted", bool)():
            raise InvalidModelError(
                f"params {name}: the array was deleted, as jit does with donated "
                "arguments; give the result of the last step"
            )
        array = self._jax.random.key_data(leaf) if is_key(leaf) else leaf
        dtype = dtypes.of(np.dtype(array.dtype))
        weight = Weight(
            name,
            tuple(int(size) for size in array.shape),
            dtype,
            trainable=trainable and dtype.is_floating,
            autocast=False,
        )
        weight.value = array if isinstance(array, np.ndarray) else DeviceArray(array)
        self._by_id[id(leaf)] = weight
        self._kept.append(leaf)
        return weight

    @property
    def variables(self) -> list[Weight]:
        """Every variable."""
        return [*self.named.values(), *self.extra]

    @property
    def arrays(self) -> list[Any]:
        """The arrays in order, those used twice as well."""
        return [leaf for leaf, slot in zip(self._leaves, self._slots, strict=True) if slot is not None]

    @property
    def weights(self) -> list[Weight]:
        """The variable of each of `arrays`."""
        return [slot for slot in self._slots if slot is not None]

    def rebuilt(self, arrays: Sequence[Any]) -> Any:
        """The pytree with other arrays, one for each of `arrays`."""
        given = iter(arrays)
        leaves = [
            leaf if slot is None else next(given)
            for leaf, slot in zip(self._leaves, self._slots, strict=True)
        ]
        return self._jax.tree_util.tree_unflatten(self._structure, leaves)

    def variable_of(self, array: Any) -> Weight:
        """The variable of an array that a function closes over: that of a parameter, or one of its own."""
        known = self._by_id.get(id(array))
        if known is None:
            known = self._weight(f"constants/{len(self.extra)}", array, False)
            self.extra.append(known)
        return known


def is_array(leaf: Any) -> bool:
    """Whether a leaf is an array of JAX or NumPy."""
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def key_names(path: Sequence[Any]) -> list[str]:
    """The keys of a path in a pytree: of mappings, attributes and sequences."""
    found = []
    for key in path:
        for attribute in ("key", "name", "idx"):
            if hasattr(key, attribute):
                found.append(str(getattr(key, attribute)))
                break
    return found


def _path(keys: Sequence[Any]) -> tuple[str, ...]:
    """The path of a leaf as names of variables."""
    found = key_names(keys)
    if len(found) > 1 and found[-1] in ("value", "raw_value") and hasattr(keys[-1], "name"):
        found.pop()  # a variable of Flax's nnx
    return tuple(part.replace("/", "_") or "_" for part in found)


def _free(path: tuple[str, ...], taken: Any) -> tuple[str, ...]:
    """The path, or one with a number at its end where another variable, or what holds others, has it."""
    path = path or ("params",)
    prefixes = {other[: len(path)] for other in taken}
    found, number = path, 0
    while found in prefixes:
        number += 1
        found = (*path[:-1], f"{path[-1]}_{number}")
    return found
