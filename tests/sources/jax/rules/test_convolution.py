"""Rules of convolutions: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from tests.sources.jax.jax_tests import Case, check, normal, whole


def _conv(strides: Any, padding: Any, numbers: Any = ("NHWC", "HWIO", "NHWC"), **options: Any) -> Any:
    return lambda jax, jnp: (
        lambda x, k: jax.lax.conv_general_dilated(
            x, k, strides, padding, dimension_numbers=numbers, **options
        )
    )


_X, _K = normal(2, 7, 8, 4), normal(3, 2, 4, 6, seed=1)
_T = 2e-6
CASES = [
    Case("valid", _conv((1, 1), "VALID"), (_X, _K), ("float32[b, 7, 8, 4]", "float32[3, 2, 4, 6]"), _T),
    Case("same", _conv((1, 1), "SAME"), (_X, _K), ("float32[b, h, w, 4]", "float32[3, 2, 4, 6]"), _T),
    Case("strides", _conv((2, 3), "SAME"), (_X, _K), None, _T),
    Case(
        "strides-symbolic",
        _conv((2, 2), "SAME"),
        (_X, _K),
        ("float32[b, h, w, 4]", "float32[3, 2, 4, 6]"),
        _T,
    ),
    Case("padding", _conv((2, 1), [(1, 2), (0, 3)]), (_X, _K), None, _T),
    Case("negative-padding", _conv((1, 1), [(-1, 2), (0, -2)]), (_X, _K), None, _T),
    Case("dilated", _conv((1, 1), "SAME", rhs_dilation=(2, 3)), (_X, _K), None, _T),
    Case("dilated-strides", _conv((2, 2), "VALID", rhs_dilation=(2, 2)), (_X, _K), None, _T),
    Case("transposed", _conv((1, 1), [(2, 2), (1, 1)], lhs_dilation=(2, 2)), (_X, _K), None, _T),
    Case(
        "transposed-symbolic",
        _conv((1, 1), [(2, 2), (1, 1)], lhs_dilation=(2, 2)),
        (_X, _K),
        ("float32[b, h, w, 4]", "float32[3, 2, 4, 6]"),
        _T,
    ),
    Case(
        "conv-transpose",
        lambda jax, jnp: lambda x, k: jax.lax.conv_transpose(x, k, (2, 2), "SAME"),
        (_X, _K),
        None,
        _T,
    ),
    *(
        Case(
            f"conv-transpose-{padding}-{step}-{size}",
            lambda jax, jnp, padding=padding, step=step: (
                lambda x, k: jax.lax.conv_transpose(x, k, (step, step), padding)
            ),
            (_X, normal(size, size, 4, 6)),
            ("float32[b, h, w, 4]", f"float32[{size}, {size}, 4, 6]"),
            _T,
        )
        for padding in ("SAME", "VALID")
        for step, size in ((2, 3), (2, 2), (2, 4), (3, 4), (3, 2))
    ),
    Case(
        "channels-first",
        _conv((1, 2), "SAME", ("NCHW", "OIHW", "NCHW")),
        (normal(2, 4, 7, 8), normal(6, 4, 3, 2)),
        None,
        _T,
    ),
    Case(
        "orders",
        _conv((1, 2), "SAME", ("CHWN", "IHWO", "NHWC")),
        (normal(4, 7, 8, 2), normal(4, 3, 2, 6)),
        None,
        _T,
    ),
    Case("groups", _conv((1, 1), "SAME", feature_group_count=2), (_X, normal(3, 2, 2, 6)), None, _T),
    Case(
        "depthwise",
        _conv((1, 1), "SAME", feature_group_count=4),
        (_X, normal(3, 2, 1, 8)),
        ("float32[b, 7, 8, 4]", "float32[3, 2, 1, 8]"),
        _T,
    ),
    Case(
        "depthwise-strides", _conv((2, 1), "VALID", feature_group_count=4), (_X, normal(3, 2, 1, 4)), None, _T
    ),
    Case(
        "depthwise-dilated",
        _conv((1, 1), "SAME", feature_group_count=4, rhs_dilation=(2, 2)),
        (_X, normal(3, 3, 1, 4)),
        None,
        _T,
    ),
    Case("batch-groups", _conv((1, 1), "SAME", batch_group_count=2), (_X, _K), None, _T),
    Case(
        "sequence",
        _conv((2,), "SAME", ("NWC", "WIO", "NWC")),
        (normal(2, 9, 4), normal(3, 4, 5)),
        ("float32[b, 9, 4]", "float32[3, 4, 5]"),
        _T,
    ),
    Case(
        "sequence-causal",
        _conv((1,), [(4, 0)], ("NWC", "WIO", "NWC"), rhs_dilation=(2,)),
        (normal(2, 9, 4), normal(3, 4, 5)),
        ("float32[b, t, 4]", "float32[3, 4, 5]"),
        _T,
    ),
    Case(
        "sequence-depthwise",
        _conv((1,), "SAME", ("NWC", "WIO", "NWC"), feature_group_count=4),
        (normal(2, 9, 4), normal(3, 1, 4)),
        None,
        _T,
    ),
    Case(
        "volume",
        _conv((1, 2, 1), "SAME", ("NDHWC", "DHWIO", "NDHWC")),
        (normal(2, 4, 5, 6, 3), normal(2, 3, 2, 3, 4)),
        None,
        _T,
    ),
    Case(
        "int8",
        _conv((1, 1), "VALID", preferred_element_type="int32"),
        (whole(2, 5, 6, 3, dtype=np.int8), whole(2, 2, 3, 4, dtype=np.int8)),
    ),
    Case(
        "bfloat16",
        lambda jax, jnp: (
            lambda x, k: jax.lax.conv_general_dilated(
                x.astype(jnp.bfloat16),
                k.astype(jnp.bfloat16),
                (1, 1),
                "SAME",
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            ).astype("float32")
        ),
        (_X, _K),
        None,
        3e-2,
    ),
    Case(
        "gradients",
        lambda jax, jnp: jax.grad(
            lambda x, k: jnp.sum(
                jax.lax.conv_general_dilated(x, k, (2, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
                ** 2
            ),
            (0, 1),
        ),
        (_X, _K),
        None,
        2e-5,
    ),
    Case(
        "gradients-groups",
        lambda jax, jnp: jax.grad(
            lambda x, k: jnp.sum(
                jax.lax.conv_general_dilated(
                    x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=2
                )
                ** 2
            ),
            (0, 1),
        ),
        (_X, normal(3, 2, 2, 6)),
        None,
        2e-5,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)


def test_a_transposed_convolution_is_one_op() -> None:
    jax = pytest.importorskip("jax")
    served = kerasfmt.from_jax(
        lambda x, k: jax.lax.conv_transpose(x, k, (2, 2), "SAME"),
        inputs={"x": "float32[b, 7, 8, 4]", "k": "float32[3, 3, 4, 6]"},
    )
    (trace,) = served._called.traces
    ops = [node.op for node in trace.function.nodes]
    assert "Conv2DBackpropInput" in ops
    assert "PadV2" not in ops
