"""A FeatureSpace in the words of Keras's archives."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.feature_space import write_feature_space
from kerasfmt.dialects.keras3 import write_model
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import FeatureSpace

MODULE = "keras.src.layers.preprocessing.feature_space"
POLICY = {
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "module": "keras",
    "registered_name": None,
}


def feature(dtype: str, mode: str, preprocessor: dict[str, Any]) -> dict[str, Any]:
    config = {"dtype": dtype, "preprocessor": preprocessor, "output_mode": mode}
    return {"module": MODULE, "class_name": "Feature", "config": config, "registered_name": "Feature"}


def config() -> dict[str, Any]:
    """What Keras 3.15 writes of a FeatureSpace of two features and a cross."""
    identity = {
        "module": MODULE,
        "class_name": "TFDIdentity",
        "config": {"name": "size_preprocessor", "dtype": POLICY, "trainable": True},
        "registered_name": "TFDIdentity",
        "build_config": {"input_shape": [None, 1]},
    }
    hashing = {
        "module": "keras.layers",
        "class_name": "Hashing",
        "config": {
            "name": "town_preprocessor",
            "trainable": True,
            "dtype": {**POLICY, "config": {"name": "int64"}},
            "num_bins": 4,
            "salt": None,
            "mask_value": None,
            "output_mode": "int",
            "sparse": False,
        },
        "registered_name": None,
        "build_config": {"input_shape": [None, 1]},
    }
    cross = {"feature_names": ["town", "street"], "crossing_dim": 5, "output_mode": "one_hot"}
    street = {**hashing, "config": {**hashing["config"], "name": "street_preprocessor"}}
    return {
        "features": {
            "size": feature("float32", "float", identity),
            "town": feature("string", "one_hot", hashing),
            "street": feature("string", "one_hot", street),
        },
        "output_mode": "concat",
        "crosses": [
            {"module": MODULE, "class_name": "Cross", "config": cross, "registered_name": "Cross"},
        ],
        "crossing_dim": 5,
        "hashing_dim": 32,
        "num_discretization_bins": 32,
    }


def test_it_is_read_and_written_as_keras_writes_it() -> None:
    space = kerasfmt.model_from_config({"class_name": "FeatureSpace", "config": config()}, keras=3)
    assert isinstance(space, FeatureSpace)
    assert space.outputs[0].shape == (None, 1 + 4 + 4 + 5)
    told = write_model(space)
    assert (told["module"], told["class_name"]) == ("keras.utils", "FeatureSpace")
    assert told["config"].keys() == config().keys()
    for name, wanted in config()["features"].items():
        found = told["config"]["features"][name]
        assert (
            found["config"]["preprocessor"].pop("config").items()
            >= {
                key: value
                for key, value in wanted["config"]["preprocessor"].pop("config").items()
                if key != "sparse"
            }.items()
        )
        wanted["config"]["preprocessor"].pop("build_config")
        found["config"]["preprocessor"].pop("build_config", None)
        assert found == wanted
    assert told["config"]["crosses"] == config()["crosses"]


def test_a_layer_may_be_described_in_any_way() -> None:
    space = FeatureSpace({"a": "float"})
    told = write_feature_space(space, lambda layer: {"name": layer.name, "build_config": {"x": 1}})
    assert told["config"]["features"]["a"]["config"]["preprocessor"]["name"] == "a_preprocessor"
    assert told["build_config"] == {"a": {"x": 1}}


def test_one_that_was_not_adapted_is_not_built() -> None:
    lookup = {"class_name": "StringLookup", "config": {"name": "a_preprocessor"}}
    entry = {
        "class_name": "Feature",
        "config": {"dtype": "string", "preprocessor": lookup, "output_mode": "int"},
    }
    told = {"features": {"a": entry}, "output_mode": "dict"}
    space = kerasfmt.model_from_config({"class_name": "FeatureSpace", "config": told})
    assert not space.built
    space.adapt({"a": ["x", "y"]})
    assert space.predict({"a": ["y", "z"]})["a"].ravel().tolist()[1] == 0


@pytest.mark.parametrize(
    "features",
    [
        {"a": "float"},
        {"a": {"class_name": "Cross", "config": {}}},
        {"a": {"class_name": "Feature", "config": {"dtype": "float32"}}},
        {"a": {"class_name": "Feature", "config": [1]}},
        [1],
        {},
    ],
)
def test_malformed_configs(features: Any) -> None:
    from kerasfmt.dialects.malformed import malformed_config_errors

    with pytest.raises(InvalidModelError), malformed_config_errors("file"):
        kerasfmt.model_from_config({"class_name": "FeatureSpace", "config": {"features": features}})
