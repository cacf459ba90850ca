"""How the moments of optax become the slots of Keras, one rule for each optimizer.

    optimizer      optax                                  Keras
    Adam, AdamW    mu, nu                                 m, v
    with amsgrad   nu_max, of nu without its bias         vhat, of v with its bias
    Nadam          mu, nu                                 m, v, and the product of all momenta
    Adamax         mu, nu with epsilon                    m, u without epsilon
    Lamb           mu, nu                                 m, v
    SGD            trace of gradients                     m = -rate * trace
                   trace of steps                         m
    RMSprop        nu, mu (centered)                      velocity, average_gradient
                   trace of steps                         momentum = -trace
                   trace of gradients                     momentum = rate * trace
    Adagrad        sum_of_squares                         accumulator
    Adadelta       e_g, e_x                               accumulated_grad, accumulated_delta_var
    Lion           mu                                     m
    Adafactor      v_row, v_col by the two largest axes   r, c by the last two axes, and v

Source: optax/_src/alias.py and transform.py (0.2.8); tf_keras/src/optimizers/*.py, update_step
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.optimizers.optimizer import Optimizer

Moments: TypeAlias = Mapping[str, Any]
"""The moments of one weight by the names of their fields."""
Slots: TypeAlias = dict[str, Any]
"""The slots of one weight by name."""

NEGLIGIBLE: Final = 1e-6
"""The relative size of a difference that is below the rounding of float32."""


@dataclass(frozen=True)
class Progress:
    """What is true of all weights.

    Attributes:
      optimizer: its class name, for errors.
      config: the options.
      steps: number of steps done.
      rate: the learning rate of the next step; None if it is not known.
      rate_in_trace: whether the trace of momentum is one of steps, not of gradients.
    """

    optimizer: str
    config: Mapping[str, Any]
    steps: int
    rate: float | None
    rate_in_trace: bool = False

    def corrected(self, beta: str) -> float:
        """The part of a moment that is there at the next step: 1 - beta ** step."""
        decay: float = self.config[beta]
        return float(1 - decay ** (self.steps + 1))

    def fail(self, text: str) -> UnsupportedLayerError:
        """An error that names the optimizer."""
        return UnsupportedLayerError(f"from_optax: optimizer {self.optimizer}: {text}")


@dataclass(frozen=True)
class Rule:
    """How the state of one optimizer is converted.

    Attributes:
      states: options -> the class names of the states with moments, in the order of the chain.
      slots: the slots of one weight.
      hyperparams: optax's name of a hyperparameter -> Keras's option; a leading minus changes the sign.
      scalars: the scalars of the optimizer.
      caution: how the next steps of Keras differ from those of optax; empty where they do not.
    """

    states: Callable[[Mapping[str, Any]], tuple[str, ...]]
    slots: Callable[[Moments, Progress], Slots]
    hyperparams: Mapping[str, str] = field(default_factory=dict)
    scalars: Callable[[Progress], dict[str, float]] = lambda progress: {}
    caution: Callable[[Progress], str] = lambda progress: ""


def find_rule(optimizer: Optimizer) -> Rule:
    """The rule of an optimizer.

    Raises:
      UnsupportedLayerError: optax has no such optimizer.
    """
    name = type(optimizer).__name__
    if name not in _RULES:
        raise UnsupportedLayerError(
            f"from_optax: optimizer {name}: expected one of {', '.join(sorted(_RULES))}; optax has no other of Keras's"
        )
    return _RULES[name]


def _wide(array: Any) -> NDArray[Any]:
    """An array in float32, or in float64 if it is that."""
    found = np.asarray(array)
    return found if found.dtype == np.float64 else found.astype(np.float32, copy=False)


def _adam(held: Moments, progress: Progress) -> Slots:
    found = {"m": held["mu"], "v": held["nu"]}
    if progress.config["amsgrad"]:
        largest = _wide(held["nu_max"])
        part = largest.dtype.type(progress.corrected("beta_2"))
        found["vhat"] = (largest * part).astype(held["nu_max"].dtype)
    return found


def _moments(held: Moments, progress: Progress) -> Slots:
    return {"m": held["mu"], "v": held["nu"]}


def _lamb(held: Moments, progress: Progress) -> Slots:
    if progress.config["weight_decay"]:
        raise progress.fail(
            "Keras takes the decay of weights apart from the trust ratio, optax takes both together; expected "
            f"weight_decay=None, got {progress.config['weight_decay']}"
        )
    return _moments(held, progress)


def _adamax(held: Moments, progress: Progress) -> Slots:
    norm = _wide(held["nu"])
    least = norm.dtype.type(progress.config["epsilon"] / progress.config["beta_2"])
    return {"m": held["mu"], "u": np.maximum(norm - least, 0).astype(held["nu"].dtype)}


def _momentum(held: Moments, progress: Progress) -> Any:
    """The sum of past steps, as optax adds them to the parameters."""
    if progress.rate_in_trace:
        return held["trace"]
    if progress.rate is None:
        raise progress.fail(
            "Keras's momentum has the learning rate in it, and the rate follows a schedule; expected learning_rate, "
            "the rate of the next step"
        )
    trace = _wide(held["trace"])
    return (trace * trace.dtype.type(-progress.rate)).astype(held["trace"].dtype)


def _sgd(held: Moments, progress: Progress) -> Slots:
    return {"m": _momentum(held, progress)} if "trace" in held else {}


def _rmsprop(held: Moments, progress: Progress) -> Slots:
    found = {"velocity": held["nu"]}
    if "trace" in held:
        found["momentum"] = np.negative(np.asarray(_momentum(held, progress)))
    if "mu" in held:
        found["average_gradient"] = held["mu"]
    return found


def _adafactor(held: Moments, progress: Progress) -> Slots:
    shape, full = tuple(held["param"].shape), held["v"]
    if len(shape) < 2:
        return {"v": full}
    if tuple(full.shape) == shape:
        raise progress.fail(
            f"Keras keeps rows and columns for a matrix of any size, the state has none for shape {shape}; it is from "
            "adafactor(min_dim_size_to_factor=1) that they are there"
        )
    second, largest = (int(axis) for axis in np.argsort(shape)[-2:])
    last = len(shape) - 1
    if {second, largest} != {last - 1, last}:
        raise progress.fail(
            f"Keras keeps rows and columns of the last two axes, the state those of axes {second} and {largest} of "
            f"shape {shape}"
        )
    rows, columns = ("v_row", "v_col") if largest == last else ("v_col", "v_row")
    r, c = _wide(held[rows]), _wide(held[columns])
    mean = r.mean(axis=-1, keepdims=True)
    share = np.divide(r, mean, out=np.zeros_like(r), where=mean > 0)
    v = share[..., :, np.newaxis] * c[..., np.newaxis, :]
    return {"r": held[rows], "c": held[columns], "v": v.astype(np.dtype(held[rows].dtype))}


def _product_of_momenta(progress: Progress) -> dict[str, float]:
    steps = np.arange(1, progress.steps + 1, dtype=np.float64)
    return {"_u_product": float(np.prod(progress.config["beta_1"] * (1 - 0.5 * 0.96**steps)))}


def _of_amsgrad(progress: Progress) -> str:
    decayed = 1 - progress.corrected("beta_2")
    if not progress.config["amsgrad"] or not progress.steps or decayed < NEGLIGIBLE:
        return ""
    return (
        "Keras takes the largest second moment before it corrects its bias, optax afterwards; the next step is the "
        "same, later ones may differ"
    )


def _of_nadam(progress: Progress) -> str:
    if 0.5 * 0.96 ** (progress.steps + 1) < NEGLIGIBLE:
        return ""
    return (
        "Keras's momentum grows to beta_1 during some 330 steps, optax's is beta_1 from the first step; "
        f"steps after {progress.steps} differ until then"
    )


def _of_momentum(progress: Progress) -> str:
    if not progress.config["momentum"] or not isinstance(progress.config["learning_rate"], Mapping):
        return ""
    if progress.rate_in_trace:
        return ""
    return (
        "Keras's momentum keeps the learning rates of past steps, optax's does not; the next step is the same, later "
        "ones differ as far as the schedule changes the rate"
    )


def _of_adafactor(progress: Progress) -> str:
    limit = (progress.steps + 1) ** -0.5
    if progress.rate is None or progress.rate <= limit:
        return ""
    return f"Keras limits the learning rate to 1 / sqrt(step), which is {limit:.3g} now; it is {progress.rate:.3g}"


def _keeps(*names: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    return lambda config: names


def _of_fields(**fields: str) -> Callable[[Moments, Progress], Slots]:
    """Slots that are fields of optax, unchanged."""
    return lambda held, progress: {slot: held[name] for slot, name in fields.items()}


def _states_of_adam(config: Mapping[str, Any]) -> tuple[str, ...]:
    return ("ScaleByAmsgradState",) if config["amsgrad"] else ("ScaleByAdamState",)


def _states_of_sgd(config: Mapping[str, Any]) -> tuple[str, ...]:
    return ("TraceState",) if config["momentum"] else ()


def _states_of_rmsprop(config: Mapping[str, Any]) -> tuple[str, ...]:
    average = "ScaleByRStdDevState" if config["centered"] else "ScaleByRmsState"
    return (average, *_states_of_sgd(config))


_ADAMS: Final = {"b1": "beta_1", "b2": "beta_2", "eps": "epsilon"}
_ADAM: Final = Rule(_states_of_adam, _adam, _ADAMS, caution=_of_amsgrad)
_OF_ADAM: Final = _keeps("ScaleByAdamState")

_RULES: Final[Mapping[str, Rule]] = {
    "Adadelta": Rule(
        _keeps("ScaleByAdaDeltaState"),
        _of_fields(accumulated_grad="e_g", accumulated_delta_var="e_x"),
        {"rho": "rho", "eps": "epsilon"},
    ),
    "Adafactor": Rule(
        _keeps("FactoredState"),
        _adafactor,
        {"decay_rate": "-beta_2_decay", "eps": "epsilon_1", "clipping_threshold": "clip_threshold"},
        caution=_of_adafactor,
    ),
    "Adagrad": Rule(
        _keeps("ScaleByRssState"),
        _of_fields(accumulator="sum_of_squares"),
        {"eps": "epsilon", "initial_accumulator_value": "initial_accumulator_value"},
    ),
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "Adamax": Rule(_OF_ADAM, _adamax, _ADAMS),
    "Lamb": Rule(_OF_ADAM, _lamb, _ADAMS),
    "Lion": Rule(_keeps("ScaleByLionState"), _of_fields(m="mu"), {"b1": "beta_1", "b2": "beta_2"}),
    "Nadam": Rule(_OF_ADAM, _moments, _ADAMS, _product_of_momenta, _of_nadam),
    "RMSprop": Rule(
        _states_of_rmsprop,
        _rmsprop,
        {"decay": "rho", "eps": "epsilon", "momentum": "momentum"},
        caution=_of_momentum,
    ),
    "SGD": Rule(_states_of_sgd, _sgd, {"momentum": "momentum"}, caution=_of_momentum),
}
