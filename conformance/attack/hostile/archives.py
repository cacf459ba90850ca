"""Zip archives, and tar archives under the name of one."""

from __future__ import annotations

import io
import json
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import kerasfmt
from conformance.attack.hostile.case import Hostile, Place
from kerasfmt.layers import Dense

Members = dict[str, bytes]


def whole(place: Place) -> Members:
    """The members of a healthy archive."""
    kerasfmt.clear_session()
    path = place.folder / "whole.keras"
    model = kerasfmt.Sequential([Dense(2, input_shape=(3,), name="layer")], name="model")
    kerasfmt.save_model(model, path)
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    path.unlink()
    return members


def written(place: Place, members: Members, method: int = zipfile.ZIP_STORED) -> Path:
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w", method) as target:
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name), data, method)
    return path


def _with(name: str | Callable[[Place], str], data: bytes = b"x") -> Callable[[Place], Path]:
    """A healthy archive with one more member."""
    return lambda place: written(
        place, {**whole(place), (name if isinstance(name, str) else name(place)): data}
    )


def _linked(member: str, target: Callable[[Place], str], place: Place) -> Path:
    """An archive with a symbolic link in place of a member."""
    path = place.folder / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in whole(place).items():
            info = zipfile.ZipInfo(name)
            if name == member:
                info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target(place).encode() if name == member else data)
    return path


def _tar(mode: str, place: Place) -> Path:
    """A tar archive whose members are a link out of the folder, and a file through the link."""
    path = place.folder / "model.keras"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, str(place.canary.parent)
        archive.addfile(link)
        file = tarfile.TarInfo(f"out/{place.canary.name}")
        file.size = 1
        archive.addfile(file, io.BytesIO(b"x"))
    return path


