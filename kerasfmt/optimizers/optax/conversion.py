"""The state of an optimizer of optax, as an optimizer of Keras in the middle of its training."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import Model, Weight
from kerasfmt.optimizers.optax.chain import Chain, read_chain
from kerasfmt.optimizers.optax.pytrees import Path, assigned, find, leaves
from kerasfmt.optimizers.optax.rules import NEGLIGIBLE, Progress, Rule, find_rule
from kerasfmt.optimizers.optimizer import ACCUMULATED, AVERAGE, Optimizer
from kerasfmt.optimizers.started import StartedOptimizer

SlotArrays: TypeAlias = dict[tuple[Weight | str, str], Any]
"""(weight, slot) -> array."""

_EVERY: Final = {"learning_rate": "learning_rate", "weight_decay": "weight_decay"}
"""Hyperparameters of any optimizer of optax, and Keras's options."""
_ZERO: Final = ("decay_offset", "eps_root", "weight_decay_rate")
"""Hyperparameters that Keras does not have."""
_WITHOUT_EFFECT: Final = ("initial_scale", "min_dim_size_to_factor")
"""Hyperparameters that matter for the first state only."""


def from_optax(
    state: Any,
    params: Any,
    *,
    optimizer: Optimizer,
    weights: Any,
    learning_rate: float | None = None,
    iterations: int | None = None,
    averages: Any = None,
) -> StartedOptimizer:
    """An optimizer of Keras that goes on where one of optax stopped.

    A state of optax does not say which optimizer it is of, nor with which options. `optimizer` states them, in the
    words of Keras: `b1` is `beta_1`, `eps` is `epsilon`, a decay of weights in the chain is `weight_decay`, clipping
    in the chain is `clipnorm`, `global_clipnorm` or `clipvalue`. The function checks that the state is what this
    optimizer keeps, and that hyperparameters agree where `inject_hyperparams` keeps them. What optax does with an
    option that leaves no trace in the state, as with `eps_root` of `adam`, is not seen.

    `weights` says which weight of the Keras model each parameter is. A pytree of names does it for any model, as
    names are plain text that can be written beside the parameters. A model does it without words if its weights hold
    the parameters themselves, or arrays of the same content; two parameters that are equal cannot be told apart.

    The next step of Keras is that of optax, for the same gradients. Where later steps differ, a warning says so. Adam
    adds epsilon to a root without correction in Keras, with correction in optax: a warning says so where it matters.
    Neither optax nor JAX is imported. Arrays that are the same in Keras are not copied.

    Args:
      state: what `init` and `update` of a transformation of optax return: of one optimizer, in a `chain` with
        transformations that keep nothing, with a schedule, in `masked`, `partition`, `inject_hyperparams` or
        `MultiSteps`.
      params: the parameters, a pytree of arrays.
      optimizer: the optimizer of Keras with its options.
      weights: a pytree of the structure of `params`, whose leaves are weights, their names, or None for a parameter
        that the model does not have. Or the model.
      learning_rate: the rate of the next step. SGD with momentum needs it if its rate is a schedule.
      iterations: number of steps done, for a state that does not count them.
      averages: moving averages of the parameters, a pytree of their structure, for `use_ema`.

    Returns:
      The optimizer with its state.

    Raises:
      UnsupportedLayerError: a state has no counterpart in Keras; optax has no such optimizer.
      InvalidModelError: the state is not that of this optimizer; params, state and weights do not belong together; a
        hyperparameter of the state is another than that of the optimizer.

    Source: optax/_src/alias.py; optax/_src/transform.py (0.2.8)

    Example:
      >>> import collections
      >>> import numpy as np
      >>> params = {"kernel": np.zeros((3, 2), np.float32)}
      >>> ScaleByAdamState = collections.namedtuple("ScaleByAdamState", "count mu nu")  # as in optax
      >>> state = (ScaleByAdamState(1000, params, params), ())
      >>> started = kerasfmt.optimizers.from_optax(
      ...     state, params, optimizer=kerasfmt.optimizers.Adam(0.01), weights={"kernel": "dense/kernel"}
      ... )
      >>> started.iterations, list(started.slots)
      (1000, [('dense/kernel', 'm'), ('dense/kernel', 'v')])
    """
    rule, chain = find_rule(optimizer), read_chain(state)
    config = optimizer.get_config()
    kind = type(optimizer).__name__
    _check_kind(kind, rule.states(config), chain)
    _check_hyperparams(kind, rule, config, chain)
    steps = _steps(chain, iterations)
    stated = config["learning_rate"]
    if learning_rate is None and isinstance(stated, int | float):
        learning_rate = float(stated)
    progress = Progress(kind, config, steps, learning_rate, chain.rate_in_trace())
    places = assigned(params, weights)
    slots: SlotArrays = {}
    without: list[str] = []
    for path, param, weight in _trained(params, places):
        held = _moments(chain, path)
        if held is None:
            if _is_trainable(weight, weights):
                without.append(_name(weight))
            continue
        for name, value in rule.slots({**held, "param": param}, progress).items():
            slots[weight, name] = value
    batches, sums = _accumulated(chain, steps, params, places, optimizer)
    slots |= _averages(averages, params, places, optimizer) | sums
    slots = _in_dtypes(slots, {weight: param.dtype for _, param, weight in _trained(params, places)}, kind)
    _warn(kind, rule, progress, chain, without, slots)
    scalars = {
        name: np.asarray(value, next(leaves(params))[1].dtype)
        for name, value in rule.scalars(progress).items()
    }
    return StartedOptimizer(optimizer, batches, slots, scalars)


