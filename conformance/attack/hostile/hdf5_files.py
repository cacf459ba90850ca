"""What an HDF5 file can ask of its reader: other files, memory, plugins, circles."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

import kerasfmt
from conformance.attack.hostile import archives
from conformance.attack.hostile.case import SECRET, Hostile, Place
from kerasfmt.layers import Dense

Change = Callable[[h5py.File, Place], None]
KERNEL = "model_weights/layer/layer/kernel"
"""The path of a weight in the healthy file; it has a name of its own in each layout."""


def healthy(path: Path) -> Path:
    """A healthy `.h5` file of a Dense with a kernel (64, 7): as many bytes as the secret has, and more."""
    kerasfmt.clear_session()
    model = kerasfmt.Sequential([Dense(7, input_shape=(16,), name="layer")], name="model")
    kerasfmt.save_model(model, path)
    return path


def kernel_of(file: h5py.File) -> str:
    """The path of the kernel."""
    found: list[str] = []
    file.visititems(
        lambda path, item: found.append(path) if isinstance(item, h5py.Dataset) and item.ndim == 2 else None
    )
    return found[0]


def changed(change: Change) -> Callable[[Place], Path]:
    """A healthy file after a change."""

    def make(place: Place) -> Path:
        path = healthy(place.folder / "model.h5")
        with h5py.File(path, "r+") as file:
            change(file, place)
        return path

    return make


def in_archive(change: Change) -> Callable[[Place], Path]:
    """A healthy `.keras` archive with changed weights."""

    def make(place: Place) -> Path:
        members = archives.whole(place)
        weights = place.folder / "weights.h5"
        weights.write_bytes(members["model.weights.h5"])
        with h5py.File(weights, "r+") as file:
            change(file, place)
        members["model.weights.h5"] = weights.read_bytes()
        weights.unlink()
        return archives.written(place, members)

    return make


def _replaced(make: Callable[[h5py.File, str, Place], None]) -> Change:
    """The kernel replaced by something else under its name."""

    def change(file: h5py.File, place: Place) -> None:
        path = kernel_of(file)
        del file[path]
        make(file, path, place)

    return change


def _external_link(file: h5py.File, path: str, place: Place) -> None:
    other = place.secret.with_suffix(".h5")
    with h5py.File(other, "w") as target:
        target["x"] = np.frombuffer(SECRET, np.float32)[:112].reshape(16, 7)
    file[path] = h5py.ExternalLink(str(other), "/x")


def _external_storage(file: h5py.File, path: str, place: Place) -> None:
    file.create_dataset(path, (16, 7), "f4", external=[(str(place.secret), 0, len(SECRET))])


def _virtual(file: h5py.File, path: str, place: Place) -> None:
    other = place.secret.with_suffix(".h5")
    with h5py.File(other, "w") as target:
        target["x"] = np.frombuffer(SECRET, np.float32)[:112].reshape(16, 7)
    layout = h5py.VirtualLayout((16, 7), "f4")
    layout[:] = h5py.VirtualSource(str(other), "x", (16, 7))
    file.create_virtual_dataset(path, layout)


def _soft_link(file: h5py.File, path: str, place: Place) -> None:
    file[path] = h5py.SoftLink("/" + path)


def _shape_bomb(file: h5py.File, path: str, place: Place) -> None:
    file.create_dataset(path, (50_000_000, 50_000_000), "f4", chunks=(1000, 1000), compression="gzip")


def _plain_shape_bomb(file: h5py.File, path: str, place: Place) -> None:
    file.create_dataset(path, (1 << 40, 7), "f4")


def _chunk_bomb(file: h5py.File, path: str, place: Place) -> None:
    rows, count = 1 << 20, 16
    item = file.create_dataset(path, (rows * count, 7), "f4", chunks=(rows, 7), compression="gzip")
    packed = zlib.compress(bytes(rows * 7 * 4))
    for chunk in range(count):
        item.id.write_direct_chunk((chunk * rows, 0), packed)


def _unknown_filter(file: h5py.File, path: str, place: Place) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((16, 7))
    properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((16, 7))
    dataset = h5py.h5d.create(file.id, path.encode(), h5py.h5t.IEEE_F32LE, space, properties)
    dataset.write_direct_chunk((0, 0), bytes(16 * 7 * 4))


def _opaque(file: h5py.File, path: str, place: Place) -> None:
    import pickle

    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            import os

            return os.mkdir, (str(place.canary),)

    file[path] = np.void(pickle.dumps(Attack()))


def _objects(file: h5py.File, path: str, place: Place) -> None:
    item = file.create_dataset(path, (16, 7), h5py.ref_dtype)
    item[0, 0] = file.ref


def _texts(file: h5py.File, path: str, place: Place) -> None:
    item = file.create_dataset(path, (16, 7), h5py.string_dtype())
    item[:] = "x" * 1000


def _circle(file: h5py.File, place: Place) -> None:
    group = file["model_weights/layer"]
    group["circle"] = group
    group.attrs["weight_names"] = np.array([b"circle/circle/circle/circle/kernel", b"circle/bias"])


def _named_circle(file: h5py.File, place: Place) -> None:
    file["model_weights"].attrs["layer_names"] = np.array([b"../../model_weights", b"/"])


def _names_bomb(file: h5py.File, place: Place) -> None:
    group = file["model_weights"]
    del group.attrs["layer_names"]
    group.attrs["layer_names"] = np.array([b"layer"] * 7000, "S9")
    group.attrs["layer_names1"] = np.array([b"layer"] * 7000, "S9")


def _deep(file: h5py.File, place: Place) -> None:
    file.create_group("layers" + "/x" * 3000)


UNSAFE, CORRUPT, MODEL, UNSUPPORTED = (
    "UnsafeFileError", "CorruptFileError", "InvalidModelError", "UnsupportedFormatError",
)  # fmt: skip

_READS_FILES = {
    "a link to another file": _external_link,
    "storage in another file": _external_storage,
    "a virtual dataset of another file": _virtual,
}
_BOMBS = {
    "10 PB declared and nothing stored": _shape_bomb,
    "28 TB declared without chunks": _plain_shape_bomb,
    "470 MB of zeros in packed chunks": _chunk_bomb,
}


def _refusal(make: Callable[[h5py.File, str, Place], None]) -> str:
    """Chunks that are really there are not damage, but cost more than reading may."""
    return UNSAFE if make is _chunk_bomb else CORRUPT


CASES = [
    *(
        Hostile("CVE-2026-1669", f"{what}, .h5", changed(_replaced(make)), UNSAFE)
        for what, make in _READS_FILES.items()
    ),
    *(
        Hostile("CVE-2026-1669", f"{what}, .keras", in_archive(_replaced(make)), UNSAFE)
        for what, make in _READS_FILES.items()
    ),
    *(
        Hostile("CVE-2026-0897", f"{what}, .h5", changed(_replaced(make)), _refusal(make))
        for what, make in _BOMBS.items()
    ),
    *(
        Hostile("CVE-2026-0897", f"{what}, .keras", in_archive(_replaced(make)), _refusal(make))
        for what, make in _BOMBS.items()
    ),
    Hostile("CWE-61", "a soft link to itself", changed(_replaced(_soft_link)), UNSAFE),
    Hostile(
        "CWE-426",
        "a filter that HDF5 would load as a plugin",
        changed(_replaced(_unknown_filter)),
        UNSUPPORTED,
    ),
    Hostile("CVE-2019-6446", "a pickle as an opaque array", changed(_replaced(_opaque)), UNSUPPORTED),
    Hostile(
        "CWE-843", "references to objects in place of numbers", changed(_replaced(_objects)), UNSUPPORTED
    ),
    Hostile("CWE-843", "texts in place of numbers", changed(_replaced(_texts)), UNSUPPORTED),
    Hostile("CWE-835", "a group that holds itself", changed(_circle), MODEL),
    Hostile("CWE-22", "a layer whose name leads out of its group", changed(_named_circle), MODEL),
    Hostile("CWE-400", "the same layer named 14,000 times", changed(_names_bomb), MODEL),
    Hostile("CWE-674", "groups nested 3,000 deep", changed(_deep), "loaded"),
]
