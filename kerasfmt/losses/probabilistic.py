"""Losses between distributions.

Source: tf_keras/src/losses.py; keras/src/losses/losses.py (3.x)
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.losses.loss import LATER, Loss, PlainLoss, Reduction, loss_name, reduction
from kerasfmt.typing import override


class KLDivergence(PlainLoss):
    """The Kullback-Leibler divergence."""

    function: ClassVar[str] = "kl_divergence"
    name: str | None = loss_name("kl_divergence")


class Poisson(PlainLoss):
    """y_pred - y_true * log(y_pred)."""

    function: ClassVar[str] = "poisson"
    name: str | None = loss_name("poisson")


class BinaryCrossentropy(Loss):
    """The cross-entropy of labels 0 and 1."""

    function: ClassVar[str] = "binary_crossentropy"
    config_order: ClassVar[tuple[str, ...]] = ("from_logits", "label_smoothing", "axis")
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = reduction()
    name: str | None = loss_name("binary_crossentropy")


class BinaryFocalCrossentropy(Loss):
    """The cross-entropy of labels 0 and 1, where easy examples count less."""

    function: ClassVar[str] = "binary_focal_crossentropy"
    config_order: ClassVar[tuple[str, ...]] = (
        "apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis",
    )  # fmt: skip
    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = reduction()
    name: str | None = loss_name("binary_focal_crossentropy")


class CategoricalCrossentropy(Loss):
    """The cross-entropy of one-hot labels."""

    function: ClassVar[str] = "categorical_crossentropy"
    config_order: ClassVar[tuple[str, ...]] = ("from_logits", "label_smoothing", "axis")
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = reduction()
    name: str | None = loss_name("categorical_crossentropy")


class CategoricalFocalCrossentropy(Loss):
    """The cross-entropy of one-hot labels, where easy examples count less."""

    function: ClassVar[str] = "categorical_focal_crossentropy"
    config_order: ClassVar[tuple[str, ...]] = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: Reduction = reduction()
    name: str | None = loss_name("categorical_focal_crossentropy")


class SparseCategoricalCrossentropy(Loss):
    """The cross-entropy of labels that are class numbers."""

    facts: ClassVar[KerasFacts] = replace(
        Loss.facts, implied_by_keras2={**Loss.facts.implied_by_keras2, "axis": (-1,)}
    )
    function: ClassVar[str] = "sparse_categorical_crossentropy"
    config_order: ClassVar[tuple[str, ...]] = ("from_logits", "ignore_class", "axis")
    from_logits: bool = False
    ignore_class: int | None = fields.integer(default=None, optional=True)
    reduction: Reduction = reduction()
    name: str | None = loss_name("sparse_categorical_crossentropy")
    axis: int = fields.option(default=-1, convert=fields.integer().convert, kw_only=True, implied=True)


class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p ** q) / q of the right class's probability p; only Keras 3 has it."""

    facts: ClassVar[KerasFacts] = LATER
    function: ClassVar[str] = "categorical_generalized_cross_entropy"
    config_order: ClassVar[tuple[str, ...]] = ("q",)
    q: float = 0.5
    reduction: Reduction = reduction()
    name: str | None = loss_name("categorical_generalized_cross_entropy")

    @override
    def validate(self) -> None:
        if not 0 < self.q < 1:
            raise self.fail(f"option q: expected a number between 0 and 1, got {self.q!r}")
