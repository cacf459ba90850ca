"""TensorBundle, TensorFlow's V2 checkpoint: the names of its files and the entries of its index.

    prefix.index                   a table: key "" -> BundleHeaderProto, then tensor name -> BundleEntryProto
    prefix.data-SSSSS-of-NNNNN     one file per shard: the tensors' bytes one after the other, in the order in
                                   which they were written, without alignment

    entry        dtype, shape, shard, offset and size in the shard: bytes, masked crc32c of those bytes
    tensor       its elements in C order, little-endian; bool, int4, int2 and float8 take a byte each
    string       length: varint each, masked crc32c: fixed32 (of the lengths, each as 4 bytes, or as 8
                 where it does not fit), then the strings' bytes. The entry's crc32c covers the lengths in
                 that same 4- or 8-byte form, the fixed32, and the strings
    slices       a tensor that was saved in parts: its entry lists the slices and holds no bytes; each part
                 has an entry of its own, under the key number(0) string(name) number(rank)
                 (signed(start) signed(length))*, in the ordered encodings of `coding`. A dimension that is
                 taken whole has start 0 and length -1

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc and naming.cc,
tensorflow/core/util/saved_tensor_slice_util.cc, tensorflow/core/protobuf/tensor_bundle.proto
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.containers.tensorbundle.coding import (
    encode_ordered_number,
    encode_ordered_signed,
    encode_ordered_string,
    mask_crc32c,
    unmask_crc32c,
)
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError
from kerasfmt.typing import record

HEADER_KEY: Final = b""
VERSION: Final = 1  # Source: tensor_bundle.cc, kTensorBundleVersion
MIN_PRODUCER: Final = 0  # Source: tensor_bundle.cc, kTensorBundleMinProducer
MAX_RANK: Final = 254  # Source: tensorflow/core/framework/tensor_shape.h, TensorShapeRep::MaxDimensions
WHOLE: Final = -1

Slice = tuple[tuple[int, int], ...]
"""(start, length) of each dimension, in elements; (0, WHOLE) where the dimension is taken whole."""


def index_path(prefix: str) -> str:
    """The path of the index of the checkpoint at `prefix`."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, num_shards: int) -> str:
    """The path of a data shard of the checkpoint at `prefix`; shards count from 0."""
    return f"{prefix}.data-{shard:05d}-of-{num_shards:05d}"


def encode_key(name: str) -> bytes:
    """The index key of a tensor name; bytes that are not UTF-8 stand in it as surrogate escapes."""
    return name.encode("utf-8", "surrogateescape")


def decode_key(key: bytes) -> str:
    """The tensor name of an index key."""
    return key.decode("utf-8", "surrogateescape")


def encode_slice_keys(key: bytes, parts: Sequence[Slice]) -> Iterator[bytes]:
    """The index keys of parts of the tensor at `key`, made one by one.

    Source: tensorflow/core/util/saved_tensor_slice_util.cc, EncodeTensorNameSlice
    """
    name = encode_ordered_number(0) + encode_ordered_string(key) if parts else b""
    for part in parts:
        numbers = (encode_ordered_signed(number) for extent in part for number in extent)
        yield b"".join((name, encode_ordered_number(len(part)), *numbers))


@record(frozen=True)
class Header:
    """What the index says of the whole checkpoint.

    Attributes:
      num_shards: the number of data files.
      byteorder: the byte order of the tensors' elements.
    """

    num_shards: int
    byteorder: Literal["little", "big"] = "little"


def encode_header(header: Header) -> bytes:
    """The value of HEADER_KEY."""
    message = protos.BundleHeaderProto(num_shards=header.num_shards)
    if header.byteorder == "big":
        message.endianness = protos.BundleHeaderProto.BIG
    message.version.producer = VERSION
    return protos.serialize(message)


def decode_header(data: bytes, file: str) -> Header:
    """The header that the value of HEADER_KEY holds.

    Raises:
      CorruptFileError: it is not a header.
      UnsupportedFormatError: it requires a newer reader.
    """
    message = protos.parse(protos.BundleHeaderProto, data, f"{file}: header")
    version = message.version
    if version.producer < MIN_PRODUCER or version.min_consumer > VERSION or VERSION in version.bad_consumers:
        raise UnsupportedFormatError(
            f"{file}: header: expected a checkpoint that version {VERSION} can read, got producer "
            f"{version.producer}, min_consumer {version.min_consumer}, bad_consumers "
            f"{list(version.bad_consumers)}; save it again with an older TensorFlow"
        )
    if message.num_shards < 1:
        raise CorruptFileError(
            f"{file}: header: expected at least one shard, got {message.num_shards}; the file is damaged"
        )
    if message.endianness not in (protos.BundleHeaderProto.LITTLE, protos.BundleHeaderProto.BIG):
        raise CorruptFileError(
            f"{file}: header: unknown endianness {message.endianness}; the file is damaged"
        )
    big = message.endianness == protos.BundleHeaderProto.BIG
    return Header(message.num_shards, "big" if big else "little")


