"""NumPy's `.npz` and `.npy`: pickles, headers that are evaluated, shapes that lie."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from conformance.attack.hostile import archives
from conformance.attack.hostile.case import Hostile, Place

_MAGIC = b"\x93NUMPY"


def _header(text: str, version: int = 1) -> bytes:
    body = text.encode() + b"\n"
    return _MAGIC + bytes([version, 0]) + len(body).to_bytes(2 if version == 1 else 4, "little") + body


def _described(shape: str, kind: str = "'<f4'", order: str = "False") -> str:
    return f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}"


def archive(place: Place, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """An `.npz` of these members, beside a healthy bias."""
    stream = io.BytesIO()
    np.save(stream, np.zeros(7, np.float32))
    path = place.folder / "weights.npz"
    with zipfile.ZipFile(path, "w", method) as target:
        for name, data in {**members, "layer/bias.npy": stream.getvalue()}.items():
            target.writestr(name, data)
    return path


def _of(data: bytes | Callable[[Place], bytes], name: str = "layer/kernel.npy") -> Callable[[Place], Path]:
    return lambda place: archive(place, {name: data if isinstance(data, bytes) else data(place)})


class _Attack:
    def __init__(self, place: Place) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.mkdir, (str(self.place.canary),)


def _pickled(place: Place) -> bytes:
    return _header(_described("(16, 7)", "'|O'")) + pickle.dumps([_Attack(place)])


def _evaluated(place: Place) -> bytes:
    return _header(_described(f"(16, __import__('os').mkdir({str(place.canary)!r}) or 7)"))


def _bomb(place: Place) -> Path:
    members = {"layer/kernel.npy": b"", "layer/bias.npy": b"x"}
    return archives.bomb(place.folder / "weights.npz", members, "layer/kernel.npy")


UNSAFE, CORRUPT, UNSUPPORTED = "UnsafeFileError", "CorruptFileError", "UnsupportedFormatError"

CASES = [
    Hostile("CVE-2019-6446", "a pickle as an array of objects", _of(_pickled), UNSAFE),
    Hostile(
        "CVE-2019-6446", "a pickle in place of an array", _of(lambda p: pickle.dumps(_Attack(p))), CORRUPT
    ),
    Hostile("CWE-95", "code in the header of an array", _of(_evaluated), CORRUPT),
    Hostile(
        "CWE-674",
        "brackets nested 1,000 deep in a header",
        _of(_header(_described("(" * 1000 + ")" * 1000))),
        CORRUPT,
    ),
    Hostile("CWE-400", "a header that states 4 GB", _of(_MAGIC + b"\x02\x00\xff\xff\xff\xff{}"), UNSUPPORTED),
    Hostile(
        "CWE-789",
        "28 TB declared and nothing stored",
        _of(_header(_described("(1099511627776, 7)"))),
        CORRUPT,
    ),
    Hostile(
        "CWE-190",
        "sizes whose product is 2**64",
        _of(_header(_described("(4294967296, 4294967296)"))),
        CORRUPT,
    ),
    Hostile("CWE-190", "a negative size", _of(_header(_described("(-16, -7)")) + bytes(448)), CORRUPT),
    Hostile("CWE-704", "True as a size", _of(_header(_described("(True, 112)")) + bytes(448)), CORRUPT),
    Hostile(
        "CWE-704",
        "a structured dtype",
        _of(_header(_described("(16, 7)", "[('a', '<f2'), ('b', '<f2')]")) + bytes(448)),
        UNSUPPORTED,
    ),
    Hostile("CVE-2019-9674", "400 MB of zeros in 400 kB", _bomb, UNSAFE),
    Hostile(
        "Zip Slip (CVE-2018-1002201)",
        "an array above the folder",
        _of(_header(_described("(1,)")) + bytes(4), "../../x.npy"),
        UNSAFE,
    ),
]
