"""The pair of functions: what they say of themselves, and what is written beside them."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Spec
from kerasfmt.nn.fused_gru import GRU
from kerasfmt.nn.fused_lstm import LSTM
from kerasfmt.nn.fused_rnn import Arguments, FusedCell, Steps, call, standard_function

STEPS = Steps(False, False, False, True)


def specs(units: int = 4, gates: int = 4, states: int = 2, masked: bool = False) -> tuple[Spec, ...]:
    shapes: list[Any] = [(None, 5, 3), *[(None, units)] * states, (3, gates * units), (units, gates * units)]
    shapes.append((gates * units,) if gates == 4 else (2, gates * units))
    found = [Spec(shape, dtypes.float32) for shape in shapes]
    return (*found, *([Spec((None, 5), dtypes.bool_)] if masked else []))


def lstm(masked: bool = False, steps: Steps = STEPS, **options: Any) -> Function:
    return standard_function(LSTM, specs(masked=masked, **options), masked, steps)


def gru(masked: bool = False) -> Function:
    return standard_function(GRU, specs(gates=3, states=1, masked=masked), masked, STEPS)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("make", [lstm, gru])
def test_functions_and_what_they_say_of_themselves(make: Any, masked: bool) -> None:
    standard = make(masked)
    (gpu,) = standard.companions
    forward, backward = gpu.companions
    kind = "lstm" if make is lstm else "gru"
    assert [f.name for f in (standard, gpu, forward, backward)] == [
        f"standard_{kind}",
        f"gpu_{kind}_with_fallback",
        f"__forward_gpu_{kind}_with_fallback",
        f"__backward_gpu_{kind}_with_fallback",
    ]
    name = standard.attributes["api_implements"]
    assert isinstance(name, str) and name.startswith(f"{kind}_") and len(name) == len(kind) + 37
    shared = {"api_implements": name, "time_major": False, "go_backwards": False}
    assert standard.attributes == {**shared, "api_preferred_device": "CPU"}
    assert gpu.attributes == {**shared, "api_preferred_device": "GPU"}
    assert forward.attributes == {**gpu.attributes, "backward_function_name": backward}
    assert backward.attributes == {**gpu.attributes, "forward_function_name": forward}
    states = ["init_h", "init_c"] if kind == "lstm" else ["init_h"]
    names = ["inputs", *states, "kernel", "recurrent_kernel", "bias", *(["mask"] if masked else [])]
    assert list(standard.input_names) == list(gpu.input_names) == names
    assert (standard.stateful, gpu.stateful) == (False, True)


def test_the_name_says_all_that_the_functions_depend_on() -> None:
    made = [
        lstm(),
        lstm(units=5),
        lstm(masked=True),
        lstm(steps=Steps(True, False, False, True)),
        lstm(steps=Steps(False, True, False, True)),
        lstm(steps=Steps(False, False, True, True)),
        lstm(steps=Steps(False, False, False, False)),
    ]
    names = [function.attributes["api_implements"] for function in made]
    assert len(set(names)) == len(made)
    assert names[0] == "lstm_be217575-efd0-93e3-a05d-e3c90045e801"  # the same in every process


def test_equal_arguments_give_the_same_function() -> None:
    assert lstm() is lstm()
    assert lstm() is not lstm(masked=True)


@pytest.mark.parametrize("cell", [LSTM, GRU], ids=["lstm", "gru"])
def test_call(cell: FusedCell) -> None:
    states = len(cell.states)
    graph = Builder()
    given = specs(gates=4 if cell is LSTM else 3, states=states)
    inputs, *others = [graph.input(spec, f"x{i}") for i, spec in enumerate(given)]
    kernel, recurrent_kernel, bias = others[states:]
    arguments = Arguments(inputs, tuple(others[:states]), kernel, recurrent_kernel, bias, None)
    last, outputs, after = call(cell, arguments, STEPS)
    assert (last.shape, outputs.shape) == ((None, 4), (None, 5, 4))
    assert [v.shape for v in after] == [(None, 4)] * states
    assert last.node.op == "PartitionedCall"