def zeros(count: int) -> bytes:
    """`count` megabytes of zeros, compressed as a member of an archive; made without compressing them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * count + packer.flush()


def bomb(path: Path, members: Members, member: str, megabytes: int = 400) -> Path:
    """An archive with zeros in place of one of its members."""
    packed = zeros(megabytes)
    with zipfile.ZipFile(path, "w") as target:
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name), packed if name == member else data)
    data = bytearray(path.read_bytes())
    for magic, method, size in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        at = data.rindex(magic, 0, data.rindex(member.encode() if magic[2] == 1 else packed[:64]))
        struct.pack_into("<H", data, at + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", data, at + size, megabytes * 1_000_000)
    path.write_bytes(data)
    return path


def _bomb(member: str, place: Place) -> Path:
    return bomb(place.folder / "model.keras", whole(place), member)


def _overlapping(place: Place) -> Path:
    """Every entry of the directory points at one member (the zip bomb of David Fifield, 2019)."""
    data = bytearray(written(place, whole(place)).read_bytes())
    at = data.index(b"PK\x01\x02")
    first = struct.unpack_from("<I", data, at + 42)[0]
    while data[at : at + 4] == b"PK\x01\x02":
        struct.pack_into("<I", data, at + 42, first)
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        at += 46 + name + extra + comment
    path = place.folder / "model.keras"
    path.write_bytes(data)
    return path


def _patched(
    offset: int, value: bytes, magic: bytes = b"PK\x01\x02", first: bool = False
) -> Callable[[Place], Path]:
    """A healthy archive with bytes replaced behind a magic number."""

    def make(place: Place) -> Path:
        path = written(place, whole(place))
        data = bytearray(path.read_bytes())
        at = (data.index(magic) if first else data.rindex(magic)) + offset
        data[at : at + len(value)] = value
        path.write_bytes(data)
        return path

    return make


def _twice(place: Place) -> Path:
    path = written(place, whole(place))
    text = path.read_bytes()
    with zipfile.ZipFile(path, "a") as target:
        info = zipfile.ZipInfo("config.jsom")
        target.writestr(info, b'{"class_name": "Lambda"}')
    path.write_bytes(path.read_bytes().replace(b"config.jsom", b"config.json"))
    assert len(path.read_bytes()) > len(text)
    return path


def _sharded(name: str | Callable[[Place], str], place: Place) -> Path:
    """Weights in shards, one of which lies where the attacker says."""
    members = whole(place)
    members["model_00000.weights.h5"] = members.pop("model.weights.h5")
    shard = name if isinstance(name, str) else name(place)
    mapping = {"metadata": {"total_size": 1}, "weight_map": {"/layers/dense/vars": shard}}
    members["model.weights.json"] = json.dumps(mapping).encode()
    return written(place, members)


def _loose_shards(name: Callable[[Place], str], place: Place) -> Path:
    """A map of shards in a folder, which names a file of the victim."""
    path = place.folder / "model.weights.json"
    mapping = {"metadata": {"total_size": 1}, "weight_map": {"/layers/dense/vars": name(place)}}
    path.write_text(json.dumps(mapping))
    return path


UNSAFE, CORRUPT, UNSUPPORTED = "UnsafeFileError", "CorruptFileError", "UnsupportedFormatError"


def _secret(place: Place) -> str:
    return str(place.secret)


CASES = [
    Hostile("Zip Slip (CVE-2018-1002201)", "a member above the folder", _with("../../../pwned"), UNSAFE),
    Hostile(
        "Zip Slip (CVE-2018-1002201)", "a member at an absolute path", _with(lambda p: str(p.canary)), UNSAFE
    ),
    Hostile(
        "Zip Slip (CVE-2018-1002201)",
        "a member above the folder, as Windows writes it",
        _with("..\\..\\pwned"),
        UNSAFE,
    ),
    Hostile("Zip Slip (CVE-2018-1002201)", "a member on a drive of Windows", _with("C:/pwned"), UNSAFE),
    Hostile("Zip Slip (CVE-2018-1002201)", "an asset above the folder", _with("assets/../../pwned"), UNSAFE),
    Hostile("CVE-2024-8088", "a member whose name is slashes", _with("//"), UNSAFE),
    Hostile("CVE-2025-12060", "a tar archive with a link out of the folder", partial(_tar, "w"), UNSUPPORTED),
    Hostile(
        "CVE-2025-12638",
        "a packed tar archive with a link out of the folder",
        partial(_tar, "w:gz"),
        UNSUPPORTED,
    ),
    Hostile("CWE-61", "a link in place of the config", partial(_linked, "config.json", _secret), UNSAFE),
    Hostile(
        "CWE-61", "a link in place of the weights", partial(_linked, "model.weights.h5", _secret), UNSAFE
    ),
    Hostile("CVE-2019-9674", "a config of 400 MB in 400 kB", partial(_bomb, "config.json"), UNSAFE),
    Hostile("CVE-2019-9674", "weights of 400 MB in 400 kB", partial(_bomb, "model.weights.h5"), UNSAFE),
    Hostile("CVE-2024-0450", "members that overlap", _overlapping, CORRUPT),
    Hostile("CWE-130", "a member of 2**32 - 2 bytes", _patched(24, b"\xfe\xff\xff\xff"), CORRUPT),
    Hostile(
        "CWE-125",
        "a directory behind the end of the file",
        _patched(16, b"\xf0\xff\xff\x7f", b"PK\x05\x06"),
        CORRUPT,
    ),
    Hostile("CWE-436", "two configs under one name", _twice, UNSAFE),
    Hostile("CWE-311", "a member that is marked as encrypted", _patched(8, b"\x01\x00"), UNSUPPORTED),
    Hostile("CWE-354", "a member with another checksum", _patched(16, b"\0\0\0\0", first=True), CORRUPT),
    Hostile(
        "CVE-2025-12058",
        "shards of weights above the folder",
        partial(_sharded, "../../model.weights.h5"),
        UNSAFE,
    ),
    Hostile("CVE-2025-12058", "shards of weights at an absolute path", partial(_sharded, _secret), CORRUPT),
    Hostile(
        "CWE-400",
        "a shard whose name has 300 characters",
        partial(_sharded, "x" * 300 + ".weights.h5"),
        CORRUPT,
    ),
    Hostile(
        "CVE-2025-12058",
        "a loose map of shards at an absolute path",
        partial(_loose_shards, _secret),
        CORRUPT,
    ),
]
