"""What a user gives to `compile` so that resolved metrics come of it: the way back from `resolve`, for archives.

    resolved    {"class_name": "MeanMetricWrapper", "config": {"name": "a_mae", "dtype": "float32",
                 "fn": "mean_absolute_error"}}, of the output a
    given       "mae"

A name stands for a metric only if it means the same to the version of Keras that is to read it. All other metrics are
objects, described as `keras.saving` does, under their names without those of the outputs.

Source: tf_keras/src/saving/serialization_lib.py, serialize_keras_object; keras/src/trainers/compile_utils.py,
  get_metric (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.keras_facts import Major
from kerasfmt.losses.given import given_loss
from kerasfmt.losses.wrapper import function_words
from kerasfmt.metrics.functions import BY_SHAPE, METRIC_FUNCTIONS
from kerasfmt.metrics.metric import find_metric
from kerasfmt.metrics.per_output import Output
from kerasfmt.metrics.resolve import Entries, Resolved

HIDDEN: Final = frozenset({"accuracy", "cosine_similarity"})
"""Functions that no description reaches: Keras exports none, or a loss of that name in its place."""
BY_SHAPE_IN_BOTH: Final = frozenset({"accuracy", "acc"})
"""The words that go by the shapes in both versions of Keras."""


@dataclass(frozen=True)
class Given:
    """Arguments of `compile` in the words of an archive.

    Attributes:
      metrics: for each output a list, or None where it has none; None where there are no metrics at all.
      weighted_metrics: the same of the weighted metrics.
      left_out: what that version of Keras cannot have, one sentence for each metric; the caller has to tell.
    """

    metrics: list[list[Any] | None] | None
    weighted_metrics: list[list[Any] | None] | None
    left_out: tuple[str, ...] = ()


def given(resolved: Resolved, outputs: Sequence[Output], keras: Major) -> Given:
    """The metrics as a user gives them.

    Args:
      resolved: what Keras 2 made of them.
      outputs: the outputs of the model.
      keras: the version of Keras in whose words they are to be.
    """
    left_out: list[str] = []

    def back(entries: Entries | None, weighted: bool) -> list[list[Any] | None] | None:
        if entries is None:
            return None
        found: list[list[Any] | None] = []
        for output, items, plain in zip(
            outputs, entries, resolved.metrics or [[]] * len(outputs), strict=True
        ):
            taken = {_own_name(item, output, outputs) for item in plain if item} if weighted else set()
            words = []
            for item in items:
                if item is not None:
                    try:
                        words.append(
                            _words(item, _unweighted(_own_name(item, output, outputs), taken), output, keras)
                        )
                    except UnsupportedLayerError as error:
                        left_out.append(f"{error}; the metric {item['config'].get('name')!r} is left out")
            found.append(words or None)
        return found if any(found) else None

    metrics, weighted_metrics = back(resolved.metrics, False), back(resolved.weighted_metrics, True)
    return Given(metrics, weighted_metrics, tuple(left_out))


def _own_name(item: Mapping[str, Any], output: Output, outputs: Sequence[Output]) -> str:
    """The name of a metric without that of its output."""
    name = str(item["config"].get("name") or "")
    return name.removeprefix(f"{output.name}_") if len(outputs) > 1 else name


def _unweighted(name: str, taken: set[str]) -> str:
    """The name of a weighted metric without the `weighted_` that tells it from another one."""
    own = name.removeprefix("weighted_")
    return own if own in taken else name


def _words(item: Mapping[str, Any], name: str, output: Output, keras: Major) -> Any:
    """A resolved metric as a user gives it, under a name."""
    class_name, config = str(item["class_name"]), {**item["config"], "name": name}
    kind = find_metric(class_name)
    if kind is None or ">" in class_name:
        own = class_name.rpartition(">")[2]
        return _described(item.get("module"), own, config, item.get("registered_name") or class_name)
    if "fn" in config:
        return _wrapped(config, output, keras)
    if kind.facts.absent_in == keras:
        raise UnsupportedLayerError(f"metric {class_name}: Keras {keras} has no such class")
    for option in kind.facts.implied_by_keras2 if keras == 2 else ():
        if option in config:
            raise UnsupportedLayerError(f"metric {class_name}: Keras {keras} has no option {option}")
    return _described(kind.facts.module, class_name, config)


def _wrapped(config: Mapping[str, Any], output: Output, keras: Major) -> Any:
    """A MeanMetricWrapper: the name of its function, the function, the loss that it calls, or itself."""
    name, function = config["name"], config["fn"]
    plain = config.keys() == {"name", "dtype", "fn"} and config["dtype"] == "float32"
    if isinstance(function, Mapping):
        if function.get("class_name") != "function":
            return _loss(config, plain, keras)
        function = function.get("config")
    if plain and _means(name, function, output, keras):
        return name
    row = METRIC_FUNCTIONS.find(function)
    if row is not None and (keras == 3 or row.name in HIDDEN):
        options = {key: value for key, value in config.items() if key != "fn"}
        return _described("keras.metrics", row.class_name, options)
    if plain and name == function.rpartition(">")[2]:
        return function_words(function)
    return _described("keras.metrics", "MeanMetricWrapper", {**config, "fn": function_words(function)})


def _means(name: str, function: str, output: Output, keras: Major) -> bool:
    """Whether a version of Keras makes a metric of that name and function of the name alone."""
    family = BY_SHAPE.get(name.lower())
    if family is not None:
        binary = (output.shape or (None,))[-1] == 1
        fits = function in family.functions() and (function == family.binary) == binary
        return fits and (keras == 2 or name.lower() in BY_SHAPE_IN_BOTH)
    row = METRIC_FUNCTIONS.names_in(keras).get(name)
    return row is not None and row.name == function


def _loss(config: Mapping[str, Any], plain: bool, keras: Major) -> Any:
    """A loss that is used as a metric: the loss, or a wrapper of it where that has another name."""
    stated = config["fn"]
    words = given_loss(stated, keras, archive=True)
    if plain and (stated["config"] or {}).get("name") == config["name"]:
        return words
    return _described("keras.metrics", "MeanMetricWrapper", {**config, "fn": words})


def _described(
    module: str | None, class_name: str, config: Mapping[str, Any], registered_name: str | None = None
) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": class_name,
        "config": dict(config),
        "registered_name": registered_name,
    }
