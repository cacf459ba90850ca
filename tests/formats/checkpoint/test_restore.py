"""Which stored objects are those of a model: the same names, breadth first, in linear time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode
from kerasfmt.formats.checkpoint.restore import find_model, left_over, match_below, optimizers
from kerasfmt.formats.checkpoint.stored import StoredObject
from kerasfmt.ir import Weight
from tests.formats.checkpoint.saved import decode_object_graph, graph
from tests.growth import assert_linear


def decode(*nodes: Any) -> StoredObject:
    return decode_object_graph(graph(*nodes), "ckpt")[0]


def variable(name: str = "w") -> VariableNode:
    return VariableNode(Weight(name, (), dtypes.float32))


KEY = {"keys": {"VARIABLE_VALUE": "k"}}


def test_children_of_the_same_names() -> None:
    kernel, bias = variable(), variable()
    model = UserObject(children=[("a", UserObject(children=[("kernel", kernel), ("bias", bias)]))])
    root = decode({"children": {"a": 1, "b": 3}}, {"children": {"kernel": 2}}, KEY, KEY)
    match = match_below(model, [kernel, bias], root)
    assert match.bound == {0: model, 1: model.children[0][1], 2: kernel}
    assert [found.number for found in match.stored[kernel]] == [2]
    assert match.missing == [bias]
    assert [stored.number for stored in left_over(root, match)] == [3]


def test_a_stored_object_belongs_to_the_first_that_it_meets() -> None:
    first, second = variable("first"), variable("second")
    model = UserObject(children=[("a", first), ("b", second)])
    match = match_below(model, [first, second], decode({"children": {"b": 1, "a": 1}}, KEY))
    assert match.missing == [first]


def test_an_object_that_is_stored_twice() -> None:
    once = variable()
    model = UserObject(children=[("a", once), ("b", once)])
    root = decode({"children": {"a": 1, "b": 2}}, KEY, KEY)
    match = match_below(model, [once], root)
    assert [stored.number for stored in match.stored[once]] == [1, 2]
    assert [stored.number for stored in left_over(root, match)] == [2]


def test_a_variable_without_a_value_and_an_object_in_place_of_a_variable() -> None:
    kernel = variable()
    model = UserObject(children=[("kernel", kernel)])
    root = decode({"children": {"kernel": 1}}, {"children": {"kernel": 0}, "keys": {"OTHER": "k"}})
    assert match_below(model, [kernel], root).missing == [kernel]


def test_circles() -> None:
    kernel = variable()
    model = UserObject(children=[("kernel", kernel)])
    model.add("self", model)
    root = decode({"children": {"self": 1}}, {"children": {"self": 0, "kernel": 2}}, KEY)
    match = match_below(model, [kernel], root)
    assert not match.missing
    assert match.bound[1] is model


def test_the_model_is_a_child_of_the_root() -> None:
    kernel = variable()
    model = UserObject(children=[("kernel", kernel)])
    root = decode({"children": {"x": 1, "net": 2, "optimizer": 2}}, KEY, {"children": {"kernel": 3}}, KEY)
    match = find_model(model, [kernel], "m", root, "ckpt")
    assert match.start.number == 2
    assert list(optimizers(root, match)) == [root.children["optimizer"]]


def test_two_children_that_fit() -> None:
    kernel = variable()
    model = UserObject(children=[("kernel", kernel)])
    root = decode(
        {"children": {"a": 1, "b": 2}}, {"children": {"kernel": 3}}, {"children": {"kernel": 3}}, KEY
    )
    assert find_model(model, [kernel], "b", root, "ckpt").start.number == 2
    with pytest.raises(
        InvalidModelError, match="ckpt: model m: the weights of several objects fit it: a, b;"
    ):
        find_model(model, [kernel], "m", root, "ckpt")


def test_the_best_one_where_none_fits() -> None:
    kernel, bias = variable(), variable()
    model = UserObject(children=[("kernel", kernel), ("bias", bias)])
    root = decode({"children": {"a": 1, "b": 2}}, {"children": {"x": 3}}, {"children": {"bias": 3}}, KEY)
    match = find_model(model, [kernel, bias], "m", root, "ckpt")
    assert (match.start.number, match.missing) == (2, [kernel])


def test_what_is_no_weight_is_not_left_over() -> None:
    model = UserObject()
    names = ("optimizer", "keras_api", "save_counter", "signatures", "kernel")
    root = decode({"children": {name: number + 1 for number, name in enumerate(names)}}, *[KEY] * 5)
    match = match_below(model, [], root)
    assert [stored.path for stored in left_over(root, match)] == ["kernel"]


def wide(count: int) -> bytes:
    """Many children of the root, which all hold the same large object."""
    names = {f"m{number}": number + 1 for number in range(count)}
    shared = {f"layer-{number}": 0 for number in range(count)}
    return graph({"children": names}, *[{"children": {"all": count + 1}}] * count, {"children": shared})


def ring(count: int) -> bytes:
    return graph(*[{"children": {"kernel": (number + 1) % count, "self": number}} for number in range(count)])


@pytest.mark.parametrize("make", [wide, ring])
def test_the_work_is_linear(make: Callable[[int], bytes]) -> None:
    model = UserObject(children=[("kernel", variable("other"))])
    missing = variable()
    for name in ("all", "self"):
        model.add(name, model)

    def read(count: int) -> Callable[[], object]:
        root = decode_object_graph(make(count), "ckpt")[0]
        return lambda: list(left_over(root, find_model(model, [missing], "m", root, "ckpt")))

    assert_linear(read, 100)
