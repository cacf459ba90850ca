"""The records of a zip archive; reader and writer share this table.

    local header     signature: 4 bytes, version: 2, flags: 2, method: 2, time: 2, date: 2, crc32: 4,
                     compressed size: 4, size: 4, name size: 2, extra size: 2, name, extra
    directory entry  signature: 4, made by: 2, version: 2, flags: 2, method: 2, time: 2, date: 2, crc32: 4,
                     compressed size: 4, size: 4, name size: 2, extra size: 2, comment size: 2, disk: 2,
                     internal: 2, external: 4, offset of the local header: 4, name, extra, comment
    end64            signature: 4, size of what follows: 8, made by: 2, version: 2, disk: 4, disk: 4,
                     entries here: 8, entries: 8, directory size: 8, directory offset: 8
    locator64        signature: 4, disk: 4, offset of end64: 8, disks: 4
    end              signature: 4, disk: 2, disk: 2, entries here: 2, entries: 2, directory size: 4,
                     directory offset: 4, comment size: 2, comment

All numbers are little-endian. For a size or offset that is 0xFFFFFFFF, the extra field 1 holds the number
(id: 2, bytes: 2, then 8 bytes for each such number).

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3
"""

from __future__ import annotations

import struct
from typing import Final

LOCAL: Final = struct.Struct("<4s5H3I2H")
ENTRY: Final = struct.Struct("<4s6H3I5H2I")
END64: Final = struct.Struct("<4sQ2H2I4Q")
LOCATOR64: Final = struct.Struct("<4sIQI")
END: Final = struct.Struct("<4s4H2IH")

LOCAL_MAGIC: Final = b"PK\x03\x04"
ENTRY_MAGIC: Final = b"PK\x01\x02"
END64_MAGIC: Final = b"PK\x06\x06"
LOCATOR64_MAGIC: Final = b"PK\x06\x07"
END_MAGIC: Final = b"PK\x05\x06"

SATURATED: Final = 0xFFFFFFFF
"""A 32-bit field that says: the number is in the extra field."""
ZIP64_EXTRA: Final = 1
UTF_8: Final = 0x800
"""The flag of a name in UTF-8; without it, a name is in code page 437."""
_MAX_NAME: Final = 1024


def is_safe_name(name: str) -> bool:
    """Whether a member's name stays inside the archive on every system; other names are not read or written."""
    leaves = name.startswith("/") or ".." in name.split("/") or "\\" in name or name[1:2] == ":"
    return bool(name) and "\0" not in name and not leaves and len(name) <= _MAX_NAME
