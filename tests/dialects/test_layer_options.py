"""Options of layers in the configs of either Keras."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from kerasfmt.dialects.layer_options import normalized, takes_functions
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.layers import Dense
from tests.dialects.configs import MLP, MLP3, layer, predict, ref, with_layers


def test_options_of_keras_3_that_say_nothing() -> None:
    config = copy.deepcopy(MLP3)
    config["config"]["layers"][1]["config"] |= {"quantization_config": None, "autocast": True}
    assert predict(model_from_config(config)).shape == (2, 3)


def test_mixed_policies_of_both_dialects() -> None:
    for policy in (
        {"class_name": "Policy", "config": {"name": "mixed_float16"}},
        {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "mixed_float16"},
            "registered_name": None,
        },
    ):
        config = copy.deepcopy(MLP)
        config["config"]["layers"][1]["config"]["dtype"] = policy
        model = model_from_config(config)
        a = model.get_layer("a")
        assert (a.compute_dtype.name, a.weights[0].dtype.name) == ("float16", "float32")


def test_an_adapter_is_named() -> None:
    with pytest.warns(
        UserWarning, match=r"layer d: its adapter \(LoRA of rank 2\) is merged into its weights"
    ):
        model = model_from_config(
            with_layers(layer("Dense", "d", [ref("x")], units=2, lora_rank=2, lora_alpha=4))
        )
    assert [w.shape for w in model.weights] == [(3, 2), (2,)]


def test_a_layer_as_activation_of_keras_3() -> None:
    described = {
        "module": "keras.layers",
        "class_name": "LeakyReLU",
        "config": {"name": "l", "dtype": "float32", "negative_slope": 0.25},
    }
    model = model_from_config(
        with_layers(layer("Dense", "d", [ref("x")], units=2, activation=described, kernel_initializer="ones"))
    )
    np.testing.assert_allclose(model.predict(np.full((1, 3), -1, np.float32)), [[-0.75, -0.75]])


def test_the_words_of_keras_3_are_those_of_the_class() -> None:
    config = {"name": "d", "batch_shape": [None, 3], "units": 2, "quantization_config": None}
    assert normalized(Dense, config) == {"name": "d", "batch_input_shape": (None, 3), "units": 2}


def test_layers_that_take_functions() -> None:
    assert [takes_functions(kind) for kind in ("Lambda", "Dense", "KnownToNobody")] == [True, False, False]
