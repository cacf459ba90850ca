"""Hinge losses.

Source: tf_keras/src/losses.py; keras/src/losses/losses.py (3.x)
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.losses.loss import PlainLoss, loss_name


class Hinge(PlainLoss):
    """max(1 - y_true * y_pred, 0), for labels -1 and 1."""

    function: ClassVar[str] = "hinge"
    name: str | None = loss_name("hinge")


class SquaredHinge(PlainLoss):
    """The square of the hinge loss."""

    function: ClassVar[str] = "squared_hinge"
    name: str | None = loss_name("squared_hinge")


class CategoricalHinge(PlainLoss):
    """The hinge loss between the right class and the best wrong one."""

    function: ClassVar[str] = "categorical_hinge"
    name: str | None = loss_name("categorical_hinge")
