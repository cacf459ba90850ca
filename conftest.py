"""Settings of every test run: hypothesis draws the same examples each time and does not watch the clock."""

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

# Their assertions tell what they found, as those of test files do.
pytest.register_assert_rewrite(
    "tests.formats.format_tests",
    "tests.graph.ops.op_tests",
    "tests.layers.keras3_ops.operation_tests",
    "tests.layers.layer_tests",
    "tests.nn.tf.function_tests",
)
