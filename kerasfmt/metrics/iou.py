"""Intersection over union of segmentations.

Source: tf_keras/src/metrics/iou_metrics.py; keras/src/metrics/iou_metrics.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.metrics.metric import Metric, MetricDType, Name, metric_dtype, metric_name
from kerasfmt.typing import override

Ids: TypeAlias = Field[tuple[int, ...], Sequence[int]]
"""The type of the option `target_class_ids`."""


def _class_ids(default: Any = fields.REQUIRED) -> Any:
    return fields.option(default=default, convert=fields.integers(minimum=0).convert, to_config=list)


def _ignored() -> Any:
    return fields.integer(default=None, optional=True)


class _Confusion(Metric, abstract=True):
    """Base of the metrics that keep one matrix of labels and predictions."""

    state: ClassVar[tuple[str, ...]] = ("total_confusion_matrix",)
    also_tracked: ClassVar[tuple[str, ...]] = ("target_class_ids",)
    second_names: ClassVar[Mapping[str, str]] = {"total_confusion_matrix": "total_cm"}

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        classes: int = vars(self)["num_classes"]
        return classes, classes

    @override
    def validate(self) -> None:
        ids, classes = vars(self).get("target_class_ids", ()), (self.state_shape() or (0,))[0]
        if any(i >= classes for i in ids):
            raise self.fail(f"option target_class_ids: expected numbers below {classes}, got {list(ids)}")


class IoU(_Confusion):
    """The mean over the classes `target_class_ids`."""

    config_order: ClassVar[tuple[str, ...]] = (
        "num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis",
    )  # fmt: skip
    num_classes: int = fields.positive_integer()
    target_class_ids: Ids = _class_ids()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    ignore_class: int | None = _ignored()
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


class BinaryIoU(_Confusion):
    """The mean over the classes 0 and 1, or one of them, with predictions compared to `threshold`."""

    target_class_ids: Ids = _class_ids((0, 1))
    threshold: float = 0.5
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        return 2, 2


class MeanIoU(_Confusion):
    """The mean over all classes."""

    num_classes: int = fields.positive_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    ignore_class: int | None = _ignored()
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


class OneHotIoU(_Confusion):
    """The mean over the classes `target_class_ids`, for one-hot labels."""

    num_classes: int = fields.positive_integer()
    target_class_ids: Ids = _class_ids()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    ignore_class: int | None = _ignored()
    sparse_y_pred: bool = False
    axis: int = -1


class OneHotMeanIoU(_Confusion):
    """The mean over all classes, for one-hot labels."""

    num_classes: int = fields.positive_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    ignore_class: int | None = _ignored()
    sparse_y_pred: bool = False
    axis: int = -1
