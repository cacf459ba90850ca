from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.dialects.refused_layers import REFUSED, refusal, refuse_code_alone
from kerasfmt.dialects.saving_lib import refuse_code
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


@pytest.mark.parametrize("kind", ["Frob", "own>Frob"])
@pytest.mark.parametrize("given", [None, {"Frob": kerasfmt.Model}])
def test_a_subclass_that_is_code_alone(kind: str, given: Any) -> None:
    config = {"class_name": kind, "config": {"units": 3}, "keras_version": "2.15.0"}
    with pytest.raises(UnsupportedLayerError, match=rf"^model of class '{kind}': its config names no layers"):
        model_from_config(config, given)


def test_a_subclass_of_a_module() -> None:
    config = {"module": "model", "class_name": "Frob", "config": {}, "registered_name": "own>Frob"}
    with pytest.raises(UnsupportedLayerError, match=r"^here: model of class 'own>Frob': its config names no"):
        refuse_code(config, {}, "here")


def test_a_class_that_holds_layers_is_not_code_alone() -> None:
    refuse_code_alone({"class_name": "Frob", "config": {"layers": []}})
    refuse_code_alone({"class_name": "Sequential", "config": []})
    refuse_code_alone({"class_name": "Dense", "config": {"units": 3}})
