"""Checkpoints that TensorFlow 2.15.1 wrote on 2026-11-22, byte by byte, and the tensors that they hold.

The bytes are SaveV2's for `CASES`, in the order of the items. `conformance/test_tensorbundle.py` checks that
TensorFlow writes them still. Annotations say what the bytes before them encode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np


def decode_hex(annotated: str) -> bytes:
    """The bytes of annotated hex: what follows a # on a line is a comment."""
    return b"".join(bytes.fromhex(line.partition("#")[0]) for line in annotated.splitlines())


SCALAR_INDEX = decode_hex("""
    # byte 0: data block
    00 00 06                                          # shared 0, unshared 0, value of 6 bytes
    08 01 1a 02 08 01                                 # header: num_shards 1, producer 1
    00 01 0b                                          # shared 0, unshared 1, value of 11 bytes
    77                                                # key tail 'w'
    08 01 12 00 28 04 35 5e 2f e1 a7                  # entry: float32 [], shard 0, offset 0, size 4
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    bd 58 a6 3c                                       # masked crc32c
    # byte 37: metaindex block
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c0 f2 a1 b0                                       # masked crc32c
    # byte 50: index block
    00 01 02                                          # shared 0, unshared 1, value of 2 bytes
    78                                                # key tail 'x'
    00 20                                             # handle: offset 0, size 32
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    e1 ed 65 da                                       # masked crc32c
    # byte 69: footer
    25 08 32 0e                                       # handles: metaindex 37, 8; index 50, 14
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # zeros
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # ...
    00 00 00 00                                       # ...
    57 fb 80 8b 24 75 47 db                           # magic
""")
SCALAR_DATA = decode_hex("""
    00 00 c0 3f
""")

STRINGS_INDEX = decode_hex("""
    # byte 0: data block
    00 00 06                                          # shared 0, unshared 0, value of 6 bytes
    08 01 1a 02 08 01                                 # header: num_shards 1, producer 1
    00 01 13                                          # shared 0, unshared 1, value of 19 bytes
    61                                                # key tail 'a'
    08 07 12 06 12 00 12 02 08 03 20 09 28 04 35 f6   # entry: string [0, 3], shard 0, offset 9, size 4
    c1 0c 64                                          # ...
    00 01 0f                                          # shared 0, unshared 1, value of 15 bytes
    62                                                # key tail 'b'
    08 07 12 04 12 02 08 02 28 09 35 38 e5 c2 4d      # entry: string [2], shard 0, offset 0, size 9
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    7f bb 92 39                                       # masked crc32c
    # byte 64: metaindex block
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c0 f2 a1 b0                                       # masked crc32c
    # byte 77: index block
    00 01 02                                          # shared 0, unshared 1, value of 2 bytes
    63                                                # key tail 'c'
    00 3b                                             # handle: offset 0, size 59
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    20 97 22 02                                       # masked crc32c
    # byte 96: footer
    40 08 4d 0e                                       # handles: metaindex 64, 8; index 77, 14
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # zeros
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # ...
    00 00 00 00                                       # ...
    57 fb 80 8b 24 75 47 db                           # magic
""")
STRINGS_DATA = decode_hex("""
    01 02 bf df db 7a 78 79 79 d8 ea 82 a2
""")