def _check_kind(kind: str, expected: tuple[str, ...], chain: Chain) -> None:
    if len(set(chain.kinds)) < len(chain.kinds):
        raise UnsupportedLayerError(
            f"from_optax: state: expected one optimizer, got {' and '.join(chain.kinds)}; a model of Keras has one "
            "optimizer for all of its weights"
        )
    if chain.kinds != expected:
        raise InvalidModelError(
            f"from_optax: optimizer {kind}: with its options, expected {' and '.join(expected) or 'no moments'} in the "
            f"state, got {' and '.join(chain.kinds) or 'no moments'}"
        )


def _check_hyperparams(kind: str, rule: Rule, config: Mapping[str, Any], chain: Chain) -> None:
    known = {**_EVERY, **rule.hyperparams}
    for name, value in chain.hyperparams.items():
        where = f"from_optax: optimizer {kind}: hyperparameter {name} of the state"
        found = float(np.asarray(value))
        if name in _ZERO:
            if found:
                raise UnsupportedLayerError(f"{where}: expected 0, as Keras has none, got {found:g}")
        elif name in known:
            option = known[name].lstrip("-")
            stated = config[option]
            if isinstance(stated, Mapping):
                continue
            wanted = (-1 if known[name].startswith("-") else 1) * float(stated or 0)
            rounded = float(np.asarray(wanted).astype(np.asarray(value).dtype))
            if not math.isclose(rounded, found, rel_tol=NEGLIGIBLE):
                raise InvalidModelError(
                    f"{where}: expected {wanted:g}, as option {option} states, got {found:g}"
                )
        elif name not in _WITHOUT_EFFECT:
            warnings.warn(f"{where}: {found:g} is not taken over; state it as an option", stacklevel=3)


def _steps(chain: Chain, iterations: int | None) -> int:
    counts = dict(chain.counts)
    if iterations is not None:
        counts["iterations"] = iterations
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{where}: {count}" for where, count in counts.items())
        raise InvalidModelError(f"from_optax: expected one number of steps, as Keras counts once, got {said}")
    return next(iter(counts.values()), 0)


def _trained(
    params: Any, places: Mapping[Path, Weight | str | None]
) -> Iterator[tuple[Path, Any, Weight | str]]:
    """Path, array and weight of each parameter that the model has."""
    for path, array in leaves(params):
        weight = places[path]
        if weight is not None:
            yield path, array, weight


def _moments(chain: Chain, path: Path) -> dict[str, Any] | None:
    """The moments of a parameter; None where optax has left it out."""
    held: dict[str, Any] = {}
    for moments in chain.moments:
        for name in moments._fields:
            if name != "count":
                found = find(getattr(moments, name), path, name)
                if found is None:
                    return None
                held[name] = found
    return held


def _is_trainable(weight: Weight | str, weights: Any) -> bool:
    if isinstance(weight, Weight) and isinstance(weights, Model):
        return any(weight is trained for trained in weights.trainable_weights)
    return isinstance(weight, str) or weight.trainable


