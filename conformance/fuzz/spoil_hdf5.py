"""Mutations of what an HDF5 file holds; the file stays one that the HDF5 library accepts."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import h5py
import numpy as np

from conformance.fuzz import spoil

Spoil = Callable[[Random, bytes, Sequence[bytes]], bytes]


def _edited(data: bytes, edit: Callable[[h5py.File], None]) -> bytes:
    """The file after an edit; one that the HDF5 library refuses to make ends there."""
    stream = io.BytesIO(data)
    with (
        h5py.File(stream, "r+") as file,
        contextlib.suppress(ValueError, OSError, LookupError, TypeError, RuntimeError, AttributeError),
    ):
        edit(file)
    return stream.getvalue()


def _paths(file: h5py.File, kind: type = h5py.HLObject) -> list[str]:
    found: list[str] = []
    file.visititems(lambda path, item: found.append(path) if isinstance(item, kind) else None)
    return sorted(found)


def _config_key(random: Random, file: h5py.File) -> str | None:
    keys = [key for key in ("model_config", "training_config") if key in file.attrs]
    return random.choice((keys[0], keys[-1])) if keys else None


def _set_text(file: h5py.File, key: str, text: bytes) -> None:
    """A string of fixed length, as Keras 2.0 wrote it, or of variable length; both are read."""
    if b"\0" in text or not text:
        file.attrs[key] = np.void(text or b"\0")
    elif len(text) > 60_000:  # too large for the header of an object as a string of fixed length
        file.attrs.create(key, text, dtype=h5py.string_dtype())
    else:
        file.attrs[key] = np.bytes_(text) if len(text) % 2 else text


def _config(change: Callable[[Random, Any], Any]) -> Spoil:
    def spoilt(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        def edit(file: h5py.File) -> None:
            key = _config_key(random, file)
            if key is None:
                return _names(random, file)
            held = file.attrs[key]
            config = json.loads(held if isinstance(held, str) else bytes(held))
            changed = change(random, config)
            _set_text(file, key, changed if isinstance(changed, bytes) else spoil.encoded(changed))

        return _edited(data, edit)

    return spoilt


def _names(random: Random, file: h5py.File) -> None:
    """Lists of names, versions and backends that are others, or none."""
    places = [(path, key) for path in ["/", *_paths(file, h5py.Group)] for key in file[path].attrs]
    if not places:
        file.attrs["layer_names"] = [b"a", b"a"]
        return
    path, key = random.choice(places)
    attributes = file[path].attrs
    held = attributes[key]
    names = [n if isinstance(n, bytes) else str(n).encode() for n in np.atleast_1d(held)][:50]
    other: Any = random.choice(
        (
            [*names, names[0] if names else b"x"],
            names[:-1],
            names[::-1],
            [b"\xff\xfe" + name for name in names] or [b"\xff"],
            [b"/" + name for name in names] or [b"/"],
            [b"../" + name for name in names] or [b".."],
            [b"." for _ in names] or [b"."],
            [b"", *names],
            np.arange(3),
            np.zeros((2, 2)),
            np.empty((0, 7)),
            h5py.Empty("f"),
            b"one",
            "\u00e9" * 100,
            3.5,
            np.array([b"a" * 4000] * 10),
            np.array(["x"] * 4000, h5py.string_dtype()),
            np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
            np.array([file.ref], h5py.ref_dtype),
        )
    )
    del attributes[key]
    if isinstance(other, list):
        other = np.array(other, h5py.string_dtype("ascii") if random.random() < 0.5 else None)
    if other is not None and random.random() < 0.9:
        attributes[key if random.random() < 0.9 else key + "0"] = other


def names(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Attributes spoilt."""
    return _edited(data, lambda file: _names(random, file))


