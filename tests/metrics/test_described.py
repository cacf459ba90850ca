"""One metric in all the ways in which it may be stated, and what is not Keras's own."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt import metrics
from kerasfmt.errors import InvalidModelError
from kerasfmt.metrics.described import DescribedMetric, NumberedNames, describe, function_of, is_sparse
from kerasfmt.metrics.metric import METRIC_CLASSES
from kerasfmt.metrics.per_output import Output
from tests.losses.keras_golden import FILES, KERAS_3

OUT = Output("out", (None, 3))


def found(value: Any, output: Output = OUT, sparse: bool = False, keras: Any = 2) -> DescribedMetric:
    described = describe(value, output, sparse, NumberedNames(set()), keras)
    assert described is not None
    return described


def fn(value: Any, **given: Any) -> tuple[str, Any]:
    """Name and function of a wrapper."""
    described = found(value, **given)
    assert described.entry["class_name"] == "MeanMetricWrapper"
    assert described.metric is not None
    return described.name, described.entry["config"]["fn"]


def test_words_that_go_by_the_shape() -> None:
    assert fn("Acc") == ("Acc", "categorical_accuracy")
    assert fn("acc", sparse=True) == ("acc", "sparse_categorical_accuracy")
    assert fn("acc", output=Output("out", (None, 1)), sparse=True) == ("acc", "binary_accuracy")
    assert fn("CE", output=Output("out", (None, None))) == ("CE", "categorical_crossentropy")
    with pytest.raises(
        InvalidModelError, match="output out: the shape decides which function 'accuracy' means"
    ):
        found("accuracy", output=Output("out", None))


def test_functions() -> None:
    assert fn("MSE") == ("MSE", "mean_squared_error")
    assert fn("kld") == ("kld", "kl_divergence")
    assert fn({"class_name": "function", "config": "mean_squared_error"}) == (("mean_squared_error",) * 2)
    assert fn("halves") == ("halves", "halves")
    own = {"class_name": "function", "config": "halves", "registered_name": "mine>halves"}
    assert fn(own) == ("halves", "mine>halves")
    assert fn("mine>halves") == ("halves", "mine>halves")


def test_classes_by_name() -> None:
    assert found("AUC").entry == metrics.AUC(name="auc").entry()
    assert found("MeanSquaredError").entry == metrics.MeanSquaredError().entry()
    assert found("AUC", keras=3).name == "AUC"
    assert found("mean_io_u_of_mine", keras=3).entry["class_name"] == "MeanMetricWrapper"
    assert found("root_mean_squared_error", keras=3).entry["class_name"] == "RootMeanSquaredError"
    assert (
        fn("root_mean_squared_error") == ("root_mean_squared_error",) * 2
    )  # Keras 2 takes it for a user's own


def test_keras_3_has_all_classes_under_names_in_snake_case() -> None:
    names = FILES["metrics", KERAS_3]["names"]
    for class_name in METRIC_CLASSES.names():
        kind = getattr(metrics, class_name)
        needed = [name for name, field in kind.fields.items() if field.default is kerasfmt.ir.fields.REQUIRED]
        if class_name in names and not needed:
            (snake,) = {n for n, (_, own) in names.items() if own == class_name and "_" in n} or {class_name}
            assert describe(snake, OUT, False, NumberedNames(set()), 3) is not None, snake


def test_what_is_not_keras_own_stays_as_it_is_described() -> None:
    own = {"class_name": "mine>Half", "config": {"name": "half", "factor": 2}, "shared_object_id": 3}
    described = found(own)
    assert (described.entry, described.metric, described.name) == (own, None, "half")
    described.rename("a_half")
    assert described.entry == {**own, "config": {"name": "a_half", "factor": 2}}
    assert own["config"] == {"name": "half", "factor": 2}
    for value in (
        {"module": "mine", "class_name": "AUC", "config": {"k": 1}},
        {"class_name": "AUC", "config": {"k": 1}, "registered_name": "mine>AUC"},
    ):
        assert found(value).metric is None
        assert found(value).name == "auc"
    assert found("mine>Half").entry == {
        "class_name": "mine>Half",
        "config": {"name": "half", "dtype": "float32"},
    }


def test_losses_are_metrics_too() -> None:
    name, function = fn({"class_name": "Huber", "config": {"delta": 0.5}})
    assert name == "huber_loss"
    assert function["class_name"] == "Huber"
    assert function["__passive_serialization__"] is True
    assert found({"class_name": "Hinge", "config": {}}).entry["class_name"] == "Hinge"
    assert fn({"module": "keras.losses", "class_name": "Hinge", "config": {}})[0] == "hinge"


def test_values_in_wrappers() -> None:
    weights = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}
    described = found(
        {"class_name": "AUC", "config": {"multi_label": True, "label_weights": weights, "name": "a"}}
    )
    assert described.entry["config"]["label_weights"] == [1.0, 2.0]
    targets = {"class_name": "__tuple__", "items": [0, 1]}
    described = found(
        {"class_name": "IoU", "config": {"num_classes": 2, "target_class_ids": targets, "name": "i"}}
    )
    assert described.entry["config"]["target_class_ids"] == [0, 1]


def test_what_is_no_metric() -> None:
    assert describe(None, OUT, False, NumberedNames(set()), 2) is None
    for wrong in (3, {"config": {}}, {"class_name": 3}):
        with pytest.raises(
            InvalidModelError, match="output out: expected a name, or a class_name and a config"
        ):
            found(wrong)
    with pytest.raises(InvalidModelError, match="metrics: AUC: expected a config, got 'x'"):
        found({"class_name": "AUC", "config": "x"})
    with pytest.raises(kerasfmt.KerasfmtError, match="metric AUC: unknown option k"):
        found({"class_name": "AUC", "config": {"k": 1}})


@pytest.mark.parametrize(
    ("loss", "function"),
    [
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
        ({"class_name": "SparseCategoricalCrossentropy", "config": {}}, "sparse_categorical_crossentropy"),
        (
            {"class_name": "function", "config": "sparse_categorical_crossentropy"},
            "sparse_categorical_crossentropy",
        ),
        ({"class_name": "LossFunctionWrapper", "config": {"fn": "mse"}}, "mean_squared_error"),
        ("bce", "binary_crossentropy"),
        ("own", None),
        ({"class_name": "mine>SparseCategoricalCrossentropy", "config": {}}, None),
        ({"class_name": "LossFunctionWrapper", "config": {}}, None),
    ],
)
def test_functions_of_losses(loss: Any, function: str | None) -> None:
    assert function_of(loss) == function
    assert is_sparse(loss) == (function == "sparse_categorical_crossentropy")
    assert not is_sparse(None)
