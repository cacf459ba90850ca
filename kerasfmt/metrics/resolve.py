"""What Keras 2 makes of the loss and the metrics that a model is compiled with, once it has seen the outputs.

    given       {"loss": "mse", "metrics": [["mae"], ["accuracy"]]}, with the outputs a and b
    resolved    [[{"class_name": "MeanMetricWrapper",
                   "config": {"name": "a_mae", "dtype": "float32", "fn": "mean_absolute_error"}}],
                 [{"class_name": "MeanMetricWrapper",
                   "config": {"name": "b_accuracy", "dtype": "float32", "fn": "categorical_accuracy"}}]]
    objects     loss, a_loss, b_loss, a_mae, b_accuracy

HDF5 files state what is resolved, SavedModels hold the objects, and archives state what was given. `accuracy` and
`crossentropy` go by the shapes of outputs and labels. Keras 2 sees no labels before training, and training then decides
again; here the loss says whether labels are class numbers, so that the result is that of training.

Source: tf_keras/src/engine/compile_utils.py, LossesContainer.build and MetricsContainer.build;
  tf_keras/src/saving/legacy/saving_utils.py, try_build_compiled_arguments and model_metadata
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Weight
from kerasfmt.ir.keras_facts import Major
from kerasfmt.metrics.described import (
    DescribedMetric,
    NumberedNames,
    describe,
    is_object,
    is_sparse,
    object_names,
    with_names,
)
from kerasfmt.metrics.per_output import Output, metrics_per_output, one_per_output
from kerasfmt.metrics.reduction import Mean

Entries: TypeAlias = list[list[dict[str, Any] | None]]
"""For each output, the class name and config of each metric."""
_Described: TypeAlias = list[list[DescribedMetric | None]]


@dataclass(frozen=True, eq=False)
class ResolvedMetric:
    """A metric object of a compiled model.

    Attributes:
      class_name: the name of its class, with the package that it is registered in where it is a user's own.
      name: its name.
      dtype: the dtype of its results.
      config: its config in Keras 2's dialect.
      variables: its variables as they are before the first update; None where kerasfmt does not know its class.
    """

    class_name: str
    name: str
    dtype: str
    config: Mapping[str, Any]
    variables: list[Weight] | None


@dataclass(frozen=True, eq=False)
class Resolved:
    """What becomes of the losses and metrics of a model.

    Attributes:
      metrics: for each output, the class name and config of each metric, as the training config of HDF5 holds them;
        None where no metrics were given.
      weighted_metrics: the same of the weighted metrics.
      objects: every metric object, in the order of Keras 2's `model.metrics`: the mean loss, the mean loss of each
        output where there are several, then the metrics of each output, those with weights last.
    """

    metrics: Entries | None
    weighted_metrics: Entries | None
    objects: list[ResolvedMetric]


def resolve(
    config: Mapping[str, Any], outputs: Sequence[Output], *, resolved: bool = False, keras: Major = 2
) -> Resolved:
    """The metrics that Keras 2 makes of the arguments of `compile`.

    Args:
      config: `loss`, `metrics`, `weighted_metrics` and `loss_weights` as the user gave them, in the words of JSON:
        names, `{"class_name", "config"}`, lists, dicts by output.
      outputs: the outputs of the model; `kerasfmt.metrics.per_output.outputs_of` makes them.
      resolved: whether the metrics are resolved already, as in HDF5 files: names stay as they are, and so do objects.
      keras: the version of Keras that they were given to. Keras 3 gives each output one item of a flat list. It takes
        other names for classes, and numbers metrics of the same name.

    Raises:
      InvalidModelError: a key is no output; a list does not fit the outputs; two metrics have one name.
      UnsupportedLayerError: an option that the class of a metric does not have.

    Example:
      >>> from kerasfmt.metrics.per_output import Output
      >>> found = resolve({"loss": "mse", "metrics": ["mae"]}, [Output("a", (None, 1)), Output("b", (None, 3))])
      >>> [metric.name for metric in found.objects]
      ['loss', 'a_loss', 'b_loss', 'a_mae', 'b_mae']
    """
    outputs = [Output(*output) for output in outputs]
    one_per_output("loss_weights", config.get("loss_weights"), outputs)
    losses = one_per_output("loss", config.get("loss"), outputs)
    given = {what: config.get(what) for what in ("metrics", "weighted_metrics")}
    names = NumberedNames(set().union(*map(object_names, given.values())))
    named = {what: with_names(value, names) for what, value in given.items()}
    plain, weighted = (
        [
            [_described(item, output, loss, names, keras, resolved) for item in items]
            for items, output, loss in zip(
                metrics_per_output(what, value, outputs, keras), outputs, losses, strict=True
            )
        ]
        for what, value in named.items()
    )
    if not resolved:
        _set_names(plain, weighted, outputs, keras)
    return Resolved(
        None if given["metrics"] is None else _entries(plain),
        None if given["weighted_metrics"] is None else _entries(weighted),
        _objects(losses, plain, weighted, outputs),
    )


def _described(
    item: Any, output: Output, loss: Any, names: NumberedNames, keras: Major, resolved: bool
) -> DescribedMetric | None:
    found = describe(item, output, is_sparse(loss), names, keras)
    if found is not None and resolved and is_object(item):
        found.entry = {**item, "config": dict(item.get("config") or {})}
    return found


def _set_names(plain: _Described, weighted: _Described, outputs: Sequence[Output], keras: Major) -> None:
    """Puts the names of outputs in front of names, and `weighted_` where a name would be there twice.

    Source: tf_keras/src/engine/compile_utils.py, MetricsContainer._set_metric_names;
      keras/src/trainers/compile_utils.py, CompileMetrics.result (3.x)
    """
    taken: set[str] = set()
    for output, metrics, with_weights in zip(outputs, plain, weighted, strict=True):
        prefix = f"{output.name}_" if len(outputs) > 1 else ""
        for metric in metrics:
            if metric is not None:
                _take(metric, f"{prefix}{metric.name}", taken, keras)
        for metric in with_weights:
            if metric is not None:
                again = "weighted_" if f"{prefix}{metric.name}" in taken else ""
                _take(metric, f"{prefix}{again}{metric.name}", taken, keras)


def _take(metric: DescribedMetric, name: str, taken: set[str], keras: Major) -> None:
    """Gives a metric its name.

    Raises:
      InvalidModelError: another metric has it, and Keras 2 takes each name once.
    """
    if name in taken and keras == 2:
        raise InvalidModelError(f"metrics: two metrics are called {name!r}; give one of them another name")
    base, count = name, 0
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    if name != metric.entry["config"].get("name"):
        metric.rename(name)


def _entries(metrics: _Described) -> Entries:
    return [[None if metric is None else metric.entry for metric in items] for items in metrics]


def _objects(
    losses: Sequence[Any], plain: _Described, weighted: _Described, outputs: Sequence[Output]
) -> list[ResolvedMetric]:
    means = ["loss"]
    if len(outputs) > 1:
        means += [
            f"{output.name}_loss" for output, loss in zip(outputs, losses, strict=True) if loss is not None
        ]
    found = [DescribedMetric(mean.entry(), mean) for mean in map(Mean, means)]
    for items in zip(plain, weighted, strict=True):
        found += [metric for metrics in items for metric in metrics if metric is not None]
    return [_object(metric) for metric in found]


def _object(described: DescribedMetric) -> ResolvedMetric:
    entry, metric = described.entry, described.metric
    config = entry["config"]
    return ResolvedMetric(
        entry["class_name"],
        described.name,
        str(config.get("dtype") or "float32"),
        config,
        None if metric is None else metric.variables(),
    )
