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

from kerasfmt.containers.hdf5.write_plan import WritePlan


def shards(tree: WritePlan, name: str, limit: int) -> tuple[bytes, dict[str, WritePlan]]:
    """The map of weights, and the contents of each file by its name.

    Args:
      tree: all weights.
      name: the beginning of the files' names.
      limit: bytes of weights that one file may hold.

    Raises:
      ValueError: one weight alone is larger.
    """
    below: dict[str, list[str]] = {}
    for path in tree.datasets:
        below.setdefault(path.rpartition("/")[0], []).append(path)
    parts = [WritePlan(tree.name, tree.bfloat16)]
    files: dict[str, list[str]] = {}
    held = total = 0

    def file(place: int) -> str:
        return f"{name}_{place:05}.weights.h5"

    for group, attributes in tree.attributes.items():
        parts[-1].attributes[group] = attributes
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
                parts.append(WritePlan(tree.name, tree.bfloat16))
                held = size
            parts[-1].datasets[path] = weight
            files.setdefault(f"/{group}", []).append(file(len(parts) - 1))
    weight_map = {
        group: names[0] if len(names) == 1 else list(dict.fromkeys(names)) for group, names in files.items()
    }
    document = {"metadata": {"total_size": float(total)}, "weight_map": weight_map}
    return json.dumps(document, indent=4).encode(), {file(place): part for place, part in enumerate(parts)}
