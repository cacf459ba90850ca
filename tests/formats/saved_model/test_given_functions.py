"""Functions of a file as they are written again."""

from __future__ import annotations

from pathlib import Path

from kerasfmt.formats.saved_model.given_functions import as_stored, given_functions
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES, LOSSES, OUTPUTS, PENALTY
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.revived import RevivedLayer
from tests.formats.saved_model.revivable import layered, loaded, subclass


def test_signatures_are_those_of_the_file(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared")
    layer = loaded(directory).get_layer("shared")
    assert isinstance(layer, RevivedLayer)
    functions = given_functions([layer])[layer]
    assert set(functions) == {OUTPUTS, LOSSES, ALL_LOSSES, PENALTY}
    given = layer.record.functions[LOSSES]
    assert functions[LOSSES].arg_spec is given.stored.function_spec
    for made, trace in zip(functions[LOSSES].traces, given.traces, strict=True):
        concrete, bare = trace.stored
        assert made.inputs is concrete.canonicalized_input_signature
        assert made.outputs is concrete.output_signature
        assert made.function is trace.function
        assert made.keywords == tuple(bare.argument_keywords) == ("inputs",)
        assert made.positional == 1


def test_two_names_of_one_function_stay_one(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "out")
    layer = loaded(directory).get_layer("out")
    functions = given_functions([layer])[layer]
    assert functions[LOSSES] is functions[ALL_LOSSES]
    assert functions[LOSSES] is not functions[OUTPUTS]


def test_layers_in_a_revived_model_keep_their_functions(tmp_path: Path) -> None:
    _, directory = subclass(tmp_path / "m")
    model = loaded(directory)
    functions = given_functions(every_layer(model))
    assert {layer.name for layer in functions} >= {"small", "shared", "drop", "out", "inner", "norm"}
    assert functions[model.get_layer("drop")][OUTPUTS].traces
    assert given_functions(every_layer(layered(tmp_path / "n")[0])) == {}


def test_a_function_without_a_bare_object(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "out")
    layer = loaded(directory).get_layer("out")
    assert isinstance(layer, RevivedLayer)
    given = layer.record.functions[OUTPUTS]
    for trace in given.traces:
        trace.stored = (trace.stored[0], None)
    made = as_stored(given)
    assert [trace.keywords for trace in made.traces] == [("inputs",)] * len(given.traces)
    # Later TensorFlow writes that object, and asks it for a signature that takes the arguments.
    assert all(trace.arg_spec is given.stored.function_spec for trace in made.traces)
