from __future__ import annotations

import pytest

from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.dialects.refused_layers import REFUSED, refusal
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import find_layer_class


@pytest.mark.parametrize("kind", REFUSED)
def test_a_class_that_is_refused_is_none_of_ours(kind: str) -> None:
    assert find_layer_class(kind) is None
    entry = {"class_name": kind, "config": {"name": "it"}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [entry]}}
    with pytest.raises(UnsupportedLayerError, match=rf"layer 'it' of class '{kind}': .*; or pass a kerasfmt"):
        model_from_config(config)


def test_a_class_that_nobody_knows() -> None:
    assert refusal("Frob") == (
        "kerasfmt does not have this layer yet; for a custom layer, pass a kerasfmt.layers.Layer subclass as "
        "custom_objects={'Frob': YourLayer}"
    )
