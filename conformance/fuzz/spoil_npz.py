"""Mutations of what an `.npz` archive holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from random import Random

from conformance.fuzz import spoil
from conformance.fuzz.spoil_hdf5 import Spoil

_MAGIC = 8
"""Bytes of a `.npy` before the size of its header, which takes two."""
_SHAPES = (
    "()",
    "(-1,)",
    "(0,)",
    "(3, 2)",
    "(1099511627776,)",
    "(4294967296, 4294967296)",
    "(True,)",
    "(3,",
    "3",
    "((3,),)",
)
_KINDS = (
    "'<f4'",
    "'>f8'",
    "'|O'",
    "'<U3'",
    "'|V2'",
    "'|V4000000000'",
    "'<M8[s]'",
    "[('a', '<f4')]",
    "'<c8'",
    "','",
    "None",
)
_TEXTS = ("", "{}", "[]", "(" * 200, "__import__('os').abort()", "{'descr': 1}", "\x00", "9" * 5000)


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in dict(members).items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def _header(random: Random, array: bytes) -> bytes:
    """A `.npy` with another header."""
    size = int.from_bytes(array[_MAGIC : _MAGIC + 2], "little")
    start = _MAGIC + 2
    header, elements = array[start : start + size].decode("latin-1"), array[start + size :]
    kind = random.randrange(5)
    if kind == 0:
        header = random.choice(_TEXTS)
    elif kind == 1:
        header = header[: header.index("'shape':")] + f"'shape': {random.choice(_SHAPES)}, }}\n"
    elif kind == 2:
        header = f"{{'descr': {random.choice(_KINDS)}, {header[header.index(chr(39) + 'fortran') :]}"
    elif kind == 3:
        header = header.replace("False", random.choice(("True", "1", "None", "'x'")))
    else:
        at = random.randrange(len(header))
        header = header[:at] + random.choice("{}[](),'\"\\\0é\n") + header[at + 1 :]
    body = header.encode("latin-1", "replace")
    version = random.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"))
    width = 2 if version == b"\x01\x00" else 4
    stated = random.choice((len(body), len(body), len(body), 0, (1 << 8 * width) - 1))
    return b"\x93NUMPY" + version + stated.to_bytes(width, "little") + body + elements


def headers(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Headers of arrays that say something else, or are none."""
    members = _unpacked(data)
    for name in random.sample(list(members), random.choice((1, 1, len(members)))):
        members[name] = _header(random, members[name])
    return _packed(list(members.items()))


def arrays(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Arrays missing, swapped, under other names, spoilt in their bytes, compressed, or too many."""
    members = list(_unpacked(data).items())
    other = list(_unpacked(random.choice(others)).items())
    at = random.randrange(len(members))
    name, content = members[at]
    kind = random.randrange(7)
    if kind == 0:
        del members[at]
    elif kind == 1:
        members[at] = (name, random.choice(other)[1])
    elif kind == 2:
        members[at] = (
            random.choice(
                (name[:-4], "../" + name, name.upper(), "x.npy", "\x1b[2J.npy", "é" * 300 + ".npy")
            ),
            content,
        )
    elif kind == 3:
        members[at] = (name, random.choice(list(spoil.BYTES.values()))(random, content, [content]))
    elif kind == 4:
        members += [(f"extra{number}.npy", content) for number in range(random.choice((1, 800)))]
    elif kind == 5:
        members[at] = (name, content + bytes(random.choice((1, 1 << 24))))
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    return _packed(members, method)


NPZ: dict[str, Spoil] = {"headers": headers, "arrays": arrays}
