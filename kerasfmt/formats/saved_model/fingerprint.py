"""The fingerprint of a SavedModel: fingerprint.pb.

    saved_model_checksum        Fingerprint64 of saved_model.pb as C++ serializes it; left out of large files
    graph_def_program_hash      of the main graph without its library, versions and string constants
    signature_def_hash          of the SignatureDefs, chained in the order of their keys
    saved_object_graph_hash     of the concrete functions, chained in the order of the numbers in their names
    checkpoint_hash             Fingerprint64 of variables.index
    version.producer            1

This is version 1, as TensorFlow 2.15 writes it. Later ones add a random `uuid` and compute the hashes alike.

Source: tensorflow/cc/saved_model/fingerprinting.cc.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce

from kerasfmt import protos
from kerasfmt.errors import SaveError
from kerasfmt.formats.saved_model import layout
from kerasfmt.graph.op import known_op
from kerasfmt.graph.ops.fingerprint64 import fingerprint64, fingerprint_cat64, fingerprints64
from kerasfmt.protos.map_order import in_key_order, serialize_in_key_order

CHECKSUM_LIMIT = 1 << 18
"""Files of more bytes get no `saved_model_checksum`: it takes 75 ms a MiB here, and TensorFlow only logs it."""
_INTEGER = re.compile(r"[ \t\n\v\f\r]*(-?)0*([0-9]{1,19})[ \t\n\v\f\r]*", re.ASCII)
"""What absl::SimpleAtoi reads as an int64, apart from the range."""


def fingerprint(saved: protos.SavedModel, data: bytes, index: bytes) -> protos.FingerprintDef:
    """The fingerprint that TensorFlow computes for a SavedModel, without its random uuid.

    A file of more than CHECKSUM_LIMIT bytes has no `saved_model_checksum`, which distinguishes saves of one model.
    The other hashes are always there; TensorFlow makes the model's "singleprint" from them.

    Args:
      saved: the SavedModel, with at least one meta graph.
      data: `protos.serialize(saved)`, the content of saved_model.pb.
      index: the content of variables/variables.index.

    Raises:
      SaveError: the name of a concrete function does not end in `_` and an integer.

    Source: tensorflow/cc/saved_model/fingerprinting.cc, CreateFingerprintDef.
    """
    meta = saved.meta_graphs[0]
    return protos.FingerprintDef(
        saved_model_checksum=_checksum(saved, data) if len(data) <= CHECKSUM_LIMIT else 0,
        graph_def_program_hash=fingerprint64(serialize_in_key_order(_program(meta.graph_def))),
        signature_def_hash=_hash_signatures(meta.signature_def),
        saved_object_graph_hash=_hash_functions(meta.object_graph_def.concrete_functions),
        checkpoint_hash=fingerprint64(index),
        version=protos.VersionDef(producer=layout.FINGERPRINT_PRODUCER),
    )


def _checksum(saved: protos.SavedModel, data: bytes) -> int:
    return fingerprint64(in_key_order(data, saved.DESCRIPTOR))


def _program(graph: protos.GraphDef) -> protos.GraphDef:
    """The graph without the parts that differ between two saves of one program.

    `library` and `versions` are emptied, not absent: two bytes each.

    Source: tensorflow/core/graph/regularization/simple_delete.cc, SimpleDelete.
    """
    program = protos.GraphDef(node=graph.node, version=graph.version)
    if graph.HasField("debug_info"):
        program.debug_info.CopyFrom(graph.debug_info)
    program.library.SetInParent()
    program.versions.SetInParent()
    for node in program.node:
        op = known_op(node.op)
        if op is None:
            continue
        if op.is_call:
            function = node.attr["f"].func
            number = _number(function.name)
            if number is not None:
                function.name = function.name.removesuffix(str(number))
            if "config_proto" in node.attr:
                node.attr["config_proto"].s = b""
        elif op.is_constant and node.attr["dtype"].type == protos.DataType.Value("DT_STRING"):
            node.attr["value"].Clear()
    return program


def _hash_signatures(signatures: Mapping[str, protos.SignatureDef]) -> int:
    """Source: fingerprinting.cc, RegularizeAndHashSignatureDefs."""
    result = 0
    for key in sorted(signatures):
        result = fingerprint_cat64(result, fingerprint64(key.encode()))
        result = fingerprint_cat64(result, fingerprint64(serialize_in_key_order(signatures[key])))
    return result


def _hash_functions(functions: Mapping[str, protos.SavedConcreteFunction]) -> int:
    """The hash of the functions. Of two with one number, TensorFlow takes its map's first; here the lesser name counts.

    Source: fingerprinting.cc, RegularizeAndHashSavedObjectGraph.
    """
    names: dict[int, str] = {}
    for name in sorted(functions):
        number = _number(name)
        if number is None:
            raise SaveError(
                f"saved_model.pb: concrete function {name!r}: expected a name that ends in `_` "
                "and an integer, which TensorFlow needs to fingerprint the model; rename the function"
            )
        names.setdefault(number, name)
    texts: list[bytes] = []
    for number, name in sorted(names.items()):
        texts += name.removesuffix(str(number)).encode(), serialize_in_key_order(functions[name])
    return reduce(fingerprint_cat64, fingerprints64(texts).tolist(), 0)


def _number(name: str) -> int | None:
    """The integer after the last underscore of a function's name, if there is one and it fits int64.

    Source: tensorflow/core/graph/regularization/util.cc, GetSuffixUID.
    """
    match = _INTEGER.fullmatch(name.rpartition("_")[2])
    if match is None:
        return None
    number = int(match[1] + match[2])
    return number if -(2**63) <= number < 2**63 else None