DTYPES_INDEX = decode_hex("""
    # byte 0: data block
    00 00 06                                          # shared 0, unshared 0, value of 6 bytes
    08 01 1a 02 08 01                                 # header: num_shards 1, producer 1
    00 05 11                                          # shared 0, unshared 5, value of 17 bytes
    65 6d 70 74 79                                    # key tail 'empty'
    08 01 12 06 12 00 12 02 08 02 20 14 35 d8 ea 82   # entry: float32 [0, 2], shard 0, offset 20, size 0
    a2                                                # ...
    00 04 11                                          # shared 0, unshared 4, value of 17 bytes
    69 6e 74 34                                       # key tail 'int4'
    08 1d 12 04 12 02 08 02 20 12 28 02 35 eb 56 1f   # entry: int4 [2], shard 0, offset 18, size 2
    b9                                                # ...
    00 0a 11                                          # shared 0, unshared 10, value of 17 bytes
    6c 61 79 65 72 2f 62 69 61 73                     # key tail 'layer/bias'
    08 08 12 04 12 02 08 01 20 08 28 08 35 59 3c e5   # entry: complex64 [1], shard 0, offset 8, size 8
    35                                                # ...
    06 06 13                                          # shared 6, unshared 6, value of 19 bytes
    6b 65 72 6e 65 6c                                 # key tail 'kernel'
    08 0e 12 08 12 02 08 02 12 02 08 02 28 08 35 ab   # entry: bfloat16 [2, 2], shard 0, offset 0, size 8
    75 d0 d1                                          # ...
    06 04 11                                          # shared 6, unshared 4, value of 17 bytes
    6d 61 73 6b                                       # key tail 'mask'
    08 0a 12 04 12 02 08 02 20 10 28 02 35 5f b0 ce   # entry: bool [2], shard 0, offset 16, size 2
    81                                                # ...
    00 04 0d                                          # shared 0, unshared 4, value of 13 bytes
    73 74 65 70                                       # key tail 'step'
    08 09 12 00 20 14 28 08 35 bb d7 9f 11            # entry: int64 [], shard 0, offset 20, size 8
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c3 4b 68 9a                                       # masked crc32c
    # byte 173: metaindex block
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c0 f2 a1 b0                                       # masked crc32c
    # byte 186: index block
    00 01 03                                          # shared 0, unshared 1, value of 3 bytes
    74                                                # key tail 't'
    00 a8 01                                          # handle: offset 0, size 168
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    96 0c 05 f0                                       # masked crc32c
    # byte 206: footer
    ad 01 08 ba 01 0f                                 # handles: metaindex 173, 8; index 186, 15
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # zeros
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # ...
    00 00                                             # ...
    57 fb 80 8b 24 75 47 db                           # magic
""")
DTYPES_DATA = decode_hex("""
    80 3f 00 c0 40 40 80 40 00 00 80 3f 00 00 00 40
    01 00 01 07 07 00 00 00 00 00 00 00
""")

SLICES_INDEX = decode_hex("""
    # byte 0: data block
    00 00 06                                          # shared 0, unshared 0, value of 6 bytes
    08 01 1a 02 08 01                                 # header: num_shards 1, producer 1
    00 08 0f                                          # shared 0, unshared 8, value of 15 bytes
    00 76 00 01 01 01 80 82                           # key tail '\x00v\x00\x01\x01\x01\x80\x82'
    08 01 12 04 12 02 08 02 28 08 35 59 3c e5 35      # entry: float32 [2], shard 0, offset 0, size 8
    06 02 11                                          # shared 6, unshared 2, value of 17 bytes
    82 83                                             # key tail '\x82\x83'
    08 01 12 04 12 02 08 03 20 08 28 0c 35 67 3e 7d   # entry: float32 [3], shard 0, offset 8, size 12
    63                                                # ...
    00 01 16                                          # shared 0, unshared 1, value of 22 bytes
    76                                                # key tail 'v'
    08 01 12 04 12 02 08 05 3a 04 0a 02 10 02 3a 06   # entry: float32 [5], 2 slices
    0a 04 08 02 10 03                                 # ...
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    41 41 8f c3                                       # masked crc32c
    # byte 96: metaindex block
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c0 f2 a1 b0                                       # masked crc32c
    # byte 109: index block
    00 01 02                                          # shared 0, unshared 1, value of 2 bytes
    77                                                # key tail 'w'
    00 5b                                             # handle: offset 0, size 91
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    5d 3d 11 33                                       # masked crc32c
    # byte 128: footer
    60 08 6d 0e                                       # handles: metaindex 96, 8; index 109, 14
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # zeros
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # ...
    00 00 00 00                                       # ...
    57 fb 80 8b 24 75 47 db                           # magic
""")
SLICES_DATA = decode_hex("""
    00 00 80 3f 00 00 00 40 00 00 40 40 00 00 80 40
    00 00 a0 40
""")

