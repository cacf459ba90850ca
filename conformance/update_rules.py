"""A training step in NumPy: the gradients of a small model, and the published update rule of each optimizer, float64.

The rules are those of the papers, with epsilon where Keras has it. `w` is a weight, `g` its gradient, `t` the number of
the step from 1, `a` the learning rate. A rule returns the step that is added to the weight.

    SGD        Sutskever et al. 2013          Adadelta   Zeiler 2012
    RMSprop    Hinton 2012                    Nadam      Dozat 2016
    Adam       Kingma and Ba 2015             Ftrl       McMahan et al. 2013
    amsgrad    Reddi et al. 2018              Lion       Chen et al. 2023
    Adamax     Kingma and Ba 2015             Adafactor  Shazeer and Stern 2018
    Adagrad    Duchi et al. 2011              Lamb       You et al. 2020
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.ir import TrainingConfig

Array: TypeAlias = np.ndarray[Any, Any]
SHAPES = {"a/kernel": (3, 4), "a/bias": (4,), "b/kernel": (4, 2), "b/bias": (2,)}
"""The weights of the model: two dense layers without activation."""


def random_weights(seed: int) -> dict[str, Array]:
    """float32 weights of the model, by name."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def batch(seed: int) -> tuple[Array, Array]:
    """Inputs float32 (8, 3) and targets float32 (8, 2)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(8, 3)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)


def model_of(weights: Mapping[str, Array], frozen: Sequence[str] = ()) -> kerasfmt.Model:
    """The model with these weights.

    Args:
      weights: the weights, by name.
      frozen: the names of the layers that are not trained.
    """
    layers = kerasfmt.layers
    model = kerasfmt.Sequential(
        [
            layers.Dense(4, input_shape=(3,), name="a", trainable="a" not in frozen),
            layers.Dense(2, name="b", trainable="b" not in frozen),
        ],
        name="m",
    )
    for weight in model.weights:
        weight.value = weights[weight.name]
    return model


def save(
    started: optimizers.StartedOptimizer, model: kerasfmt.Model, path: Path, only_keras3: bool = False
) -> None:
    """Writes `path.h5` for Keras 2 and `path.keras` for Keras 3, and what Keras 2 does not restore to `path.npz`."""
    weights, entry = model.trainable_weights, started.optimizer.entry()
    model.training_config = TrainingConfig(
        {
            "loss": "mse",
            "metrics": None,
            "weighted_metrics": None,
            "loss_weights": None,
            "optimizer_config": entry,
        },
        started.variables(weights, 3 if only_keras3 else 2),
        scalars=started.scalar_variables(weights),
    )
    kerasfmt.save_model(model, path.with_name(f"{path.name}.keras"))
    if not only_keras3:
        kerasfmt.save_model(model, path.with_name(f"{path.name}.h5"))
    np.savez(path.with_name(f"{path.name}.npz"), iterations=started.iterations, **started.scalars)


def gradients(weights: Mapping[str, Array], inputs: Array, targets: Array) -> dict[str, Array]:
    """The gradients of the mean squared error of the model, float64 by name."""
    w = {name: np.asarray(weight, np.float64) for name, weight in weights.items()}
    x = np.asarray(inputs, np.float64)
    hidden = x @ w["a/kernel"] + w["a/bias"]
    outputs = hidden @ w["b/kernel"] + w["b/bias"]
    error = 2 * (outputs - targets) / outputs.size
    back = error @ w["b/kernel"].T
    return {
        "a/kernel": x.T @ back,
        "a/bias": back.sum(0),
        "b/kernel": hidden.T @ error,
        "b/bias": error.sum(0),
    }


@dataclass(frozen=True)
class At:
    """Where a step stands: weight, number of the step, learning rate, options, product of momenta before it."""

    w: Array
    t: int
    a: float
    options: Mapping[str, Any]
    product: float = 1.0

    def __getitem__(self, option: str) -> Any:
        return self.options[option]


Rule: TypeAlias = Callable[[Mapping[str, Array], Array, At], Array]


def _sgd(s: Mapping[str, Array], g: Array, at: At) -> Array:
    m = at["momentum"] * s.get("m", np.zeros_like(g)) - at.a * g
    return at["momentum"] * m - at.a * g if at["nesterov"] else m


def _rmsprop(s: Mapping[str, Array], g: Array, at: At) -> Array:
    variance = at["rho"] * s["velocity"] + (1 - at["rho"]) * g**2
    if at["centered"]:
        variance = variance - (at["rho"] * s["average_gradient"] + (1 - at["rho"]) * g) ** 2
    step = at.a * g / np.sqrt(variance + at["epsilon"])
    return -(at["momentum"] * s["momentum"] + step if at["momentum"] else step)


def _moments(s: Mapping[str, Array], g: Array, at: At) -> tuple[Array, Array]:
    m = at["beta_1"] * s["m"] + (1 - at["beta_1"]) * g
    return m, at["beta_2"] * s["v"] + (1 - at["beta_2"]) * g**2


def _adam(s: Mapping[str, Array], g: Array, at: At) -> Array:
    m, v = _moments(s, g, at)
    if at["amsgrad"]:
        v = np.maximum(s["vhat"], v)
    rate = at.a * np.sqrt(1 - at["beta_2"] ** at.t) / (1 - at["beta_1"] ** at.t)
    return -rate * m / (np.sqrt(v) + at["epsilon"])


def _adamax(s: Mapping[str, Array], g: Array, at: At) -> Array:
    m = at["beta_1"] * s["m"] + (1 - at["beta_1"]) * g
    u = np.maximum(at["beta_2"] * s["u"], np.abs(g))
    return -at.a / (1 - at["beta_1"] ** at.t) * m / (u + at["epsilon"])


def _nadam(s: Mapping[str, Array], g: Array, at: At) -> Array:
    now, following = (at["beta_1"] * (1 - 0.5 * 0.96**t) for t in (at.t, at.t + 1))
    m, v = _moments(s, g, at)
    product = at.product * now
    m_hat = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
    return -at.a * m_hat / (np.sqrt(v / (1 - at["beta_2"] ** at.t)) + at["epsilon"])


def _adagrad(s: Mapping[str, Array], g: Array, at: At) -> Array:
    return -at.a * g / np.sqrt(s["accumulator"] + g**2 + at["epsilon"])


def _adadelta(s: Mapping[str, Array], g: Array, at: At) -> Array:
    squares = at["rho"] * s["accumulated_grad"] + (1 - at["rho"]) * g**2
    return -at.a * g * np.sqrt((s["accumulated_delta_var"] + at["epsilon"]) / (squares + at["epsilon"]))


def _ftrl(s: Mapping[str, Array], g: Array, at: At) -> Array:
    n, power = s["accumulator"] + g**2, -at["learning_rate_power"]
    z = s["linear"] + g - (n**power - s["accumulator"] ** power) / at.a * at.w
    l1, l2 = at["l1_regularization_strength"], at["l2_regularization_strength"]
    return (np.clip(z, -l1, l1) - z) / ((at["beta"] + n**power) / at.a + 2 * l2) - at.w


def _lion(s: Mapping[str, Array], g: Array, at: At) -> Array:
    return -at.a * np.sign(at["beta_1"] * s["m"] + (1 - at["beta_1"]) * g)


def _adafactor(s: Mapping[str, Array], g: Array, at: At) -> Array:
    decay = 1 - at.t ** at["beta_2_decay"]
    square = g**2 + at["epsilon_1"]
    if g.ndim < 2:
        v = decay * s["v"] + (1 - decay) * square
    else:
        r = decay * s["r"] + (1 - decay) * square.mean(-1)
        c = decay * s["c"] + (1 - decay) * square.mean(-2)
        v = r[..., None] * c[..., None, :] / r.mean(-1)[..., None, None]
    u = g / np.sqrt(v)
    u = u / max(1.0, np.sqrt(np.mean(u**2)) / at["clip_threshold"])
    return -max(at["epsilon_2"], np.sqrt(np.mean(at.w**2))) * min(at.a, at.t**-0.5) * u


def _lamb(s: Mapping[str, Array], g: Array, at: At) -> Array:
    m, v = _moments(s, g, at)
    step = m / (1 - at["beta_1"] ** at.t) / (np.sqrt(v / (1 - at["beta_2"] ** at.t)) + at["epsilon"])
    return -at.a * step * np.linalg.norm(at.w) / np.linalg.norm(step)


RULES: Mapping[str, Rule] = {
    "SGD": _sgd,
    "RMSprop": _rmsprop,
    "Adam": _adam,
    "AdamW": _adam,
    "Adamax": _adamax,
    "Nadam": _nadam,
    "Adagrad": _adagrad,
    "Adadelta": _adadelta,
    "Ftrl": _ftrl,
    "Lion": _lion,
    "Adafactor": _adafactor,
    "Lamb": _lamb,
}


def _clipped(gradients: Mapping[str, Array], options: Mapping[str, Any]) -> dict[str, Array]:
    """The gradients, no larger than the options allow."""
    found = dict(gradients)
    if options["clipvalue"]:
        found = {name: np.clip(g, -options["clipvalue"], options["clipvalue"]) for name, g in found.items()}
    if options["clipnorm"]:
        found = {name: g * min(1.0, options["clipnorm"] / np.linalg.norm(g)) for name, g in found.items()}
    if options["global_clipnorm"]:
        norm = np.sqrt(sum(float(np.sum(g**2)) for g in found.values()))
        found = {name: g * min(1.0, options["global_clipnorm"] / norm) for name, g in found.items()}
    return found


def next_weights(
    started: optimizers.StartedOptimizer, weights: Mapping[str, Array], gradients: Mapping[str, Array]
) -> dict[str, Array]:
    """The weights after the next step, float64 by name.

    Args:
      started: the optimizer with its state; its learning rate is a number.
      weights: the weights before the step, by name.
      gradients: their gradients.
    """
    options = started.optimizer.get_config()
    rule = RULES[type(started.optimizer).__name__]
    product = float(np.asarray(started.scalars.get("_u_product", 1.0)))
    rate, decay = options["learning_rate"], options["weight_decay"] or 0.0
    found = {}
    for name, g in _clipped(gradients, options).items():
        w = np.asarray(weights[name], np.float64) * (1 - rate * decay)
        slots = {
            slot: np.asarray(array, np.float64) for (of, slot), array in started.slots.items() if of == name
        }
        found[name] = w + rule(slots, g, At(w, started.iterations + 1, rate, options, product))
    return found
