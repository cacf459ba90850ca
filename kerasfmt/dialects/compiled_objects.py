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

from collections.abc import Callable, Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir.own_modules import is_own

_FUNCTION: Final = "function"


def read_object(value: Any) -> Any:
    """Objects of an archive, in any nesting, in the words of the IR."""
    if isinstance(value, list):
        return [read_object(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: read_object(item) for key, item in value.items()}
    kind, config = value["class_name"], value.get("config")
    if kind == _FUNCTION:
        return config
    module, registered = value.get("module"), value.get("registered_name")
    found = {"class_name": registered or kind, "config": read_object(config or {})}
    if module and not is_own(str(module)):
        found["module"] = module
    return found


def write_object(value: Any, module: str, is_known: Callable[[str], bool]) -> Any:
    """Objects in the words of the IR, in any nesting, as an archive describes them.

    Args:
      value: the objects.
      module: the module of Keras that has such objects, `keras.losses`.
      is_known: whether Keras has a class or a function of this name there; another one is custom.
    """
    if isinstance(value, list | tuple):
        return [write_object(item, module, is_known) for item in value]
    if isinstance(value, str):
        return value if is_known(value) else wrapped("builtins", _FUNCTION, value, _FUNCTION)
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: write_object(item, module, is_known) for key, item in value.items()}
    kind = str(value["class_name"])
    stated = value.get("module")
    if stated is None and is_known(kind):
        return wrapped(module, kind, value.get("config"))
    return wrapped(stated, kind.rpartition(">")[2], value.get("config"), kind)


def without_modules(value: Any) -> Any:
    """Objects in the words of the IR as Keras 2 stores them in HDF5 files and SavedModels."""
    if isinstance(value, list):
        return [without_modules(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_modules(item) for key, item in value.items()}
    if "class_name" in value:
        kept.pop("module", None)
    return kept
