"""Functions that are written as they were decoded."""

from __future__ import annotations

from typing import Any

from kerasfmt import protos
from kerasfmt.graph import Builder
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.definition import GRADIENT, Definition, copy_definition, definition_of, functions_in
from kerasfmt.limits import Allowance
from tests.graphdef.test_decode import branches, calls, dense, library


def decoded(messages: Any, name: str, gradients: dict[str, str] | None = None) -> Any:
    found = FunctionDecoder(messages.function, (), Allowance(), "m", gradients or {}).function(name)
    return found, definition_of(found)


def test_what_was_decoded_has_a_definition() -> None:
    messages = library(calls())
    for message in messages.function:
        found, definition = decoded(messages, message.signature.name)
        assert definition.message is message
        assert found.name == message.signature.name
    assert definition_of(dense()) is None


def test_the_base_of_a_name() -> None:
    def base(name: str) -> str:
        message = protos.FunctionDef()
        message.signature.name = name
        return Definition(message, {}, {}).base

    assert base("__inference_my_layer_call_fn_12") == "my_layer_call_fn"
    assert base("__inference___backward_f_3_14") == "__backward_f_3"
    assert base("__forward_f_1") == "__forward_f"
    assert base("plain") == "plain"


def test_names_of_functions_are_found_and_replaced() -> None:
    messages = library(branches())
    name = next(m.signature.name for m in messages.function if "branches" in m.signature.name)
    found, definition = decoded(messages, name)
    named = [text for text in definition.named() if text in {m.signature.name for m in messages.function}]
    assert {other.name for other in found.companions} == set(named)
    proto = protos.FunctionDef()
    copy_definition(proto, definition, "new", {old: f"new_{old}" for old in named})
    assert proto.signature.name == "new"
    callees = [f.name for node in proto.node_def for value in node.attr.values() for f in functions_in(value)]
    assert sorted(set(callees)) == sorted(f"new_{old}" for old in set(named))
    assert definition.message.signature.name == name


def test_functions_in_lists_and_texts() -> None:
    value = protos.AttrValue()
    value.list.func.add(name="a")
    value.list.func.add(name="b")
    assert [f.name for f in functions_in(value)] == ["a", "b"]
    assert functions_in(protos.AttrValue(s=b"a")) == []
    message = protos.FunctionDef()
    message.attr["backward_function_name"].s = b"other"
    proto = protos.FunctionDef()
    copy_definition(proto, Definition(message, {}, {}), "f", {"other": "renamed"})
    assert proto.attr["backward_function_name"].s == b"renamed"


def test_gradients_of_nodes() -> None:
    messages = library(dense(), calls())
    names = [m.signature.name for m in messages.function]
    node = messages.function[0].node_def[0]
    node.attr[GRADIENT].s = b"CustomGradient-7"
    found, definition = decoded(messages, names[0], {"CustomGradient-7": names[-1]})
    assert definition.gradient(node) == ("CustomGradient-7", names[-1])
    assert names[-1] in [other.name for other in found.companions]
    _, without = decoded(messages, names[0])
    assert without.gradient(node) is None


def test_a_function_without_nodes_names_nothing() -> None:
    assert list(Definition(protos.FunctionDef(), {}, {}).named()) == []
    assert Builder("f").finish([]).definition is None
