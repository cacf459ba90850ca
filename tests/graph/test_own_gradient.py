"""Functions with a gradient of their own, as nodes name it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.function import own_gradient
from kerasfmt.graph.own_gradient import own_gradients, with_own_gradient
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graph.run import run
from kerasfmt.graph.value import GRADIENT
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.functions import FunctionEncoder

SPECS = [Spec((None, 2), dtypes.float32, "x"), Spec((), dtypes.int32, "n")]


def forward(values: Sequence[Value]) -> Sequence[Value]:
    x, n = values
    return [n, ops.multiply(x, np.float32(2))]


def backward(values: Sequence[Value], seeds: Sequence[Value]) -> Sequence[Value]:
    (seed,) = seeds
    return [ops.multiply(seed, values[0])]


def test_what_computes_the_gradient() -> None:
    made = with_own_gradient("double", SPECS, forward, backward)
    x = np.ones((3, 2), np.float32)
    n, y = run(made, [x, np.int32(4)], {})
    assert n == 4
    np.testing.assert_array_equal(y, 2 * x)
    (node,) = (node for node in made.nodes if own_gradient(node))
    gradient = own_gradient(node)
    assert gradient is not None
    assert [value.dtype for value in node.inputs] == [dtypes.float32, dtypes.float32]  # a result, an argument
    assert len(gradient.inputs) == 2
    assert len(gradient.outputs) == 1
    held = [tensor for tensor in gradient.captured if isinstance(tensor, InnerTensor)]
    assert [tensor.name for tensor in held] == ["x:0", "n:0"]
    assert all(tensor.holder is made for tensor in held)


def test_a_call_of_it_leads_to_the_gradient() -> None:
    made = with_own_gradient("double", SPECS, forward, backward)
    graph = Builder("caller")
    whole = graph.finish(graph.call(made, [graph.input(spec) for spec in SPECS]))
    assert list(own_gradients([whole])) == list(made.companions)
    assert not own_gradients(made.companions)


def test_a_library_registers_it() -> None:
    made = with_own_gradient("double", SPECS, forward, backward)
    names = FunctionNames()
    names.add(made)
    library = protos.FunctionDefLibrary()
    FunctionEncoder(names).encode_library(library)
    (registered,) = library.registered_gradients
    assert registered.gradient_func == names[made.companions[0]]
    body = next(f for f in library.function if f.signature.name == names[made])
    (stated,) = (n.attr[GRADIENT].s.decode() for n in body.node_def if GRADIENT in n.attr)
    assert stated == registered.registered_op_type
