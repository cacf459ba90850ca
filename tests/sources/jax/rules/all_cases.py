"""The cases of all families of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tests.sources.jax.jax_tests import Case
from tests.sources.jax.rules import (
    test_calls,
    test_composed,
    test_control,
    test_conversion,
    test_convolution,
    test_cumulative,
    test_custom,
    test_dot,
    test_elementwise,
    test_fft,
    test_indexing,
    test_integers,
    test_linalg,
    test_random,
    test_reduction,
    test_shaping,
    test_slicing,
    test_sorting,
    test_windows,
)

_MODULES = (
    test_calls, test_composed, test_control, test_conversion, test_convolution, test_cumulative, test_custom,
    test_dot, test_elementwise, test_fft, test_indexing, test_integers, test_linalg, test_random,
    test_reduction, test_shaping, test_slicing, test_sorting, test_windows,
)  # fmt: skip
FAMILIES: Final[Mapping[str, Sequence[Case]]] = {
    module.__name__.rpartition("_")[2]: module.CASES for module in _MODULES
}
