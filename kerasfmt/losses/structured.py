"""Losses of segmentations, embeddings and sequences; only Keras 3 has them.

Source: keras/src/losses/losses.py (3.x)
"""

from __future__ import annotations

from typing import Any, ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.losses.loss import LATER, Loss, PlainLoss, Reduction, loss_name, reduction

_Axes = Field[Any, int | list[int] | tuple[int, ...] | None]


def _axes() -> Any:
    """An axis, a list of axes, or None."""
    return fields.optional(fields.axes(default=None))


class CTC(PlainLoss):
    """Connectionist temporal classification."""

    facts: ClassVar[KerasFacts] = LATER
    function: ClassVar[str] = "ctc"
    name: str | None = loss_name("ctc")


class Dice(Loss):
    """One minus the Dice coefficient."""

    facts: ClassVar[KerasFacts] = LATER
    function: ClassVar[str] = "dice"
    reduction: Reduction = reduction()
    name: str | None = loss_name("dice")
    axis: _Axes = _axes()


class Tversky(Loss):
    """One minus the Tversky index: `alpha` weighs false positives, `beta` false negatives."""

    facts: ClassVar[KerasFacts] = LATER
    function: ClassVar[str] = "tversky"
    config_order: ClassVar[tuple[str, ...]] = ("alpha", "beta", "axis")
    alpha: float = 0.5
    beta: float = 0.5
    reduction: Reduction = reduction()
    name: str | None = loss_name("tversky")
    axis: _Axes = _axes()


class Circle(Loss):
    """The circle loss of embeddings, with `gamma` as scale."""

    facts: ClassVar[KerasFacts] = LATER
    function: ClassVar[str] = "circle"
    config_order: ClassVar[tuple[str, ...]] = ("gamma", "margin", "remove_diagonal")
    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True
    reduction: Reduction = reduction()
    name: str | None = loss_name("circle")
