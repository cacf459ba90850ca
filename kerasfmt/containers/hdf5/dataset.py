"""A weight that is still in its HDF5 file.

A dataset is admitted when its header alone shows that it is safe to read: it holds numbers, they are stored in
this file, and the file is large enough for them. Its elements are read when the weight is used, slab by slab.
Compressed elements are counted among what reading the file may cost when the dataset is admitted.
"""

from __future__ import annotations

import math
import os
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.containers.hdf5 import chunks
from kerasfmt.containers.hdf5.chunks import Chunks
from kerasfmt.containers.hdf5.guard import Node, corrupt_file_errors, import_h5py
from kerasfmt.errors import CorruptFileError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.printable import printable
from kerasfmt.typing import record

# A byte of a deflate stream gives at most 1032 bytes (zlib.net/zlib_tech.html); LZF gives fewer than 100.
_MAX_EXPANSION: Final = 1032
_LZF: Final = 32000
_PLAIN_FILTERS: Final = (chunks.SHUFFLE, chunks.FLETCHER32)  # no expansion
_COMPRESSORS: Final = (chunks.GZIP, _LZF)
_NUMERIC_KINDS: Final = "biufc"
_BFLOAT16_SIZE: Final = 2


class LazyDataset:
    """An array in an HDF5 file, read when it is indexed or turned into an array; it keeps the file open.

    Attributes:
      where: file and path, for errors.
      shape: its shape.
      dtype: its NumPy dtype, in native byte order.
      stored_size: its bytes in the file.
    """

    __slots__ = (
        "_chunks",
        "_descriptor",
        "_file",
        "_id",
        "_offset",
        "dtype",
        "shape",
        "stored_size",
        "where",
    )

    def __init__(self, node: Node, file: Any, descriptor: int | None = None) -> None:
        """Admits the dataset at `node`.

        Args:
          node: where it is.
          file: the h5py.File to keep open.
          descriptor: the operating system's descriptor of that file, if nobody else can close it. It reads
            uncompressed bytes three times as fast as the HDF5 library.

        Raises:
          CorruptFileError: it declares more than its bytes can hold.
          UnsafeFileError: its bytes are in other files, or unpack to more than reading the file may cost.
          UnsupportedFormatError: it does not hold plain numbers, or is compressed by an unknown filter.
        """
        self._file = file
        self.where = node.where
        with corrupt_file_errors(node.where):
            found = _admit(node)
        self.shape, self.dtype, self.stored_size = found.shape, found.dtype, found.stored_size
        self._chunks = found.chunks
        self._id = node.id
        self._descriptor = descriptor
        self._offset = None if descriptor is None else found.offset

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        with corrupt_file_errors(self.where):
            if self._offset is not None and (span := self._span(key)) is not None:
                return self._read_plain(*span)
            if self._chunks is not None:
                rows = self._rows(key)
                found = self._chunks.rows(*(rows or (0, self.shape[0])))
                found = found if rows is not None else np.asarray(found[key])
            else:
                found = np.asarray(import_h5py().Dataset(self._id)[key])
            return found.view(self.dtype) if found.dtype.kind == "V" else found.astype(self.dtype, copy=False)

    def _rows(self, key: Any) -> tuple[int, int] | None:
        """The first row and the one after the last that an index selects; None if it selects anything else."""
        if isinstance(key, tuple) and not key:
            return 0, self.shape[0] if self.shape else 1
        rows = key[0] if isinstance(key, tuple) and len(key) == 1 else key
        if not isinstance(rows, slice) or not self.shape:
            return None
        start, stop, step = rows.indices(self.shape[0])
        return (start, max(start, stop)) if step == 1 else None

    def _span(self, key: Any) -> tuple[int, tuple[int, ...]] | None:
        """First byte and shape of the elements that an index selects; None unless they stand one after the other."""
        parts = key if isinstance(key, tuple) else (key,)
        shape, begin, size = list(self.shape), 0, self.nbytes
        if len(parts) > len(shape):
            return None
        apart = False  # with several elements of one axis, those of a further axis are apart
        for axis, part in enumerate(parts):
            if not isinstance(part, slice):
                return None
            start, stop, step = part.indices(self.shape[axis])
            count = max(0, stop - start)
            if step != 1 or (apart and count != self.shape[axis]):
                return None
            apart = apart or count != 1
            size //= self.shape[axis]
            begin += start * size
            shape[axis] = count
        return begin, tuple(shape)

    def _read_plain(self, begin: int, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The array of `shape` whose bytes begin `begin` bytes after the first element."""
        assert self._offset is not None
        assert self._descriptor is not None
        array = np.empty(shape, self.dtype)
        buffer = array.reshape(-1).view(np.uint8).data
        while len(buffer):
            count = os.preadv(self._descriptor, [buffer], self._offset + begin)
            if count == 0:
                raise CorruptFileError(f"{self.where}: the file ends within its bytes; it was cut while open")
            buffer, begin = buffer[count:], begin + count
        return array

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        if copy is False:
            raise ValueError(f"{self.where}: is in a file; it cannot become an array without a copy")
        array = self[()]
        return array if dtype is None else array.astype(dtype, copy=False)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        return printable(f"<LazyDataset {self.where} {self.dtype}{list(self.shape)}>")


@record(frozen=True, eq=False)
class _Admitted:
    """What the header of a dataset says.

    Attributes:
      shape: its shape.
      dtype: its dtype in memory.
      stored_size: its bytes in the file.
      offset: the byte of the file at which the elements begin; None unless they are stored one after the other and as
        they are in memory.
      chunks: what unpacks it; None unless it is compressed with gzip.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored_size: int = 0
    offset: int | None = None
    chunks: Chunks | None = None


def _admit(node: Node) -> _Admitted:
    """What the header of a dataset says, if that shows that it is safe to read."""
    h5d = import_h5py().h5d
    if not isinstance(node.id, h5d.DatasetID):
        raise UnsupportedFormatError(f"{node.where}: expected a dataset, got another kind of object")
    if node.raw is not None and (plain := node.raw.plain(node.address)) is not None:
        return _Admitted(plain.shape, plain.dtype, plain.nbytes, plain.offset)
    # The layout comes first: asking a virtual dataset for its extent opens the files that it is made of.
    plan = node.id.get_create_plist()
    layout = plan.get_layout()
    if layout == h5d.VIRTUAL:
        raise UnsafeFileError(
            f"{node.where}: a virtual dataset takes its bytes from other files; it is not read"
        )
    if plan.get_external_count():
        raise UnsafeFileError(f"{node.where}: its bytes are outside of the file; they are not read")
    stored_dtype = _numeric_dtype(node)
    dtype = dtypes.bfloat16.numpy if stored_dtype.kind == "V" else stored_dtype.newbyteorder("=")
    shape = tuple(int(size) for size in node.id.get_space().get_simple_extent_dims())
    if math.prod(shape) == 0:
        return _Admitted(shape, dtype)
    stored = int(node.id.get_storage_size())
    _check_size(
        node, math.prod(shape) * dtype.itemsize, stored, _MAX_EXPANSION if layout == h5d.CHUNKED else 1
    )
    if layout == h5d.CHUNKED:
        return _Admitted(shape, dtype, stored, chunks=_admit_chunks(node, plan, shape, stored_dtype, stored))
    if layout == h5d.CONTIGUOUS:
        offset = node.id.get_offset()
        if offset is None or offset + stored > node.file_size:
            raise CorruptFileError(
                f"{node.where}: its {stored} bytes end after the end of the file, {node.file_size} bytes; "
                "the file is truncated"
            )
        if stored_dtype.kind in "iufV" and stored_dtype.isnative:
            return _Admitted(shape, dtype, stored, int(offset))
    return _Admitted(shape, dtype, stored)


def _admit_chunks(
    node: Node, plan: Any, shape: tuple[int, ...], dtype: np.dtype[Any], stored: int
) -> Chunks | None:
    """What unpacks a dataset in chunks; None where the HDF5 library does. What that costs is counted."""
    filters = _filters(node, plan)
    found = Chunks(node.id, shape, dtype, plan.get_chunk(), filters)
    codes = [code for code, _ in filters]
    if not set(codes) & set(_COMPRESSORS):
        _check_size(node, math.prod(shape) * dtype.itemsize, stored, 1)
        return None
    if found.count > stored:
        raise CorruptFileError(
            f"{node.where}: has {found.count} chunks in {stored} bytes, which cannot hold them; the file is damaged"
        )
    _check_size(node, found.nbytes, stored, _MAX_EXPANSION)
    node.allowance.spend(found.nbytes, node.where)
    if _LZF in codes:
        return None
    if dtype.kind != "V" and not import_h5py().h5t.py_create(dtype).equal(node.id.get_type()):
        raise UnsupportedFormatError(
            f"{node.where}: elements in an unusual form are compressed; save the weights without compression"
        )
    return found


def _numeric_dtype(node: Node) -> np.dtype[Any]:
    """The NumPy dtype of the elements; V2 for bfloat16, which h5py stores as two opaque bytes without a name.

    Source: keras/src/saving/saving_lib.py, H5IOStore.__setitem__ (3.x)
    """
    kind = node.id.get_type()
    dtype: np.dtype[Any] = kind.dtype
    opaque = kind.get_class() == import_h5py().h5t.OPAQUE
    if opaque and dtype.itemsize == _BFLOAT16_SIZE and dtype.kind == "V" and not kind.get_tag():
        return dtype
    if dtype.kind not in _NUMERIC_KINDS or dtype.subdtype is not None:
        raise UnsupportedFormatError(f"{node.where}: expected numbers, got elements of type {dtype}")
    return dtype


def _filters(node: Node, plan: Any) -> list[chunks.Filter]:
    """The filters of a dataset in chunks: at most one that compresses."""
    stated = [plan.get_filter(index) for index in range(plan.get_nfilters())]
    codes = [int(code) for code, *_ in stated]
    compressors = [code for code in codes if code in _COMPRESSORS]
    unknown = [code for code in codes if code not in _COMPRESSORS + _PLAIN_FILTERS]
    if unknown or len(compressors) > 1:
        raise UnsupportedFormatError(
            f"{node.where}: HDF5 filters {codes}: expected at most one of gzip (1) and lzf (32000), with "
            "shuffle (2) and fletcher32 (3); save the weights without compression"
        )
    return [
        (code, int(values[0]) if values else 1) for code, (_, _, values, _) in zip(codes, stated, strict=True)
    ]


def _check_size(node: Node, declared: int, stored: int, expansion: int) -> None:
    if stored > node.file_size:
        raise CorruptFileError(
            f"{node.where}: claims {stored} bytes of a file of {node.file_size}; "
            "the file is damaged or truncated"
        )
    if declared > stored * expansion:
        raise CorruptFileError(
            f"{node.where}: declares {declared} bytes, but {stored} bytes are stored, which cannot hold "
            "them; nothing is allocated for it"
        )
