"""The losses, metrics and models of which `make_compiled_golden.py` asks real Keras.

LOSSES, METRICS   class name -> options of the objects to make
COMPILED          name of a case -> the outputs of a model, and what it is compiled with in the words of JSON
"""

from __future__ import annotations

from typing import Any

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

KEYS = {"a": "z", "b": "y"}
"""The keys of the outputs where they are a dict."""
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
    "a custom class": (TWO, {"loss": "mse", "metrics": [
        [thing("mine>Half", name="half", dtype="float32", factor=2)], None]}),
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
    "outputs in a dict": (TWO, {"loss": {"z": "mse", "y": SPARSE}, "metrics": {"z": ["mae"], "y": ["acc", "mse"]}}),
    "outputs in a dict, lists": (TWO, {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae"]}),
    "same name twice": (ONE, {"loss": "mse", "metrics": ["mae", "mae"]}),
    "same weighted name twice": (ONE, {"loss": "mse", "weighted_metrics": ["mae", "mae", "mae"]}),
    "an unknown output": (TWO, {"loss": "mse", "metrics": {"c": ["mae"]}}),
    "a loss of an unknown output": (TWO, {"loss": {"a": "mse", "c": "mse"}}),
    "too many lists": (TWO, {"loss": "mse", "metrics": [["mae"], ["mae"], ["mae"]]}),
    "too few lists": (TWO, {"loss": "mse", "metrics": [["mae"]]}),
}  # fmt: skip
