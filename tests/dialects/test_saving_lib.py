"""Objects as `keras.saving` describes them, and code in them, which is refused."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.saving_lib import (
    is_custom,
    mapped,
    mappings,
    plain_shape,
    refuse_code,
    refuse_code_to_train,
    wrapped,
)
from kerasfmt.errors import KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.layers import Dense

CODE = {"class_name": "__lambda__", "config": {"code": "4wEA\n"}}


def test_wrapped() -> None:
    assert wrapped("keras.layers", "Dense", {"units": 2}) == {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": 2},
        "registered_name": None,
    }


def test_plain_shape() -> None:
    assert plain_shape((None, 3)) == [None, 3]
    assert plain_shape({"a": (2,), "b": [(None, 1), None]}) == {"a": [2], "b": [[None, 1], None]}


def test_mappings_come_from_the_outside_in() -> None:
    inner = {"c": 1}
    value = {"a": [{"b": inner}], "d": "text"}
    assert list(mappings(value)) == [value, value["a"][0], inner]
    deep: Any = 0
    for _ in range(5000):
        deep = [deep, {}]
    assert len(list(mappings(deep))) == 5000


def test_mapped() -> None:
    def wrap(key: str, value: Any) -> Any:
        return key, value["class_name"]

    zeros = {"class_name": "Zeros", "config": {}}
    shape = {"class_name": "TensorShape", "items": [1, 2]}
    value = {"bias_initializer": zeros, "sizes": shape, "cells": [{"inner": zeros}], "units": 2}
    assert mapped(value, wrap) == {
        "bias_initializer": ("bias_initializer", "Zeros"),
        "sizes": [1, 2],
        "cells": [{"inner": ("inner", "Zeros")}],
        "units": 2,
    }


def layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return wrapped(module, kind, {"name": "f", **config})


REFUSED: list[tuple[dict[str, Any], type[KerasfmtError], str]] = [
    (layer("Lambda", function=CODE), UnsafeFileError, "layer Lambda: holds a marshalled Python function"),
    (layer("Lambda", function=["4wEA", None, None]), UnsafeFileError, "layer f: holds a marshalled"),
    (layer("Lambda", function="f", function_type="lambda"), UnsafeFileError, "layer f: holds a marshalled"),
    (layer("Dense", activation=CODE), UnsafeFileError, "holds a marshalled Python function"),
    (layer("Mine", "mine.layers"), UnsupportedLayerError, "'f' is of the class 'Mine' of module mine.layers"),
    (layer("Dense", inner=layer("Mine", "os")), UnsupportedLayerError, "of module os, which is not one"),
]


@pytest.mark.parametrize(("config", "kind", "said"), REFUSED)
def test_refused(config: dict[str, Any], kind: type[KerasfmtError], said: str) -> None:
    with pytest.raises(kind, match=r"^m: ") as caught:
        refuse_code({"layers": [config]}, {}, "m")
    assert said in str(caught.value)


def test_what_is_given_in_place_of_code_is_let_through() -> None:
    given = {"f": abs, "Mine": object, "pack>Other": object}
    config = {"layers": [layer("Lambda", function=CODE), layer("Mine", "mine")]}
    config["layers"].append({**layer("Other", "mine"), "registered_name": "pack>Other"})
    refuse_code(config, given, "m")
    with pytest.raises(UnsafeFileError, match="marshalled"):
        refuse_code({"a": layer("Lambda", function=CODE), "b": CODE}, given, "m")


class Mine(Dense, init=False):
    """A class of the user's own."""


def test_whose_class_it_is() -> None:
    assert is_custom(Mine(2))
    assert not is_custom(Dense(2))


def test_a_compile_state_needs_no_code_but_marshalled_functions() -> None:
    own = wrapped("mine.losses", "Mine", {"name": "m"}, "Pkg>Mine")
    config = {"layers": [], "compile_config": {"loss": own, "metrics": [CODE]}}
    refuse_code(config, {}, "m")
    refuse_code_to_train({"loss": own}, "m")
    with pytest.raises(UnsafeFileError, match=r"m: compile_config: holds a marshalled .* compile=False"):
        refuse_code_to_train(config["compile_config"], "m")  # type: ignore[arg-type]
