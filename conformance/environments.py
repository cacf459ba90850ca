"""The environments that conformance runs in: their names, and where their interpreters are.

`tools/env.py` makes them. Imports nothing but the standard library.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("KERASFMT_ENVS") or ROOT / ".conformance" / "envs")

NAMES = {
    "core": "core",
    "2.12": "tf212",
    "2.15": "tf215",
    "2.21": "tf221",
    "k3jax": "k3jax",
    "k3torch": "k3torch",
    "k3minors": "k3minors",
    "optax": "optax",
    "openvino": "openvino",
}
"""What runs in it ("core", a TensorFlow line, Keras 3 on a backend, optax, openvino) -> directory below `HOME`."""

KERAS3_MINORS = tuple(f"3.{minor}" for minor in range(16))
"""The minor versions of Keras 3, which share the environment "k3minors" but for Keras itself."""


def interpreter(name: str) -> Path:
    """Where the interpreter of the environment in this directory is, or would be."""
    return HOME / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def keras3_packages(minor: str) -> Path:
    """The directory from which a process imports a minor version of Keras 3."""
    return HOME / NAMES["k3minors"] / "keras" / minor


def python(environment: str) -> Path:
    """The interpreter of "core", of a TensorFlow line, of Keras 3 without TensorFlow, or of optax.

    Raises:
      SystemExit: There is no such environment; the message says how to make it.
    """
    found = interpreter(NAMES[environment])
    if found.exists():
        return found
    if environment == "core":
        return Path(sys.executable)
    matrix = environment in ("2.12", "k3jax", "k3torch", "k3minors")
    option = " --formats" if matrix else f" --lines {environment}"
    command = "python tools/env.py setup" + ("" if environment in ("optax", "openvino") else option)
    raise SystemExit(f"no environment {HOME / NAMES[environment]}: make it with `{command}`")
