"""TensorFlow's options of saving.

Source: tensorflow/python/saved_model/save_options.py (2.15 to 2.21)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from kerasfmt.errors import UnsupportedFormatError


@dataclass(frozen=True, kw_only=True)
class SaveOptions:
    """TensorFlow's tf.saved_model.SaveOptions: the same fields, each honoured or refused by name.

    Attributes:
      namespace_whitelist: op namespaces that may be saved; kerasfmt writes no namespaced op, so any list is
        accepted.
      save_debug_info: only False; there is no Python stack to record.
      function_aliases: only empty; there are no tf.function objects to name.
      experimental_debug_stripper: only False.
      experimental_io_device: only None; this process writes the files.
      experimental_variable_policy: only None; variables are saved without devices.
      experimental_custom_gradients: True or False; kerasfmt writes no function with a custom gradient.
      experimental_image_format: only False, as in every public TensorFlow.
      experimental_skip_saver: only False.
      experimental_sharding_callback: only None; variables are saved in one shard.
      extra_tags: tags of the MetaGraph beside "serve".
    """

    namespace_whitelist: Sequence[str] | None = None
    save_debug_info: bool = False
    function_aliases: Mapping[str, object] | None = None
    experimental_debug_stripper: bool = False
    experimental_io_device: str | None = None
    experimental_variable_policy: str | None = None
    experimental_custom_gradients: bool = True
    experimental_image_format: bool = False
    experimental_skip_saver: bool = False
    experimental_sharding_callback: object | None = None
    extra_tags: Sequence[str] | None = None

    def __post_init__(self) -> None:
        whitelist = self.namespace_whitelist
        if whitelist is not None and (
            isinstance(whitelist, str) or not all(isinstance(name, str) for name in whitelist)
        ):
            raise TypeError(f"namespace_whitelist: expected a list of strings, got {whitelist!r}")
        if isinstance(self.extra_tags, str):
            raise TypeError(f"extra_tags: expected a list of strings, got {self.extra_tags!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in _HONOURED and value not in (field.default, None, False, {}, (), []):
                raise UnsupportedFormatError(
                    f"SaveOptions: {field.name}={value!r} is not supported; leave it at {field.default!r}"
                )


_HONOURED: Final = ("namespace_whitelist", "experimental_custom_gradients", "extra_tags")