SHARDS_INDEX = decode_hex("""
    # byte 0: data block
    00 00 06                                          # shared 0, unshared 0, value of 6 bytes
    08 02 1a 02 08 01                                 # header: num_shards 2, producer 1
    00 01 0f                                          # shared 0, unshared 1, value of 15 bytes
    61                                                # key tail 'a'
    08 05 12 04 12 02 08 02 28 04 35 a7 4f a6 45      # entry: int16 [2], shard 0, offset 0, size 4
    00 01 11                                          # shared 0, unshared 1, value of 17 bytes
    62                                                # key tail 'b'
    08 04 12 04 12 02 08 01 18 01 28 01 35 33 6d cd   # entry: uint8 [1], shard 1, offset 0, size 1
    e3                                                # ...
    00 01 13                                          # shared 0, unshared 1, value of 19 bytes
    63                                                # key tail 'c'
    08 04 12 04 12 02 08 01 18 01 20 01 28 01 35 a7   # entry: uint8 [1], shard 1, offset 1, size 1
    16 20 2b                                          # ...
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    26 3b a7 0e                                       # masked crc32c
    # byte 85: metaindex block
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    c0 f2 a1 b0                                       # masked crc32c
    # byte 98: index block
    00 01 02                                          # shared 0, unshared 1, value of 2 bytes
    64                                                # key tail 'd'
    00 50                                             # handle: offset 0, size 80
    00 00 00 00                                       # restart
    01 00 00 00                                       # restart count
    00                                                # compression: none
    42 e5 ab 9c                                       # masked crc32c
    # byte 117: footer
    55 08 62 0e                                       # handles: metaindex 85, 8; index 98, 14
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # zeros
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # ...
    00 00 00 00                                       # ...
    57 fb 80 8b 24 75 47 db                           # magic
""")
SHARDS_DATA = [bytes.fromhex("01 00 02 00"), bytes.fromhex("03 04")]


@dataclass(frozen=True)
class Case:
    """One checkpoint in both of its forms."""

    name: str
    items: list[tuple[str, Any]]
    index: bytes
    data: list[bytes]


CASES = [
    Case("scalar", [("w", np.float32(1.5))], SCALAR_INDEX, [SCALAR_DATA]),
    Case(
        "strings",
        [("b", np.array([b"x", b"yy"], object)), ("a", np.empty((0, 3), object))],
        STRINGS_INDEX,
        [STRINGS_DATA],
    ),
    Case(
        "dtypes",
        [
            ("layer/kernel", np.array([[1, -2], [3, 4]], ml_dtypes.bfloat16)),
            ("layer/bias", np.array([1 + 2j], np.complex64)),
            ("layer/mask", np.array([True, False])),
            ("int4", np.array([1, 7]).astype(ml_dtypes.int4)),
            ("empty", np.zeros((0, 2), np.float32)),
            ("step", np.int64(7)),
        ],
        DTYPES_INDEX,
        [DTYPES_DATA],
    ),
    Case(
        "shards",
        [("a", np.array([1, 2], np.int16)), ("b", np.array([3], np.uint8)), ("c", np.array([4], np.uint8))],
        SHARDS_INDEX,
        SHARDS_DATA,
    ),
]

# Read only: kerasfmt never writes a tensor in slices. SaveV2 with the shape_and_slices "5 0,2" and "5 2,3".
SLICES = Case("slices", [("v", np.array([1, 2, 3, 4, 5], np.float32))], SLICES_INDEX, [SLICES_DATA])
