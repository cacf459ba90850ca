"""What is held against TensorFlow of a SavedModel of graphs: its signatures, and those of what is written again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from conformance.closeness import assert_close

Arrays = Mapping[str, Any]


def loaded_outputs(directory: Path, key: str, inputs: Arrays) -> dict[str, Any]:
    """What TensorFlow's reader computes for a signature."""
    import tensorflow as tf

    signature = tf.saved_model.load(str(directory)).signatures[key]
    found = signature(**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in found.items()}


def check_signature(directory: Path, key: str, inputs: Arrays, expected: Arrays) -> None:
    """Fails unless kerasfmt computes what TensorFlow does, and both do from what kerasfmt writes again."""
    found = kerasfmt.load_graph_model(directory)
    assert_equal(found.signatures[key](**inputs), expected)
    again = directory.with_name(f"{directory.name}_again")
    kerasfmt.save_model(kerasfmt.load_graph_model(directory), again)
    assert_equal(kerasfmt.load_graph_model(again).signatures[key](**inputs), expected)
    assert_equal(loaded_outputs(again, key, inputs), expected)


def assert_equal(got: Arrays, expected: Arrays) -> None:
    """Fails unless both have the same names and, up to rounding, the same arrays."""
    assert sorted(got) == sorted(expected)
    for name, value in expected.items():
        if not check_texts(got[name], value):
            assert_close(name, np.asarray(got[name]), np.asarray(value), 1e-5)


def check_texts(got: Any, expected: Any) -> bool:
    """Whether these are texts, which have to be equal."""
    if not isinstance(expected, bytes) and np.asarray(expected).dtype != object:
        return False
    np.testing.assert_array_equal(np.asarray(got, object), np.asarray(expected, object))
    return True
