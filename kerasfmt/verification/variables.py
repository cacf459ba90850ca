"""The variables of a SavedModel against the values in its checkpoint.

    TensorFlow 2    each object that is a variable has a value, found by the paths of both object graphs
    TensorFlow 1    each node that is a variable has a tensor of its name

Source: tensorflow/python/checkpoint/restore.py; tensorflow/python/training/saver.py
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from kerasfmt.containers.tensorbundle.reader import Bundle, StoredTensor
from kerasfmt.formats.checkpoint.layout import VALUE_ATTRIBUTE
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import StoredModel
from kerasfmt.graph.attr_values import decode_shape
from kerasfmt.verification.definitions import base_dtype, shape_fault
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import consistency

_OPS: Final = frozenset({"VarHandleOp", "VariableV2", "Variable"})
_PART: Final = re.compile(r"/part_\d+$")


def check_variables(findings: Findings, stored: StoredModel, file: str) -> None:
    """Checks the variables among the objects.

    Args:
      findings: what was found.
      stored: the SavedModel.
      file: the file, for findings.
    """
    numbers, bundle = stored.checkpoint_numbers, stored.variables
    for each in stored.objects:
        if each.message.WhichOneof("kind") != "variable":
            continue
        variable = each.message.variable
        where = f"object {each.number} ({variable.name})"
        findings.checked["variables"] += 1
        fault = shape_fault(variable.shape)
        if fault:
            findings.add(consistency.OBJECTS, f"its shape {fault}", file, where)
            continue
        number = numbers.get(each.number)
        key = "" if number is None else stored.checkpointed[number].keys.get(VALUE_ATTRIBUTE, "")
        tensor = bundle.get(key) if bundle is not None and key else None
        if tensor is None:
            if not _has_components(each):
                findings.add(consistency.VALUE_MISSING, "has no value in the checkpoint", file, where)
            continue
        _check_value(findings, variable.dtype, variable.shape, tensor, file, where)


def _has_components(each: Any) -> bool:
    """Whether it stands for variables on several devices, which have the values."""
    return bool(each.message.variable.experimental_distributed_variable_components)


def _check_value(
    findings: Findings, dtype: int, shape: Any, tensor: StoredTensor, file: str, where: str
) -> None:
    stated = decode_shape(shape)
    if base_dtype(dtype) != tensor.tensor_dtype.enum:
        text = f"expected dtype {dtype}, got {tensor.tensor_dtype.name} in the checkpoint"
        findings.add(consistency.VALUE_DISAGREES, text, file, where)
    fits = stated is None or (
        len(stated) == len(tensor.shape)
        and all(a in (None, b) for a, b in zip(stated, tensor.shape, strict=True))
    )
    if not fits:
        text = f"expected shape {list(stated or ())}, got {list(tensor.shape)} in the checkpoint"
        findings.add(consistency.VALUE_DISAGREES, text, file, where)


def check_named_variables(findings: Findings, nodes: Sequence[Any], bundle: Bundle | None, file: str) -> None:
    """Checks the variables of a graph of TensorFlow 1.

    Args:
      findings: what was found.
      nodes: of the main graph.
      bundle: the checkpoint; None if there is none.
      file: the file, for findings.
    """
    named = set()
    for node in nodes:
        if node.op not in _OPS:
            continue
        findings.checked["variables"] += 1
        shared = (
            node.attr["shared_name"].s.decode("utf-8", "surrogateescape")
            if "shared_name" in node.attr
            else ""
        )
        names = [name for full in (node.name, shared) for name in (full, _PART.sub("", full)) if name]
        named |= {*names}
        key = next((name for name in names if bundle is not None and name in bundle), None)
        where = f"node {node.name}"
        if key is None or bundle is None:
            findings.add(consistency.VALUE_MISSING, "has no value in the checkpoint", file, where)
        elif key in (node.name, shared) and "dtype" in node.attr and "shape" in node.attr:
            stated = node.attr["dtype"].type, node.attr["shape"].shape
            _check_value(findings, *stated, bundle[key], file, where)
    for key in bundle or ():
        if key not in named:
            text = "belongs to no variable of the graph"
            findings.add(consistency.VALUE_LEFT_OVER, text, layout.VARIABLES_INDEX, key)
