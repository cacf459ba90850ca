"""Writes what real Keras makes of losses and metrics.

    python tools/make_compiled_golden.py PYTHON_WITH_TF_2_15 PYTHON_WITH_TF_KERAS_AND_KERAS_3

Each PYTHON is an interpreter. Every Keras that it holds writes `<keras>.json` below `tests/losses/data` and
`tests/metrics/data`: the signature of each class, the config of objects, the function that each name stands for, and
of each metric its variables. `<keras>_compiled.json` below `tests/metrics/data` has models with one or more outputs
that were compiled and trained for one step: of Keras 2 what an HDF5 file then holds and all metrics, of Keras 3 the
names that it reports.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from compiled_cases import COMPILED, KEYS, LOSSES, METRICS, SPARSE, function

TESTS = Path(__file__).resolve().parent.parent / "tests"


def main(*pythons: str) -> None:
    """Runs this file again under each interpreter of the command line."""
    if not pythons:
        sys.exit(__doc__)
    for python in pythons:
        environment = {**os.environ, "KERASFMT_GOLDEN": "compiled", "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([python, __file__], env=environment, check=True)


def write() -> None:
    """Writes the files of every Keras that this interpreter holds."""
    for module in ("tf_keras", "keras"):
        try:
            keras = importlib.import_module(module)
        except ImportError:
            continue
        said = {"generator": "python tools/make_compiled_golden.py", "date": date.today().isoformat()}
        said["keras"] = f"{module} {keras.__version__}"
        name = f"{module}-{keras.__version__}"
        put(TESTS / "losses" / "data" / f"{name}.json", {**said, **classes(keras, "losses", LOSSES)})
        put(TESTS / "metrics" / "data" / f"{name}.json", {**said, **classes(keras, "metrics", METRICS)})
        cases = {case: compiled(keras, case) for case in COMPILED}
        put(TESTS / "metrics" / "data" / f"{name}_compiled.json", {**said, "cases": cases})


def put(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file with one case in a line."""
    rows = []
    for key, value in content.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            rows.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            rows.append(f" {json.dumps(key)}: {json.dumps(value)}")
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(path.name, path.stat().st_size, "bytes")


