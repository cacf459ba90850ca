"""Losses, metrics, optimizers and schedules of a compile state, in the words of the IR and of archives.

    IR        "mse"                                        a name; a custom function's registered one, `Pkg>my_loss`
              {"class_name": "Huber", "config": {...}}     an object
              {"class_name": "Pkg>MyLoss", "config": {...}, "module": "pkg.losses"}
                                                           a custom object by its registered name; its module is there
                                                           where the source states it
    archive   "mse"
              {"module": "builtins", "class_name": "function", "config": "Pkg>my_loss", "registered_name": "function"}
              {"module": "keras.losses", "class_name": "Huber", "config": {...}, "registered_name": null}
              {"module": "pkg.losses", "class_name": "MyLoss", "config": {...}, "registered_name": "Pkg>MyLoss"}

HDF5 files and SavedModels have the words of the IR without modules: `without_modules`.

Source: keras/src/saving/serialization_lib.py, serialize_keras_object (3.x);
tf_keras/src/saving/legacy/serialization.py, serialize_keras_class_and_config
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir.compile_state import map_objects
from kerasfmt.ir.naming import to_snake_case
from kerasfmt.ir.own_modules import is_own
from kerasfmt.losses.functions import LOSS_FUNCTIONS
from kerasfmt.losses.loss import find_loss
from kerasfmt.metrics.functions import BY_SHAPE, METRIC_FUNCTIONS
from kerasfmt.metrics.metric import METRIC_CLASSES, find_metric

_FUNCTION: Final = "function"


def read_object(value: Any) -> Any:
    """Objects of an archive, in any nesting, in the words of the IR."""
    return map_objects(_read, value)


def _read(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    kind, config = value["class_name"], value.get("config")
    if kind == _FUNCTION:
        return config
    module, registered = value.get("module"), value.get("registered_name")
    found = {"class_name": registered or kind, "config": read_object(config or {})}
    if module and not is_own(str(module)):
        found["module"] = module
    return found


def write_metrics(value: Any) -> Any:
    """Metrics in the words of the IR, in any nesting, as archives describe them."""
    return map_objects(_write_metric, value)


def _write_metric(value: Any) -> Any:
    if isinstance(value, str):
        return value if _is_metric(value) else wrapped("builtins", _FUNCTION, value, _FUNCTION)
    if not isinstance(value, Mapping) or "registered_name" in value:
        return value
    kind = find_metric(str(value["class_name"])) or find_loss(str(value["class_name"]))
    if kind is None or "module" in value:
        return _custom(value)
    return wrapped(kind.facts.module, kind.__name__, value.get("config"))


def _is_metric(name: str) -> bool:
    """Whether some Keras makes a metric of a name."""
    tables = (METRIC_FUNCTIONS, LOSS_FUNCTIONS)
    if name.lower() in BY_SHAPE or any(table.find(name) is not None for table in tables):
        return True
    return find_metric(name) is not None or find_metric(_camel(name)) is not None


def _camel(name: str) -> str:
    """A class name for a name in snake case, as Keras 3 takes both."""
    known = {to_snake_case(kind): kind for kind in METRIC_CLASSES.names()}
    return known.get(name, name)


def _custom(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a class that is not Keras's own, by its registered name."""
    registered = str(value["class_name"])
    return wrapped(value.get("module"), registered.rpartition(">")[2], value.get("config"), registered)


def without_modules(value: Any) -> Any:
    """Objects in the words of the IR as Keras 2 stores them in HDF5 files and SavedModels; their configs stay."""
    return map_objects(_without_module, value)


def _without_module(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "module"} if isinstance(value, Mapping) else value
