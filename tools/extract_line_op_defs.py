"""Extract kerasfmt/graph/line_op_defs/: the definitions of all ops of TensorFlow, line by line.

    python tools/extract_line_op_defs.py PYTHON215 PYTHON221

Each PYTHON has the TensorFlow of one line, the oldest first. A file holds the ops that its line adds or changes. Ops of
oneDNN (`_Mkl...`), which are in no file, are left out, and so are texts.
"""

from __future__ import annotations

import base64
import gzip
import subprocess
import sys
from pathlib import Path

from kerasfmt import protos

TARGET = Path(__file__).resolve().parent.parent / "kerasfmt" / "graph" / "line_op_defs"
_ASK = """
import base64
import tensorflow as tf
from tensorflow.python.client import pywrap_tf_session as session
print(*tf.__version__.split(".")[:2], sep=".")
print(base64.b64encode(session.TF_GetBuffer(session.TF_GetAllOpList())).decode())
"""


def main(pythons: list[str]) -> None:
    known: dict[str, bytes] = {}
    for python in pythons:
        said = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True).stdout
        version, data = said.splitlines()[-2:]
        found = {}
        for op in protos.OpList.FromString(base64.b64decode(data)).op:
            if "_Mkl" not in op.name:
                found[op.name] = without_texts(op)
        changed = {name: data for name, data in found.items() if known.get(name) != data}
        written = protos.OpList(op=[protos.OpDef.FromString(changed[name]) for name in sorted(changed)])
        path = TARGET / f"{version}.binpb.gz"
        path.write_bytes(gzip.compress(protos.serialize(written), mtime=0))
        print(f"{path}: {len(changed):,} ops, {path.stat().st_size:,} bytes")
        known |= found


def without_texts(op: protos.OpDef) -> bytes:
    """A definition without what only readers of documentation need."""
    for name in ("summary", "description", "deprecation", "control_output"):
        op.ClearField(name)
    for each in (*op.input_arg, *op.output_arg, *op.attr):
        each.ClearField("description")
    return protos.serialize(op)


if __name__ == "__main__":
    main(sys.argv[1:])
