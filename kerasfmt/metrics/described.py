"""One metric as a user states it, and the object that Keras 2 makes of it.

    "mae"                                       MeanMetricWrapper of the function mean_absolute_error, called mae
    "accuracy"                                  MeanMetricWrapper of a function that goes by the shapes
    "AUC", {"class_name": "AUC", ...}           an AUC
    {"class_name": "Huber", ...}                MeanMetricWrapper of the loss
    "my_metric", {"class_name": "My", ...}      what is not Keras's own: it stays as it is described

Source: tf_keras/src/engine/compile_utils.py, MetricsContainer._get_metric_object; tf_keras/src/metrics/__init__.py, get
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.naming import to_snake_case
from kerasfmt.ir.own_modules import is_own
from kerasfmt.losses.functions import LOSS_FUNCTIONS
from kerasfmt.losses.loss import Loss, find_loss, from_words
from kerasfmt.metrics.functions import BY_SHAPE, METRIC_FUNCTIONS
from kerasfmt.metrics.metric import METRIC_CLASSES, Metric, find_metric
from kerasfmt.metrics.per_output import Output
from kerasfmt.metrics.reduction import MeanMetricWrapper


@dataclass(eq=False)
class DescribedMetric:
    """A metric that a model is compiled with.

    Attributes:
      entry: class name and config as HDF5 states them.
      metric: the metric; None where its class is not one that kerasfmt knows.
    """

    entry: dict[str, Any]
    metric: Metric | None

    @property
    def name(self) -> str:
        """The name in its config; where that has none, a name made of its class."""
        found = self.entry["config"].get("name")
        return found if isinstance(found, str) else to_snake_case(_own_name(self.entry["class_name"]))

    def rename(self, name: str) -> None:
        """Gives it another name."""
        self.entry = {**self.entry, "config": {**self.entry["config"], "name": name}}


class NumberedNames:
    """Names for metrics that were given none, numbered as Keras numbers them: auc, auc_1.

    Args:
      taken: the names that other metrics have already.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def next(self, class_name: str) -> str:
        """The next free name for a metric of a class."""
        base = name = to_snake_case(class_name)
        count = 0
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name


def is_object(value: Any) -> bool:
    """Whether a value is an object in words."""
    return isinstance(value, Mapping) and value.get("class_name") != "function" and "class_name" in value


def is_sparse(loss: Any) -> bool:
    """Whether the labels of a loss are class numbers."""
    name = function_of(loss) if loss is not None else None
    return name == "sparse_categorical_crossentropy"


def function_of(loss: Any) -> str | None:
    """The name of the function that a loss in words computes; None where kerasfmt does not know it."""
    if isinstance(loss, Mapping):
        class_name, config = loss.get("class_name"), loss.get("config")
        if class_name in ("function", "LossFunctionWrapper"):
            return function_of(config.get("fn") if isinstance(config, Mapping) else config)
        loss = class_name
    row = LOSS_FUNCTIONS.find(str(loss))
    if row is not None:
        return row.name
    kind = find_loss(str(loss))
    return kind.function if kind else None


