from __future__ import annotations

import pytest

from kerasfmt.ir.own_modules import defines_keras, holds_operations, is_own


@pytest.mark.parametrize(
    ("module", "own", "keras"),
    [
        ("keras.layers", True, True),
        ("keras", True, True),
        ("tf_keras.src.engine", True, True),
        ("keras_core.src.ops", True, True),
        ("tensorflow.python.keras.engine", True, True),
        ("tensorflow.python.keras", True, True),
        ("tensorflow.python.keras_of_mine", True, False),
        ("tensorflow.python.ops", True, False),
        ("builtins", True, False),
        ("keras_cv.layers", False, False),
        ("mine.keras", False, False),
        ("", False, False),
    ],
)
def test_modules(module: str, own: bool, keras: bool) -> None:
    assert (is_own(module), defines_keras(module)) == (own, keras)


def test_operations() -> None:
    modules = (
        "keras.src.ops.numpy",
        "keras.ops.nn",
        "keras_core.src.ops.math",
        "keras.layers",
        "mine.keras.ops",
    )
    assert [holds_operations(module) for module in modules] == [True, True, True, False, False]
