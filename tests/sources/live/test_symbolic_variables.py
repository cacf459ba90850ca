"""What stands for the variables that attributes of a layer hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.events import NotRecordable
from kerasfmt.sources.live.symbolic_variables import (
    held_variables,
    is_variable,
    symbolic_variable_class,
    variable_of,
)
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")


def layer(compute_dtype: str = "float32") -> Any:
    made = keras.Layer("scale")
    made.compute_dtype = compute_dtype
    made.scale = made.add_weight("scale", np.ones(2, np.float32))  # type: ignore[attr-defined]
    made.held = {"in": [made.add_weight("count", np.zeros((), np.int32), trainable=False)]}  # type: ignore[attr-defined]
    return made


def test_the_variables_of_attributes() -> None:
    live = layer("float16")
    found = list(held_variables(live, lambda variable, dtype: (variable.name, dtype)))
    assert [(key, variable, proxy) for _, key, variable, proxy in found] == [
        ("scale", live.scale, ("scale", "float16")),
        (0, live.held["in"][0], ("count", "int32")),
    ]
    assert (found[0][0], found[1][0]) == (vars(live), live.held["in"])


def test_a_symbolic_variable() -> None:
    live, assigned = layer(), []
    made = symbolic_variable_class(keras.KerasTensor)(
        live.scale, "float32", lambda *given: assigned.append(given)
    )
    assert isinstance(made, keras.KerasTensor)
    assert variable_of(made) is live.scale
    assert (made.path, made.trainable, made.value) == ("scale/scale", True, made)
    assert made.assign(3) is made
    made.assign_add(keras.KerasTensor((2,)))
    assert [variable for variable, _ in assigned] == [live.scale, live.scale]
    assert assigned[0][1] == 3
    for read in (np.asarray, lambda x: x.numpy()):
        with pytest.raises(NotRecordable, match="reads the content of variable scale/scale in Python"):
            read(made)


def test_what_is_a_variable() -> None:
    live = layer()
    assert is_variable(live.scale)
    assert not is_variable(np.ones(2))
    assert variable_of(live.scale) is live.scale
    assert variable_of(3) is None