def links(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Objects replaced by links of every kind, to themselves, to others, to nothing, out of the file."""

    def edit(file: h5py.File) -> None:
        for _ in range(random.choice((1, 1, 3))):
            paths = _paths(file)
            path = random.choice(paths)
            target = random.choice([*paths, "nowhere", path, "/"])
            kind = random.randrange(5)
            held = file[target] if target in file else file["/"]
            del file[path]
            if kind == 0:
                file[path] = h5py.SoftLink("/" + target)
            elif kind == 1:
                file[path] = h5py.ExternalLink(random.choice(("/etc/passwd", "other.h5")), "/x")
            elif kind == 2:
                file[path] = held  # a hard link, maybe to a group around it
            elif kind == 3:
                file[path] = np.dtype("f4")  # a named datatype
            else:
                file[path.encode() + b"\xff"] = held  # a name that is not UTF-8

    return _edited(data, edit)


def _external(file: h5py.File, path: str, random: Random) -> None:
    file.create_dataset(path, (3, 2), "f4", external=[("/etc/passwd", 0, 24)])


def _virtual(file: h5py.File, path: str, random: Random) -> None:
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource(random.choice(("other.h5", ".")), "x", (3, 2))
    file.create_virtual_dataset(path, layout)


def _huge(file: h5py.File, path: str, random: Random) -> None:
    shape = random.choice(((1 << 40,), (1 << 20, 1 << 20), (1 << 60,), (1,) * 32, (0, 1 << 60)))
    file.create_dataset(path, shape, random.choice(("f4", "f8", "i1", "?")))


def _chunked(file: h5py.File, path: str, random: Random) -> None:
    packing = random.choice(({}, {"compression": "gzip"}, {"compression": "lzf"}, {"fletcher32": True}))
    size = random.choice((1 << 12, 1 << 22, 1 << 40))
    chunk = random.choice((1, 1 << 10, 1 << 24 if size > 1 << 30 else 1 << 12))
    item = file.create_dataset(path, (size,), "f4", chunks=(chunk,), **packing)
    if chunk < 1 << 20:
        item[: min(size, 1024)] = 1


def _other_shape(file: h5py.File, path: str, random: Random) -> None:
    shape = random.choice(((), (1,), (3, 2), (2, 3), (0,), (4, 4, 4), (7,)))
    file.create_dataset(path, shape, random.choice(("f2", "f4", "f8", ">f4", "i1", "i8", "u4", "?", "c8")))


def _other_type(file: h5py.File, path: str, random: Random) -> None:
    kinds: tuple[Any, ...] = (
        *(h5py.string_dtype(), h5py.vlen_dtype(np.float32), h5py.ref_dtype, np.dtype("V2"), np.dtype("S5")),
        *(np.dtype([("a", "f4"), ("b", "f4")]), np.dtype(("f4", (3,))), h5py.enum_dtype({"a": 1})),
    )
    file.create_dataset(path, random.choice(((), (2,), (3, 2))), random.choice(kinds))


def _empty(file: h5py.File, path: str, random: Random) -> None:
    file[path] = h5py.Empty("f4")


def _group(file: h5py.File, path: str, random: Random) -> None:
    file.create_group(path)
    if random.random() < 0.5:
        file.create_group(path + "/vars/0" + "/x" * random.choice((1, 300)))


def _text(file: h5py.File, path: str, random: Random) -> None:
    file[path] = "x" * random.choice((0, 1, 1 << 16))


def _nothing(file: h5py.File, path: str, random: Random) -> None:
    pass


def _values(file: h5py.File, path: str, random: Random) -> None:
    file[path] = np.full((3, 2), random.choice((np.nan, np.inf, -1, 1e30)), "f4")


_STORAGE = (
    *(_external, _virtual, _huge, _huge, _chunked, _chunked, _other_shape, _other_shape, _other_type, _empty),
    *(_group, _text, _nothing, _values),
)


def storage(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Arrays replaced by what is none, lies elsewhere, or claims to be huge."""

    def edit(file: h5py.File) -> None:
        for _ in range(random.choice((1, 1, 3))):
            paths = _paths(file, h5py.Dataset)
            if not paths:
                return
            path = random.choice(paths)
            del file[path]
            random.choice(_STORAGE)(file, path, random)

    return _edited(data, edit)


def members(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Groups and arrays missing, moved, doubled, or too many."""

    def edit(file: h5py.File) -> None:
        for _ in range(random.choice((1, 1, 3))):
            paths = _paths(file)
            if not paths:
                return
            path, other = random.choice(paths), random.choice(paths)
            kind = random.randrange(4)
            if kind == 0:
                del file[path]
            elif kind == 1:
                file.move(path, f"moved/{path}")
            elif kind == 2 and other not in path and path not in other:
                del file[other]
                file.copy(path, other)
            elif kind == 3:
                for extra in range(random.choice((1, 2000))):
                    file.create_group(f"{path if isinstance(file[path], h5py.Group) else ''}/extra{extra}")

    return _edited(data, edit)


HDF5: dict[str, Spoil] = {
    "config: structure": _config(spoil.structure),
    "config: calls": _config(spoil.calls),
    "config: text": _config(spoil.text),
    "attributes": names,
    "links": links,
    "storage": storage,
    "members": members,
}
