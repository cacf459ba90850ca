"""Losses between numbers.

Source: tf_keras/src/losses.py; keras/src/losses/losses.py (3.x)
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.losses.loss import Loss, PlainLoss, Reduction, loss_name, reduction


class MeanSquaredError(PlainLoss):
    """The mean of squared differences."""

    function: ClassVar[str] = "mean_squared_error"
    name: str | None = loss_name("mean_squared_error")


class MeanAbsoluteError(PlainLoss):
    """The mean of absolute differences."""

    function: ClassVar[str] = "mean_absolute_error"
    name: str | None = loss_name("mean_absolute_error")


class MeanAbsolutePercentageError(PlainLoss):
    """The mean of absolute differences, in percent of the labels."""

    function: ClassVar[str] = "mean_absolute_percentage_error"
    name: str | None = loss_name("mean_absolute_percentage_error")


class MeanSquaredLogarithmicError(PlainLoss):
    """The mean of squared differences between logarithms."""

    function: ClassVar[str] = "mean_squared_logarithmic_error"
    name: str | None = loss_name("mean_squared_logarithmic_error")


class LogCosh(PlainLoss):
    """The logarithm of the hyperbolic cosine of differences."""

    function: ClassVar[str] = "log_cosh"
    name: str | None = loss_name("log_cosh")


class Huber(Loss):
    """Squared differences up to `delta`, absolute ones beyond."""

    function: ClassVar[str] = "huber"
    config_order: ClassVar[tuple[str, ...]] = ("delta",)
    delta: float = 1.0
    reduction: Reduction = reduction()
    name: str | None = loss_name("huber_loss")


class CosineSimilarity(Loss):
    """The cosine of the angle between vectors along `axis`, negated."""

    function: ClassVar[str] = "cosine_similarity"
    config_order: ClassVar[tuple[str, ...]] = ("axis",)
    axis: int = -1
    reduction: Reduction = reduction()
    name: str | None = loss_name("cosine_similarity")
