"""Activations by their names in Keras 2 and in Keras 3.

The same name may mean another function in the other version; the facts of each activation say so.

Source: keras/src/activations.py (2.15); keras/src/activations/__init__.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.ir.activations import Activation, find, known_activations

_BY_KERAS3_NAME: Final[Mapping[str, Activation]] = {
    found.facts.name_in_keras3: found for found in known_activations() if found.facts.name_in_keras3
}


def is_activation(option: str) -> bool:
    """Whether an option of a layer is an activation, by its name."""
    return option == "activation" or option.endswith("_activation")


def in_keras2(name: str) -> bool:
    """Whether Keras 2 has the activation that has this name here; an unknown name is a function of the user's."""
    found = find(name)
    return found is None or found.facts.absent_in != 2


def activation_to_keras3(name: str) -> str | None:
    """Keras 3's name of an activation; None if it lacks the function. An unknown name stays as it is."""
    found = find(name)
    if found is None:
        return name
    return None if found.facts.absent_in == 3 else found.facts.name_in_keras3 or found.name


def activation_to_keras2(value: Any) -> Any:
    """The name here of the activation that Keras 3 means by an option's value; other values stay as they are."""
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    meant = _BY_KERAS3_NAME.get(value) if isinstance(value, str) else None
    return value if meant is None or meant is find(value) else meant.name
