"""The differences of two HDF5 files of Keras: groups, datasets, attributes, their types, spaces, layout and values.

    python -m conformance.hdf5_structure OURS THEIRS

What `h5diff` and `h5dump -p` tell, and the types as the HDF5 library encodes them.
Configs that differ are compared as what their JSON means, to say where.
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
        return
    a, b = (_created(owner) for owner in (ours, theirs))
    if a != b:
        yield f"{path}: creation properties {a!r}, theirs {b!r}"
    if isinstance(ours, h5py.Dataset):
        a, b = ((d.dtype, d.id.get_type().encode(), d.shape, d.maxshape) for d in (ours, theirs))
        if a != b:
            yield f"{path}: {a}, theirs {b}"
        elif not np.array_equal(ours[()], theirs[()]) or ours[()].tobytes() != theirs[()].tobytes():
            yield f"{path}: other values"
        return
    if list(ours) != list(theirs):
        yield f"{path}: holds {list(ours)}, theirs {list(theirs)}"
    for name in ours:
        if name in theirs:
            a, b = (type(owner.get(name, getlink=True)) for owner in (ours, theirs))
            if a != b:
                yield f"{path}/{name}: {a.__name__}, theirs {b.__name__}"
            yield from _object(f"{path}/{name}", ours[name], theirs[name])


def _created(owner: Any) -> tuple[Any, ...]:
    """How an object was made: order and times that are kept, layout, chunks, filters, fill value."""
    own = h5py.h5g.open(owner.id, b"/") if isinstance(owner, h5py.File) else owner.id
    made = own.get_create_plist()
    kept = (made.get_attr_creation_order(), made.get_obj_track_times())
    if not isinstance(owner, h5py.Dataset):
        return (*kept, made.get_link_creation_order(), made.get_attr_phase_change())
    filters = [made.get_filter(number) for number in range(made.get_nfilters())]
    chunks = made.get_chunk() if made.get_layout() == h5py.h5d.CHUNKED else None
    fill = (made.fill_value_defined(), made.get_fill_time(), made.get_alloc_time(), owner.fillvalue)
    return (*kept, made.get_layout(), chunks, filters, *fill, made.get_external_count())


def _attributes(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if list(ours.attrs) != list(theirs.attrs):
        yield f"{path}: attributes {list(ours.attrs)}, theirs {list(theirs.attrs)}"
    for name in ours.attrs:
        if name not in theirs.attrs:
            continue
        a, b = (_attribute_type(o, name) for o in (ours, theirs))
        if a != b and not (name in CONFIGS and a[1:] == b[1:]):  # a config's type has its length
            yield f"{path}: attribute {name}: {a}, theirs {b}"
        left, right = ours.attrs[name], theirs.attrs[name]
        if name in CONFIGS:
            found = list(_json(f"{path}: {name}", json.loads(left), json.loads(right)))
            if not found and left != right:
                found = [f"{path}: {name}: the same in other words: {left[:200]!r}, theirs {right[:200]!r}"]
            yield from found
        elif not np.array_equal(left, right):
            yield f"{path}: attribute {name}: {left!r}, theirs {right!r}"


def _attribute_type(owner: Any, name: str) -> tuple[Any, ...]:
    attribute = owner.attrs.get_id(name)
    kind, space = attribute.get_type(), attribute.get_space()
    found = (kind.encode(), kind.get_class(), space.get_simple_extent_type(), attribute.shape)
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
