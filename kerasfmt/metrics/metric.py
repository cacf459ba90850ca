"""The base of every metric: its options, as Keras's config states them, and the variables that it begins with.

    HDF5      {"class_name": "TopKCategoricalAccuracy", "config": {"name": "top", "dtype": "float32", "k": 3}}

Source: tf_keras/src/metrics/base_metric.py, Metric; keras/src/metrics/metric.py, Metric (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, TypeAlias

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.families import FamilyTable
from kerasfmt.ir import Weight, fields, initializers, naming
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.ir.weight import Aggregation, Synchronization
from kerasfmt.typing import override

METRIC_CLASSES: Final = FamilyTable["type[Metric]"]()
"""The metrics by class name."""

MetricDType: TypeAlias = Field[str, str | DType | None]
"""The type of the option `dtype`."""
Name: TypeAlias = Field[str, str | None]
"""The type of the option `name`."""


def find_metric(name: str) -> type[Metric] | None:
    """The class of a metric; None if kerasfmt does not know the name.

    `kerasfmt.metrics.functions` has the names of functions, `mae` among them.
    """
    return METRIC_CLASSES.find(name)


def metric_name(default: str | None = None) -> Any:
    """The option `name`; None for a name made of the class, and numbered where it is taken."""
    return fields.option(default=default, convert=fields.text().convert)


def _dtype(value: Any) -> str:
    found = dtypes.float32 if value is None else dtypes.of(value)
    if not found.is_floating and not found.is_integer:
        raise ValueError(f"expected a dtype of numbers, got {found.name}")
    return found.name


def metric_dtype() -> Any:
    """The option `dtype`: the dtype of results and variables; None for float32."""
    return fields.option(default=None, convert=_dtype)


def variable(name: str, shape: tuple[int, ...], dtype: str) -> Weight:
    """A variable of a metric as it is before the first update: all zeros."""
    return Weight(
        name,
        shape,
        dtypes.of(dtype),
        trainable=False,
        initializer=initializers.get("zeros"),
        synchronization=Synchronization.ON_READ,
        aggregation=Aggregation.SUM,
    )


class Metric(FrozenOptions):
    """Base of the metrics: the options and the variables of one class of Keras.

    A metric describes itself in files; kerasfmt does not compute it. A subclass adds its options, `name` and `dtype`,
    in the order of Keras 2.

    Raises:
      UnsupportedLayerError: the metric does not have an option, or an option cannot take its value.
      InvalidModelError: its options contradict each other.

    Source: tf_keras/src/metrics/base_metric.py, Metric; keras/src/metrics/metric.py, Metric (3.x)

    Example:
      >>> top = kerasfmt.metrics.TopKCategoricalAccuracy(3)
      >>> top.get_config()
      {'name': 'top_k_categorical_accuracy', 'dtype': 'float32', 'k': 3}
      >>> [weight.name for weight in top.variables()]
      ['total', 'count']
    """

    category: ClassVar[str] = "metric"
    facts: ClassVar[KerasFacts] = KerasFacts(identifier="_tf_keras_metric", module="keras.metrics")
    state: ClassVar[tuple[str, ...]] = ()
    """The names of its variables."""
    also_tracked: ClassVar[tuple[str, ...]] = ()
    """The attributes that a SavedModel tracks after its variables: lists and dicts of options."""
    second_names: ClassVar[Mapping[str, str]] = {}
    """Variables that are attributes under another name too, which a SavedModel tracks as well."""

    @classmethod
    def tracked(cls, config: Mapping[str, Any]) -> tuple[str, ...]:
        """The attributes that a SavedModel tracks of a metric with this config, in order.

        Source: the attributes of each class in tf_keras/src/metrics, in the order of their assignment
        """
        names = [name for of in cls.state for name in (of, cls.second_names.get(of)) if name]
        return (*names, *cls.also_tracked)

    @override
    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract:
            METRIC_CLASSES.enter(cls.__name__, cls)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with a name made of the class where none is given."""
        name = given.get("name", self.fields["name"].default)
        return {**given, "name": naming.unique_name(type(self).__name__) if name is None else name}

    def state_shape(self) -> tuple[int, ...] | None:
        """The shape of its variables; None where it is known only after the first update."""
        return ()

    def variables(self) -> list[Weight]:
        """Its variables as they are before the first update; those of unknown shape are not there yet."""
        shape = self.state_shape()
        dtype = vars(self)["dtype"]
        return [] if shape is None else [variable(name, shape, dtype) for name in self.state]

    def entry(self) -> dict[str, Any]:
        """Class name and config, as the training config of Keras 2 states them."""
        return {"class_name": type(self).__name__, "config": self.get_config()}


class NamedMetric(Metric, abstract=True):
    """Base of the metrics whose first options are `name` and `dtype`."""

    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


TOTAL_AND_COUNT: Final = ("total", "count")
"""The variables of a mean."""


OF_FUNCTION: Final = ("_fn_kwargs",)
"""What a SavedModel tracks beside the variables of a metric that wraps a function: the function's arguments."""


class MeanOfValues(NamedMetric, abstract=True):
    """Base of the metrics that are means of the values of a function."""

    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    also_tracked: ClassVar[tuple[str, ...]] = OF_FUNCTION


EARLIER: Final = replace(Metric.facts, absent_in=3)
"""The facts of a class that only Keras 2 has."""
LATER: Final = replace(Metric.facts, absent_in=2)
"""The facts of a class that only Keras 3 has."""
