"""What a `call` takes, as its class holds it."""

from __future__ import annotations

from typing import Any

from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import call_signature


class Plain:
    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any: ...


class Calling:
    def call(self, query: Any, value: Any, *rest: Any, call_context: CallContext, **others: Any) -> Any: ...


def test_parameters() -> None:
    found = call_signature(Plain.call)
    assert list(found.parameters) == ["inputs", "mask", "training"]
    assert (found.first, found.further) == ("inputs", ("mask", "training"))
    assert found.defaults == {"mask": None, "training": False}
    assert (found.takes_any, found.takes_context) == (False, False)


def test_the_context_is_not_a_parameter() -> None:
    found = call_signature(Calling.call)
    assert list(found.parameters) == ["query", "value", "rest", "others"]
    assert (found.first, found.further) == ("query", ("value",))
    assert found.defaults == {}
    assert (found.takes_any, found.takes_context) == (True, True)


def test_arguments_in_the_order_of_the_signature() -> None:
    found = call_signature(Plain.call)
    assert list(found.ordered({"z": 1, "training": 2, "a": 3, "mask": 4})) == ["mask", "training", "z", "a"]
    assert found.ordered({"training": 2, "mask": 4}) == {"mask": 4, "training": 2}


def test_a_class_is_looked_at_once() -> None:
    assert call_signature(Plain.call) is call_signature(Plain.call)
