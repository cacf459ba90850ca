"""The training config in the metadata of a SavedModel: every object in it has a number.

Source: tf_keras/src/saving/legacy/saved_model/json_utils.py; tf_keras/src/saving/serialization.py, SharedObjectConfig
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kerasfmt.dialects.compiled_objects import without_modules
from kerasfmt.ir import TrainingConfig
from kerasfmt.ir.compile_state import map_objects
from kerasfmt.losses.functions import LOSS_FUNCTIONS
from kerasfmt.optimizers.loss_scale import inner_entry, is_loss_scaled


def numbered_training_config(compiled: TrainingConfig, number: Callable[[Any], int]) -> dict[str, Any]:
    """The training config with every object in it numbered.

    Keras makes a function of a name when it loads a file, and stores the name of the function.

    Args:
      compiled: the compile state as Keras 2 has built it.
      number: gives the number of the object behind a key.
    """
    found: dict[str, Any] = without_modules(compiled.config)
    for key in ("loss", "metrics", "weighted_metrics"):
        if key in found:
            found[key] = _numbered_objects(found[key], "loss" if key == "loss" else "metric", number)
    if compiled.restored:
        found["loss"] = map_objects(LOSS_FUNCTIONS.python_name, found.get("loss"))
    optimizer = found.get("optimizer_config")
    if isinstance(optimizer, Mapping):
        options: Any = optimizer.get("config")
        if is_loss_scaled(compiled):
            options = {**options, "inner_optimizer": inner_entry(options["inner_optimizer"])}
        options = _numbered_objects(options, "schedule", number)
        found["optimizer_config"] = {**optimizer, "config": options}
    return found


def _numbered_objects(value: Any, kind: str, number: Callable[[Any], int]) -> Any:
    """Losses, metrics or options with the number of each object; Keras numbers a metric again at its own node."""

    def numbered(item: Any) -> Any:
        if not isinstance(item, Mapping):
            return item
        config: Any = item.get("config")
        name = config.get("name") if kind == "metric" and isinstance(config, Mapping) else None
        key = (kind, name if isinstance(name, str) else id(item))
        return {"class_name": item["class_name"], "config": config, "shared_object_id": number(key)}

    return map_objects(numbered, value)
