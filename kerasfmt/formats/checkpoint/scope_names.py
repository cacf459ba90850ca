"""Names that TensorFlow takes as scopes.

Keras opens a name scope for each layer, so that a name has to match `[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*`. In a name of
another form (spaces, letters beyond ASCII) each other character becomes `_`.

Source: tensorflow/python/framework/ops.py, _VALID_SCOPE_NAME_REGEX.
"""

from __future__ import annotations

import re

_VALID = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_INVALID_CHARACTER = re.compile(r"[^A-Za-z0-9_.\\/>-]")


def is_valid(name: str) -> bool:
    """Whether TensorFlow takes `name` as a scope."""
    return _VALID.fullmatch(name) is not None


def scope_name(name: str) -> str:
    """`name` itself if TensorFlow takes it, else a similar name."""
    if is_valid(name):
        return name
    plain = _INVALID_CHARACTER.sub("_", name)
    return plain if is_valid(plain) else f"layer{plain}"
