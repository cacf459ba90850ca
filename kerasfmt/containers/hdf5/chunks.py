"""The chunks of a gzip-compressed HDF5 dataset, unpacked one band at a time.

    chunk       a cell of a grid over the elements, in C order; at the far edges it is as large as elsewhere
    filters     are applied in order, and undone in reverse
    gzip        a zlib stream, whose checksum is verified
    shuffle     the first byte of each element, then the second of each, ...; then the bytes of no whole element
    fletcher32  a checksum of 4 bytes at the end; the one of gzip covers the same bytes
    band        the chunks with the same place along the first axis

The HDF5 library unpacks a whole stream, whatever the size of the chunk. Here not a byte more is unpacked than a
chunk holds. A chunk is also unpacked once where a band is read in several slabs.

Source: HDF5 File Format Specification 3.0, III.B and IV.A.2.l; hdf5/src/H5Zdeflate.c, H5Zshuffle.c
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt.errors import CorruptFileError

GZIP: Final = 1
SHUFFLE: Final = 2
FLETCHER32: Final = 3
_CHECKSUM_SIZE: Final = 4

Filter = tuple[int, int]
"""The number of a filter; the bytes of an element for SHUFFLE."""


class Chunks:
    """The elements of a dataset.

    Args:
      dataset: h5py's low-level DatasetID.
      shape: the dimensions of the dataset.
      dtype: the dtype of the elements in the file.
      chunk: the dimensions of a chunk.
      filters: the filters of its chunks, in the order in which they were applied.
    """

    def __init__(
        self,
        dataset: Any,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        chunk: tuple[int, ...],
        filters: Sequence[Filter],
    ) -> None:
        self._dataset = dataset
        self._shape = shape
        self._dtype = dtype
        self._chunk = chunk
        self._filters = filters
        self._band: tuple[int, npt.NDArray[Any]] | None = None

    @property
    def count(self) -> int:
        """The number of chunks."""
        return math.prod(-(-size // step) for size, step in zip(self._shape, self._chunk, strict=True))

    @property
    def nbytes(self) -> int:
        """Bytes of all chunks when they are unpacked."""
        return self.count * self._chunk_size

    @property
    def _chunk_size(self) -> int:
        return math.prod(self._chunk) * self._dtype.itemsize

    def rows(self, start: int, stop: int) -> npt.NDArray[Any]:
        """The rows from `start` to before `stop` along the first axis, as a new array.

        Raises:
          CorruptFileError: a chunk is missing, or holds fewer or more bytes than it should.
        """
        height = self._chunk[0]
        found = np.empty((max(0, stop - start), *self._shape[1:]), self._dtype)
        for number in range(start // height, -(-stop // height) if stop > start else 0):
            first = number * height
            band = self._read_band(number)
            low, high = max(start, first), min(stop, first + len(band))
            found[low - start : high - start] = band[low - first : high - first]
            self._band = (number, band) if high < first + len(band) else None
        return found

    def _read_band(self, number: int) -> npt.NDArray[Any]:
        if self._band is not None and self._band[0] == number:
            return self._band[1]
        first = number * self._chunk[0]
        band = np.empty((min(self._chunk[0], self._shape[0] - first), *self._shape[1:]), self._dtype)
        steps = zip(self._shape[1:], self._chunk[1:], strict=True)
        for corner in product(*(range(0, size, step) for size, step in steps)):
            beside = (slice(at, at + step) for at, step in zip(corner, self._chunk[1:], strict=True))
            place = (slice(None), *beside)
            cell = band[place]
            cell[...] = self._read_chunk((first, *corner))[tuple(slice(0, size) for size in cell.shape)]
        return band

    def _read_chunk(self, corner: tuple[int, ...]) -> npt.NDArray[Any]:
        skipped, data = self._dataset.read_direct_chunk(corner)
        for place, (code, size) in reversed([*enumerate(self._filters)]):
            if skipped >> place & 1:
                continue
            if code == GZIP:
                data = _unpack(data, self._chunk_size + _CHECKSUM_SIZE * len(self._filters))
            elif code == SHUFFLE:
                data = _unshuffle(data, size)
            else:
                data = data[:-_CHECKSUM_SIZE]
        if len(data) != self._chunk_size:
            raise CorruptFileError(
                f"its chunk at {list(corner)}: expected {self._chunk_size} bytes, got {len(data)}; the file is damaged"
            )
        return np.frombuffer(data, self._dtype).reshape(self._chunk)


def _unpack(packed: bytes, limit: int) -> bytes:
    """What a zlib stream holds, cut off after one byte more than `limit`."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, limit + 1)
    except zlib.error as error:
        raise CorruptFileError(f"gzip: {error}; the file is damaged") from error
    if len(data) <= limit and not stream.eof:
        raise CorruptFileError("gzip: a chunk ends within its stream; the file is damaged")
    return data


def _unshuffle(mixed: bytes, size: int) -> bytes:
    """The bytes of elements of `size` bytes each, element by element."""
    whole = len(mixed) // max(size, 1) * size
    if size < 2:
        return mixed
    elements = np.frombuffer(mixed[:whole], np.uint8).reshape(size, -1)
    return b"".join((elements.T.tobytes(), mixed[whole:]))
