"""Object graphs: every number is checked, circles end, and the work is linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kerasfmt.errors import CorruptFileError, UnsafeFileError
from kerasfmt.formats.checkpoint.stored import StoredObject
from kerasfmt.limits import limited
from tests.formats.checkpoint.saved import decode_object_graph, graph
from tests.growth import assert_linear


def decode(*nodes: Any) -> list[StoredObject]:
    return decode_object_graph(graph(*nodes), "ckpt")


def test_the_tree() -> None:
    root, layer, kernel, optimizer, slot = decode(
        {"children": {"layer": 1, "optimizer": 3}},
        {"children": {"kernel": 2}},
        {"keys": {"VARIABLE_VALUE": "layer/kernel/V"}, "full_name": "dense/kernel"},
        {"slots": [(2, "m", 4)]},
        {"keys": {"VARIABLE_VALUE": "slot/V"}},
    )
    assert [node.number for node in (root, layer, kernel, optimizer, slot)] == [0, 1, 2, 3, 4]
    assert root.children["layer"].children["kernel"] is kernel
    assert kernel.value_key == "layer/kernel/V"
    assert kernel.full_names == {"VARIABLE_VALUE": "dense/kernel"}
    assert layer.value_key is None
    assert optimizer.slots == ((kernel, "m", slot),)
    assert [node.path for node in (root, layer, kernel, slot)] == ["", "layer", "layer/kernel", ""]
    assert list(root.walk()) == [root, layer, optimizer, kernel]
    assert repr(layer) == "StoredObject('layer': kernel)"


def test_it_cannot_be_changed() -> None:
    (root,) = decode({"keys": {"a": "b"}})
    with pytest.raises(TypeError):
        root.keys["a"] = "c"  # type: ignore[index]
    with pytest.raises(AttributeError):
        root.other = 1  # type: ignore[attr-defined]


def test_paths_are_the_shortest_ones_and_are_escaped() -> None:
    objects = decode({"children": {"far": 1, "a/b.c": 2}}, {"children": {"near": 2}}, {})
    assert objects[2].path == "a.Sb..c"


def test_circles() -> None:
    root, other = decode({"children": {"self": 0, "other": 1}}, {"children": {"back": 0, "self": 1}})
    assert list(root.walk()) == [root, other]
    assert list(other.walk()) == [other, root]
    assert (root.path, other.path) == ("", "other")
    assert root.children["self"].children["other"].children["back"] is root


@pytest.mark.parametrize("number", [-1, 2, 1 << 30, -(1 << 31)])
def test_numbers_of_no_object(number: int) -> None:
    key = {"keys": {"VARIABLE_VALUE": "k"}}
    for node in (
        {"children": {"a": number}},
        {"slots": [(number, "m", 1)]},
        {"slots": [(1, "m", number)]},
    ):
        with pytest.raises(CorruptFileError, match=rf"object 0: expected .* one of 2 objects, got {number}"):
            decode(node, key)


def test_names_that_are_there_twice() -> None:
    one = graph({"children": {"a": 0}})
    with pytest.raises(CorruptFileError, match="object 0: two of its members have one name"):
        decode_object_graph(one[:1] + bytes((2 * one[1],)) + one[2:] * 2, "ckpt")


def test_no_graph() -> None:
    with pytest.raises(CorruptFileError, match="ckpt: expected an object graph with a root, got no objects"):
        decode_object_graph(b"", "ckpt")
    with pytest.raises(CorruptFileError, match="ckpt: expected a serialized TrackableObjectGraph"):
        decode_object_graph(b"\xff\xff", "ckpt")


def test_every_truncation_is_read_or_refused() -> None:
    data = graph({"children": {"a": 1, "b": 0}}, {"keys": {"x": "y"}, "slots": [(0, "m", 1)]})
    for size in range(len(data)):
        try:
            decode_object_graph(data[:size], "ckpt")
        except CorruptFileError as error:
            assert str(error).startswith("ckpt: ")


def chain(count: int) -> bytes:
    return graph(*({"children": {"next": number + 1}} for number in range(count)), {})


def fan(count: int) -> bytes:
    return graph({"children": {f"a{number}": number + 1 for number in range(count)}}, *[{}] * count)


def circles(count: int) -> bytes:
    """Objects that all hold the root and a list of all others' first."""
    return graph(*[{"children": {"root": 0, "next": (number + 1) % count}} for number in range(count)])


@pytest.mark.parametrize("make", [chain, fan, circles])
def test_the_work_is_linear(make: Callable[[int], bytes]) -> None:
    def read(count: int) -> Callable[[], object]:
        data = make(count)
        return lambda: list(decode_object_graph(data, "ckpt")[0].walk())

    assert_linear(read, 200)


def test_a_deep_graph() -> None:
    objects = decode_object_graph(chain(20_000), "ckpt")
    assert objects[-1].path.count("/") == 19_999


def test_many_empty_objects_are_counted() -> None:
    data = b"\x0a\x00" * 200_000
    with limited(max_expansion=1), pytest.raises(UnsafeFileError, match="higher max_expansion"):
        decode_object_graph(data, "ckpt")
