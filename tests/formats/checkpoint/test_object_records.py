from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasfmt import limits, protos
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import CorruptFileError, UnsafeFileError
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.object_records import decode_records, read_records


def graph() -> protos.TrackableObjectGraph:
    """A root with a variable and an optimizer, which has a slot for the variable and leads back to the root."""
    found = protos.TrackableObjectGraph()
    root, variable, optimizer, slot = (found.nodes.add() for _ in range(4))
    root.children.add(node_id=1, local_name="kernel")
    root.children.add(node_id=2, local_name="optimizer")
    variable.attributes.add(name=VALUE_ATTRIBUTE, full_name="kernel", checkpoint_key="kernel/.ATTRIBUTES/V")
    optimizer.children.add(node_id=0, local_name="model")
    optimizer.slot_variables.add(original_variable_node_id=1, slot_name="m", slot_variable_node_id=3)
    slot.attributes.add(name=VALUE_ATTRIBUTE, checkpoint_key="m")
    return found


def test_objects_have_children_slots_and_tensors() -> None:
    root, variable, optimizer, slot = decode_records(graph().nodes, "f")
    assert [each.number for each in (root, variable, optimizer, slot)] == [0, 1, 2, 3]
    assert root.children == {"kernel": 1, "optimizer": 2}
    assert variable.keys == {VALUE_ATTRIBUTE: "kernel/.ATTRIBUTES/V"}
    assert optimizer.children == {"model": 0}
    assert optimizer.slots == {(1, "m"): 3}
    assert slot.keys == {VALUE_ATTRIBUTE: "m"}


def test_a_checkpoint_holds_its_objects(tmp_path: Path) -> None:
    data = np.array(graph().SerializeToString(), object)
    tensorbundle.write(tmp_path / "c", [(OBJECT_GRAPH_KEY, data)])
    objects = read_records(tensorbundle.read(tmp_path / "c"))
    assert objects is not None
    assert objects[0].children == {"kernel": 1, "optimizer": 2}


def test_a_checkpoint_of_names_has_no_objects(tmp_path: Path) -> None:
    tensorbundle.write(tmp_path / "c", [("w", np.zeros(2))])
    assert read_records(tensorbundle.read(tmp_path / "c")) is None


@pytest.mark.parametrize(
    "value",
    [np.zeros(2), np.array([b"a", b"b"], object), np.array(b"\xff\xff", object), np.array(b"", object)],
)
def test_what_is_no_object_graph(tmp_path: Path, value: np.ndarray) -> None:
    tensorbundle.write(tmp_path / "c", [(OBJECT_GRAPH_KEY, value)])
    with pytest.raises(CorruptFileError, match=OBJECT_GRAPH_KEY):
        read_records(tensorbundle.read(tmp_path / "c"))


@pytest.mark.parametrize("number", [-1, 4, 2**31 - 1])
@pytest.mark.parametrize("place", ["child", "variable", "slot"])
def test_numbers_of_objects_that_are_not_there(place: str, number: int) -> None:
    spoilt = graph()
    if place == "child":
        spoilt.nodes[0].children[0].node_id = number
    elif place == "variable":
        spoilt.nodes[2].slot_variables[0].original_variable_node_id = number
    else:
        spoilt.nodes[2].slot_variables[0].slot_variable_node_id = number
    with pytest.raises(
        CorruptFileError, match=rf"^f: object \d: expected the number of one of 4 objects, got {number}"
    ):
        decode_records(spoilt.nodes, "f")


def test_two_children_of_one_name() -> None:
    spoilt = graph()
    spoilt.nodes[0].children[1].local_name = "kernel"
    with pytest.raises(CorruptFileError, match="object 0: two of its members have one name"):
        decode_records(spoilt.nodes, "f")


def test_the_cost_of_many_objects_is_counted() -> None:
    found = protos.TrackableObjectGraph()
    for _ in range(1000):
        found.nodes.add()
    with limits.limited() as allowance:
        allowance.left = 1000 * limits.EDGE_COST - 1
        with pytest.raises(UnsafeFileError, match=r"^f: takes"):
            decode_records(found.nodes, "f")
