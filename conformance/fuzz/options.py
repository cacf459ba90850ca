"""Every option of every layer, with every value that no Keras would write.

A try is a model of one layer, whose config holds one such value. It is refused with an error of ours, or it is a model
that predicts or refuses to. Nothing else may come of it, in little time and memory.

    python -m conformance.fuzz.options                       every layer, option and value
    python -m conformance.fuzz.options UpSampling2D 'Conv*'  those of some layers
"""

from __future__ import annotations

import copy
import fnmatch
import itertools
import json
import math
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import kerasfmt
from conformance.case import vector
from conformance.cases import LAYERS
from conformance.cases.keras3_layers import DRAWN, SETTLED, UNBUILT
from conformance.cases.layer import Layer, inner, layer_case
from conformance.fuzz import run
from kerasfmt.errors import OutOfMemoryError

VALUES: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "three": 3,
    "half": 0.5,
    "minus half": -0.5,
    "a billion": 1_000_000_000,
    "2**31 - 1": 2**31 - 1,
    "2**31": 2**31,
    "2**63 - 1": 2**63 - 1,
    "2**63": 2**63,
    "-2**63": -(2**63),
    "10**400": 10**400,
    "1e308": 1e308,
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "no text": "",
    "a text": "x",
    "a comma": ",",
    "digits": "3",
    "dtypes": "f4,f4",
    "a path": "../../etc/passwd",
    "controls": "\x1b[2J\u202e\x00\r\n",
    "long": "x" * 100_000,
    "no list": [],
    "no dict": {},
    "a null": [None],
    "zeros": [0, 0],
    "pairs of zeros": [[0, 0], [0, 0]],
    "minus ones": [-1, -1],
    "billions": [1_000_000_000, 1_000_000_000],
    "pairs of billions": [[1_000_000_000] * 2] * 2,
    "2**40 twice": [2**40, 2**40],
    "2**62 three times": [2**62] * 3,
    "texts": ["x", "x"],
    "one list in another": [[1], [2]],
    "unlike lists": [[1, 2], [3]],
    "twenty": [1] * 20,
    "deep lists": [[[[[[[[[[1]]]]]]]]]],
    "deep dicts": {"a": {"a": {"a": {"a": 1}}}},
    "a layer": {"class_name": "Dense", "config": {"units": 1}},
    "a tuple": {"class_name": "__tuple__", "items": [1, -1]},
    "a large array": {"class_name": "__numpy__", "config": {"value": [[1.0, 2.0]], "dtype": "float64"}},
    "no class": {"class_name": None, "config": None},
    "code": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
}
"""Values that are wrong for nearly every option, by what they are."""

MORE = (
    Layer("Normalization", vector(3), {"given": {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}}),
    Layer("AdaptiveAveragePooling1D", vector(6, 2), {"default": {"output_size": 3}}),
    Layer("AdaptiveMaxPooling2D", vector(6, 5, 2), {"default": {"output_size": [3, 2]}}),
    Layer("AdaptiveAveragePooling3D", vector(4, 5, 3, 2), {"default": {"output_size": 2}}),
    Layer(
        "GroupQueryAttention",
        vector(4, 3) * 2,
        {"default": {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}},
    ),
    *(
        Layer(name, vector(6, 5, 3), {"default": options})
        for name, options in {**SETTLED, **DRAWN, **UNBUILT}.items()
    ),
    Layer("ReversibleEmbedding", vector(5, dtype="int32"), {"default": {"input_dim": 7, "output_dim": 2}}),
    Layer(
        "QuantizedDense",
        vector(4, 3),
        {"default": {"units": 2}, "int4": {"units": 2, "quantization": "int4", "block_size": 2}},
    ),
    Layer(
        "QuantizedEinsumDense",
        vector(4, 3),
        {"default": {"equation": "abc,cd->abd", "output_shape": [None, 2]}},
    ),
    Layer("QuantizedEmbedding", vector(5, dtype="int32"), {"default": {"input_dim": 7, "output_dim": 2}}),
    Layer(
        "QuantizedReversibleEmbedding",
        vector(5, dtype="int32"),
        {"default": {"input_dim": 7, "output_dim": 2}},
    ),
    Layer("STFTSpectrogram", vector(40, 2), {"default": {"frame_length": 12}}),
    Layer("MelSpectrogram", vector(45), {"default": {"fft_length": 16, "num_mel_bins": 6}}),
    Layer(
        "ContrastLimitedAdaptiveHistogramEqualization",
        vector(12, 9, 2),
        {"default": {"tile_grid_size": [2, 3]}},
    ),
    Layer("RMSNormalization", vector(4, 3), {"default": {}}),
    Layer("LayerScale", vector(4, 3), {"default": {"init_values": 0.1, "projection_dim": 3}}),
    Layer("RandomFourierFeatures", vector(3), {"default": {"output_dim": 4}}),
    Layer("SpectralNormalization", vector(3), {"default": {"layer": inner("Dense", 2)}}),
    Layer("StochasticDepth", vector(4, 3), {"default": {"drop_path_rate": 0.5}}),
)
"""Layers that the tables of conformance leave out, or have with weights of Keras only."""

