"""The signature of HDF5 files.

Source: HDF5 File Format Specification 3.0, II.A
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kerasfmt.containers.binary import Binary

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
"""The signature at byte 0, or after a user block of 512, 1024, 2048, ... bytes."""


def is_hdf5(path: Path | Binary) -> bool:
    """Whether a file has the signature where the format allows it.

    Raises:
      OSError: it cannot be read.
    """
    with path.open() if isinstance(path, Binary) else path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        offset = 0
        while offset + len(MAGIC) <= size:
            stream.seek(offset)
            if stream.read(len(MAGIC)) == MAGIC:
                return True
            offset = max(512, 2 * offset)
    return False
