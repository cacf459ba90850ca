"""How moments of optax become slots of Keras: both do the same next step, each by its own rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt import optimizers
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.optimizers.optax.rules import Progress, find_rule

RNG = np.random.default_rng(4)
KERNEL = np.zeros((3, 4), np.float32)
A, B, C = (RNG.uniform(0.1, 1, (3, 4)).astype(np.float32) for _ in range(3))
G = RNG.normal(size=(3, 4))
"""The next gradient."""


def progress_of(optimizer: optimizers.Optimizer, steps: int = 9, **more: Any) -> Progress:
    config = optimizer.get_config()
    rate = config["learning_rate"]
    known = {"rate": rate if isinstance(rate, float) else None, **more}
    return Progress(type(optimizer).__name__, config, steps, **known)


def slots_of(optimizer: optimizers.Optimizer, held: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return find_rule(optimizer).slots({"param": KERNEL, **held}, progress_of(optimizer, **more))


@pytest.mark.parametrize(
    ("optimizer", "held", "expected"),
    [
        (optimizers.Adam(), {"mu": A, "nu": B}, {"m": A, "v": B}),
        (optimizers.AdamW(), {"mu": A, "nu": B}, {"m": A, "v": B}),
        (optimizers.Nadam(), {"mu": A, "nu": B}, {"m": A, "v": B}),
        (optimizers.Lamb(), {"mu": A, "nu": B}, {"m": A, "v": B}),
        (optimizers.Lion(), {"mu": A}, {"m": A}),
        (optimizers.Adagrad(), {"sum_of_squares": A}, {"accumulator": A}),
        (optimizers.Adadelta(), {"e_g": A, "e_x": B}, {"accumulated_grad": A, "accumulated_delta_var": B}),
        (optimizers.RMSprop(), {"nu": A}, {"velocity": A}),
        (optimizers.RMSprop(centered=True), {"nu": A, "mu": B}, {"velocity": A, "average_gradient": B}),
        (optimizers.SGD(), {}, {}),
    ],
)
def test_arrays_that_mean_the_same_are_not_copied(
    optimizer: optimizers.Optimizer, held: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    found = slots_of(optimizer, held)
    assert found.keys() == expected.keys()
    assert all(found[name] is array for name, array in expected.items())


def test_momentum_of_gradients_and_of_steps() -> None:
    sgd, rmsprop = optimizers.SGD(0.1, momentum=0.9), optimizers.RMSprop(0.1, momentum=0.9)
    scaled = (A * np.float32(0.1)).tolist()
    assert slots_of(sgd, {"trace": A})["m"].tolist() == (-np.array(scaled, np.float32)).tolist()
    assert slots_of(sgd, {"trace": A}, rate_in_trace=True)["m"] is A
    assert slots_of(rmsprop, {"nu": B, "trace": A}, rate_in_trace=True)["momentum"].tolist() == (-A).tolist()
    assert slots_of(rmsprop, {"nu": B, "trace": A})["momentum"].tolist() == scaled


def test_the_norm_of_adamax_with_epsilon_and_without() -> None:
    optimizer = optimizers.Adamax(0.1, beta_2=0.9, epsilon=0.01)
    u = slots_of(optimizer, {"mu": A, "nu": B})["u"]
    ours = np.maximum(0.9 * u, np.abs(G)) + 0.01
    theirs = np.maximum(0.9 * B, np.abs(G) + 0.01)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert (
        slots_of(optimizer, {"mu": A, "nu": np.full_like(B, 0.01)})["u"].tolist() == np.zeros((3, 4)).tolist()
    )


def test_the_largest_moment_of_amsgrad_with_bias_and_without() -> None:
    optimizer = optimizers.Adam(beta_2=0.9, amsgrad=True)
    held = {"mu": A, "nu": B, "nu_max": C}
    vhat = slots_of(optimizer, held)["vhat"]
    v, part = 0.9 * B + 0.1 * G**2, 1 - 0.9**10
    ours = np.maximum(vhat, v) / part
    np.testing.assert_allclose(ours, np.maximum(C, v / part), rtol=1e-6)


def test_the_product_of_the_momenta_of_nadam() -> None:
    rule, optimizer = find_rule(optimizers.Nadam()), optimizers.Nadam(beta_1=0.8)
    product = 1.0
    for step in range(4):
        assert rule.scalars(progress_of(optimizer, step))["_u_product"] == pytest.approx(product, rel=1e-12)
        product *= 0.8 * (1 - 0.5 * 0.96 ** (step + 1))
    assert rule.scalars(progress_of(optimizer, 100_000))["_u_product"] < 1e-300
    assert find_rule(optimizers.Adam()).scalars(progress_of(optimizers.Adam())) == {}


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (4, 4), (2, 3, 4), (2, 4, 3)])
def test_rows_and_columns_of_adafactor(shape: tuple[int, ...]) -> None:
    square = RNG.uniform(0.1, 1, shape).astype(np.float32)
    second, largest = np.argsort(shape)[-2:]
    held = {
        "param": np.zeros(shape, np.float32),
        "v_row": square.mean(largest),
        "v_col": square.mean(second),
        "v": np.zeros(1, np.float32),
    }
    found = slots_of(optimizers.Adafactor(), held)
    assert found["r"].tolist() == square.mean(-1).tolist()
    assert found["c"].tolist() == square.mean(-2).tolist()
    # optax: the factors of rows and columns, each to the power of -0.5, along the axes that it chose
    rows = np.expand_dims(held["v_row"], largest)
    columns = np.expand_dims(held["v_col"], second)
    theirs = rows / np.mean(rows, axis=second, keepdims=True) * columns
    np.testing.assert_allclose(found["v"], theirs, rtol=1e-5)
    assert found["v"].dtype == np.float32


def test_adafactor_has_no_rows_of_a_vector_and_none_before_the_first_step() -> None:
    bias = np.ones(4, np.float32)
    one = np.zeros(1, np.float32)
    found = slots_of(optimizers.Adafactor(), {"param": bias, "v_row": one, "v_col": one, "v": bias})
    assert found.keys() == {"v"}
    assert found["v"] is bias
    new = {"v_row": np.zeros(3, np.float32), "v_col": np.zeros(4, np.float32), "v": one}
    assert not slots_of(optimizers.Adafactor(), new)["v"].any()


@pytest.mark.parametrize(
    ("shape", "full", "message"),
    [
        (
            (3, 4),
            (3, 4),
            r"for a matrix of any size, the state has none for shape \(3, 4\); .*min_dim_size_to_factor=1",
        ),
        ((5, 4, 2), (1,), r"of the last two axes, the state those of axes 1 and 0 of shape \(5, 4, 2\)"),
    ],
)
def test_adafactor_with_other_factors(shape: tuple[int, ...], full: tuple[int, ...], message: str) -> None:
    param = np.zeros(shape, np.float32)
    with pytest.raises(UnsupportedLayerError, match=message):
        slots_of(optimizers.Adafactor(), {"param": param, "v": np.zeros(full, np.float32)})


@pytest.mark.parametrize(
    ("optimizer", "held"),
    [
        (optimizers.SGD(0.1, 0.9), {"trace": A}),
        (optimizers.RMSprop(0.1, momentum=0.9), {"nu": B, "trace": A}),
        (optimizers.Adamax(), {"mu": A, "nu": B}),
        (optimizers.Adam(amsgrad=True), {"mu": A, "nu": B, "nu_max": C}),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16])
def test_what_is_computed_keeps_its_dtype(
    optimizer: optimizers.Optimizer, held: Mapping[str, Any], dtype: Any
) -> None:
    found = slots_of(optimizer, {name: array.astype(dtype) for name, array in held.items()})
    exact = slots_of(optimizer, held)
    for name, array in found.items():
        assert array.dtype == dtype
        np.testing.assert_allclose(array.astype(np.float64), exact[name], rtol=2e-2)


def test_what_has_no_counterpart() -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"optimizer Ftrl: expected one of Adadelta, .*, SGD; optax has no"
    ):
        find_rule(optimizers.Ftrl())
    with pytest.raises(
        UnsupportedLayerError, match=r"optimizer Lamb: .* trust ratio.*; expected weight_decay=None"
    ):
        slots_of(optimizers.Lamb(weight_decay=0.1), {"mu": A, "nu": B})
    schedule = {"class_name": "CosineDecay", "config": {}}
    with pytest.raises(
        UnsupportedLayerError, match=r"optimizer SGD: .* follows a schedule; expected learning_rate"
    ):
        slots_of(optimizers.SGD(schedule, 0.9), {"trace": A})


SCHEDULE = {"class_name": "CosineDecay", "config": {}}


@pytest.mark.parametrize(
    ("optimizer", "more", "said"),
    [
        (optimizers.Adam(amsgrad=True), {}, "largest second moment before it corrects"),
        (optimizers.Adam(amsgrad=True), {"steps": 0}, ""),
        (optimizers.Adam(amsgrad=True), {"steps": 20_000}, ""),
        (optimizers.Adam(), {}, ""),
        (optimizers.Nadam(), {}, "grows to beta_1 during some 330 steps"),
        (optimizers.Nadam(), {"steps": 340}, ""),
        (optimizers.SGD(SCHEDULE, 0.9), {"rate": 0.1}, "learning rates of past steps"),
        (optimizers.SGD(SCHEDULE, 0.9), {"rate_in_trace": True}, ""),
        (optimizers.SGD(SCHEDULE), {}, ""),
        (optimizers.SGD(0.1, 0.9), {}, ""),
        (optimizers.RMSprop(SCHEDULE, momentum=0.9), {"rate": 0.1}, "learning rates of past steps"),
        (optimizers.RMSprop(SCHEDULE, momentum=0.9), {"rate_in_trace": True}, ""),
        (
            optimizers.Adafactor(0.5),
            {},
            r"limits the learning rate to 1 / sqrt(step), which is 0.316 now; it is 0.5",
        ),
        (optimizers.Adafactor(0.3), {}, ""),
    ],
)
def test_how_later_steps_differ(optimizer: optimizers.Optimizer, more: Any, said: str) -> None:
    caution: Callable[[Progress], str] = find_rule(optimizer).caution
    found = caution(progress_of(optimizer, **more))
    assert said in found if said else found == ""
