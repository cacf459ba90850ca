"""From a state of optax to an optimizer of Keras: counts, weights, hyperparameters; errors and warnings."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.ir import Model, Sequential, TrainingConfig
from kerasfmt.layers import Dense
from kerasfmt.optimizers import from_optax
from tests.optimizers.optax.states import (
    NAMES,
    PARAMS,
    EmptyState,
    FactoredState,
    InjectStatefulHyperparamsState,
    MaskedNode,
    MaskedState,
    MultiStepsState,
    PartitionState,
    ScaleByAdaDeltaState,
    ScaleByAdamState,
    ScaleByAmsgradState,
    ScaleByLionState,
    ScaleByRmsState,
    ScaleByRssState,
    ScaleByRStdDevState,
    ScaleByScheduleState,
    TraceState,
    adam,
    count,
    tree,
)

EMPTY = EmptyState()
ADAM = optimizers.Adam()


def model_of(**options: Any) -> Model:
    return Sequential([Dense(4, input_shape=(3,), name="a", **options)], name="m")


@pytest.mark.parametrize(
    ("optimizer", "state", "steps"),
    [
        (ADAM, (adam(7), EMPTY), 7),
        (optimizers.AdamW(), (adam(7), EMPTY, EMPTY), 7),
        (optimizers.Adam(amsgrad=True), (ScaleByAmsgradState(count(90_000), tree(1), tree(2), tree(3)), EMPTY), 90_000),
        (optimizers.Nadam(), (adam(700), EMPTY), 700),
        (optimizers.Adamax(), (adam(7), EMPTY), 7),
        (optimizers.Lamb(), (adam(7), EMPTY, EMPTY, EMPTY), 7),
        (optimizers.SGD(), (EMPTY, EMPTY), 0),
        (optimizers.SGD(), (EMPTY, ScaleByScheduleState(count(7))), 7),
        (optimizers.SGD(momentum=0.9), (TraceState(tree(1)), EMPTY), 0),
        (optimizers.RMSprop(), (ScaleByRmsState(tree(1)), EMPTY, EMPTY), 0),
        (optimizers.RMSprop(centered=True), (ScaleByRStdDevState(tree(1), tree(2)), EMPTY, EMPTY), 0),
        (optimizers.RMSprop(momentum=0.9), (ScaleByRmsState(tree(1)), EMPTY, TraceState(tree(2))), 0),
        (optimizers.Adagrad(), (ScaleByRssState(tree(1)), EMPTY), 0),
        (optimizers.Adadelta(), (EMPTY, ScaleByAdaDeltaState(tree(1), tree(2)), EMPTY), 0),
        (optimizers.Lion(), (ScaleByLionState(count(7), tree(1)), EMPTY, EMPTY), 7),
    ],
)  # fmt: skip
def test_every_optimizer_has_all_of_its_slots(
    tmp_path: Path, optimizer: optimizers.Optimizer, state: Any, steps: int
) -> None:
    started = from_optax(state, PARAMS, optimizer=optimizer, weights=NAMES)
    assert (started.optimizer, started.iterations) == (optimizer, steps)
    kept = [slot.name for slot in optimizer.slots if slot.is_kept(optimizer.get_config(), 3)]
    assert set(started.slots) == {(weight, slot) for weight in NAMES.values() for slot in kept}
    assert set(started.scalars) == {scalar.attribute for scalar in optimizer.scalars}
    model = model_of()
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": optimizer.entry()}, started.variables(model.trainable_weights)
    )
    kerasfmt.save_model(model, tmp_path / "m.keras")
    training = kerasfmt.load_model(tmp_path / "m.keras").training_config
    assert training is not None
    stored = {variable.name: variable.numpy() for variable in training.variables}
    for (weight, slot), array in started.slots.items():
        np.testing.assert_array_equal(stored[f"{training.optimizer_class}/{slot}/{weight}"], array)


def test_adafactor() -> None:
    one = np.zeros(1, np.float32)
    rows = {"kernel": np.ones(3, np.float32), "bias": one}
    columns = {"kernel": np.ones(4, np.float32), "bias": one}
    state = FactoredState(count(7), rows, columns, {"kernel": one, "bias": np.ones(4, np.float32)})
    started = from_optax((state, EMPTY), PARAMS, optimizer=optimizers.Adafactor(), weights=NAMES)
    assert {key: array.shape for key, array in started.slots.items()} == {
        ("a/kernel", "r"): (3,),
        ("a/kernel", "c"): (4,),
        ("a/kernel", "v"): (3, 4),
        ("a/bias", "v"): (4,),
    }


def test_a_model_that_holds_the_parameters() -> None:
    model = model_of()
    params = {"kernel": model.weights[0].value, "bias": model.weights[1].value}
    started = from_optax(adam(7), params, optimizer=ADAM, weights=model)
    assert {weight for weight, _ in started.slots} == set(model.weights)
    assert started.variables(model.trainable_weights)[1].value is started.slots[model.weights[0], "m"]


def test_nothing_foreign_is_imported() -> None:
    program = (
        "import collections, sys, numpy, kerasfmt\n"
        "params = {'k': numpy.zeros(3, 'float32')}\n"
        "state = collections.namedtuple('ScaleByAdamState', 'count mu nu')(3, params, params)\n"
        "adam = kerasfmt.optimizers.Adam()\n"
        "kerasfmt.optimizers.from_optax(state, params, optimizer=adam, weights={'k': 'k'})\n"
        "assert not {'jax', 'optax'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_bfloat16_keeps_its_dtype() -> None:
    def small(seed: int) -> dict[str, Any]:
        return {name: array.astype(ml_dtypes.bfloat16) for name, array in tree(seed).items()}

    state = ScaleByAdamState(count(7), small(1), small(2))
    started = from_optax(state, small(0), optimizer=ADAM, weights=NAMES)
    assert started.slots["a/kernel", "m"] is state.mu["kernel"]
    assert {array.dtype for array in started.slots.values()} == {np.dtype(ml_dtypes.bfloat16)}


def test_a_moment_has_the_dtype_of_its_parameter_in_keras() -> None:
    narrow = {name: array.astype(ml_dtypes.bfloat16) for name, array in tree(1).items()}
    started = from_optax(ScaleByAdamState(count(7), narrow, tree(2)), PARAMS, optimizer=ADAM, weights=NAMES)
    m = started.slots["a/kernel", "m"]
    assert m.dtype == np.float32
    np.testing.assert_array_equal(m, narrow["kernel"].astype(np.float32))
    halves = {name: array.astype(np.float16) for name, array in PARAMS.items()}
    with pytest.warns(
        UserWarning, match=r"4 are rounded: m of a/kernel from float32 to float16, .*, \.\.\.$"
    ):
        started = from_optax(adam(7), halves, optimizer=ADAM, weights=NAMES)
    assert {array.dtype.name for array in started.slots.values()} == {"float16"}


def _hyper(**hyperparams: float) -> Any:
    arrays = {name: np.asarray(value, np.float32) for name, value in hyperparams.items()}
    return InjectStatefulHyperparamsState(count(1000), arrays, {}, (adam(), EMPTY))


def test_hyperparameters_that_agree() -> None:
    optimizer = optimizers.AdamW(0.1, beta_1=0.8, epsilon=1e-8)
    state = _hyper(learning_rate=0.1, b1=0.8, b2=0.999, eps=1e-8, eps_root=0, weight_decay=0.004)
    assert from_optax(state, PARAMS, optimizer=optimizer, weights=NAMES).iterations == 1000
    one = np.zeros(1, np.float32)
    vector = {"bias": np.ones(4, np.float32)}
    factored = FactoredState(count(1000), {"bias": one}, {"bias": one}, vector)
    hyperparams = {"decay_rate": np.float32(0.8), "min_dim_size_to_factor": np.int32(128)}
    state = InjectStatefulHyperparamsState(count(1000), hyperparams, {}, factored)
    from_optax(state, vector, optimizer=optimizers.Adafactor(), weights={"bias": "a/bias"})
    schedule = {"class_name": "CosineDecay", "config": {}}
    from_optax(_hyper(learning_rate=0.3), PARAMS, optimizer=optimizers.Adam(schedule), weights=NAMES)


@pytest.mark.parametrize(
    ("hyperparams", "error", "message"),
    [
        ({"b1": 0.95}, InvalidModelError, "hyperparameter b1 of the state: expected 0.9, as option beta_1 states"),
        ({"learning_rate": 0.1}, InvalidModelError, "expected 0.001, as option learning_rate states, got 0.1"),
        ({"weight_decay": 0.1}, InvalidModelError, "expected 0, as option weight_decay states, got 0.1"),
        ({"eps_root": 1e-8}, UnsupportedLayerError, "eps_root of the state: expected 0, as Keras has none"),
    ],
)  # fmt: skip
def test_hyperparameters_that_do_not_agree(
    hyperparams: Any, error: type[KerasfmtError], message: str
) -> None:
    with pytest.raises(error, match=message):
        from_optax(_hyper(**hyperparams), PARAMS, optimizer=ADAM, weights=NAMES)


def test_a_hyperparameter_that_is_not_known() -> None:
    with pytest.warns(
        UserWarning, match="hyperparameter max_norm of the state: 2 is not taken over; state it as an"
    ):
        from_optax(_hyper(max_norm=2.0), PARAMS, optimizer=ADAM, weights=NAMES)


@pytest.mark.parametrize(
    ("optimizer", "state", "message"),
    [
        (optimizers.SGD(), (adam(), EMPTY), "optimizer SGD: with its options, expected no moments in the state"),
        (optimizers.SGD(momentum=0.9), (EMPTY, EMPTY), "expected TraceState in the state, got no moments"),
        (optimizers.Adam(amsgrad=True), adam(), "expected ScaleByAmsgradState in the state, got ScaleByAdamState"),
        (
            optimizers.RMSprop(centered=True, momentum=0.9),
            (ScaleByRmsState(tree(1)), EMPTY),
            "expected ScaleByRStdDevState and TraceState in the state, got ScaleByRmsState",
        ),
    ],
)  # fmt: skip
def test_a_state_of_another_optimizer(optimizer: optimizers.Optimizer, state: Any, message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        from_optax(state, PARAMS, optimizer=optimizer, weights=NAMES)


def test_two_optimizers_in_one_state() -> None:
    state = PartitionState({"a": MaskedState(adam(7)), "b": MaskedState(adam(7))})
    with pytest.raises(
        UnsupportedLayerError, match="expected one optimizer, got ScaleByAdamState and ScaleByAdamSt"
    ):
        from_optax(state, PARAMS, optimizer=ADAM, weights=NAMES)


def test_counts_that_differ() -> None:
    with pytest.raises(
        InvalidModelError, match=r"one number of steps.*ScaleByAdamState: 7, .*ScheduleState: 8"
    ):
        from_optax((adam(7), ScaleByScheduleState(count(8))), PARAMS, optimizer=ADAM, weights=NAMES)
    with pytest.raises(InvalidModelError, match="ScaleByAdamState: 7, iterations: 9"):
        from_optax(adam(7), PARAMS, optimizer=ADAM, weights=NAMES, iterations=9)


def test_a_count_where_the_state_has_none() -> None:
    state = ScaleByRssState(tree(1))
    assert (
        from_optax(state, PARAMS, optimizer=optimizers.Adagrad(), weights=NAMES, iterations=9).iterations == 9
    )


def test_the_rate_of_a_schedule() -> None:
    schedule = {"class_name": "CosineDecay", "config": {}}
    state = (TraceState(tree(1)), ScaleByScheduleState(count(7)))
    optimizer = optimizers.SGD(schedule, momentum=0.9)
    with pytest.raises(UnsupportedLayerError, match="expected learning_rate, the rate of the next step"):
        from_optax(state, PARAMS, optimizer=optimizer, weights=NAMES)
    with pytest.warns(
        UserWarning, match="optimizer SGD: .* later ones differ as far as the schedule changes the rate"
    ):
        started = from_optax(state, PARAMS, optimizer=optimizer, weights=NAMES, learning_rate=0.5)
    np.testing.assert_array_equal(started.slots["a/bias", "m"], tree(1)["bias"] * np.float32(-0.5))


def _frozen_kernel() -> Any:
    mu, nu = ({"kernel": MaskedNode(), "bias": tree(seed)["bias"]} for seed in (1, 2))
    return PartitionState(
        {"a": MaskedState((ScaleByAdamState(count(7), mu, nu), EMPTY)), "b": MaskedState(EMPTY)}
    )


def test_weights_without_state_are_named_unless_they_are_not_trained() -> None:
    with pytest.warns(
        UserWarning, match="the state keeps nothing for a/kernel; Keras starts new slots for them"
    ):
        started = from_optax(_frozen_kernel(), PARAMS, optimizer=ADAM, weights=NAMES)
    assert list(started.slots) == [("a/bias", "m"), ("a/bias", "v")]
    model = Sequential([Dense(4, input_shape=(3,), name="a", trainable=False), Dense(4, name="b")], name="m")
    weights = {"kernel": model.weights[0], "bias": model.weights[3]}
    params = {"kernel": weights["kernel"].value, "bias": np.ones(4, np.float32)}
    weights["bias"].value = params["bias"]
    started = from_optax(_frozen_kernel(), params, optimizer=ADAM, weights=model)
    assert {weight for weight, _ in started.slots} == {weights["bias"]}
    assert [w.name for w in started.variables(model.trainable_weights)] == [
        "iteration", "Adam/m/b/kernel", "Adam/v/b/kernel", "Adam/m/b/bias", "Adam/v/b/bias",
    ]  # fmt: skip


def test_a_parameter_that_the_model_does_not_have() -> None:
    started = from_optax(adam(7), PARAMS, optimizer=ADAM, weights=NAMES | {"kernel": None})
    assert list(started.slots) == [("a/bias", "m"), ("a/bias", "v")]


def test_a_mask_of_the_decay_of_weights() -> None:
    state = (adam(7), MaskedState(EMPTY), EMPTY)
    with pytest.warns(
        UserWarning, match="weight_decay is for all of them, unless exclude_from_weight_decay is called"
    ):
        from_optax(state, PARAMS, optimizer=optimizers.AdamW(), weights=NAMES)
    from_optax(state, PARAMS, optimizer=ADAM, weights=NAMES)


def test_steps_of_several_batches() -> None:
    def multi(mini: int) -> Any:
        return MultiStepsState(count(mini), count(7), (adam(7), EMPTY), tree(3), ())

    optimizer = optimizers.Adam(gradient_accumulation_steps=4)
    started = from_optax(multi(3), PARAMS, optimizer=optimizer, weights=NAMES)
    assert started.iterations == 31
    np.testing.assert_array_equal(started.slots["a/bias", "gradient_accumulator"], tree(3)["bias"] * 3)
    started = from_optax(multi(0), PARAMS, optimizer=optimizer, weights=NAMES)
    assert started.iterations == 28
    assert {slot for _, slot in started.slots} == {"m", "v"}
    assert from_optax(adam(7), PARAMS, optimizer=optimizer, weights=NAMES).iterations == 28
    for fewer in (None, 3):
        optimizer = optimizers.Adam(gradient_accumulation_steps=fewer)
        with pytest.raises(
            InvalidModelError, match=f"gradient_accumulation_steps of more than 3.* got {fewer}; to go"
        ):
            from_optax(multi(3), PARAMS, optimizer=optimizer, weights=NAMES)


def test_averages() -> None:
    optimizer = optimizers.Adam(use_ema=True)
    averages = tree(5)
    started = from_optax(adam(7), PARAMS, optimizer=optimizer, weights=NAMES, averages=averages)
    assert started.slots["a/kernel", "average"] is averages["kernel"]
    with pytest.raises(InvalidModelError, match="averages are kept with use_ema=True, it is False"):
        from_optax(adam(7), PARAMS, optimizer=ADAM, weights=NAMES, averages=averages)


def test_where_epsilon_matters() -> None:
    tiny = ScaleByAdamState(
        count(9),
        {name: array * 1e-6 for name, array in tree(1).items()},
        {name: array * 1e-12 for name, array in tree(2).items()},
    )
    with pytest.warns(UserWarning, match=r"differs by 14\.6%, with epsilon=9\.98e-09 it does not") as caught:
        from_optax(tiny, PARAMS, optimizer=optimizers.Adam(epsilon=1e-7), weights=NAMES)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_optax(tiny, PARAMS, optimizer=optimizers.Adam(epsilon=1e-10), weights=NAMES)
        from_optax(tiny, PARAMS, optimizer=optimizers.Lamb(epsilon=1e-7), weights=NAMES)


def test_params_and_state_of_two_models() -> None:
    state = ScaleByAdamState(count(7), {"w": PARAMS["kernel"]}, {"w": PARAMS["kernel"]})
    with pytest.raises(
        InvalidModelError, match="mu: expected 'kernel' as in params, got dict; params and mu do not"
    ):
        from_optax(state, PARAMS, optimizer=ADAM, weights=NAMES)
