"""Metrics as trackable objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import metrics
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode
from kerasfmt.formats.saved_model.metrics import metric_node
from kerasfmt.ir import Weight
from kerasfmt.ir.compile_state import CompiledMetric, optimizer_variable


def node_of(metric: CompiledMetric) -> UserObject:
    nodes: dict[Weight, VariableNode] = {}
    return metric_node(metric, lambda weight: nodes.setdefault(weight, VariableNode(weight=weight)))


def compiled(metric: Any) -> CompiledMetric:
    return CompiledMetric(type(metric).__name__, metric.get_config(), metric.variables())


FUNCTION = ["variables", "keras_api", "total", "count", "_fn_kwargs"]
COUNTS = ["true_positives", "true_negatives", "false_positives", "false_negatives"]


@pytest.mark.parametrize(
    ("metric", "children"),
    [
        (metrics.Mean(), FUNCTION[:-1]),
        (metrics.MeanMetricWrapper("mse", "a_mse"), FUNCTION),
        (metrics.TopKCategoricalAccuracy(3), FUNCTION),
        (metrics.AUC(5), ["variables", "keras_api", *COUNTS]),
        (metrics.Recall(), ["variables", "keras_api", "thresholds", "true_positives", "false_negatives"]),
        (
            metrics.FalsePositives([0.25, 0.5]),
            ["variables", "keras_api", "init_thresholds", "thresholds", "accumulator"],
        ),
        (metrics.PrecisionAtRecall(0.5), ["variables", "keras_api", *COUNTS, "thresholds"]),
        (
            metrics.MeanIoU(3),
            ["variables", "keras_api", "total_confusion_matrix", "total_cm", "target_class_ids"],
        ),
        (metrics.R2Score(), ["keras_api", "num_samples"]),
        (metrics.F1Score(), ["keras_api"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_children(metric: Any, children: list[str]) -> None:
    """Those of tf_keras 2.15, from the SavedModels that it wrote."""
    node = node_of(compiled(metric))
    assert node.identifier == "_tf_keras_metric"
    assert [name for name, _ in node.children] == children
    held = dict(node.children)
    api = dict(held["keras_api"].children)
    assert api == ({"variables": held["variables"]} if "variables" in held else {})
    for name in ("thresholds", "init_thresholds", "target_class_ids", "_fn_kwargs"):
        if name in held:
            kind = "dict" if name == "_fn_kwargs" else "list"
            assert isinstance(held[name], UserObject)
            assert held[name].identifier == f"trackable_{kind}_wrapper"  # type: ignore[attr-defined]


def test_a_variable_with_two_names_is_one_node() -> None:
    held = dict(node_of(compiled(metrics.BinaryIoU())).children)
    assert held["total_cm"] is held["total_confusion_matrix"]


def test_variables_of_a_live_metric_go_by_their_places() -> None:
    variables = [optimizer_variable(name, np.zeros((), np.float32)) for name in ("total_3", "count_7")]
    held = dict(node_of(CompiledMetric("Mean", {"name": "loss"}, variables)).children)
    assert [held[name].weight.name for name in ("total", "count")] == ["total_3", "count_7"]  # type: ignore[attr-defined]


def test_a_metric_of_the_users_own_has_its_variables_by_name() -> None:
    variables = [optimizer_variable("seen", np.zeros(3, np.float32))]
    node = node_of(CompiledMetric("Mine", {"name": "mine"}, variables))
    assert [name for name, _ in node.children] == ["variables", "keras_api", "seen"]
