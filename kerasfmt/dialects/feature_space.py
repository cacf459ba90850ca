"""A FeatureSpace in archives: its features and crosses, each with its preprocessing layer.

    {"class_name": "FeatureSpace", "config": {"features": {name: {"class_name": "Feature", "config": {"dtype",
     "preprocessor": {layer}, "output_mode"}}}, "crosses": [{"class_name": "Cross", "config": {...}}], ...}}

Source: keras/src/layers/preprocessing/feature_space.py, get_config and get_build_config (3.x);
tf_keras/src/utils/feature_space.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Layer, Model
from kerasfmt.layers.feature_space import FeatureSpace
from kerasfmt.layers.features import Cross, Feature
from kerasfmt.layers.index_lookup import IndexLookup

_MODULE: Final = "keras.src.layers.preprocessing.feature_space"
_NUMBERS: Final = ("crossing_dim", "hashing_dim", "num_discretization_bins")


def read_feature_space(config: Mapping[str, Any], make: Callable[[Mapping[str, Any]], Layer]) -> FeatureSpace:
    """The FeatureSpace of a config.

    Args:
      config: its config.
      make: makes the layer of a `{"class_name", "config"}`.

    Raises:
      InvalidModelError: it is malformed.
    """
    features = {str(name): _feature(entry, make) for name, entry in config["features"].items()}
    crosses = [_cross(entry) for entry in config.get("crosses") or ()]
    options = {name: config[name] for name in (*_NUMBERS, "output_mode", "name") if name in config}
    space = FeatureSpace(features, crosses=crosses, **options)
    layers = space.preprocessors.values()
    if not space.built and all(layer.vocabulary_size for layer in layers if isinstance(layer, IndexLookup)):
        space.assemble()  # of what it has learned, the file holds the rest beside the config
    return space


def _feature(entry: Any, make: Callable[[Mapping[str, Any]], Layer]) -> Feature:
    held = _held(entry, "Feature")
    return Feature(str(held["dtype"]), make(held["preprocessor"]), str(held["output_mode"]))


def _cross(entry: Any) -> Cross:
    held = _held(entry, "Cross")
    names = tuple(str(name) for name in held["feature_names"])
    return Cross(names, held["crossing_dim"], str(held.get("output_mode", "one_hot")))


def _held(entry: Any, kind: str) -> Mapping[str, Any]:
    if (
        not isinstance(entry, Mapping)
        or entry.get("class_name") != kind
        or not isinstance(entry.get("config"), Mapping)
    ):
        raise InvalidModelError(f"FeatureSpace: expected a {kind}, got {str(entry)[:80]}")
    config: Mapping[str, Any] = entry["config"]
    return config


def write_feature_space(space: Model, described: Callable[[Layer], dict[str, Any]]) -> dict[str, Any]:
    """The description of a FeatureSpace.

    Args:
      space: the FeatureSpace.
      described: describes a layer.
    """
    assert isinstance(space, FeatureSpace)
    features, shapes = {}, {}
    for name, feature in space.features.items():
        layer = described(feature.preprocessor)
        config = {"dtype": feature.dtype, "preprocessor": layer, "output_mode": feature.output_mode}
        features[name] = wrapped(_MODULE, "Feature", config, "Feature")
        shapes[name] = layer.get("build_config", {})
    crosses = [
        wrapped(
            _MODULE,
            "Cross",
            {
                "feature_names": list(cross.feature_names),
                "crossing_dim": cross.crossing_dim,
                "output_mode": cross.output_mode,
            },
            "Cross",
        )
        for cross in space.crosses
    ]
    told: dict[str, Any] = {
        "features": features,
        "output_mode": space.output_mode,
        "crosses": crosses,
        **{name: getattr(space, name) for name in _NUMBERS},
    }
    return {**wrapped("keras.utils", "FeatureSpace", told), "build_config": shapes}
