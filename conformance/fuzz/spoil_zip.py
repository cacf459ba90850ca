"""Mutations of what a `.keras` archive holds."""

from __future__ import annotations

import io
import json
import stat
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from conformance.fuzz import spoil
from conformance.fuzz.spoil_hdf5 import HDF5, Spoil

_WEIGHTS = "model.weights.h5"


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _packed(
    members: Sequence[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # duplicate names
        for name, content in members:
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            archive.writestr(info, content, method)
    return stream.getvalue()


def _json(change: Callable[[Random, Any], Any]) -> Spoil:
    def spoilt(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        found = _unpacked(data)
        name = random.choice(("config.json", "config.json", "config.json", "config.json", "metadata.json"))
        changed = change(random, json.loads(found[name]))
        found[name] = changed if isinstance(changed, bytes) else spoil.encoded(changed)
        return _packed(list(found.items()))

    return spoilt


def weights(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The HDF5 file inside, spoilt in every way."""
    found = _unpacked(data)
    change = random.choice([*spoil.BYTES.values(), HDF5["attributes"], HDF5["links"], *[HDF5["storage"]] * 3])
    inner = [_unpacked(other)[_WEIGHTS] for other in (data, random.choice(others))]
    found[_WEIGHTS] = change(random, found[_WEIGHTS], inner)
    return _packed(list(found.items()), random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def members(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Members missing, doubled, swapped, out of the archive, links, bombs, of other archives, in pieces."""
    found = list(_unpacked(data).items())
    at = random.randrange(len(found))
    name, content = found[at]
    other_name, other_content = random.choice(list(_unpacked(random.choice(others)).items()))
    outside = random.choice(
        ("../x", "/etc/x", "..\\x", "C:/x", "a/../../x", "a\\x", "", "x" * 3000, "\udc80x")
    )
    kind = random.randrange(11)
    method = zipfile.ZIP_STORED
    if kind == 0:
        del found[at]
    elif kind == 1:
        found.append((name, random.choice((content, b"", other_content))))
    elif kind == 2:
        found[at] = (name, other_content)
    elif kind == 3:
        found.append((outside.encode("utf-8", "replace").decode(), b"x"))
    elif kind == 4:
        found[at] = (_link(name), b"/etc/passwd")
    elif kind == 5:
        found[at] = (name, bytes(random.choice((1 << 20, 1 << 24, 1 << 26))))
        method = zipfile.ZIP_DEFLATED
    elif kind == 6:
        found[at] = (random.choice((other_name, name.upper(), "x/" + name, name + "/")), content)
    elif kind == 7:
        found.append((random.choice(("assets/x.txt", "assets/", "assets/layers/a/v.txt", "README.md")), b"x"))
    elif kind == 8:
        found += [(f"{name}.{number}", b"") for number in range(random.choice((10, 3000)))]
    elif kind == 9:
        return _sharded(random, dict(found))
    else:
        method = random.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED))
    return _packed(found, method)


def _sharded(random: Random, found: dict[str, bytes]) -> bytes:
    """Weights in one shard or two, named by a map that is right or spoilt."""
    found["model_00000.weights.h5"] = content = found.pop(_WEIGHTS)
    if random.random() < 0.5:
        found["model_00001.weights.h5"] = content
    mapping: Any = {"metadata": {"total_size": 1}, "weight_map": {"/vars": "model_00000.weights.h5"}}
    if "model_00001.weights.h5" in found:
        mapping["weight_map"]["/layers/x/vars"] = ["model_00000.weights.h5", "model_00001.weights.h5"]
    if random.random() < 0.7:
        mapping = spoil.structure(random, mapping)
    found["model.weights.json"] = spoil.encoded(mapping)
    return _packed(list(found.items()))


ZIP: dict[str, Spoil] = {
    "config: structure": _json(spoil.structure),
    "config: calls": _json(spoil.calls),
    "config: text": _json(spoil.text),
    "weights inside": weights,
    "members": members,
}
