"""CASES: the cases of all families, for `conformance/test_gradients.py`, which compares them with TensorFlow."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from kerasfmt.gradient import rules
from tests.gradient.rule_tests import GradientCase

_TESTS = [
    import_module(f"tests.gradient.rules.test_{family.name}")
    for family in pkgutil.iter_modules(rules.__path__)
]
CASES: list[GradientCase] = [case for tests in _TESTS for case in getattr(tests, "CASES", ())]
