"""Writes what real Keras makes of losses and metrics.

    python tools/make_compiled_golden.py PYTHON_WITH_TF_2_15 PYTHON_WITH_TF_KERAS_AND_KERAS_3

Each PYTHON is an interpreter. Every Keras that it holds writes `<keras>.json` below `tests/losses/data` and
`tests/metrics/data`: the signature of each class, the config of objects, the function that each name stands for, and
of each metric its variables. Keras 2 also writes `<keras>_compiled.json` below `tests/metrics/data`: models with
one or more outputs that were compiled and trained for one step, what an HDF5 file then holds, and all metrics.
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

TESTS = Path(__file__).resolve().parent.parent / "tests"

LOSSES: dict[str, list[dict[str, Any]]] = {
    "LossFunctionWrapper": [
        {"fn": "mean_squared_error"},
        {"fn": "huber", "reduction": "sum", "name": "wide", "delta": 2.0},
    ],
    "MeanSquaredError": [{}, {"reduction": "sum", "name": "other"}],
    "MeanAbsoluteError": [{}],
    "MeanAbsolutePercentageError": [{}],
    "MeanSquaredLogarithmicError": [{}],
    "BinaryCrossentropy": [{}, {"from_logits": True, "label_smoothing": 0.1, "axis": 1}],
    "BinaryFocalCrossentropy": [{}, {"apply_class_balancing": True, "alpha": 0.5, "gamma": 1.0}],
    "CategoricalCrossentropy": [{}, {"from_logits": True, "label_smoothing": 0.1}],
    "CategoricalFocalCrossentropy": [{}, {"alpha": 0.5, "gamma": 3.0, "axis": 1}],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True, "ignore_class": 0}],
    "CosineSimilarity": [{}, {"axis": 1}],
    "Hinge": [{}],
    "SquaredHinge": [{}],
    "CategoricalHinge": [{}],
    "Poisson": [{}],
    "LogCosh": [{}],
    "KLDivergence": [{}],
    "Huber": [{}, {"delta": 0.5}],
    "CTC": [{}],
    "Dice": [{}, {"axis": 1}],
    "Tversky": [{}, {"alpha": 0.3, "beta": 0.7, "axis": 1}],
    "Circle": [{}, {"gamma": 64.0, "margin": 0.2, "remove_diagonal": False}],
    "CategoricalGeneralizedCrossEntropy": [{}, {"q": 0.25}],
}

CONFUSION: list[dict[str, Any]] = [{}, {"thresholds": 0.25}, {"thresholds": [0.1, 0.5, 0.9], "name": "x"}]
PRECISION = [*CONFUSION, {"top_k": 3, "class_id": 1}]
METRICS: dict[str, list[dict[str, Any]]] = {
    "Mean": [{}, {"name": "other", "dtype": "float64"}],
    "Sum": [{}],
    "MeanTensor": [{}, {"shape": [2, 3]}],
    "MeanMetricWrapper": [
        {"fn": "mean_absolute_error"},
        {"fn": "binary_accuracy", "name": "wide", "threshold": 0.25},
    ],
    "SumOverBatchSize": [{}],
    "Accuracy": [{}],
    "BinaryAccuracy": [{}, {"threshold": 0.25}],
    "CategoricalAccuracy": [{}],
    "SparseCategoricalAccuracy": [{}],
    "TopKCategoricalAccuracy": [{}, {"k": 3}],
    "SparseTopKCategoricalAccuracy": [{}, {"k": 3}],
    "Poisson": [{}],
    "KLDivergence": [{}],
    "BinaryCrossentropy": [{}, {"from_logits": True, "label_smoothing": 0.1}],
    "CategoricalCrossentropy": [{}, {"from_logits": True, "label_smoothing": 0.1, "axis": 1}],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True, "ignore_class": 0, "axis": 1}],
    "CosineSimilarity": [{}, {"axis": 1}],
    "LogCoshError": [{}],
    "MeanAbsoluteError": [{}],
    "MeanAbsolutePercentageError": [{}],
    "MeanRelativeError": [{"normalizer": [0.1, 3, 2]}, {"normalizer": 0.3, "name": "x", "dtype": "float64"}],
    "MeanSquaredError": [{}, {"dtype": "float16"}],
    "MeanSquaredLogarithmicError": [{}],
    "RootMeanSquaredError": [{}],
    "R2Score": [{}, {"class_aggregation": None, "num_regressors": 2}],
    "AUC": [
        {},
        {"num_thresholds": 50, "curve": "PR", "summation_method": "minoring", "name": "pr"},
        {"thresholds": [0.75, 0.5]},
        {"multi_label": True},
        {"multi_label": True, "num_labels": 3, "label_weights": [0.1, 1, 2], "from_logits": True},
    ],
    "FalseNegatives": CONFUSION,
    "FalsePositives": CONFUSION,
    "TrueNegatives": CONFUSION,
    "TruePositives": CONFUSION,
    "Precision": PRECISION,
    "Recall": PRECISION,
    "PrecisionAtRecall": [{"recall": 0.5}, {"recall": 0.5, "num_thresholds": 20, "class_id": 1}],
    "RecallAtPrecision": [{"precision": 0.5}, {"precision": 0.5, "num_thresholds": 1}],
    "SensitivityAtSpecificity": [{"specificity": 0.5}, {"specificity": 1, "num_thresholds": 20}],
    "SpecificityAtSensitivity": [{"sensitivity": 0.5}, {"sensitivity": 0, "class_id": 1}],
    "FBetaScore": [{}, {"average": "micro", "beta": 2.0, "threshold": 0.5}],
    "F1Score": [{}, {"average": "macro", "threshold": 0.25}],
    "BinaryIoU": [{}, {"target_class_ids": [1], "threshold": 0.25}],
    "IoU": [{"num_classes": 3, "target_class_ids": [0, 2]}],
    "MeanIoU": [{"num_classes": 3}, {"num_classes": 2, "ignore_class": 0, "axis": 1, "dtype": "int64"}],
    "OneHotIoU": [{"num_classes": 3, "target_class_ids": [1]}],
    "OneHotMeanIoU": [{"num_classes": 3, "sparse_y_pred": True}],
    "Hinge": [{}],
    "SquaredHinge": [{}],
    "CategoricalHinge": [{}],
    "PearsonCorrelation": [{}, {"axis": 1}],
    "ConcordanceCorrelation": [{}, {"axis": 1}],
}


def thing(class_name: str, module: str | None = None, **config: Any) -> dict[str, Any]:
    """An object in the words of a config; `module` where it is needed."""
    return {**({"module": module} if module else {}), "class_name": class_name, "config": config}


def function(name: str) -> dict[str, Any]:
    """A Python function in the words of a config."""
    return {"class_name": "function", "config": name}


ONE = {"out": [None, 3]}
BINARY = {"out": [None, 1]}
SEQUENCE = {"out": [None, 4, 3]}
TWO = {"a": [None, 1], "b": [None, 3]}
THREE = {"a": [None, 1], "b": [None, 3], "c": [None, 4, 2]}
SPARSE = "sparse_categorical_crossentropy"

COMPILED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no metrics": (ONE, {"loss": "mse"}),
    "no metrics, two outputs": (TWO, {"loss": "mse"}),
    "empty lists": (TWO, {"loss": "mse", "metrics": [], "weighted_metrics": []}),
    "empty list, one output": (ONE, {"loss": "mse", "metrics": []}),
    "one name": (ONE, {"loss": "mse", "metrics": "mae"}),
    "names": (ONE, {"loss": "categorical_crossentropy", "metrics": ["accuracy", "mse", "MAE", "crossentropy"]}),
    "words that go by the shape": (ONE, {"loss": "mse", "metrics": ["acc", "ce", "Accuracy", "ACC", "CE"]}),
    "binary": (BINARY, {"loss": "binary_crossentropy", "metrics": ["accuracy", "ce"]}),
    "sparse": (ONE, {"loss": SPARSE, "metrics": ["accuracy", "crossentropy"]}),
    "sparse, by class": (ONE, {"loss": thing("SparseCategoricalCrossentropy", "keras.losses"), "metrics": ["acc"]}),
    "sparse sequence": (SEQUENCE, {"loss": SPARSE, "metrics": ["acc"], "weighted_metrics": ["acc", "ce"]}),
    "sequence": (SEQUENCE, {"loss": "categorical_crossentropy", "metrics": ["acc"]}),
    "aliases": (ONE, {"loss": "mse", "metrics": ["mape", "MSLE", "logcosh", "log_cosh", "poisson",
        "cosine_similarity", "cosine_proximity", "kullback_leibler_divergence", "hinge", "categorical_hinge"]}),
    "an alias of losses": (ONE, {"loss": "bce", "metrics": ["bce"]}),
    "functions": (ONE, {"loss": "mse", "metrics": [function("mean_absolute_error"), function("categorical_accuracy"),
        function("halves")]}),
    "classes by name": (ONE, {"loss": "mse", "metrics": ["AUC", "Precision", "MeanSquaredError",
        "CategoricalAccuracy"]}),
    "one class twice": (TWO, {"loss": "mse", "metrics": ["AUC"], "weighted_metrics": ["Precision"]}),
    "objects": (ONE, {"loss": "mse", "metrics": [thing("AUC", name="auc", num_thresholds=20), thing("Precision"),
        thing("MeanMetricWrapper", fn="mean_squared_error", name="mine"), thing("TopKCategoricalAccuracy", k=2),
        thing("MeanSquaredError", dtype="float64")]}),
    "objects for all outputs": (TWO, {"loss": "mse", "metrics": [thing("MeanAbsoluteError", name="m"), "mse"]}),
    "a custom class": (TWO, {"loss": "mse", "metrics": [[thing("mine>Half", name="half", factor=2)], None]}),
    "a loss as metric": (TWO, {"loss": "mse", "metrics": [[thing("Huber", "keras.losses", delta=0.5)], ["mae"]]}),
    "weighted": (ONE, {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae", "mse"]}),
    "only weighted": (ONE, {"loss": "mse", "weighted_metrics": ["mae"]}),
    "weighted, two outputs": (TWO, {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae", "accuracy"]}),
    "two outputs": (TWO, {"loss": ["mse", "categorical_crossentropy"], "metrics": [["mae"], ["accuracy", "mse"]]}),
    "one list for both": (TWO, {"loss": "mse", "metrics": ["mae", "accuracy"]}),
    "one name for both": (TWO, {"loss": "mse", "metrics": "mae"}),
    "a name and a list": (TWO, {"loss": "mse", "metrics": ["mae", ["accuracy"]]}),
    "dict": (TWO, {"loss": {"a": "mse", "b": SPARSE}, "metrics": {"b": ["accuracy"], "a": "mae"}}),
    "dict without one": (TWO, {"loss": {"a": "mse", "b": "mse"}, "metrics": {"b": ["accuracy"]},
        "loss_weights": {"a": 0.5}}),
    "dict, one output": (ONE, {"loss": {"out": "mse"}, "metrics": {"out": ["mae", "acc"]}}),
    "dict of one name": (ONE, {"loss": {"out": "mse"}, "metrics": {"out": "mae"}}),
    "list of a list": (ONE, {"loss": ["mse"], "metrics": [["mae", "acc"]]}),
    "lists, one output": (ONE, {"loss": "mse", "metrics": [["mae"], ["acc"]]}),
    "None within": (TWO, {"loss": "mse", "metrics": [["mae", None], None]}),
    "an output without loss": (TWO, {"loss": [None, "mse"], "metrics": [["mae"], ["acc"]],
        "loss_weights": [1.0, 0.5]}),
    "an output without loss, dict": (TWO, {"loss": {"b": "mse"}, "metrics": ["mae"]}),
    "three outputs": (THREE, {"loss": {"a": "binary_crossentropy", "b": SPARSE, "c": "mse"},
        "metrics": [["acc", "AUC"], ["acc", "mse"], None], "weighted_metrics": {"c": ["mae", "acc"], "a": "acc"},
        "loss_weights": [1.0, 0.5, 0.25]}),
    "nested lists of an output": (TWO, {"loss": "mse", "metrics": [[["mae"], "mse"], ["acc"]]}),
    "same name twice": (ONE, {"loss": "mse", "metrics": ["mae", "mae"]}),
    "same weighted name twice": (ONE, {"loss": "mse", "weighted_metrics": ["mae", "mae", "mae"]}),
    "an unknown output": (TWO, {"loss": "mse", "metrics": {"c": ["mae"]}}),
    "a loss of an unknown output": (TWO, {"loss": {"a": "mse", "c": "mse"}}),
    "too many lists": (TWO, {"loss": "mse", "metrics": [["mae"], ["mae"], ["mae"]]}),
    "too few lists": (TWO, {"loss": "mse", "metrics": [["mae"]]}),
}  # fmt: skip


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
        if keras.__version__.startswith("2"):
            cases = {case: compiled(keras, *COMPILED[case]) for case in COMPILED}
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


def compiled(keras: Any, outputs: Mapping[str, list[Any]], config: Mapping[str, Any]) -> dict[str, Any]:
    """A model with these outputs after a step of training: what HDF5 then holds, and its metrics."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    x = keras.Input((4, 2), name="x")
    layers = keras.layers
    ends = []
    for name, shape in outputs.items():
        end = x if len(shape) == 3 else layers.Flatten(name=f"flat_{name}")(x)
        ends.append(layers.Dense(shape[-1], activation="sigmoid", name=name)(end))
    model = keras.Model(x, ends[0] if len(ends) == 1 else ends, name="m")
    result: dict[str, Any] = {"outputs": list(outputs.items()), "config": config}
    try:
        given = {key: objects(keras, value, key) for key, value in config.items()}
        model.compile("sgd", **given)
        labels = [target(shape, is_sparse(config["loss"], name)) for name, shape in outputs.items()]
        model.train_on_batch(np.ones((2, 4, 2), "f"), labels if len(labels) > 1 else labels[0])
    except (ValueError, TypeError) as error:
        said = re.split(r"\b(?:Value|Type)Error: ", str(error))[-1].strip()
        return {**result, "error": f"{type(error).__name__}: {said.splitlines()[0][:110]}"}
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
            self.seen = self.add_weight("seen", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.seen.assign_add(1.0)

        def result(self) -> Any:
            return self.seen / self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    return Half


if __name__ == "__main__":
    write() if "KERASFMT_GOLDEN" in os.environ else main(*sys.argv[1:])
