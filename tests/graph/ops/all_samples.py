"""SAMPLES: the samples of all families, for `conformance/test_ops.py`, which runs them in TensorFlow."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from kerasfmt.graph import ops
from tests.graph.ops.op_tests import Sample

_TESTS = [
    import_module(f"tests.graph.ops.test_{family.name}") for family in pkgutil.iter_modules(ops.__path__)
]
SAMPLES: list[Sample] = [sample for tests in _TESTS for sample in getattr(tests, "SAMPLES", ())]
