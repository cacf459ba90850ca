"""What becomes of losses and metrics: real Keras compiled and trained a model for every case."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.metrics.functions import METRIC_FUNCTIONS
from kerasfmt.metrics.given import given as give_back
from kerasfmt.metrics.per_output import Output
from kerasfmt.metrics.resolve import Resolved, ResolvedMetric, resolve
from tests.losses.keras_golden import KERAS_2, KERAS_3
from tests.metrics.compiled_golden import CASES, outputs_in

LINES = [key for key in CASES if key[0] in KERAS_2]
WHOLE = [key for key in LINES if "stored" in CASES[key]]
REFUSED = [key for key in LINES if "error" in CASES[key] and key[1] != "an alias of losses"]
LATER = [key for key in CASES if key[0] == KERAS_3 and "reported" in CASES[key]]
CUSTOM = "mine>Half"
ONE = [Output("out", (None, 3))]
TWO = [Output("a", (None, 1)), Output("b", (None, 3))]


def described(metric: ResolvedMetric) -> dict[str, Any]:
    """An object as the golden files describe one; a custom one has no variables here."""
    variables = [
        [w.name, list(w.shape), w.dtype.name, *np.unique(w.numpy()).tolist()] for w in metric.variables or []
    ]
    return {
        "class_name": metric.class_name,
        "name": metric.name,
        "dtype": metric.dtype,
        "config": metric.config,
        "variables": None if metric.variables is None else variables,
    }


def test_there_are_cases_of_every_kind() -> None:
    assert len(WHOLE) >= 76
    assert len(REFUSED) >= 12
    assert len(LATER) >= 20


@pytest.mark.parametrize("key", WHOLE, ids="-".join)
def test_what_is_stored_and_all_objects_are_those_of_keras_2(key: tuple[str, str]) -> None:
    case = CASES[key]
    before = copy.deepcopy(case["config"])
    found = resolve(case["config"], outputs_in(case))
    assert case["config"] == before
    assert json.dumps(found.metrics) == json.dumps(case["stored"]["metrics"])
    assert json.dumps(found.weighted_metrics) == json.dumps(case["stored"]["weighted_metrics"])
    expected = [
        {**metric, "variables": None} if metric["class_name"] == CUSTOM else metric
        for metric in case["metrics"]
    ]
    assert [described(metric) for metric in found.objects] == expected


@pytest.mark.parametrize("key", WHOLE, ids="-".join)
def test_what_is_resolved_stays_as_it_is(key: tuple[str, str]) -> None:
    case = CASES[key]
    once = resolve(case["config"], outputs_in(case))
    stored = {**case["config"], **case["stored"]}
    again = resolve(stored, outputs_in(case), resolved=True)
    assert (again.metrics, again.weighted_metrics) == (once.metrics, once.weighted_metrics)
    assert list(map(described, again.objects)) == list(map(described, once.objects))


@pytest.mark.parametrize("key", REFUSED, ids="-".join)
def test_what_keras_2_refuses_is_refused(key: tuple[str, str]) -> None:
    with pytest.raises(InvalidModelError):
        resolve(CASES[key]["config"], outputs_in(CASES[key]))


@pytest.mark.parametrize("key", LATER, ids="-".join)
def test_names_and_kinds_are_those_that_keras_3_reports(key: tuple[str, str]) -> None:
    case = CASES[key]
    # Keras 3 calls the outputs in a dict by their keys.
    outputs = [Output(output.key or output.name, *output[1:]) for output in outputs_in(case)]
    found = resolve(case["config"], outputs, keras=3)
    names = [metric.name for metric in found.objects if metric.class_name != "Mean"]
    losses = {"loss", *(f"{output.name}_loss" for output in outputs)}
    assert sorted(names) == [name for name in case["reported"] if name not in losses]
    entries = [*(found.metrics or []), *(found.weighted_metrics or [])]
    kinds = [kind_of(entry) for items in entries for entry in items if entry is not None]
    expected = [kind for items in case["metrics"] for kind, _ in items or ()]
    # Functions stay functions in Keras 3; of names and objects, it makes the classes that compute the same.
    assert all(kind in (one, other) for kind, (one, other) in zip(expected, kinds, strict=True))


def kind_of(entry: dict[str, Any]) -> tuple[str, str]:
    """The class of a metric, and the class that computes the same as its function."""
    function = entry["config"].get("fn")
    row = METRIC_FUNCTIONS.find(function) if isinstance(function, str) else None
    return entry["class_name"].rpartition(">")[2], row.class_name if row else ""


def test_a_name_that_keras_2_takes_for_a_loss_only() -> None:
    found = resolve({"loss": "bce", "metrics": ["bce"]}, ONE)
    assert names_of(found) == ["loss", "bce"]
    assert found.metrics == [
        [
            {
                "class_name": "MeanMetricWrapper",
                "config": {"name": "bce", "dtype": "float32", "fn": "binary_crossentropy"},
            }
        ]
    ]


def names_of(found: Resolved) -> list[str]:
    return [metric.name for metric in found.objects]


def test_words_of_old_files_are_resolved_without_new_names() -> None:
    config = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    found = resolve(config, TWO, resolved=True)
    assert [item["config"]["name"] for items in found.metrics or [] for item in items if item] == [
        "accuracy"
    ] * 2
    assert names_of(found) == ["loss", "a_loss", "b_loss", "accuracy", "accuracy"]


def test_what_a_file_says_of_an_object_stays_whole() -> None:
    stated = {"class_name": "AUC", "config": {"name": "a_auc", "num_thresholds": 20}, "shared_object_id": 7}
    found = resolve({"loss": "mse", "metrics": [[stated], [None]]}, TWO, resolved=True)
    assert found.metrics == [[stated], [None]]
    assert [weight.shape for weight in found.objects[-1].variables or ()] == [(20,)] * 4


def test_one_object_without_a_name_has_one_name_for_all_outputs() -> None:
    auc: dict[str, Any] = {"class_name": "AUC", "config": {}}
    assert names_of(resolve({"loss": "mse", "metrics": [auc]}, TWO))[3:] == ["a_auc", "b_auc"]
    assert names_of(resolve({"loss": "mse", "metrics": [[auc], [auc]]}, TWO))[3:] == ["a_auc", "b_auc_1"]
    assert names_of(resolve({"loss": "mse", "metrics": {"b": [auc, auc]}}, TWO))[3:] == ["b_auc", "b_auc_1"]
    named = {"class_name": "AUC", "config": {"name": "auc"}}
    assert names_of(resolve({"loss": "mse", "metrics": [auc, named]}, ONE))[1:] == ["auc_1", "auc"]


def test_the_result_does_not_depend_on_what_was_resolved_before() -> None:
    config = {"loss": "mse", "metrics": ["AUC"]}
    assert names_of(resolve(config, ONE)) == names_of(resolve(config, ONE)) == ["loss", "auc"]


def test_variables_are_fresh() -> None:
    first, second = (resolve({"loss": "mse"}, ONE).objects[0].variables for _ in range(2))
    assert first is not None
    assert second is not None
    assert not set(first) & set(second)


def test_weights_of_losses_fit_the_outputs() -> None:
    with pytest.raises(InvalidModelError, match=r"loss_weights: expected names of outputs \(a, b\), got c"):
        resolve({"loss": "mse", "loss_weights": {"c": 1.0}}, TWO)
    with pytest.raises(InvalidModelError, match="loss_weights: expected an entry for each of 2 outputs"):
        resolve({"loss": "mse", "loss_weights": [1.0]}, TWO)


def test_keras_3_numbers_what_has_one_name() -> None:
    config = {"loss": "mse", "metrics": ["mae", "mae"], "weighted_metrics": ["mae"]}
    assert names_of(resolve(config, ONE, keras=3)) == ["loss", "mae", "mae_1", "weighted_mae"]


def test_outputs_may_be_pairs() -> None:
    assert names_of(resolve({"loss": "mse"}, [("a", (None, 1)), ("b", (None, 3))])) == [
        "loss",
        "a_loss",
        "b_loss",
    ]  # type: ignore[list-item]


NAMES = [
    "mae",
    "accuracy",
    "ce",
    "AUC",
    "MeanIoU",
    "Huber",
    "MeanMetricWrapper",
    "own",
    "mine>Own",
    "function",
    "",
    "a",
]
KEYS = [
    "class_name",
    "config",
    "name",
    "fn",
    "a",
    "b",
    "module",
    "thresholds",
    "num_thresholds",
    "num_classes",
    "shape",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["loss", "metrics", "weighted_metrics", "loss_weights"]), JSON),
    st.sampled_from([ONE, TWO]),
    st.booleans(),
    st.sampled_from([2, 3]),
)
@settings(max_examples=400, deadline=None)
def test_any_json_is_resolved_and_given_back_or_refused(
    config: dict[str, Any], outputs: list[Output], resolved: bool, keras: Any
) -> None:
    try:
        found = resolve(config, outputs, resolved=resolved, keras=keras)
    except KerasfmtError:
        return
    assert len(found.objects) >= 1
    for metrics in (found.metrics, found.weighted_metrics):
        assert metrics is None or len(metrics) == len(outputs)
    for reader in (2, 3):
        give_back(found, outputs, reader)  # type: ignore[arg-type]


def test_nothing_at_all() -> None:
    found = resolve({}, TWO)
    assert (found.metrics, found.weighted_metrics, names_of(found)) == (None, None, ["loss"])
