"""B-trees of version 1, checked before the HDF5 library walks them.

The library (2.0.0) follows a node that is its own child until its stack overflows, which ends the process. It takes
the level of a node from the node itself.

    node     "TREE", type: 1 (0: members of a group, 1: chunks), level: 1, entries: 2, left and right sibling: 8 each,
             (key, child: 8)*, key
    key      of type 0: 8; of type 1: size of the chunk: 4, filters: 4, offset of the chunk along each axis: 8 each
    child    at level 0 what the tree leads to, at other levels a node of one level less

Source: HDF5 File Format Specification 3.0, III.A.1
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, TypeAlias

from kerasfmt.errors import CorruptFileError

Read: TypeAlias = Callable[[int, int], bytes]

_NODE: Final = struct.Struct("<4sBBH8xQ")
_ROOT: Final = {b"\0": 64, b"\1": 68, b"\2": 36, b"\3": 36}
"""Version of the superblock -> where it holds the address of the root group's header."""
_ADDRESS_SIZE: Final = 8
_UNDEFINED: Final = 2**64 - 1
GROUP_KEY_SIZE: Final = 8


def chunk_key_size(axes: int) -> int:
    """Bytes of a key in the tree of the chunks of a dataset.

    Args:
      axes: the number of its axes, and one for the bytes of an element, as the layout message counts them.
    """
    return 8 + 8 * axes


def root_address(read: Read) -> int | None:
    """Where the header of the root group begins; None if the superblock does not say it where it should.

    Args:
      read: as for `check_tree`.
    """
    start = read(0, 128)
    at = _ROOT.get(start[8:9])
    return int.from_bytes(start[at : at + 8], "little") if at is not None and len(start) >= at + 8 else None


def check_tree(read: Read, root: int, key_size: int) -> None:
    """Refuses a tree in which a node is reached twice, or has another level than its place says.

    A node whose signature is wrong is left to the HDF5 library, which refuses it.

    Args:
      read: gives bytes of the file, for the offset of the first one and their number.
      root: where the root of the tree begins.
      key_size: bytes of a key.

    Raises:
      CorruptFileError: the tree leads back to itself.
      struct.error: a node is cut short.
    """
    levels: dict[int, int] = {}
    beside: dict[int, int] = {}
    pending: list[tuple[int, int | None]] = [(root, None)]
    while pending:
        address, level = pending.pop()
        node = _node(read, address)
        if node is None:
            continue
        found, count, beside[address] = node
        if address in levels or level not in (None, found):
            raise _circular(root, address)
        levels[address] = found
        entry = key_size + _ADDRESS_SIZE
        entries = read(address + _NODE.size, count * entry) if found else b""
        for at in range(0, len(entries) - entry + 1, entry):
            (child,) = struct.unpack_from("<Q", entries, at + key_size)
            pending.append((child, found - 1))
    _check_siblings(read, root, beside)


def _check_siblings(read: Read, root: int, beside: dict[int, int]) -> None:
    """Refuses a tree whose nodes are their own siblings, also by way of nodes that are not in the tree.

    Args:
      read: as for `check_tree`.
      root: where the tree begins.
      beside: the right sibling of each node; further ones are added.
    """
    walked: dict[int, int] = {}
    for first in list(beside):
        address = first
        while address != _UNDEFINED and address not in walked:
            walked[address] = first
            if address not in beside:
                node = _node(read, address)
                if node is None:
                    break
                beside[address] = node[2]
            address = beside[address]
        else:
            if walked.get(address) == first:
                raise _circular(root, address)


def _node(read: Read, address: int) -> tuple[int, int, int] | None:
    """Level, number of entries and right sibling of a node; None if there is none."""
    start = read(address, _NODE.size)
    if start[:4] != b"TREE":
        return None
    _, _, level, count, right = _NODE.unpack(start)
    return level, count, right


def _circular(root: int, address: int) -> CorruptFileError:
    return CorruptFileError(f"the tree at byte {root} leads back to byte {address}; the file is damaged")
