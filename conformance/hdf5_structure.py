"""What two HDF5 files of Keras differ in: groups, datasets, element types, values, attributes and their types.

    python -m conformance.hdf5_structure OURS THEIRS

Configs are compared as what their JSON means; the order of keys is not looked at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

CONFIGS = ("model_config", "training_config")


def differences(ours: Path, theirs: Path) -> list[str]:
    """One line for each difference; none if the files say the same in the same way."""
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        return list(_object("", a, b))


def _object(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    yield from _attributes(path, ours, theirs)
    if type(ours) is not type(theirs):
        yield f"{path}: {type(ours).__name__}, theirs {type(theirs).__name__}"
    elif isinstance(ours, h5py.Dataset):
        a, b = ((d.dtype, d.shape, d.chunks, d.compression) for d in (ours, theirs))
        if a != b:
            yield f"{path}: {a}, theirs {b}"
        elif not np.array_equal(ours[()], theirs[()]):
            yield f"{path}: other values"
    else:
        if list(ours) != list(theirs):
            yield f"{path}: holds {list(ours)}, theirs {list(theirs)}"
        for name in ours:
            if name in theirs:
                yield from _object(f"{path}/{name}", ours[name], theirs[name])


def _attributes(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if list(ours.attrs) != list(theirs.attrs):
        yield f"{path}: attributes {list(ours.attrs)}, theirs {list(theirs.attrs)}"
    for name in ours.attrs:
        if name not in theirs.attrs:
            continue
        a, b = (_attribute_type(o, name) for o in (ours, theirs))
        if a != b:
            yield f"{path}: attribute {name}: {a}, theirs {b}"
        left, right = ours.attrs[name], theirs.attrs[name]
        if name in CONFIGS:
            yield from _json(f"{path}: {name}", json.loads(left), json.loads(right))
        elif not np.array_equal(left, right):
            yield f"{path}: attribute {name}: {left!r}, theirs {right!r}"


def _attribute_type(owner: Any, name: str) -> tuple[Any, ...]:
    attribute = owner.attrs.get_id(name)
    kind = attribute.get_type()
    found = (
        kind.get_class(),
        kind.get_size(),
        attribute.get_space().get_simple_extent_type(),
        attribute.shape,
    )
    if isinstance(kind, h5py.h5t.TypeStringID):
        found += (kind.is_variable_str(), kind.get_cset(), kind.get_strpad())
    return found


def _json(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if type(ours) is not type(theirs):
        yield f"{path}: {ours!r}, theirs {theirs!r}"
    elif isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            yield f"{path}: keys {sorted(ours)}, theirs {sorted(theirs)}"
        for key in ours.keys() & theirs.keys():
            yield from _json(f"{path}.{key}", ours[key], theirs[key])
    elif isinstance(ours, list) and len(ours) == len(theirs):
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            yield from _json(f"{path}[{index}]", a, b)
    elif ours != theirs:
        yield f"{path}: {ours!r}, theirs {theirs!r}"


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print(*found, sep="\n")
    sys.exit(bool(found))
