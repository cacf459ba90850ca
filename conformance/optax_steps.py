"""Models that optax has trained for some steps, saved by kerasfmt, and the weights after some steps more.

`python -m conformance.optax_steps DIRECTORY` writes them: `NAME.h5` and `NAME.keras`, what Keras 2 does not restore in
`NAME.npz`, and `NAME.steps.npz` with the weights after each of the next steps. It needs the environment `optax`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance.update_rules import batch, gradients, model_of, random_weights, save
from kerasfmt import optimizers


@dataclass(frozen=True)
class Steps:
    """An optimizer of optax, and the same of Keras.

    Attributes:
      theirs: the module `optax` -> its transformation.
      ours: the optimizer of Keras.
      steps: number of steps before the model is saved.
      said: a part of what from_optax warns of, in order; only the next step is the same then.
      frozen: the layers that are not trained.
      options: further arguments of from_optax.
      only_keras3: whether Keras 2 does not have it.
    """

    theirs: Callable[[Any], Any]
    ours: optimizers.Optimizer
    steps: int = 3
    said: Sequence[str] = ()
    frozen: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    only_keras3: bool = False


MORE = 5
"""Steps that both do after the model is saved."""

_A, _B = 0.02, {"b1": 0.8, "b2": 0.99}
_BETAS: Mapping[str, Any] = {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-8}
_SCHEDULE = {"class_name": "ExponentialDecay", "config": {
    "initial_learning_rate": 0.05, "decay_steps": 10, "decay_rate": 0.5, "staircase": False,
}}  # fmt: skip


def _schedule(optax: Any) -> Any:
    return optax.exponential_decay(0.05, transition_steps=10, decay_rate=0.5)


def _parts(optax: Any) -> Any:
    rules = {"trained": optax.adam(_A, **_B), "frozen": optax.set_to_zero()}
    return optax.partition(
        rules, {name: "frozen" if name[0] == "a" else "trained" for name in random_weights(0)}
    )


CASES: Mapping[str, Steps] = {
    "adam": Steps(lambda o: o.adam(_A, **_B), optimizers.Adam(_A, **_BETAS)),
    "adam-new": Steps(lambda o: o.adam(_A, **_B), optimizers.Adam(_A, **_BETAS), steps=0),
    "adam-clipped": Steps(
        lambda o: o.chain(o.clip_by_global_norm(0.3), o.adam(_A, **_B)),
        optimizers.Adam(_A, **_BETAS, global_clipnorm=0.3),
    ),
    "adam-schedule": Steps(lambda o: o.adam(_schedule(o)), optimizers.Adam(_SCHEDULE, epsilon=1e-8)),
    "adam-hyperparams": Steps(
        lambda o: o.inject_hyperparams(o.adam)(_A, **_B), optimizers.Adam(_A, **_BETAS)
    ),
    "adam-partition": Steps(_parts, optimizers.Adam(_A, **_BETAS), frozen=("a",)),
    "adam-multisteps": Steps(
        lambda o: o.MultiSteps(o.adam(_A, **_B), 3),
        optimizers.Adam(_A, **_BETAS, gradient_accumulation_steps=3), steps=5, only_keras3=True,
    ),
    "adam-multisteps-unfinished": Steps(
        lambda o: o.MultiSteps(o.adam(_A, **_B), 3),
        optimizers.Adam(_A, **_BETAS, gradient_accumulation_steps=3), steps=4, only_keras3=True,
    ),
    "adamw": Steps(
        lambda o: o.adamw(_A, **_B, weight_decay=0.1), optimizers.AdamW(_A, **_BETAS, weight_decay=0.1)
    ),
    "amsgrad": Steps(
        lambda o: o.amsgrad(_A, **_B), optimizers.Adam(_A, **_BETAS, amsgrad=True),
        said=["largest second moment"],
    ),
    "nadam": Steps(lambda o: o.nadam(_A, **_B), optimizers.Nadam(_A, **_BETAS), steps=400),
    "adamax": Steps(lambda o: o.adamax(_A, eps=1e-4), optimizers.Adamax(_A, epsilon=1e-4)),
    "lamb": Steps(
        lambda o: o.lamb(_A, **_B), optimizers.Lamb(_A, 0.8, 0.99, 1e-6), only_keras3=True
    ),
    "sgd": Steps(lambda o: o.sgd(_A), optimizers.SGD(_A)),
    "sgd-momentum": Steps(lambda o: o.sgd(_A, momentum=0.8), optimizers.SGD(_A, 0.8)),
    "sgd-nesterov": Steps(
        lambda o: o.sgd(_A, momentum=0.8, nesterov=True), optimizers.SGD(_A, 0.8, nesterov=True)
    ),
    "sgd-schedule": Steps(
        lambda o: o.sgd(_schedule(o), momentum=0.8), optimizers.SGD(_SCHEDULE, 0.8),
        said=["learning rates of past steps"], options={"learning_rate": 0.05 * 0.5**0.3},
    ),
    "sgd-rate-first": Steps(
        lambda o: o.chain(o.scale(-_A), o.trace(0.8)), optimizers.SGD(_A, 0.8)
    ),
    "rmsprop": Steps(lambda o: o.rmsprop(_A, decay=0.8, eps=1e-6), optimizers.RMSprop(_A, 0.8, epsilon=1e-6)),
    "rmsprop-centered": Steps(
        lambda o: o.rmsprop(_A, centered=True), optimizers.RMSprop(_A, centered=True, epsilon=1e-8)
    ),
    "rmsprop-momentum": Steps(
        lambda o: o.rmsprop(_A, momentum=0.8), optimizers.RMSprop(_A, momentum=0.8, epsilon=1e-8)
    ),
    "rmsprop-momentum-schedule": Steps(
        lambda o: o.rmsprop(_schedule(o), momentum=0.8),
        optimizers.RMSprop(_SCHEDULE, momentum=0.8, epsilon=1e-8),
    ),
    "rmsprop-rate-last": Steps(
        lambda o: o.chain(o.scale_by_rms(), o.trace(0.8), o.scale(-_A)),
        optimizers.RMSprop(_A, momentum=0.8, epsilon=1e-8),
    ),
    "adagrad": Steps(lambda o: o.adagrad(_A), optimizers.Adagrad(_A)),
    "adadelta": Steps(lambda o: o.adadelta(5.0), optimizers.Adadelta(5.0, 0.9, 1e-6)),
    "lion": Steps(
        lambda o: o.lion(_A, weight_decay=0.1), optimizers.Lion(_A, weight_decay=0.1)
    ),
    "adafactor": Steps(
        lambda o: o.adafactor(_A, min_dim_size_to_factor=1), optimizers.Adafactor(_A)
    ),
}  # fmt: skip


def write(name: str, case: Steps, where: Path) -> None:
    """Trains with optax, saves the model, and does some steps more with optax."""
    import jax
    import jax.numpy as jnp
    import optax

    transformation = case.theirs(optax)
    params: Any = {of: jnp.asarray(array) for of, array in random_weights(1).items()}
    state = transformation.init(params)

    @jax.jit
    def step(params: Any, state: Any, slopes: Any) -> Any:
        updates, state = transformation.update(slopes, state, params)
        return optax.apply_updates(params, updates), state

    def slopes(at: int) -> Any:
        return {of: jnp.asarray(g, jnp.float32) for of, g in gradients(params, *batch(at)).items()}

    for at in range(case.steps):
        params, state = step(params, state, slopes(at))
    model = model_of({of: np.asarray(array) for of, array in params.items()}, case.frozen)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        started = optimizers.from_optax(
            state, params, optimizer=case.ours, weights=model, **(case.options or {})
        )
    said = [str(warning.message) for warning in caught]
    if len(said) != len(case.said) or any(
        part not in text for part, text in zip(case.said, said, strict=True)
    ):
        raise AssertionError(f"{name}: expected warnings of {case.said}, got {said}")
    save(started, model, where / name, case.only_keras3)
    stored = {f"0/{of}": array for of, array in params.items()}
    for more in range(1, MORE + 1):
        params, state = step(params, state, slopes(case.steps + more - 1))
        stored |= {f"{more}/{of}": array for of, array in params.items()}
    np.savez(where / f"{name}.steps.npz", **stored)


def main(where: Path) -> None:
    """Writes every case."""
    for name, case in CASES.items():
        write(name, case, where)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
