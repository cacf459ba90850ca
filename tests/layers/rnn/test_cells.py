"""The cells: one step of each against its formula, its dropout, its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import KerasfmtError
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.layers import RNN, GRUCell, LSTMCell, SimpleRNNCell
from tests.layers.rnn.one_cell import Array, built, draw, spec_of, step

X, H, C = draw(6, 3), draw(6, 2), draw(6, 2)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def weights_of(cell: Layer) -> tuple[Array, Array, Array]:
    """Kernel, recurrent kernel and bias; zeros where there is no bias."""
    kernel, recurrent, *bias = (np.asarray(w, np.float64) for w in cell.get_weights())
    shape = (2, kernel.shape[1]) if getattr(cell, "reset_after", False) else kernel.shape[1:]
    return kernel, recurrent, bias[0] if bias else np.zeros(shape)


def lstm(cell: Layer) -> tuple[Array, Array]:
    kernel, recurrent, bias = weights_of(cell)
    gates = np.split(X @ kernel + H @ recurrent + bias, 4, 1)
    i, f, o = (sigmoid(gates[n]) for n in (0, 1, 3))
    carry = f * C + i * np.tanh(gates[2])
    return o * np.tanh(carry), carry


def gru(cell: Any) -> Array:
    kernel, recurrent, bias = weights_of(cell)
    of_x, of_h = bias if cell.reset_after else (bias, np.zeros_like(bias))
    xz, xr, xh = np.split(X @ kernel + of_x, 3, 1)
    hz, hr, hh = np.split(H @ recurrent + of_h, 3, 1)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    seen = r * hh if cell.reset_after else (r * H) @ recurrent[:, 4:]
    return np.asarray(z * H + (1 - z) * np.tanh(xh + seen))


@pytest.mark.parametrize("bias", [True, False])
def test_a_step_of_a_simple_rnn(bias: bool) -> None:
    cell = built(SimpleRNNCell(2, use_bias=bias), 3)
    kernel, recurrent, added = weights_of(cell)
    output, state = step(cell, X, (H,))
    np.testing.assert_allclose(output, np.tanh(X @ kernel + added + H @ recurrent), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(output, state)


@pytest.mark.parametrize("options", [{}, {"implementation": 1}, {"use_bias": False}, {"dtype": "float64"}])
def test_a_step_of_an_lstm(options: Mapping[str, Any]) -> None:
    cell = built(LSTMCell(2, **options), 3)
    dtype = cell.compute_dtype.numpy
    output, state, carry = step(cell, X.astype(dtype), (H.astype(dtype), C.astype(dtype)))
    for got, want in zip((output, carry), lstm(cell), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(output, state)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("implementation", [1, 2])
@pytest.mark.parametrize("after", [True, False])
def test_a_step_of_a_gru(after: bool, implementation: int, bias: bool) -> None:
    cell = built(GRUCell(2, reset_after=after, implementation=implementation, use_bias=bias), 3)
    output, state = step(cell, X, (H,))
    np.testing.assert_allclose(output, gru(cell), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(output, state)


def test_other_activations() -> None:
    cell = built(LSTMCell(2, activation="linear", recurrent_activation="relu"), 3)
    kernel, recurrent, bias = weights_of(cell)
    i, f, c, _ = np.split(X @ kernel + H @ recurrent + bias, 4, 1)
    carry = np.maximum(f, 0) * C + np.maximum(i, 0) * c
    np.testing.assert_allclose(step(cell, X, (H, C))[2], carry, rtol=1e-5, atol=1e-5)


CELLS: Mapping[str, tuple[type[Layer], Mapping[str, Any], int]] = {
    "simple": (SimpleRNNCell, {}, 1),
    "lstm, one product": (LSTMCell, {}, 2),
    "lstm, a product for each gate": (LSTMCell, {"implementation": 1}, 2),
    "gru, one product": (GRUCell, {}, 1),
    "gru, one product, reset before": (GRUCell, {"reset_after": False}, 1),
    "gru, a product for each gate": (GRUCell, {"implementation": 1}, 1),
    "gru, a product for each gate, reset before": (GRUCell, {"implementation": 1, "reset_after": False}, 1),
}


def random_ops(cell: Layer, states: int, training: bool) -> int:
    kwargs = {"states": tuple(spec_of(s) for s in (H, C)[:states])}
    nodes = cell.traces.exact(spec_of(X), kwargs, training).function.nodes
    return sum(node.op == "RandomUniform" for node in nodes)


@pytest.mark.parametrize("kind", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
def test_dropout_is_for_training_alone(
    kind: tuple[type[Layer], Mapping[str, Any], int], rates: tuple[float, float]
) -> None:
    cls, options, states = kind
    given: Any = {"units": 2, **options}
    plain, cell = (
        built(cls(**given, **more), 3) for more in ({}, {"dropout": rates[0], "recurrent_dropout": rates[1]})
    )
    cell.set_weights(plain.get_weights())
    before = (H, C)[:states]
    for got, want in zip(step(cell, X, before), step(plain, X, before), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    assert random_ops(cell, states, training=False) == 0
    assert random_ops(plain, states, training=True) == 0
    apart = {LSTMCell: 4, GRUCell: 3}.get(cls, 1)
    each = apart if options.get("implementation") == 1 or rates[1] else 1
    assert random_ops(cell, states, training=True) == each * sum(rate > 0 for rate in rates)
    trained = step(cell, X, before, training=True)
    assert not np.allclose(trained[0], step(plain, X, before)[0])
    assert all(np.isfinite(v).all() for v in trained)


def test_what_is_kept_is_scaled_up() -> None:
    cell = built(SimpleRNNCell(1, activation="linear", use_bias=False, dropout=0.25, seed=3), 1)
    cell.set_weights([np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)])
    ones = np.ones((4000, 1), np.float32)
    found = step(cell, ones, (ones,), training=True)[0]
    assert set(np.unique(found.round(4)).tolist()) == {0.0, np.float32(4 / 3).round(4)}
    np.testing.assert_allclose(found.mean(), 1, atol=0.05)


def test_recurrent_dropout_needs_a_product_for_each_gate() -> None:
    assert LSTMCell(2, recurrent_dropout=0.1).implementation == 1
    assert GRUCell(2, recurrent_dropout=0.1).implementation == 1
    assert GRUCell(2, dropout=0.1).implementation == 2


def test_the_forget_gate_begins_open() -> None:
    cell = LSTMCell(2, bias_initializer="random_normal")
    other = LSTMCell(2, unit_forget_bias=False)
    for made in (cell, other):
        RNN(made)(kerasfmt.Input((4, 3)))
    bias = np.split(cell.get_weights()[2], 4)
    assert bias[1].tolist() == [1, 1]
    assert np.unique(np.concatenate([bias[0], *bias[2:]])).size == 6
    assert not other.get_weights()[2].any()


def test_weights_and_sizes() -> None:
    shapes: Mapping[Any, tuple[Any, Any, list[tuple[int, ...]]]] = {
        SimpleRNNCell(2): (2, 2, [(3, 2), (2, 2), (2,)]),
        LSTMCell(2): ([2, 2], 2, [(3, 8), (2, 8), (8,)]),
        GRUCell(2): (2, 2, [(3, 6), (2, 6), (2, 6)]),
        GRUCell(2, reset_after=False): (2, 2, [(3, 6), (2, 6), (6,)]),
        GRUCell(2, use_bias=False): (2, 2, [(3, 6), (2, 6)]),
    }
    for cell, (states, outputs, weights) in shapes.items():
        assert (cell.state_size, cell.output_size) == (states, outputs)
        assert [w.shape for w in built(cell, 3).weights] == weights
        assert [*cell.weight_attributes] == ["kernel", "recurrent_kernel", "bias"][: len(weights)]
        assert cell.random_generator()


def test_regularizers_and_constraints_are_of_their_weights() -> None:
    cell = built(
        LSTMCell(
            2,
            recurrent_regularizer="l2",
            bias_regularizer="l1",
            kernel_constraint="non_neg",
            recurrent_constraint="unit_norm",
        ),
        3,
    )
    kernel, recurrent, bias = cell.weights
    assert [w.regularizer is not None for w in (kernel, recurrent, bias)] == [False, True, True]
    assert [type(w.constraint).__name__ for w in (kernel, recurrent, bias)] == [
        "NonNeg",
        "UnitNorm",
        "NoneType",
    ]


@pytest.mark.parametrize("kind", CELLS.values(), ids=CELLS)
def test_config_comes_back(kind: tuple[type[Layer], Mapping[str, Any], int]) -> None:
    cls, options, _ = kind
    given: Any = {"units": 2, **options}
    config = cls(**given, dropout=0.5, kernel_regularizer="l2", seed=4).get_config()
    assert find_layer_class(cls.__name__) is cls
    assert cls.from_config(config).get_config() == config
    assert "seed" not in config
    keys = [*config]
    assert keys[3:5] == ["units", "activation"]
    assert (
        keys[-3:]
        == {
            SimpleRNNCell: ["bias_constraint", "dropout", "recurrent_dropout"],
            LSTMCell: ["dropout", "recurrent_dropout", "implementation"],
            GRUCell: ["recurrent_dropout", "implementation", "reset_after"],
        }[cls]
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"units": 0}, "option units: expected a whole number of at least 1, got 0"),
        ({"units": 2, "dropout": 1.5}, r"option dropout: expected a value in \[0, 1\], got 1.5"),
        ({"units": 2, "implementation": 3}, "option implementation: expected one of"),
        ({"units": 2, "activation": "nothing"}, "option activation: .*nothing"),
        ({"units": 2, "gates": 2}, "unknown option gates=2"),
    ],
)
def test_refused(options: Any, text: str) -> None:
    with pytest.raises(KerasfmtError, match=rf"layer it \(LSTMCell\): {text}"):
        LSTMCell(**options, name="it")


def test_a_cell_alone_is_no_layer_of_a_model() -> None:
    with pytest.raises(KerasfmtError, match="states"):
        SimpleRNNCell(2)(kerasfmt.Input((3,)))
