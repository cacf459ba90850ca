"""Nested structures of tensors: lists, tuples and dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def flat(structure: Any) -> list[Any]:
    """The leaves, those of dicts in the order of their keys."""
    if isinstance(structure, Mapping):
        return [leaf for name in sorted(structure) for leaf in flat(structure[name])]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in flat(item)]
    return [structure]


def template(structure: Any, flat: Sequence[Any]) -> Any:
    """`structure` with each leaf replaced by its position in `flat`, found by identity; JSON can hold it."""
    if isinstance(structure, dict):
        return {name: template(value, flat) for name, value in structure.items()}
    if isinstance(structure, list | tuple):
        return [template(value, flat) for value in structure]
    return next(i for i, leaf in enumerate(flat) if leaf is structure)


def fill(shape: Any, flat: Sequence[Any]) -> Any:
    """The structure that `template` was made of, with `flat` as its leaves."""
    if isinstance(shape, dict):
        return {name: fill(value, flat) for name, value in shape.items()}
    if isinstance(shape, list):
        return [fill(value, flat) for value in shape]
    return flat[shape]


def leaves(shape: Any, structure: Any) -> list[Any]:
    """The leaves of `structure`, in the order of the flat list that `template` was given."""
    found: dict[int, Any] = {}

    def walk(shape: Any, value: Any) -> None:
        if isinstance(shape, dict):
            if sorted(shape) != sorted(value):
                raise AssertionError(f"expected a dict of {sorted(shape)}, got {sorted(value)}")
            for name in shape:
                walk(shape[name], value[name])
        elif isinstance(shape, list):
            if isinstance(value, dict) or len(shape) != len(value):
                raise AssertionError(f"expected a list of {len(shape)}, got {value!r}")
            for part, inner in zip(shape, value, strict=True):
                walk(part, inner)
        else:
            found[shape] = value

    walk(shape, structure)
    return [found[i] for i in sorted(found)]
