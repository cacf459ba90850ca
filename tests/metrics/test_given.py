"""The way back: of what is given for resolved metrics come the same metrics."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.metrics.functions import METRIC_FUNCTIONS
from kerasfmt.metrics.given import Given, given
from kerasfmt.metrics.per_output import Output
from kerasfmt.metrics.resolve import Resolved, ResolvedMetric, resolve
from tests.losses.keras_golden import KERAS_2
from tests.metrics.compiled_golden import CASES, outputs_in

WHOLE = [key for key in CASES if key[0] == KERAS_2[0] and "stored" in CASES[key]]
ONE = [Output("out", (None, 3))]
TWO = [Output("a", (None, 1)), Output("b", (None, 3))]


def back(config: dict[str, Any], outputs: list[Output], keras: Any = 2) -> Given:
    return given(resolve({"loss": "mse", **config}, outputs), outputs, keras)


def again(found: Given, loss: Any, outputs: list[Output], keras: Any) -> Resolved:
    config = {"loss": loss, "metrics": found.metrics, "weighted_metrics": found.weighted_metrics}
    return resolve(config, outputs, keras=keras)


@pytest.mark.parametrize("key", WHOLE, ids="-".join)
def test_keras_2_makes_the_same_of_it(key: tuple[str, str]) -> None:
    case, outputs = CASES[key], outputs_in(CASES[key])
    once = resolve(case["config"], outputs)
    twice = again(given(once, outputs, 2), case["config"]["loss"], outputs, 2)
    assert [plain(metric) for metric in twice.objects] == [plain(metric) for metric in once.objects]


@pytest.mark.parametrize("key", WHOLE, ids="-".join)
def test_keras_3_reports_the_same_names_of_the_same_functions(key: tuple[str, str]) -> None:
    case, outputs = CASES[key], outputs_in(CASES[key])
    once = resolve(case["config"], outputs)
    found = given(once, outputs, 3)
    assert found.left_out == ()
    twice = again(found, case["config"]["loss"], outputs, 3)
    assert [(m.name, computes(m)) for m in twice.objects] == [(m.name, computes(m)) for m in once.objects]


def plain(metric: ResolvedMetric) -> tuple[str, dict[str, Any]]:
    """Class name and config, without the marks of a serialized loss."""
    return metric.class_name.rpartition(">")[2], dict(metric.config)


def computes(metric: ResolvedMetric) -> str:
    """The class that computes the same."""
    row = METRIC_FUNCTIONS.find(str(metric.config.get("fn")))
    return row.class_name if row else metric.class_name.rpartition(">")[2]


def test_names() -> None:
    config = {"metrics": [["mae", "acc"], ["MSE", "ce"]], "weighted_metrics": ["mae"]}
    found = back(config, TWO)
    assert found.metrics == [["mae", "acc"], ["MSE", "ce"]]
    assert found.weighted_metrics == [["mae"], ["mae"]]
    later = back(config, TWO, 3).metrics
    assert later is not None
    assert later[0] == ["mae", "acc"]
    assert later[1] is not None
    assert later[1][0] == "MSE"
    assert later[1][1] == {
        "module": "keras.metrics",
        "class_name": "CategoricalCrossentropy",
        "config": {"name": "ce", "dtype": "float32"},
        "registered_name": None,
    }


def test_objects_lose_the_name_of_their_output() -> None:
    found = back({"metrics": [[{"class_name": "AUC", "config": {"name": "roc"}}], None]}, TWO)
    assert found.metrics is not None
    assert found.metrics[1] is None
    (auc,) = found.metrics[0] or ()
    assert (auc["class_name"], auc["config"]["name"]) == ("AUC", "roc")


def test_names_of_weighted_metrics() -> None:
    config = {"metrics": ["mae"], "weighted_metrics": ["mae", "mse"]}
    assert back(config, ONE).weighted_metrics == [["mae", "mse"]]
    own = {"class_name": "Mean", "config": {"name": "weighted_mean"}}
    (words,) = (back({"weighted_metrics": [own]}, ONE).weighted_metrics or [None])[0] or ()
    assert words["config"]["name"] == "weighted_mean"


def function(name: str) -> dict[str, str]:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def wrapper(fn: Any, name: str, **config: Any) -> dict[str, Any]:
    return {
        "class_name": "MeanMetricWrapper",
        "config": {"name": name, "dtype": "float32", "fn": fn, **config},
    }


@pytest.mark.parametrize(
    ("stated", "keras_2", "keras_3"),
    [
        (wrapper("kl_divergence", "kl_divergence"), function("kl_divergence"), "kl_divergence"),
        (wrapper("halves", "halves"), function("halves"), function("halves")),
        (wrapper("mine>halves", "halves"), function("mine>halves"), function("mine>halves")),
        (wrapper("binary_accuracy", "accuracy"), "MeanMetricWrapper", "BinaryAccuracy"),
        (wrapper("mean_squared_error", "mine"), "MeanMetricWrapper", "MeanSquaredError"),
        (wrapper("mean_squared_error", "mse", dtype="float64"), "MeanMetricWrapper", "MeanSquaredError"),
        (wrapper("binary_accuracy", "wide", threshold=0.25), "MeanMetricWrapper", "BinaryAccuracy"),
        (wrapper("halves", "half"), "MeanMetricWrapper", "MeanMetricWrapper"),
        (wrapper("cosine_similarity", "mine"), "CosineSimilarity", "CosineSimilarity"),
        (wrapper("cosine_similarity", "cosine_proximity"), "cosine_proximity", "CosineSimilarity"),
        (wrapper("accuracy", "same"), "Accuracy", "Accuracy"),
        (wrapper("log_cosh", "logcosh"), "logcosh", "LogCoshError"),
        (wrapper({"class_name": "Huber", "config": {"name": "huber_loss"}}, "huber_loss"), "Huber", "Huber"),
        (wrapper({"class_name": "Huber", "config": {"name": "huber_loss"}}, "h"), *["MeanMetricWrapper"] * 2),
        (wrapper({"class_name": "mine>Own", "config": {"name": "own"}}, "own"), "Own", "Own"),
    ],
)
def test_wrappers(stated: dict[str, Any], keras_2: Any, keras_3: Any) -> None:
    found = resolve({"loss": "mse", "metrics": [[stated]]}, ONE, resolved=True)
    for keras, expected in ((2, keras_2), (3, keras_3)):
        ((words,),) = given(found, ONE, keras).metrics or [[None]]  # type: ignore[arg-type, misc]
        if isinstance(expected, str) and isinstance(words, dict):
            assert words["class_name"] == expected
            name = "huber_loss" if expected == "Huber" else stated["config"]["name"]
            assert words["config"]["name"] == name
        else:
            assert words == expected


def test_losses_are_stated_in_the_words_of_the_reader() -> None:
    stated = {"class_name": "Huber", "config": {"delta": 0.5}}
    (two,), (three,) = (back({"metrics": [stated]}, ONE, keras).metrics[0] for keras in (2, 3))  # type: ignore[index, misc]
    assert two["config"] == {"reduction": "auto", "name": "huber_loss", "delta": 0.5, "fn": "huber"}
    assert three["config"] == {"reduction": "sum_over_batch_size", "name": "huber_loss", "delta": 0.5}
    assert two["module"] == three["module"] == "keras.losses"


def test_custom_classes_keep_their_registered_name() -> None:
    stated = {"class_name": "mine>Half", "config": {"name": "half", "factor": 2}}
    ((words,), _) = back({"metrics": [[stated], None]}, TWO, 3).metrics or [[None], None]
    assert words == {
        "module": None,
        "class_name": "Half",
        "config": {"name": "half", "factor": 2},
        "registered_name": "mine>Half",
    }
    ((words,),) = back({"metrics": [{**stated, "class_name": "Half", "module": "mine.metrics"}]}, ONE).metrics  # type: ignore[misc]
    assert (words["module"], words["registered_name"]) == ("mine.metrics", "Half")


def test_what_a_keras_cannot_have_is_named() -> None:
    relative = {"class_name": "MeanRelativeError", "config": {"normalizer": 2.0, "name": "r"}}
    found = back({"metrics": [[relative, "mae"], None]}, TWO, 3)
    assert found.metrics == [["mae"], None]
    assert found.left_out == (
        "metric MeanRelativeError: Keras 3 has no such class; the metric 'a_r' is left out",
    )
    sorted_ids = {"class_name": "SparseTopKCategoricalAccuracy", "config": {"from_sorted_ids": True}}
    for stated in ({"class_name": "PearsonCorrelation", "config": {}}, sorted_ids):
        found = back({"metrics": [stated]}, ONE)
        assert found.metrics is None
        (said,) = found.left_out
        assert "Keras 2 has no" in said
        assert back({"metrics": [stated]}, ONE, 3).left_out == ()
    later = {"class_name": "Tversky", "config": {}}
    assert "loss Tversky: Keras 2 has no such class" in back({"metrics": [later]}, ONE).left_out[0]


def test_nothing_at_all() -> None:
    assert back({}, TWO) == Given(None, None)
    assert back({"metrics": [], "weighted_metrics": [None]}, ONE) == Given(None, None)
    assert back({"weighted_metrics": ["mae"]}, ONE).weighted_metrics == [["mae"]]
