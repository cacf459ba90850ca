"""Hinge losses: configs, constructors and facts as Keras has them."""

from __future__ import annotations

from kerasfmt import losses
from tests.losses.keras_golden import ClassTests


class TestHinge(ClassTests):
    room = "losses"
    classes = (losses.Hinge, losses.SquaredHinge, losses.CategoricalHinge)
