"""Weights in several HDF5 files beside a map of them, as Keras 3 writes them with `max_shard_size`.

    name.weights.json         {"metadata": {"total_size": 14548.0}, "weight_map": {"/layers/dense/vars":
                              "name_00000.weights.h5", "/optimizer/vars": ["name_00000.weights.h5", ...]}}
    name_00000.weights.h5     the object-path layout of weights.py; a group whose variables lie in two files is
                              in both

`total_size` is in bytes. A group of one variable has its file's name for a value, others a list.

Source: keras/src/saving/saving_lib.py, ShardedH5IOStore (3.x)
"""

from __future__ import annotations

import json
import math
from typing import Any

from kerasfmt.formats.hdf5.tree import Tree


def shards(tree: Tree, name: str, limit: int) -> tuple[bytes, dict[str, Tree]]:
    """The map, and what each file holds by its name.

    Args:
        tree: all weights.
        name: what the names of the files begin with.
        limit: bytes of weights that one file may hold.

    Raises:
        ValueError: one weight alone is larger.
    """
    below: dict[str, list[str]] = {}
    for path in tree.datasets:
        below.setdefault(path.rpartition("/")[0], []).append(path)
    found: dict[str, Tree] = {}
    weight_map: dict[str, Any] = {}
    held = total = 0

    def begin() -> Tree:
        found[f"{name}_{len(found):05}.weights.h5"] = part = Tree(tree.name, tree.bfloat16)
        return part

    part = begin()
    for group, attributes in tree.attributes.items():
        part.attributes[group] = attributes
        for path in below.get(group, ()):
            weight = tree.datasets[path]
            size = math.prod(weight.shape) * weight.dtype.itemsize
            if size > limit:
                raise ValueError(
                    f"{tree.name}: weight {weight.name} takes {size} bytes: expected at most {limit}, "
                    "which is max_shard_size; raise it"
                )
            held, total = held + size, total + size
            if held > limit:
                part, held = begin(), size
            part.datasets[path] = weight
            file = list(found)[-1]
            if f"/{group}" not in weight_map:
                weight_map[f"/{group}"] = file
            else:
                known = weight_map[f"/{group}"]
                known = known if isinstance(known, list) else [known]
                weight_map[f"/{group}"] = known if file in known else [*known, file]
    document = {"metadata": {"total_size": float(total)}, "weight_map": weight_map}
    return json.dumps(document, indent=4).encode(), found
