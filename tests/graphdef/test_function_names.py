"""Names and order of the functions in a library."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.graph import Builder, Function, Spec, Value, ops
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.limits import Allowance

VECTOR = Spec((None, 2), dtypes.float32)


def doubled(name: str) -> Function:
    graph = Builder(name)
    return graph.finish([graph.input(VECTOR, "x") * 2.0])


def calling(name: str, callee: Function) -> Function:
    graph = Builder(name)
    return graph.finish(graph.call(callee, [graph.input(VECTOR, "x")]))


def branching(name: str) -> Function:
    def twice(x: Value) -> Value:
        return x * 2.0

    def same(x: Value) -> Value:
        return x

    graph = Builder(name)
    x = graph.input(VECTOR, "x")
    found = ops.cond(ops.reduce_any(ops.greater(x, np.float32(0))), twice, same, [x])
    return graph.finish([found] if isinstance(found, Value) else list(found))


def test_names_are_numbered_and_clean() -> None:
    function, other = doubled("a b/ü"), doubled("c")
    names = FunctionNames()
    names.add(function)
    names.add(function, "again")
    names.add(other, "given")
    assert (names[function], names[other]) == ("__inference_a_b/__1", "__inference_given_2")
    assert list(names) == [function, other]


def test_a_function_comes_after_those_that_it_calls() -> None:
    inner = doubled("inner")
    outer = calling("outer", inner)
    names = FunctionNames()
    names.add(outer)
    assert list(names) == [inner, outer]


def test_branches_come_after_the_function_that_runs_them() -> None:
    function = branching("f")
    names = FunctionNames()
    names.add(function)
    first, *rest = names
    assert first is function
    assert rest == [site.callee for site in function.call_sites]
    assert len(rest) == 2


def test_functions_of_nodes() -> None:
    inner = doubled("inner")
    names = FunctionNames()
    names.add_callees(calling("outer", inner).nodes)
    assert list(names) == [inner]


def test_long_chains_of_functions_that_name_each_other() -> None:
    count = 3000
    library = protos.FunctionDefLibrary()
    for number in range(count):
        message = library.function.add()
        message.signature.name = f"f_{number}"
        message.attr["next"].s = f"f_{number + 1}".encode()
    names = FunctionNames()
    names.add(FunctionDecoder(library.function, (), Allowance(), "m").function("f_0"))
    assert len(list(names)) == count
