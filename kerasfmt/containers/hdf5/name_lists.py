"""Lists of names in HDF5 attributes, as Keras writes them.

    one text (bytes)    a scalar string of variable length, ASCII
    one text (str)      a scalar string of variable length, UTF-8
    names               an array of strings of variable length, ASCII; an empty list: float64 (0,)
    many names          arrays of strings of fixed length, name0, name1, ..., of equal numbers of names

HDF5 keeps attributes in an object's header, which takes at most 64 KiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.errors import InvalidModelError

HEADER_LIMIT: Final = 64512
"""Bytes of names that go into one attribute; Keras's HDF5_OBJECT_HEADER_LIMIT."""
_REFERENCE_SIZE: Final = 16
"""Bytes of a string of variable length in an object's header: its size and where it is stored."""


def name_attributes(key: str, names: Sequence[str], where: str) -> Mapping[str, Any]:
    """The attributes that hold a list of names, by attribute name.

    Keras splits a list when its names, padded to the longest one, exceed the limit. It fails on a shorter list
    of more than 4,032 names, whose references do not fit the header; here such a list is split too.

    Args:
      key: name of the attribute.
      names: the names.
      where: what errors begin with.

    Raises:
      InvalidModelError: one name alone is too long.

    Source: keras/src/saving/legacy/hdf5_format.py, save_attributes_to_hdf5_group
    """
    encoded = [name.encode() for name in names]
    longest = max(encoded, key=len, default=b"")
    if len(longest) > HEADER_LIMIT:
        raise InvalidModelError(
            f"{where}: a name of {len(longest)} bytes, {longest[:40].decode(errors='replace')}...: expected at "
            f"most {HEADER_LIMIT}, which is what HDF5 can hold; rename the layer"
        )
    size = len(encoded) * max(len(longest), 1)
    if size <= HEADER_LIMIT and len(encoded) * _REFERENCE_SIZE <= HEADER_LIMIT:
        return {key: encoded}
    together = HEADER_LIMIT // len(longest)
    pieces = -(-len(encoded) // together)
    # A name that ends in a zero byte would lose it in an array of fixed length; none does (see write_plan.py).
    found = np.array_split(np.asarray(encoded), max(pieces, 1))
    if len(found) == 1:
        return {key: found[0]}
    return {f"{key}{number}": piece for number, piece in enumerate(found)}
