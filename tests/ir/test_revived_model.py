"""Revived subclasses of Model: their inputs and outputs, and what cannot hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Builder, Spec
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.revived import Record
from kerasfmt.ir.revived_model import RevivedModel, refuse_revived, revived_layers

ROW = Spec((None, 2), dtypes.float32, "row")
OPEN = Spec((None, 2), dtypes.float32)


def model(inputs: Any, outputs: Any, count: int, places: list[int]) -> RevivedModel:
    """A model whose outputs are inputs, doubled."""

    def prepare() -> Any:
        graph = Builder("call")
        values = [graph.input(OPEN, f"x{number}") for number in range(count)]
        return graph.finish([values[place] * 2.0 for place in places])

    trace = GivenTrace("f", ((inputs,), {}), (outputs, []), prepare, None)
    call = GivenFunction([trace], ArgSpec(("inputs",)), None)
    content = {"class_name": "Net", "config": {}}
    made = RevivedModel(Record(content, "_tf_keras_model", "m: root", call), name="net")
    made.connect(inputs)
    return made


A, B = np.ones((3, 2), np.float32), np.full((3, 2), 5, np.float32)


def test_one_input_and_one_output() -> None:
    net = model(ROW, OPEN, 1, [0])
    assert np.array_equal(net.predict(A), 2 * A)
    assert net.input_specs == ROW
    assert net.output_names == ["output_1"]
    assert (net.layers, net.network, net.is_network) == ([], [], False)
    assert net.get_config() == {}
    lines: list[str] = []
    net.summary(lines.append)
    assert 'Model "net"' in lines[0]
    with pytest.raises(InvalidModelError, match="expected shape"):
        net.predict(np.ones((3, 5), np.float32))


def test_structures_of_inputs_and_outputs() -> None:
    net = model({"b": ROW, "a": ROW}, {"z": [OPEN, OPEN], "y": OPEN}, 2, [1, 0, 1])
    found = net.predict({"a": A, "b": B})
    assert np.array_equal(found["y"], 2 * B)
    assert np.array_equal(found["z"][0], 2 * A)
    assert net.output_names == ["y", "z_1", "z_2"]
    assert [tensor.origin.layer.name for tensor in net.inputs] == ["row", "row_1"]
    assert model([ROW, ROW], (OPEN, OPEN), 2, [0, 1]).output_names == ["output_1", "output_2"]


def test_it_is_a_layer_of_other_models() -> None:
    net = model(ROW, OPEN, 1, [0])
    x = kerasfmt.Input((2,))
    outer = kerasfmt.Model(x, kerasfmt.layers.ReLU()(net(net(x))))
    assert np.array_equal(outer.predict(A), 4 * A)
    assert revived_layers(outer) == [net]


def test_inputs_of_any_rank_are_refused() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"input row: expected a tensor of known rank"):
        model(Spec(None, dtypes.float32, "row"), OPEN, 1, [0])


def test_refusals_name_the_model_first() -> None:
    net = model(ROW, OPEN, 1, [0])
    with pytest.raises(
        UnsupportedLayerError, match=r"layer 'net' of class 'Net': a picture holds no functions"
    ):
        refuse_revived(net, "a picture")
    refuse_revived(kerasfmt.Sequential([kerasfmt.layers.Dense(1, input_shape=(2,))]), "a picture")
    with pytest.raises(InvalidModelError, match="no code"):
        net.call(None)
