"""Facts about a class of Keras beside its config: names, tracked attributes, differences between versions.

A layer (or initializer, regularizer, constraint) states them as the class attribute `facts`. A subclass inherits
them, or replaces some or all of them. An activation has them in its row of the table.

    class SpecialDropout(Layer):
        facts = KerasFacts(absent_in=3, tracked_lists=("noise_shape",))

    class OtherDropout(SpecialDropout):
        facts = replace(SpecialDropout.facts, absent_in=None)
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import field
from typing import Final, Literal, TypeAlias

from kerasfmt.typing import record

Major: TypeAlias = Literal[2, 3]
"""A major version of Keras."""


class _Everything:
    """The set of all values."""

    def __contains__(self, value: object) -> bool:
        return True


ANY_VALUE: Final[Container[object]] = _Everything()
"""Every value: the option has no meaning in the Keras version that lacks it."""

LATER_PACKAGE: Final = "Keras3>"
"""Prefix for a class that Keras 2 has without some of its options; Keras 2 does not know the prefixed name."""

LATER_OPTIONS: Final[Mapping[str, Container[object]]] = {
    "autocast": (None, True),
    "build_config": (None, True),
    "gptq_unpacked_column_size": (None,),
    "lora_alpha": (None,),
    "lora_rank": (None,),
    "quantization_config": (None, True),
    "rng_type": (None, "stateful", "legacy_stateful"),
}
"""Options that Keras 2.15 lacks in every layer: the values that mean what it does anyway."""


@record(frozen=True, repr=False, eq=False)
class ComparedMask:
    """How Keras 3 makes the mask of a layer: by an operation `NotEqual` on the input of the layer.

    Attributes:
      value: what the input is compared with.
      value_option: the option that holds the value; `value` is its default.
      if_option: the option that has to be true; none by default.
      reduced: whether an operation `Any` over the last axis follows.
    """

    value: float
    value_option: str | None = None
    if_option: str | None = None
    reduced: bool = False


@record(frozen=True, repr=False)
class KerasFacts:
    """Facts about a class of Keras beside its config.

    Attributes:
      identifier: what a SavedModel calls the kind of the object.
      registered_name: Keras 2's name of the class, `package>name`, if it differs from the name of the class here.
      module: the module of Keras 2 that has the class.
      tracked_lists: attributes that Keras 2 tracks as list wrappers, or dict wrappers where they are dicts, in its
        order. In an object graph they come after the random generator and before weights and sublayers.
      tracked_order: the names of all lists, layers and weights, where Keras 2 does not track them by kind.
      restored_from_config: whether Keras 2 revives the layer from its config only; its calls are then not saved as
        functions.
      traced_by_input_spec: whether Keras 2 traces the layer for its input spec before any other signature.
      preserves_structure: whether the config distinguishes a list of one input from the input itself.
      build_calls_base: whether the layer's `build` in Keras 2 calls `build` of the base class, which keeps the shape.
      absent_in: the major version of Keras that lacks the class.
      name_in_keras3: the name in Keras 3, if it differs from the name in Keras 2.
      module_in_keras3: the module of Keras 3 that has the class.
      renamed: option of Keras 2 -> its name in Keras 3.
      functions: option that may be a Python function -> key of the function's module in a config of Keras 2.
      implied_by_keras3: option that Keras 3 lacks -> the values that mean what it does anyway.
      implied_by_keras2: option that Keras 2 lacks -> the values that mean what it does anyway.
      weightless_in_keras3: whether Keras 3 keeps in the config what the weights hold in Keras 2.
      floats_in_keras3: whether its dtype in Keras 3, to which Keras 3 casts the inputs, is that of floats even where
        its outputs are integers.
      forgets_in_archives: whether Keras 2 reads the weights from its archives, and does not compute with them.
      needed_by_keras2: options without which Keras 2 cannot load the class, even where Keras 3 lacks them.
      unlisted_in_keras3: options that are a list of one item in Keras 2, and that item in Keras 3.
      unnumbered_options: options that hold layers, and in whose config Keras 2 numbers no object.
      joins_masks: whether the layer joins the masks of its inputs; Keras 2 and Keras 3 do so in different ways.
      compared_mask: how Keras 3 makes a mask of the layer's input, where it does.
      public_layers: attributes of layers that Keras 3 has without the underscore too, and meets there first.
    """

    identifier: str = "_tf_keras_layer"
    registered_name: str | None = None
    module: str = "keras.layers"
    tracked_lists: tuple[str, ...] = ()
    tracked_order: tuple[str, ...] = ()
    restored_from_config: bool = False
    traced_by_input_spec: bool = True
    preserves_structure: bool = False
    build_calls_base: bool = False
    absent_in: Major | None = None
    name_in_keras3: str | None = None
    module_in_keras3: str = "keras.layers"
    renamed: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    implied_by_keras3: Mapping[str, Container[object]] = field(default_factory=dict)
    implied_by_keras2: Mapping[str, Container[object]] = field(default_factory=dict)
    weightless_in_keras3: bool = False
    floats_in_keras3: bool = False
    forgets_in_archives: bool = False
    needed_by_keras2: frozenset[str] = frozenset()
    unlisted_in_keras3: frozenset[str] = frozenset()
    unnumbered_options: frozenset[str] = frozenset()
    joins_masks: bool = False
    compared_mask: ComparedMask | None = None
    public_layers: frozenset[str] = frozenset()
