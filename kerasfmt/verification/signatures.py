"""The signatures of a SavedModel against its graph, its functions and its objects; its assets against its folder.

    signature_def["serving_default"]    names tensors of the main graph, with dtypes and shapes
    root.signatures.serving_default     names a function of the library, and the objects that it captures

Source: tensorflow/python/saved_model/load.py, _load_all and _setup_function_captures; loader_impl.py
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from kerasfmt import protos
from kerasfmt.containers.zip.records import is_safe_name
from kerasfmt.formats.checkpoint.object_records import ObjectRecord
from kerasfmt.formats.saved_model import layout
from kerasfmt.verification.definitions import base_dtype, shape_fault
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.graph import GraphCheck
from kerasfmt.verification.rules import consistency, unsafe

_RESOURCE: Final = protos.DataType.Value("DT_RESOURCE")


def check_signatures(
    findings: Findings, meta: Any, graph: GraphCheck, objects: Sequence[ObjectRecord], file: str
) -> None:
    """Checks the signatures.

    Args:
      findings: what was found.
      meta: the MetaGraphDef.
      graph: its graph, which was checked.
      objects: its objects; none in a SavedModel of TensorFlow 1.
      file: the file, for findings.
    """
    placeholders = {
        node.name: node for node in graph.main.nodes if node.op in ("Placeholder", "PlaceholderV2")
    }
    nodes = frozenset(node.name for node in graph.main.nodes)
    for name, message in meta.signature_def.items():
        findings.checked["signatures"] += 1
        for side, infos in (("input", message.inputs), ("output", message.outputs)):
            for key, info in infos.items():
                where = f"signature {name}: {side} {key}"
                for tensor, dtype in _tensors(info):
                    fault = _tensor_fault(graph, nodes, tensor, dtype)
                    if fault:
                        findings.add(consistency.SIGNATURE, fault, file, where)
                node = placeholders.get(info.name.partition(":")[0])
                fault = shape_fault(info.tensor_shape) or _placeholder_fault(node, info)
                if fault:
                    findings.add(consistency.SIGNATURE, fault, file, where)
    if objects:
        _check_objects(findings, meta, graph, objects, file)


def _tensors(info: Any) -> Iterator[tuple[str, int]]:
    """The tensors of a TensorInfo, with their dtypes; 0 where that is not stated."""
    kind = info.WhichOneof("encoding")
    if kind == "coo_sparse":
        yield info.coo_sparse.values_tensor_name, info.dtype
        yield info.coo_sparse.indices_tensor_name, 0
        yield info.coo_sparse.dense_shape_tensor_name, 0
    elif kind == "composite_tensor":
        for component in info.composite_tensor.components:
            yield component.name, component.dtype
    else:
        yield info.name, info.dtype


def _tensor_fault(graph: GraphCheck, nodes: Collection[str], tensor: str, dtype: int) -> str:
    if ":" not in tensor:  # the name of a node, as of the init op
        return "" if tensor in nodes else f"names the node {tensor!r}, which is not there"
    got, fault = graph.tensor(tensor)
    if fault:
        return f"names the tensor {tensor!r}, {fault}"
    if got is not None and dtype and base_dtype(dtype) != got:
        return f"expected dtype {dtype}, got {got} from {tensor!r}"
    return ""


def _placeholder_fault(node: Any, info: Any) -> str:
    """What is wrong with the shape that a signature states for a placeholder."""
    if node is None or "shape" not in node.attr:
        return ""
    shape = node.attr["shape"].shape
    stated, own = [dim.size for dim in info.tensor_shape.dim], [dim.size for dim in shape.dim]
    if shape.unknown_rank or info.tensor_shape.unknown_rank:
        return ""
    fits = len(stated) == len(own) and all(a == b or -1 in (a, b) for a, b in zip(stated, own, strict=True))
    return "" if fits else f"expected shape {stated[:8]}, got {own[:8]} in the graph"


def _check_objects(
    findings: Findings, meta: Any, graph: GraphCheck, objects: Sequence[ObjectRecord], file: str
) -> None:
    """The functions of the objects, and the signatures among them."""
    stated: Mapping[str, Any] = meta.object_graph_def.concrete_functions
    constants = {node.name: node for node in graph.main.nodes if node.op == "Const"}
    for name, concrete in stated.items():
        where = f"function {name}"
        function = graph.functions.get(name)
        if function is None:
            findings.add(consistency.CONCRETE_FUNCTION, "is not in the library", file, where)
            continue
        args = function.signature.input_arg
        bound = list(concrete.bound_inputs)
        if len(bound) > len(args):
            message = f"captures {len(bound)} objects, and has {len(args)} arguments"
            findings.add(consistency.CONCRETE_FUNCTION, message, file, where)
            continue
        for number, arg in zip(bound, args[len(args) - len(bound) :], strict=True):
            fault = _capture_fault(number, arg, objects, constants)
            if fault:
                findings.add(consistency.CONCRETE_FUNCTION, f"argument {arg.name}: {fault}", file, where)
    for each in objects:
        message = each.message
        named = list(message.function.concrete_functions)
        if message.WhichOneof("kind") == "bare_concrete_function":
            named = [message.bare_concrete_function.concrete_function_name]
        for name in named:
            if name not in stated:
                text = f"names the function {name!r}, of which the object graph says nothing"
                findings.add(consistency.CONCRETE_FUNCTION, text, file, f"object {each.number}")
    _check_signature_map(findings, meta, objects, file)


def _capture_fault(
    number: int, arg: Any, objects: Sequence[ObjectRecord], constants: Mapping[str, Any]
) -> str:
    """What is wrong with an object that an argument of a function captures."""
    if not 0 <= number < len(objects):
        return f"captures object {number}, where there are {len(objects)}"
    message = objects[number].message
    kind = message.WhichOneof("kind")
    if kind in ("variable", "resource") and arg.type != _RESOURCE:
        return f"captures a {kind}, and is of dtype {arg.type}"
    if kind == "constant":
        node = constants.get(message.constant.operation)
        if node is None:
            return f"captures the constant {message.constant.operation!r}, which is not in the graph"
        dtype = node.attr["dtype"].type if "dtype" in node.attr else 0
        if dtype != arg.type:
            return f"captures a constant of dtype {dtype}, and is of dtype {arg.type}"
    return ""


def _check_signature_map(findings: Findings, meta: Any, objects: Sequence[ObjectRecord], file: str) -> None:
    number = objects[0].children.get("signatures")
    if number is None:
        return
    for name, child in objects[number].children.items():
        message = objects[child].message
        if message.WhichOneof("kind") != "bare_concrete_function" or name not in meta.signature_def:
            text = "is an object, and no signature of the graph"
            findings.add(consistency.SIGNATURE, text, file, f"signature {name}")
            continue
        keywords = list(message.bare_concrete_function.argument_keywords)
        inputs = meta.signature_def[name].inputs
        if sorted(keywords) != sorted(inputs):
            text = f"expected the inputs {sorted(inputs)[:8]}, got {sorted(keywords)[:8]} of the function"
            findings.add(consistency.SIGNATURE, text, file, f"signature {name}")


def check_assets(findings: Findings, meta: Any, present: Collection[str], file: str) -> None:
    """Checks the assets that a graph names.

    Args:
      findings: what was found.
      meta: the MetaGraphDef.
      present: the paths of the files in the folder of assets, below it.
      file: the file, for findings.
    """
    for asset in meta.asset_file_def:
        name = asset.filename
        findings.checked["assets"] += 1
        if not is_safe_name(name):
            findings.add(unsafe.PATH_OUTSIDE, f"names the asset {name[:200]!r}", file)
        elif name not in present:
            findings.add(consistency.ASSET_MISSING, f"there is no file {name!r}", layout.ASSETS)
    count = len(meta.asset_file_def)
    for number, each in enumerate(meta.object_graph_def.nodes):
        if each.WhichOneof("kind") == "asset" and not 0 <= each.asset.asset_file_def_index < count:
            text = f"names asset {each.asset.asset_file_def_index}, where there are {count}"
            findings.add(consistency.OBJECTS, text, file, f"object {number}")
