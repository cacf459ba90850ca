"""Weights in several HDF5 files beside a map of them, as Keras 3 writes them with `max_shard_size`.

    name.weights.json         {"metadata": {"total_size": 14548.0,
                              "crc32c": {"name_00000.weights.h5": "1a2b3c4d", ...}},
                              "weight_map": {"/layers/dense/vars": "name_00000.weights.h5",
                              "/optimizer/vars": ["name_00000.weights.h5", ...]}}
    name_00000.weights.h5     the object-path layout of weights.py; a group whose variables lie in two files is
                              in both
      crc32c                  an attribute: the checksum of its variables, which the map repeats

`total_size` is in bytes. A group of one variable has its file's name for a value, others a list. Keras writes neither
`crc32c`, and reads over them. shard_files.py has the names of the files and puts them into place.

Source: keras/src/saving/saving_lib.py, ShardedH5IOStore (3.x)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kerasfmt.containers.hdf5.write_plan import WritePlan

CRC32C: Final = "crc32c"
"""The attribute of a shard with its checksum, and the member of the map's metadata with all of them."""


@dataclass
class Sharded:
    """Weights, divided into shards.

    Attributes:
      plans: the contents of each shard.
      groups: the shards that hold variables of each group, one for each variable.
      size: bytes of all weights.
    """

    plans: list[WritePlan]
    groups: dict[str, list[int]] = field(default_factory=dict)
    size: int = 0

    def weight_map(self, names: Sequence[str], checksums: Sequence[str]) -> bytes:
        """The file that names the shards.

        Args:
          names: of the shards.
          checksums: of the shards.
        """
        files: Mapping[str, str | list[str]] = {
            group: names[places[0]] if len(places) == 1 else [names[place] for place in dict.fromkeys(places)]
            for group, places in self.groups.items()
        }
        metadata = {
            "total_size": float(self.size),
            CRC32C: dict(zip(names, checksums, strict=True)),
        }
        return json.dumps({"metadata": metadata, "weight_map": files}, indent=4).encode()


def shards(tree: WritePlan, limit: int) -> Sharded:
    """The weights of a plan in shards.

    Args:
      tree: all weights.
      limit: bytes of weights that one shard may hold.

    Raises:
      ValueError: one weight alone is larger.
    """
    below: dict[str, list[str]] = {}
    for path in tree.datasets:
        below.setdefault(path.rpartition("/")[0], []).append(path)
    found = Sharded([WritePlan(tree.name, tree.bfloat16, CRC32C)])
    held = 0
    for group, attributes in tree.attributes.items():
        found.plans[-1].attributes.setdefault(group, {}).update(attributes)
        for path in below.get(group, ()):
            weight = tree.datasets[path]
            size = math.prod(weight.shape) * weight.dtype.itemsize
            if size > limit:
                raise ValueError(
                    f"{tree.name}: weight {weight.name} takes {size} bytes: expected at most {limit}, "
                    "which is max_shard_size; raise it"
                )
            held, found.size = held + size, found.size + size
            if held > limit:
                found.plans.append(WritePlan(tree.name, tree.bfloat16, CRC32C))
                held = size
            found.plans[-1].datasets[path] = weight
            found.groups.setdefault(f"/{group}", []).append(len(found.plans) - 1)
    return found
