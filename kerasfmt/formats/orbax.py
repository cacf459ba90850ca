"""Checkpoints of Orbax: a tree of arrays in zarr, alone or in an OCDBT store; read by tensorstore.

    _METADATA               JSON: the tree, with the path of each array and how it is kept
    manifest.ocdbt, d/      the store of all arrays
    params.head.kernel/     else the zarr array of each

A step of a CheckpointManager has the tree in its item, `default/`.

Source: orbax/checkpoint/_src/metadata/tree.py, InternalTreeMetadata; type_handlers.py, get_tensorstore_spec
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.errors import CorruptFileError

if TYPE_CHECKING:
    import numpy.typing as npt

    from kerasfmt.ir.weight import ArrayLike

_METADATA: Final = "_METADATA"
_STORE: Final = "manifest.ocdbt"
_ITEMS: Final = ("default", "state", "params", "model")


def _tree_of(path: Path) -> Path | None:
    """The directory of the tree of arrays; None where there is none."""
    for found in (path, *(path / item for item in _ITEMS)):
        if (found / _METADATA).is_file():
            return found
    return None


def is_checkpoint(path: Path) -> bool:
    """Whether a directory is a checkpoint of Orbax, or a step with one."""
    return _tree_of(path) is not None


def open_arrays(path: Path) -> dict[str, ArrayLike]:
    """The arrays of a checkpoint by the names of their places, `params/Dense_0/kernel`; read when they are used.

    Args:
      path: its directory.

    Raises:
      CorruptFileError: it does not say what it holds, or an array is missing.
      ImportError: tensorstore is not installed.
    """
    try:
        import tensorstore
    except ImportError as error:
        raise ImportError(
            f"{path}: checkpoints of Orbax are read by tensorstore: pip install 'kerasfmt[orbax]'"
        ) from error
    tree = _tree_of(path)
    assert tree is not None, path
    found: dict[str, ArrayLike] = {}
    for keys, zarr3 in _leaves(tree):
        spec = _spec(tree, keys, zarr3)
        try:
            found["/".join(keys)] = _Stored(tensorstore.open(spec, read=True, open=True).result())
        except ValueError as error:
            raise CorruptFileError(f"{tree}: {'/'.join(keys)}: {error!s:.300}") from error
    return found


def _leaves(tree: Path) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The path of each array in the tree, and whether it is kept as zarr 3."""
    where = tree / _METADATA
    try:
        said: Any = json.loads(where.read_bytes())
        zarr3 = bool(said.get("use_zarr3", False))
        for entry in said["tree_metadata"].values():
            value = entry["value_metadata"]
            if value.get("skip_deserialize") or value.get("value_type") in ("None", "Dict", "List", "Tuple"):
                continue
            yield tuple(str(key["key"]) for key in entry["key_metadata"]), zarr3
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CorruptFileError(f"{where}: it cannot be read: {error!r}; the checkpoint is damaged") from error


def _spec(tree: Path, keys: tuple[str, ...], zarr3: bool) -> Mapping[str, Any]:
    driver, name = ("zarr3" if zarr3 else "zarr"), ".".join(keys)
    if (tree / _STORE).is_file():
        store = {"driver": "ocdbt", "base": f"file://{tree.resolve()}/", "path": f"{name}/"}
    else:
        store = {"driver": "file", "path": f"{(tree / name).resolve()}/"}
    return {"driver": driver, "kvstore": store}


class _Stored:
    """An array that tensorstore reads when it is used.

    Attributes:
      shape: its shape.
      dtype: its NumPy dtype.
    """

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape, self.dtype = tuple(array.shape), array.dtype.numpy_dtype

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        found: npt.NDArray[Any] = self._array[key].read().result()
        return found

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        array: npt.NDArray[Any] = self._array.read().result()
        return array if dtype is None else array.astype(dtype, copy=False)
