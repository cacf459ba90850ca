"""Trackable objects."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode, dict_wrapper, list_wrapper
from kerasfmt.ir import Weight


def test_lists_and_dicts() -> None:
    a, b = UserObject(), UserObject()
    wrapper = list_wrapper([a, b])
    assert wrapper.children == [("0", a), ("1", b)]
    assert (wrapper.identifier, dict_wrapper().identifier) == (
        "trackable_list_wrapper",
        "trackable_dict_wrapper",
    )
    assert dict_wrapper().children == []


def test_a_variable_has_a_name_that_tensorflow_takes() -> None:
    assert VariableNode(Weight("a b/kernel", (), dtypes.float32)).name == "a_b/kernel"


def test_nodes_do_not_share_their_children() -> None:
    UserObject().add("x", UserObject())
    assert UserObject().children == []