QUICK = ("2**31 - 1", "2**63", "zero", "nan", "a comma", "deep lists", "billions", "a layer")
"""The values of the quick form."""

SECONDS = 10.0
"""Time that a try may take."""


@dataclass(frozen=True)
class Try:
    """One value for one option.

    Attributes:
      layer: the class of the layer, and which of its configurations it is.
      path: the keys in the config of the layer that lead to the option.
      value: the name of the value.
      valid: the config of a model with the layer, before.
    """

    layer: str
    path: tuple[Any, ...]
    value: str
    valid: dict[str, Any]

    @property
    def config(self) -> dict[str, Any]:
        """The config of the model with that value."""
        changed = copy.deepcopy(self.valid)
        holder = _options(changed)
        for key in self.path[:-1]:
            holder = holder[key]
        holder[self.path[-1]] = copy.deepcopy(VALUES[self.value])
        return changed

    def __str__(self) -> str:
        return f"{self.layer}: {'/'.join(map(str, self.path))} = {self.value}"


def models(names: Iterable[str] = ("*",)) -> Iterator[tuple[str, dict[str, Any]]]:
    """The config of a model of each layer class whose name fits: with all its options at their defaults."""
    patterns = list(names)
    for layer in (*LAYERS, *MORE):
        if not any(fnmatch.fnmatch(layer.name, pattern) for pattern in patterns) or layer.name == "Lambda":
            continue
        for variant, options in layer.variants.items():
            if "mixed" in variant or options.keys() & {"_objects", "_adapt"}:
                continue
            kerasfmt.clear_session()
            model = layer_case(layer, variant, options).build(kerasfmt)
            yield f"{layer.name}-{variant}", json.loads(json.dumps(model.get_config()))
            break


def tries(names: Iterable[str] = ("*",), values: Iterable[str] = tuple(VALUES)) -> Iterator[Try]:
    """Every try of the layers whose names fit.

    Args:
      names: patterns, as in a shell.
      values: names of values.
    """
    for layer, config in models(names):
        yield from tries_of(layer, config, values)


def tries_of(layer: str, config: dict[str, Any], values: Iterable[str]) -> Iterator[Try]:
    """Every try of a model of one layer.

    Args:
      layer: what `models` calls it.
      config: its config.
      values: names of values.
    """
    for path, value in itertools.product(_paths(_options(config)), values):
        yield Try(layer, path, value, config)


def _options(config: dict[str, Any]) -> Any:
    """The config of the layer in the config of a model of one layer."""
    found = [one["config"] for one in config["layers"] if one["config"]["name"] == "layer"]
    return found[0] if found else config["layers"][0]["config"]


def _paths(config: Any) -> list[tuple[Any, ...]]:
    """The path of every value in a config, at any depth."""
    if not isinstance(config, dict | list):
        return []
    keys: Iterable[Any] = config if isinstance(config, dict) else range(len(config))
    return [found for key in keys for found in [(key,), *((key, *rest) for rest in _paths(config[key]))]]


def attempt(config: dict[str, Any]) -> str:
    """What comes of the config of a model: "predicted", or the class of the error that says why not."""
    try:
        model = kerasfmt.model_from_config(config)
        json.dumps(model.get_config())
    except OutOfMemoryError:
        raise MemoryError("before anything is predicted") from None
    except kerasfmt.KerasfmtError as error:
        assert str(error)
        return type(error).__name__
    shapes = [[7 if size is None else size for size in tensor.shape or ()] for tensor in model.inputs]
    if any(math.prod(shape) > 1 << 20 for shape in shapes):
        return "large input"
    inputs = [np.ones(shape, t.dtype.numpy) for shape, t in zip(shapes, model.inputs, strict=True)]
    try:
        model.predict(inputs if len(inputs) > 1 else inputs[0])
    except kerasfmt.KerasfmtError as error:
        return f"{type(error).__name__} in predict"
    return "predicted"


def outcomes(given: Iterable[Try], seconds: float = SECONDS) -> Iterator[tuple[Try, str, str]]:
    """Each try, what came of it, and the traceback of what must not come of it; a process each."""
    for one in given:
        outcome = run.limited(partial(attempt, one.config), seconds)
        yield one, outcome.result, outcome.detail


def main(names: list[str]) -> int:
    """Exit status 1 if there was a finding."""
    results: Counter[str] = Counter()
    found = 0
    for one, result, detail in outcomes(tries(names or ("*",))):
        results[result] += 1
        if result in run.FINDINGS:
            found += 1
            print(f"FOUND {one}: {result}\n{detail}", flush=True)
    print(dict(results))
    return 1 if found else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(sys.argv[1:]))
