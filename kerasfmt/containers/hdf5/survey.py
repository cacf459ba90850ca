"""What is in an HDF5 file, link by link: for looking at files that are not to be trusted.

Nothing is followed but hard links, and each object is visited once. A dataset is described by its header alone.

    link      hard, soft, external, user-defined
    dataset   where its bytes lie, of what type its elements are, by which filters it is packed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from kerasfmt.containers.hdf5.guard import Node, corrupt_file_errors, import_h5py
from kerasfmt.errors import KerasfmtError

_ALL: Final = 1 << 40
_MAX_PATH: Final = 4096
"""Characters of a path; deeper groups are not looked into."""

Kind: TypeAlias = Literal["group", "dataset", "soft", "external", "user-defined", "named type", "unreadable"]


@dataclass(frozen=True)
class Entry:
    """A member of a group.

    Attributes:
      path: its path from the root.
      kind: what it is.
      node: the group or dataset itself; None for anything else.
      error: why it is unreadable.
    """

    path: str
    kind: Kind
    node: Node | None = None
    error: KerasfmtError | None = None


@dataclass(frozen=True)
class DatasetFacts:
    """What the header of a dataset says.

    Attributes:
      is_virtual: whether it is put together from other files.
      is_chunked: whether it is stored in chunks, which may be packed.
      external: the number of other files that hold its bytes.
      elements: the class of its elements: "numbers", or another one.
      filters: the numbers of its filters.
    """

    is_virtual: bool
    is_chunked: bool
    external: int
    elements: str
    filters: tuple[int, ...]


def walk(root: Node) -> Iterator[Entry]:
    """Everything below a group, each object once; groups come before what is in them.

    Raises:
      CorruptFileError: a group is damaged.
      UnsafeFileError: the names cost more than reading the file may.
    """
    visited = {root.address}
    pending = [root]
    while pending:
        group = pending.pop()
        for name in group.member_names(_ALL):
            found = _entry(group, name)
            yield found
            node = found.node
            if node is None or node.address in visited or len(found.path) > _MAX_PATH:
                continue
            visited.add(node.address)
            if node.is_group:
                pending.append(node)


def _entry(group: Node, name: str) -> Entry:
    h5py = import_h5py()
    path = f"{group.path}/{name}"
    try:
        with corrupt_file_errors(f"{group.where}: {name!r}"):
            kind = group.id.links.get_info(name.encode()).type
        if kind != h5py.h5l.TYPE_HARD:
            kinds: dict[Any, Kind] = {h5py.h5l.TYPE_SOFT: "soft", h5py.h5l.TYPE_EXTERNAL: "external"}
            return Entry(path, kinds.get(kind, "user-defined"))
        node = group.find(name)
    except KerasfmtError as error:
        return Entry(path, "unreadable", None, error)
    if node is None:
        return Entry(path, "unreadable")
    if node.is_group:
        return Entry(path, "group", node)
    if isinstance(node.id, h5py.h5d.DatasetID):
        return Entry(path, "dataset", node)
    return Entry(path, "named type")


def dataset_facts(node: Node) -> DatasetFacts:
    """What the header of a dataset says; no other file is opened for it.

    Raises:
      CorruptFileError: the header is damaged.
    """
    h5py = import_h5py()
    with corrupt_file_errors(node.where):
        plan = node.id.get_create_plist()
        layout = plan.get_layout()
        is_virtual = layout == h5py.h5d.VIRTUAL
        return DatasetFacts(
            is_virtual,
            layout == h5py.h5d.CHUNKED,
            int(plan.get_external_count()),
            "numbers" if is_virtual else _elements(node.id.get_type()),
            tuple(int(plan.get_filter(index)[0]) for index in range(plan.get_nfilters())),
        )


def _elements(kind: Any) -> str:
    h5t = import_h5py().h5t
    names = {
        h5t.STRING: "texts",
        h5t.REFERENCE: "references",
        h5t.OPAQUE: "opaque bytes",
        h5t.VLEN: "lists of varying length",
        h5t.ARRAY: "arrays",
        h5t.TIME: "times",
        h5t.BITFIELD: "bits",
    }
    found = kind.get_class()
    if found == h5t.OPAQUE and kind.get_size() == 2 and not kind.get_tag():
        return "numbers"  # bfloat16, as Keras stores it
    if found == h5t.COMPOUND:
        return "numbers" if kind.dtype.kind == "c" else "records"
    return str(names.get(found, "numbers"))
