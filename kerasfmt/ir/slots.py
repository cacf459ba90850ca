"""What Keras 2 calls the variables of an optimizer, in the order in which both Kerases keep them.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kerasfmt.ir.weight import Weight

SLOTS: Final[dict[str, tuple[tuple[tuple[str, ...], str | None], ...]]] = {
    "Adadelta": ((("accumulated_grad", "accumulated_delta_var"), None),),
    "Adagrad": ((("accumulator",), None),),
    "Adam": ((("m", "v"), None), (("vhat",), "amsgrad")),
    "AdamW": ((("m", "v"), None), (("vhat",), "amsgrad")),
    "Adamax": ((("m", "u"), None),),
    "Ftrl": ((("accumulator", "linear"), None),),
    "Lion": ((("m",), None),),
    "RMSprop": ((("velocity",), None), (("momentum",), "momentum"), (("average_gradient",), "centered")),
    "SGD": ((("m",), None),),
}
"""Optimizer -> (slots of one weight after the other's, the option without which they are not there)."""


def slot_names(
    optimizer: str, config: Mapping[str, Any], weights: Sequence[Weight], zero_momentum: bool
) -> list[str]:
    """Names of the slots in order, `Adam/m/dense/kernel`; empty for an optimizer that is not in SLOTS.

    Args:
      optimizer: class name.
      config: its config.
      weights: the trainable weights.
      zero_momentum: whether SGD without momentum has slots, as in Keras 2.
    """
    rows = SLOTS.get(optimizer, ())
    if optimizer == "SGD" and not config.get("momentum") and not zero_momentum:
        rows = ()
    names = [f"{optimizer}/average/{weight.name}" for weight in weights] if config.get("use_ema") else []
    for slots, option in rows:
        if option is None or config.get(option):
            names += [f"{optimizer}/{slot}/{weight.name}" for weight in weights for slot in slots]
    return names