def describe(
    value: Any, output: Output, sparse: bool, names: NumberedNames, keras: Major
) -> DescribedMetric | None:
    """The object that Keras 2 makes of a metric; None for None.

    Args:
      value: a name, or an object or a function in words.
      output: the output that it measures.
      sparse: whether the labels of the output are class numbers.
      names: makes names for classes that are given by name.
      keras: the version of Keras that the metric was given to.

    Raises:
      InvalidModelError: it is none of these; an option is missing; or the shape, by which it goes, is not known.
      UnsupportedLayerError: an option that its class does not have.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _named(value, output, sparse, names, keras)
    if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
        raise InvalidModelError(
            f"metrics: output {output.name}: expected a name, or a class_name and a config, got {value!r:.80}"
        )
    if value["class_name"] == "function":
        return _function(str(value.get("config")), value.get("registered_name"))
    return _object(value)


def _named(name: str, output: Output, sparse: bool, names: NumberedNames, keras: Major) -> DescribedMetric:
    family = BY_SHAPE.get(name.lower())
    if family is not None:
        if not output.shape:
            raise InvalidModelError(
                f"metrics: output {output.name}: the shape decides which function {name!r} means, and it is not known; "
                "name the function"
            )
        binary = output.shape[-1] == 1
        return _wrapper(family.binary if binary else family.sparse if sparse else family.categorical, name)
    row = METRIC_FUNCTIONS.find(name) or LOSS_FUNCTIONS.find(name)
    if row is not None:
        return _wrapper(row.name, name)
    kind = find_metric(name) or (_by_snake_case(name) if keras == 3 else None)
    if kind is not None:
        default = kind.fields["name"].default or names.next(kind.__name__)
        return _known(from_words(kind, {"name": name if keras == 3 else default}))
    if _own_name(name)[:1].isupper():
        entry = {"class_name": name, "config": {"name": to_snake_case(_own_name(name)), "dtype": "float32"}}
        return DescribedMetric(entry, None)
    return _function(name, None)


def _by_snake_case(name: str) -> type[Metric] | None:
    """The class whose name in snake case is this one: another name of it in Keras 3."""
    for class_name in METRIC_CLASSES.names():
        if to_snake_case(class_name) == name:
            return find_metric(class_name)
    return None


def _function(name: str, registered: Any) -> DescribedMetric:
    """A Python function; one that is not Keras's own keeps the name that it is registered under."""
    row = METRIC_FUNCTIONS.find(name) or LOSS_FUNCTIONS.find(name)
    if row is not None:
        return _wrapper(row.name, name)
    own = registered if isinstance(registered, str) and ">" in registered else name
    return _wrapper(own, _own_name(own))


def _wrapper(function: Any, name: str) -> DescribedMetric:
    return _known(MeanMetricWrapper(function, name))


def _known(metric: Metric) -> DescribedMetric:
    return DescribedMetric(metric.entry(), metric)


def _object(value: Mapping[str, Any]) -> DescribedMetric:
    """The object that a class name and a config stand for."""
    class_name, config = value["class_name"], value.get("config") or {}
    if not isinstance(config, Mapping):
        raise InvalidModelError(f"metrics: {class_name}: expected a config, got {config!r:.80}")
    module, registered = value.get("module"), value.get("registered_name")
    foreign = (module is not None and not is_own(str(module))) or ">" in str(registered)
    kind = None if foreign else find_metric(class_name)
    loss = None if foreign else find_loss(class_name)
    if loss is not None and (kind is None or str(module).endswith("losses")):
        return _of_loss(from_words(loss, config))
    if kind is None:
        return DescribedMetric({**value, "config": dict(config)}, None)
    return _known(from_words(kind, config))


def _of_loss(loss: Loss) -> DescribedMetric:
    config = loss.get_config()
    entry = {"class_name": type(loss).__name__, "config": config, "__passive_serialization__": True}
    return _wrapper(entry, config["name"] or to_snake_case(type(loss).__name__))


def _own_name(registered: str) -> str:
    """The name of a class or function without the package that it is registered in."""
    return registered.rpartition(">")[2]


def with_names(value: Any, names: NumberedNames) -> Any:
    """A structure of metrics in which every object has a name.

    One object for all outputs has one name. So names are made before metrics are spread over outputs.
    """
    if isinstance(value, list | tuple):
        return [with_names(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: with_names(item, names) for key, item in value.items()}
    config = value.get("config") or {}
    kind = find_metric(str(value["class_name"]))
    if kind is None or not isinstance(config, Mapping):
        return value
    if config.get("name", kind.fields["name"].default) is not None:
        return value
    return {**value, "config": {**config, "name": names.next(kind.__name__)}}


def object_names(value: Any) -> set[str]:
    """The names in the configs of all objects in a structure of metrics."""
    if isinstance(value, list | tuple):
        return {name for item in value for name in object_names(item)}
    if not isinstance(value, Mapping):
        return set()
    if "class_name" not in value:
        return object_names(list(value.values()))
    config = value.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    return {name} if isinstance(name, str) else set()
