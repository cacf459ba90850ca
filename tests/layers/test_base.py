"""What layers are made of has the address that users know."""

from __future__ import annotations

import kerasfmt
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import base


def test_public_names_are_those_of_the_ir() -> None:
    assert base.__all__ == ["InputLayer", "InputSpec", "Layer"]
    for name, made in zip(base.__all__, (InputLayer, InputSpec, Layer), strict=True):
        assert getattr(base, name) is getattr(kerasfmt.layers, name) is made


def test_every_layer_is_a_layer() -> None:
    found = [getattr(kerasfmt.layers, name) for name in kerasfmt.layers.__all__]
    classes = [entry for entry in found if isinstance(entry, type) and entry is not InputSpec]
    assert len(classes) > 100
    assert all(issubclass(cls, Layer) for cls in classes)
