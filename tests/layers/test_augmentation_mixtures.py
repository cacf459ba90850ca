"""Layers that mix images predict and are kept in archives; SavedModels refuse them by name."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.ir.layer import Layer
from kerasfmt.layers import AugMix, CutMix, MixUp, RandAugment
from tests.layers.drawn import check_untrained

UNTRAINED: list[Layer] = [
    AugMix(num_chains=2, name="it"),
    CutMix(0.5, name="it"),
    MixUp(0.3, name="it"),
    RandAugment(num_ops=1, name="it"),
]


@pytest.mark.parametrize("layer", UNTRAINED, ids=lambda layer: type(layer).__name__)
def test_what_is_not_trained_yet(layer: Any, tmp_path: Any) -> None:
    check_untrained(layer, tmp_path)
