"""Our messages against TensorFlow's and Keras's own, in the same process."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2

from kerasfmt import protos

pytest.importorskip("tensorflow")

ROOT = Path(__file__).resolve().parents[1]
DESCRIPTORS = ROOT / "kerasfmt" / "protos" / "descriptors.binpb"
KERAS_PACKAGE = "third_party.py.keras.protobuf"
OURS = [
    file
    for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
    if file.package != "google.protobuf"
]

# Younger than the oldest TensorFlow that we test with, 2.15: (message or enum, name).
YOUNGER = {
    ("DataType", name)
    for stem in ("FLOAT8_E4M3FNUZ", "FLOAT8_E4M3B11FNUZ", "FLOAT8_E5M2FNUZ", "INT2", "UINT2", "FLOAT4_E2M1FN")
    for name in (f"DT_{stem}", f"DT_{stem}_REF")
} | {("GraphDef", "debug_info"), ("FingerprintDef", "uuid")}
YOUNGER_MESSAGES = {"GraphDebugInfo"}


def upstream(file: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """TensorFlow's or Keras's own description of one of our files."""
    if file.package == KERAS_PACKAGE:
        roots = ["keras.protobuf", "tf_keras.protobuf"]
        stem = file.name.removeprefix("keras_").removesuffix(".proto")
    else:
        parts = ["core.framework", "core.protobuf", "core.example", "python.training"]
        roots = [f"tensorflow.{part}" for part in parts]
        stem = file.name.removesuffix(".proto")
    for root in roots:
        try:
            module = importlib.import_module(f"{root}.{stem}_pb2")
        except ModuleNotFoundError:
            continue
        found = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(found)
        return found
    pytest.skip(f"this environment has no {stem}_pb2")


def members(messages: Any, enums: Any, package: str, prefix: str = "") -> Iterator[tuple[str, str, object]]:
    """(message or enum, name, everything about it that reaches the wire) of each field and enum value."""
    for enum in enums:
        for value in enum.value:
            yield prefix + enum.name, value.name, value.number
    for message in messages:
        name = prefix + message.name
        # TensorFlow 2.21 calls the oneof of TensorSliceProto.Extent has_length_hack; 2.15, has_length.
        oneofs = [oneof.name.removesuffix("_hack") for oneof in message.oneof_decl]
        for field in message.field:
            kind = field.type_name.removeprefix(f".{package}")
            oneof = oneofs[field.oneof_index] if field.HasField("oneof_index") else None
            packed = field.options.packed if field.options.HasField("packed") else None
            facts = (field.number, field.type, field.label, kind, oneof, packed, field.default_value)
            yield name, field.name, facts
        yield from members(message.nested_type, message.enum_type, package, f"{name}.")


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_every_field_is_as_upstream(file: descriptor_pb2.FileDescriptorProto) -> None:
    theirs_file = upstream(file)
    assert theirs_file.syntax == file.syntax
    if file.package != KERAS_PACKAGE:
        assert theirs_file.package == file.package
    ours = {
        (owner, name): facts
        for owner, name, facts in members(file.message_type, file.enum_type, file.package)
    }
    theirs = {
        (owner, name): facts
        for owner, name, facts in members(
            theirs_file.message_type, theirs_file.enum_type, theirs_file.package
        )
    }
    for key, facts in ours.items():
        if key not in theirs:
            assert key in YOUNGER or key[0].split(".")[0] in YOUNGER_MESSAGES, f"{key} is not upstream"
        else:
            assert facts == theirs[key], key
    # The subset is of files: a message that we have is whole.
    assert {key for key in theirs if key[0] in {owner for owner, _ in ours}} <= ours.keys()


@pytest.mark.parametrize("first", ["kerasfmt.protos", "tensorflow"])
def test_one_process_in_either_order(first: str) -> None:
    """Both message classes are used, and exchange bytes, whichever was imported first."""
    second = {"kerasfmt.protos": "tensorflow", "tensorflow": "kerasfmt.protos"}[first]
    program = f"""
import importlib
for name in ({first!r}, {second!r}):
    module = importlib.import_module(name)
    if name == "kerasfmt.protos":
        for message in dir(module):
            getattr(module, message)
from kerasfmt import protos
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
theirs = saved_model_pb2.SavedModel(saved_model_schema_version=1)
theirs.meta_graphs.add().graph_def.node.add(name="x", op="NoOp")
ours = protos.SavedModel.FromString(theirs.SerializeToString())
assert ours.meta_graphs[0].graph_def.node[0].op == "NoOp"
assert protos.serialize(ours) == theirs.SerializeToString(deterministic=True)
assert type(ours) is not type(theirs)
print("exchanged")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "exchanged", done.stderr


def test_a_graph_of_tensorflow_survives() -> None:
    """A graph that TensorFlow made, with functions, parses and serializes to the same message."""
    import tensorflow as tf

    @tf.function
    def step(x: Any) -> Any:
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 10, lambda y: [y + 1], [x])

    theirs = step.get_concrete_function(tf.TensorSpec([None], tf.float32)).graph.as_graph_def()
    data = theirs.SerializeToString(deterministic=True)
    assert protos.serialize(protos.GraphDef.FromString(data)) == data