@record(frozen=True)
class Entry:
    """What the index says of one tensor.

    Attributes:
      dtype: its element type.
      shape: its dimensions.
      shard: the data file that holds it.
      offset: offset of its first byte in the shard, in bytes.
      size: size of its stored form, in bytes.
      crc32c: checksum of its stored form, not masked.
      slices: the parts in which it is stored; empty for a tensor that is stored whole.
    """

    dtype: dtypes.DType
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc32c: int
    slices: tuple[Slice, ...] = ()

    @property
    def count(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


def encode_entry(entry: Entry) -> bytes:
    """The value of a tensor's key."""
    message = protos.BundleEntryProto(dtype=entry.dtype.enum, offset=entry.offset, size=entry.size)
    message.shape.SetInParent()
    for size in entry.shape:
        message.shape.dim.add(size=size)
    message.shard_id = entry.shard
    if not entry.slices:
        message.crc32c = mask_crc32c(entry.crc32c)
    for part in entry.slices:
        extents = message.slices.add().extent
        for start, length in part:
            extent = extents.add(start=start)
            if length != WHOLE:
                extent.length = length
    return protos.serialize(message)


def decode_entry(data: bytes, header: Header, where: str) -> Entry:
    """The entry that the value of a tensor's key holds, checked against itself and the header.

    Args:
      data: the value.
      header: the header of the same index.
      where: what errors begin with: the file, and the tensor.

    Raises:
      CorruptFileError: it is not an entry, or contradicts itself or the header.
      UnsupportedFormatError: its element type is unknown.
    """
    message = protos.parse(protos.BundleEntryProto, data, where)
    if message.dtype == 0:
        raise CorruptFileError(f"{where}: expected a DataType, got 0 (DT_INVALID); the file is damaged")
    try:
        dtype = dtypes.of(message.dtype)
    except UnsupportedFormatError as error:
        raise UnsupportedFormatError(f"{where}: {error}") from None
    shape = tuple(dim.size for dim in message.shape.dim)
    if message.shape.unknown_rank or len(shape) > MAX_RANK or min(shape, default=0) < 0:
        raise CorruptFileError(
            f"{where}: expected a shape of at most {MAX_RANK} known dimensions, got "
            f"{'an unknown rank' if message.shape.unknown_rank else shape}; the file is damaged"
        )
    entry = Entry(
        dtype=dtype,
        shape=shape,
        shard=message.shard_id,
        offset=message.offset,
        size=message.size,
        crc32c=unmask_crc32c(message.crc32c),
        slices=tuple(
            tuple((e.start, e.length if e.HasField("length") else WHOLE) for e in part.extent)
            for part in message.slices
        ),
    )
    _check_entry(entry, header, where)
    return entry


def encode_checked_lengths(lengths: list[int], byteorder: Literal["little", "big"]) -> bytes:
    """The form of string lengths that the checksum covers: 4 bytes each, or 8 for a length that 4 cannot hold.

    Source: tensor_bundle.cc, WriteStringTensor
    """
    if max(lengths, default=0) < 1 << 32:
        return np.array(lengths, "<u4" if byteorder == "little" else ">u4").tobytes()
    return b"".join(length.to_bytes(4 if length < 1 << 32 else 8, byteorder) for length in lengths)


def _check_entry(entry: Entry, header: Header, where: str) -> None:
    """Raises CorruptFileError if the numbers of `entry` are impossible."""
    if not 0 <= entry.shard < header.num_shards:
        raise CorruptFileError(
            f"{where}: expected a shard below {header.num_shards}, got {entry.shard}; the file is damaged"
        )
    if entry.offset < 0 or entry.size < 0:
        raise CorruptFileError(
            f"{where}: expected an offset and a size of at least 0, got {entry.offset} and {entry.size}; "
            "the file is damaged"
        )
    for part in entry.slices:
        _check_slice(part, entry.shape, where)
    if entry.slices:
        return
    if entry.dtype.itemsize and entry.size != entry.count * entry.dtype.itemsize:
        raise CorruptFileError(
            f"{where}: expected {entry.count * entry.dtype.itemsize} bytes for {entry.dtype} {entry.shape}, "
            f"got {entry.size}; the file is damaged"
        )
    # A string has at least one byte of length, and the lengths have a checksum of 4 bytes.
    if entry.dtype is dtypes.string and entry.size < entry.count + 4 and (entry.count or entry.size):
        raise CorruptFileError(
            f"{where}: expected at least {entry.count + 4} bytes for {entry.count} strings, "
            f"got {entry.size}; the file is damaged"
        )


def _check_slice(part: Slice, shape: tuple[int, ...], where: str) -> None:
    """Raises CorruptFileError if `part` is not a slice of a tensor of `shape`."""
    fits = len(part) == len(shape) and all(
        start == 0 if length == WHOLE else start >= 0 and length >= 0 and start + length <= size
        for (start, length), size in zip(part, shape, strict=True)
    )
    if not fits:
        raise CorruptFileError(f"{where}: slice {part} is not within shape {shape}; the file is damaged")
