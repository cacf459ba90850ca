"""A loss made of a function; the options of the function are options of the loss.

Source: tf_keras/src/losses.py and keras/src/losses/losses.py (3.x), LossFunctionWrapper
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts, Major
from kerasfmt.losses.loss import Loss, Reduction, loss_name, reduction
from kerasfmt.typing import override


def function_name(value: Any) -> str:
    """The name of a function, from the name or from a description by `keras.saving`.

    Raises:
      ValueError: it is neither.
    """
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected the name of a function, got {value!r}")
    return value


def function_words(name: str) -> dict[str, str]:
    """A Python function as `keras.saving` describes it.

    Source: tf_keras/src/saving/serialization_lib.py, serialize_keras_object
    """
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def with_function_options(cls: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a wrapper; those that it does not have itself are `fn_options`."""
    own = {name: value for name, value in given.items() if name in cls.fields}
    further = {name: value for name, value in given.items() if name not in cls.fields}
    return {**own, "fn_options": {**(own.get("fn_options") or {}), **further}}


def function_options() -> Any:
    """The attribute that holds the options of a wrapped function; the config states them one by one."""
    return fields.option(
        default=None, convert=lambda value: dict(value) if value else None, stored=False, kw_only=True
    )


class LossFunctionWrapper(Loss):
    """Computes the function `fn`, with `fn_options` as its arguments."""

    facts: ClassVar[KerasFacts] = KerasFacts(
        module=Loss.facts.module, implied_by_keras2=Loss.facts.implied_by_keras2
    )
    fn: str = fields.option(convert=function_name, stored=False)
    reduction: Reduction = reduction()
    name: str | None = loss_name(None)
    fn_options: Mapping[str, Any] | None = function_options()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with further ones as those of the function."""
        return with_function_options(type(self), given)

    @override
    def module_in(self, keras: Major) -> tuple[str, str | None]:
        if keras == 2:
            return "keras.__internal__.losses", None
        return "keras.src.losses.losses", type(self).__name__

    @override
    def config_in(self, keras: Major) -> dict[str, Any]:
        """The config in the words of an archive; Keras 3 describes the function as an object."""
        config = super().config_in(keras)
        return {**config, "fn": self.fn if keras == 2 else function_words(self.fn)}

    @override
    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect, the function last."""
        config = super().get_config()
        del config["fn"]
        return {**config, **(self.fn_options or {}), "fn": self.fn}
