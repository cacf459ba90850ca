"""What a file is going to hold, known before anything is written: groups, attributes, datasets.

Making the tree finds every collision of names, so that writing it cannot stumble over one half-way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.ir import Weight


@dataclass
class Tree:
    """Groups with their attributes, and datasets, by path from the group that is written to.

    Attributes:
        name: what errors call the whole.
        attributes: of each group, in the order in which groups are made; "" is the group written to.
        datasets: the weight of each dataset, in the order in which they are made.
    """

    name: str
    attributes: dict[str, dict[str, Any]] = field(default_factory=lambda: {"": {}})
    datasets: dict[str, Weight] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def group(self, path: str, owner: str) -> dict[str, Any]:
        """A new group; returns its attributes, to be filled.

        Raises:
            InvalidModelError: there is something at the path already, or the path is none.
        """
        self._claim(path, owner)
        return self.attributes.setdefault(path, {})

    def dataset(self, path: str, weight: Weight, owner: str) -> None:
        """A new dataset that holds a weight.

        Raises:
            InvalidModelError: there is something at the path already, or the path is none.
            UnsupportedFormatError: HDF5 has no such element type.
        """
        self._claim(path, owner)
        if weight.dtype.numpy.isbuiltin != 1 or weight.dtype.numpy.kind not in "biufc":
            raise UnsupportedFormatError(
                f"{self.name}: {owner}: HDF5 files of Keras hold no {weight.dtype.name}; cast the weight, or "
                "save the model as a SavedModel"
            )
        self.datasets[path] = weight

    def _claim(self, path: str, owner: str) -> None:
        parts = path.split("/")
        if any(part in ("", ".") for part in parts) or "\0" in path:
            raise InvalidModelError(
                f"{self.name}: {owner}: {path!r} is no path in an HDF5 file: expected names between its "
                "slashes, without zero bytes; rename the layer"
            )
        if path in self._owners:
            raise InvalidModelError(
                f"{self.name}: {owner} and {self._owners[path]} would both be {path!r} in the file; rename one"
            )
        for length in range(1, len(parts)):
            parent = "/".join(parts[:length])
            if parent in self.datasets:
                raise InvalidModelError(
                    f"{self.name}: {owner} would lie below {self._owners[parent]}, {parent!r} in the file, "
                    "which is an array; rename one"
                )
            self._owners.setdefault(parent, owner)
        self._owners[path] = owner