def _in_dtypes(
    slots: Mapping[tuple[Weight | str, str], Any], dtypes: Mapping[Weight | str, Any], kind: str
) -> SlotArrays:
    """The slots in the dtypes of the parameters, as Keras keeps them."""
    found: SlotArrays = {}
    rounded: list[str] = []
    for (weight, name), value in slots.items():
        held, wanted = np.dtype(value.dtype), np.dtype(dtypes[weight])
        found[weight, name] = value if held == wanted else np.asarray(value).astype(wanted)
        if not np.can_cast(held, wanted):
            rounded.append(f"{name} of {_name(weight)} from {held} to {wanted}")
    if rounded:
        warnings.warn(
            f"from_optax: optimizer {kind}: a slot has the dtype of its weight in Keras; {len(rounded)} are rounded: "
            f"{', '.join(rounded[:3])}{', ...' if rounded[3:] else ''}",
            stacklevel=3,
        )
    return found


def _averages(
    averages: Any, params: Any, places: Mapping[Path, Weight | str | None], optimizer: Optimizer
) -> SlotArrays:
    kind = type(optimizer).__name__
    if averages is None:
        return {}
    if not optimizer.use_ema:
        raise InvalidModelError(
            f"from_optax: optimizer {kind}: averages are kept with use_ema=True, it is False"
        )
    found: SlotArrays = {}
    for path, _, weight in _trained(params, places):
        value = find(averages, path, "averages")
        if value is not None:
            found[weight, AVERAGE.name] = value
    return found


def _accumulated(
    chain: Chain,
    steps: int,
    params: Any,
    places: Mapping[Path, Weight | str | None],
    optimizer: Optimizer,
) -> tuple[int, SlotArrays]:
    """The number of batches, and the sums of the gradients of a step that is not complete."""
    every = optimizer.gradient_accumulation_steps
    multi = chain.accumulation
    if multi is None:
        return steps * (every or 1), {}
    kind, done = type(optimizer).__name__, int(multi.mini_step)
    if not every or done >= every:
        raise InvalidModelError(
            f"from_optax: optimizer {kind}: expected gradient_accumulation_steps of more than {max(done, 1)}, as the "
            f"state is one of MultiSteps after {done} batches of a step, got {every}; to go on without it, give its "
            "inner_opt_state"
        )
    sums: SlotArrays = {}
    for path, _, weight in _trained(params, places) if done else ():
        mean = find(multi.acc_grads, path, "acc_grads")
        if mean is not None:
            array = np.asarray(mean)
            sums[weight, ACCUMULATED.name] = (array * array.dtype.type(done)).astype(array.dtype)
    return steps * every + done, sums


def _warn(
    kind: str, rule: Rule, progress: Progress, chain: Chain, without: list[str], slots: Mapping[Any, Any]
) -> None:
    said = [rule.caution(progress), _epsilon_matters(progress, slots)]
    if without:
        said.append(
            f"the state keeps nothing for {', '.join(without)}; Keras starts new slots for them, and trains them "
            "unless their layers have trainable=False"
        )
    if chain.masked and progress.config["weight_decay"]:
        said.append(
            "a transformation of the state sees only some of the parameters; Keras's weight_decay is for all of them, "
            "unless exclude_from_weight_decay is called before training goes on"
        )
    for text in filter(None, said):
        warnings.warn(f"from_optax: optimizer {kind}: {text}", stacklevel=3)


def _epsilon_matters(progress: Progress, slots: Mapping[tuple[Any, str], Any]) -> str:
    """How far the next step of Adam differs, as Keras adds epsilon to the root of a moment with its bias."""
    if progress.optimizer not in ("Adam", "AdamW") or not progress.steps:
        return ""
    epsilon = progress.config["epsilon"]
    same = epsilon * math.sqrt(progress.corrected("beta_2"))
    second = "vhat" if progress.config["amsgrad"] else "v"
    size = difference = 0.0
    for (weight, name), value in slots.items():
        if name == "m":
            m = np.asarray(value).astype(np.float64)
            root = np.sqrt(np.asarray(slots[weight, second]).astype(np.float64))
            with np.errstate(divide="ignore", invalid="ignore"):
                theirs, ours = (np.where(m == 0, 0.0, m / (root + added)) for added in (same, epsilon))
            size += float(np.sum(theirs**2))
            difference += float(np.sum((theirs - ours) ** 2))
    if math.sqrt(difference) <= 1e-3 * math.sqrt(size):
        return ""
    return (
        f"gradients are so small that epsilon matters, and Keras adds it before the bias is corrected; the next step "
        f"differs by {math.sqrt(difference / size):.1%}, with epsilon={same:.3g} it does not"
    )


def _name(weight: Weight | str) -> str:
    return weight.name if isinstance(weight, Weight) else weight
