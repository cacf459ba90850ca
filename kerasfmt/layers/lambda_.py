"""Lambda: a function as a layer.

Keras stores the bytecode of the function, which kerasfmt never runs. To load such a file, pass the function again,
written with `kerasfmt.graph.ops`.

    load_model("model.h5", custom_objects={"name of the layer": lambda x: x * 2})

Source: tf_keras/src/layers/core/lambda_layer.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kerasfmt.errors import UnsafeFileError
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.typing import override

_STORED = (
    "function", "function_type", "module", "output_shape", "output_shape_type", "output_shape_module",
    "mask", "mask_type", "mask_module", "arguments",
)  # fmt: skip


def _callable(value: Any) -> Any:
    if not callable(value):
        raise ValueError(f"expected a function, got {value!r}")
    return value


def _callable_or_none(value: Any) -> Any:
    return None if value is None else _callable(value)


def _arguments(value: Any) -> dict[str, Any]:
    return dict(value or {})


class Lambda(Layer):
    """A function of Values as a layer.

    Args:
      function: takes the input, a Value or a structure of Values, and `arguments` by name; if it has the
        parameters, also `mask` and `training`. Returns Values.
      output_shape: ignored; the shape follows from the function.
      mask: a function of inputs and mask that gives the mask of the outputs, or None.
      arguments: further arguments of the function, by name.
    """

    facts = KerasFacts(
        functions={"function": "module", "output_shape": "output_shape_module", "mask": "mask_module"},
        needed_by_keras2=frozenset({"output_shape"}),
    )
    function: Callable[..., Any] = fields.option(convert=_callable, stored=False)
    output_shape: Any = fields.option(default=None, stored=False)
    mask: Callable[..., Any] | None = fields.option(default=None, convert=_callable_or_none, stored=False)
    arguments: Field[dict[str, Any], Mapping[str, Any] | None] = fields.option(
        default=None, convert=_arguments, stored=False
    )

    stored: dict[str, Any] | None = fields.state(default=None)
    """The part of a config from a file that describes the function."""

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The layer of a file, with a function from `custom_objects`; keeps what the file stores."""
        name = str(config.get("name"))
        stored = {key: config[key] for key in _STORED if key in config}
        known = [name, "Lambda"]
        if isinstance(stored.get("function"), str):
            known.append(stored["function"])
        function = next((custom_objects[key] for key in known if callable(custom_objects.get(key))), None)
        if function is None:
            raise UnsafeFileError(
                f"layer {name} (Lambda): its function is stored as Python bytecode, which is never run; "
                f"pass custom_objects={{{name!r}: function}}, a function of kerasfmt Values"
            )
        rest = {key: value for key, value in config.items() if key not in _STORED}
        layer = cls(function=function, arguments=stored.get("arguments"), **rest)
        # When Keras reads the bytecode with defaults and closure, it makes a tuple of them.
        layer.stored = {
            key: tuple(v) if key in ("function", "mask") and isinstance(v, list) else v
            for key, v in stored.items()
        }
        return layer

    @override
    def get_config(self) -> dict[str, Any]:
        """The config: as the file has it, or with the name of the function."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        own = {
            "function": name,
            "function_type": "function",
            "module": getattr(self.function, "__module__", None),
            "output_shape": None,
            "output_shape_type": "raw",
            "output_shape_module": None,
            "arguments": self.arguments,
        }
        return super().get_config() | (own if self.stored is None else self.stored)

    @override
    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        taken = inspect.signature(self.function).parameters
        given = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{k: v for k, v in given.items() if k in taken})

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask that the option `mask` gives; None without it."""
        return None if self.mask is None else self.mask(inputs, mask)
