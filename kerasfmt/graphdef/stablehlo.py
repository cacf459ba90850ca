"""StableHLO modules written again for older readers, by jaxlib.

    module    "ML\\xefR", version of the bytecode: varint, producer: "StableHLO_v1.15.0" and 0, ...

The producer is the version of StableHLO that a module was written for. Readers take modules of older versions, and
newer ones only by luck. Debug locations, which hold paths of the author's machine, are left out.

Source: stablehlo/docs/compatibility.md; stablehlo/dialect/Serialization.cpp
"""

from __future__ import annotations

import re
from typing import Any, Final

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.graph.xla_client import context_of

MAGIC: Final = b"ML\xefR"
_PRODUCER: Final = re.compile(rb"StableHLO_v(\d+)\.(\d+)\.(\d+)\0")
_HEAD: Final = 64

Version = tuple[int, int, int]


def version_of(module: bytes) -> Version | None:
    """The version of StableHLO that a module was written for; None if it does not say."""
    found = _PRODUCER.search(module[:_HEAD]) if module.startswith(MAGIC) else None
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def write_for(module: bytes, version: Version, where: str) -> bytes:
    """A module written again for a version of StableHLO, without debug locations.

    The module goes through the C++ code of jaxlib, which is not made for files of strangers.

    Args:
      module: in MLIR's bytecode.
      version: the version.
      where: what errors begin with.

    Raises:
      ImportError: jaxlib is not installed.
      UnsupportedFormatError: jaxlib cannot read it, or cannot write it for that version.
    """
    ir, stablehlo = _jaxlib()
    text = ".".join(map(str, version))
    context = context_of(ir)
    try:
        read = stablehlo.deserialize_portable_artifact(context, module)
        with context:
            plain = ir.Module.parse(read.operation.get_asm(enable_debug_info=False))
        written: bytes = stablehlo.serialize_portable_artifact(plain, text)
    except (ValueError, RuntimeError, ir.MLIRError) as error:
        raise UnsupportedFormatError(
            f"{where}: jaxlib cannot write its module for StableHLO {text}: {' '.join(str(error).split())[:300]}; "
            "export the function anew for the older TensorFlow"
        ) from error
    return written


def _jaxlib() -> tuple[Any, Any]:
    try:
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import stablehlo
    except ImportError as error:
        raise ImportError(
            "StableHLO modules are written for other versions by jaxlib, which cannot be imported; "
            "install it with `pip install kerasfmt[stablehlo]`"
        ) from error
    return ir, stablehlo
