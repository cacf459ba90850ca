"""Writes tests/graph/ops/fingerprint64.json: `python -m conformance.fingerprint64_golden`.

TensorFlow's Fingerprint op hashes the first n bytes of a fixed text, for every n up to `LENGTHS`.
"""

from __future__ import annotations

import json

from tests.graph.ops.test_fingerprint64 import GOLDEN, LENGTHS, text


def golden(tf: object) -> dict[str, object]:
    """The content of the golden file."""
    op = tf.raw_ops.Fingerprint  # type: ignore[attr-defined]
    hashes = [
        int.from_bytes(op(data=[text(n)], method="farmhash64").numpy().tobytes(), "little") for n in LENGTHS
    ]
    version = tf.__version__  # type: ignore[attr-defined]
    return {
        "generator": "python -m conformance.fingerprint64_golden",
        "tensorflow": version,
        "date": "2026-11-22",
        "hashes": {str(n): f"{value:016x}" for n, value in zip(LENGTHS, hashes, strict=True)},
    }


if __name__ == "__main__":
    import tensorflow

    GOLDEN.write_text(json.dumps(golden(tensorflow), indent=1) + "\n")
