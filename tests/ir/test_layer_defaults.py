"""What a layer answers that overrides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Spec
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer


class Plain(Layer, register=False):
    """A layer that hands on its inputs."""

    def call(self, inputs: Any) -> Any:
        return inputs


class Demanding(Plain, register=False):
    """A layer that states what it takes."""

    facts = KerasFacts(tracked_lists=("sizes",))
    supports_masking = True

    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=2, axes={-1: 3})


def test_masks_pass_where_they_are_supported() -> None:
    assert Plain().compute_mask("inputs", "mask") is None
    assert Demanding().compute_mask("inputs", "mask") == "mask"


def test_keras_traces_a_layer_for_the_inputs_that_it_demands() -> None:
    assert Plain().keras_signature() is None
    assert Demanding().keras_signature() == Spec((None, 3), dtypes.float32)


def test_lists_are_tracked_as_the_facts_state() -> None:
    assert (Plain().tracked_lists(), Demanding().tracked_lists()) == ((), ("sizes",))


def test_outputs_are_penalized_by_a_regularizer_of_activity() -> None:
    plain = Plain()
    assert not plain.penalizes_outputs
    plain.activity_regularizer = object()
    assert plain.penalizes_outputs


def test_files_that_no_layer_owns_are_refused() -> None:
    plain = Plain(name="it")
    assert plain.assets() == {}
    plain.take_assets({})
    with pytest.raises(
        InvalidModelError, match=r"layer it .*expected no files that belong to it, got \['x'\]"
    ):
        plain.take_assets({"x": b""})


def test_stored_arrays_are_taken_as_they_are() -> None:
    stored = [object()]
    assert Plain().adopt(stored) is stored