def in_json(value: Any) -> Any:
    """A value as Keras's encoder writes it."""
    if isinstance(value, Mapping):
        return {key: in_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [in_json(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "numpy"):
        return value.numpy().tolist()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def names_of(keras: Any, kind: str) -> dict[str, list[str]]:
    """Every name that `get` of losses or metrics takes: whether a function or a class, and its own name."""
    source = importlib.import_module(f"{keras.__name__}.src.{kind}")
    found = {}
    base = source.Loss if kind == "losses" else source.Metric
    for name, value in sorted(getattr(source, "ALL_OBJECTS_DICT", vars(source)).items()):
        if name.startswith("_"):
            continue
        if inspect.isclass(value):
            if issubclass(value, base):
                found[name] = ["class", value.__name__]
        elif inspect.isfunction(value) and "y_true" in inspect.signature(value).parameters:
            try:
                found[name] = ["function", source.get(name).__name__]
            except TypeError:  # Keras 2 then looks for the name where it does not have it
                continue
    return found


def signature(kind: type) -> list[list[Any]]:
    """The parameters of a class, each with its default where it has one."""
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return [
        [p.name, *([] if p.default is p.empty else [in_json(p.default)])]
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD
    ]


def classes(keras: Any, kind: str, table: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What a Keras says of its losses or metrics: signatures, names, and objects made of options."""
    source = importlib.import_module(f"{keras.__name__}.src.{kind}")
    public = getattr(keras, kind)
    signatures, objects = {}, {}
    for class_name, cases in table.items():
        made = getattr(public, class_name, None) or getattr(source, class_name, None)
        if made is None:
            continue
        signatures[class_name] = signature(made)
        for n, options in enumerate(cases):
            keras.backend.clear_session()
            given = dict(options)
            if "fn" in given:
                given["fn"] = getattr(public, given["fn"])
            found = made(**given)
            entry: dict[str, Any] = {"class_name": class_name, "options": options}
            entry["config"] = config_of(keras, found)
            if kind == "metrics":
                entry["variables"] = [variable(v) for v in found.variables]
            objects[f"{class_name} {n}"] = entry
    exported = sorted(name for name in dir(public) if inspect.isclass(getattr(public, name)))
    return {
        "exported": exported,
        "signatures": signatures,
        "objects": objects,
        "names": names_of(keras, kind),
    }


def config_of(keras: Any, found: Any) -> Any:
    """The config of an object, as HDF5 files of Keras 2 hold it, and archives of Keras 3."""
    if keras.__version__.startswith("2"):
        return in_json(keras.utils.legacy.serialize_keras_object(found)["config"])
    return in_json(found.get_config())


def variable(found: Any) -> list[Any]:
    """Name, shape, dtype and the one value of a fresh variable."""
    values = {float(value) for value in np.asarray(found).reshape(-1)}
    dtype = found.dtype if isinstance(found.dtype, str) else found.dtype.name
    return [found.name.partition(":")[0], list(found.shape), dtype, *values]


def compiled(keras: Any, case: str) -> dict[str, Any]:
    """A model after a step of training: what HDF5 then holds, and its metrics; of Keras 3 what it reports."""
    outputs, config = COMPILED[case]
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    x = keras.Input((4, 2), name="x")
    layers = keras.layers
    ends = []
    for name, shape in outputs.items():
        end = x if len(shape) == 3 else layers.Flatten(name=f"flat_{name}")(x)
        ends.append(layers.Dense(shape[-1], activation="sigmoid", name=name)(end))
    by_key = dict(zip(KEYS.values(), ends, strict=True)) if case.startswith("outputs in a dict") else None
    model = keras.Model(x, by_key or (ends[0] if len(ends) == 1 else ends), name="m")
    stated = [[name, outputs[name], *([KEYS[name]] if by_key else [])] for name in model.output_names]
    result: dict[str, Any] = {"outputs": stated, "config": config}
    try:
        given = {key: objects(keras, value, key) for key, value in config.items()}
        model.compile("sgd", **given)
        labels = [
            target(shape, is_sparse(config["loss"], KEYS[name] if by_key else name))
            for name, shape in outputs.items()
        ]
        y = labels if len(labels) > 1 else labels[0]
        weights = [np.ones(2 if len(shape) == 2 else (2, shape[1])) for shape in outputs.values()]
        weights = weights if len(labels) > 1 else weights[0]
        if by_key:
            y = dict(zip(by_key, labels, strict=True))
            weights = dict(zip(by_key, weights, strict=True))
        model.train_on_batch(np.ones((2, 4, 2), "f"), y, weights)
    except (ValueError, TypeError, KeyError) as error:
        said = re.split(r"\b(?:Value|Type|Key)Error: ", str(error))[-1].strip()
        return {**result, "error": f"{type(error).__name__}: {said.splitlines()[0][:110]}"}
    if keras.__version__.startswith("3"):
        inner = model._compile_metrics
        lists = [*inner._flat_metrics, *inner._flat_weighted_metrics] if inner is not None else []
        result["metrics"] = [
            [[type(m).__name__, m.name] for m in one.metrics] if one else None for one in lists
        ]
        return {**result, "reported": sorted(model.get_metrics_result())}
    model.reset_metrics()
    with tempfile.TemporaryDirectory() as directory:
        import h5py

        path = Path(directory) / "m.h5"
        model.save(path)
        with h5py.File(path) as file:
            stored = json.loads(file.attrs["training_config"])
    result["stored"] = {key: stored[key] for key in ("loss", "metrics", "weighted_metrics")}
    result["metrics"] = [
        {
            "class_name": keras.utils.get_registered_name(type(m)),
            "name": m.name,
            "dtype": m.dtype,
            "config": config_of(keras, m),
            "variables": [variable(v) for v in m.variables],
        }
        for m in model.metrics
    ]
    return result


def is_sparse(loss: Any, output: str) -> bool:
    """Whether the labels of an output are class numbers."""
    loss = loss.get(output) if isinstance(loss, dict) and "class_name" not in loss else loss
    return loss == SPARSE or (isinstance(loss, dict) and loss["class_name"].startswith("Sparse"))


def target(shape: list[Any], sparse: bool) -> Any:
    """Labels of two rows."""
    sizes = (2, *shape[1:])
    return np.zeros((*sizes[:-1], 1), np.int64) if sparse else np.ones(sizes, np.float32)


def objects(keras: Any, value: Any, key: str) -> Any:
    """Losses or metrics as Python objects."""
    if isinstance(value, list):
        return [objects(keras, item, key) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {name: objects(keras, item, key) for name, item in value.items()}
    if value["class_name"] == "function":
        return halves if value["config"] == "halves" else getattr(keras.metrics, value["config"])
    if value["class_name"] == "mine>Half":
        return half(keras)(**value["config"])
    source = keras.losses if value.get("module") == "keras.losses" else keras.metrics
    if keras.__version__.startswith("3"):
        config = dict(value["config"])
        if "fn" in config:
            config["fn"] = {"module": "builtins", "registered_name": "function", **function(config["fn"])}
        module = f"keras.{source.__name__.rpartition('.')[2]}"
        return source.deserialize(
            {"module": module, "class_name": value["class_name"], "config": config, "registered_name": None}
        )
    kind = {"class_name": value["class_name"], "config": dict(value["config"])}
    return source.deserialize(kind, use_legacy_format=True)


def halves(y_true: Any, y_pred: Any) -> Any:
    """A function of the user's own."""
    return (y_true - y_pred) / 2


def half(keras: Any) -> type:
    """A class of the user's own."""

    @keras.utils.register_keras_serializable("mine")
    class Half(keras.metrics.Metric):  # type: ignore[misc, name-defined]
        def __init__(self, factor: int, name: str = "half", dtype: str | None = None) -> None:
            super().__init__(name=name, dtype=dtype)
            self.factor = factor
            self.seen = self.add_weight(name="seen", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.seen.assign_add(1.0)

        def result(self) -> Any:
            return self.seen / self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    return Half


if __name__ == "__main__":
    write() if "KERASFMT_GOLDEN" in os.environ else main(*sys.argv[1:])
