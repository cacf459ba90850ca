"""Graphs for an older line of TensorFlow: what it does not know is left out where that changes nothing.

    an attribute that the line does not know     left out if it has its default, or is a hint
    XlaCallModule                                its version is lowered, its module written for the line's StableHLO
    anything else that the line does not know    refused by name, all of it at once

Source: tensorflow/core/framework/op_def_util.cc, RemoveNewDefaultAttrsFromGraphDef;
tensorflow/compiler/tf2xla/kernels/xla_call_module_loader.cc
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.graph.line_op_defs import Line, newest, ops_of
from kerasfmt.graphdef import stablehlo

_SHOWN: Final = 10
_WITH_TOKENS: Final = 9
"""The first version of XlaCallModule whose module may take and give tokens."""


@dataclass(frozen=True)
class Target:
    """What a line of TensorFlow takes.

    Attributes:
      producer: its version of graphs.
      call_module: the newest version of XlaCallModule.
      stablehlo: the newest version of StableHLO.
    """

    producer: int
    call_module: int
    stablehlo: stablehlo.Version


TARGETS: Final[Mapping[Line, Target]] = {"2.15": Target(1645, 8, (0, 14, 0))}
"""The lines for which graphs are made. TensorFlow 2.15 was found to read StableHLO 0.14.0, and not 0.15.0."""


_HINTS: Final[Mapping[str, frozenset[str]]] = {
    "MatMul": frozenset({"grad_a", "grad_b"}),
    "BatchMatMul": frozenset({"grad_x", "grad_y"}),
    "BatchMatMulV2": frozenset({"grad_x", "grad_y"}),
    "BatchMatMulV3": frozenset({"grad_x", "grad_y"}),
}
"""Op -> attributes that say which operand is of the backward pass. They are hints, and change no result (tensorflow/
python/ops/math_ops.py, matmul)."""


class Lowering:
    """Changes graphs in place.

    Args:
      line: the line that is to read them.
      where: what errors begin with.

    Attributes:
      removed: how many attributes were left out, by op and name.
      modules: how many modules were written again.
    """

    def __init__(self, line: Line, where: str) -> None:
        self.removed: Counter[str] = Counter()
        self.modules = 0
        self._line = line
        self._where = where
        self._older = ops_of(line)
        self._target = TARGETS[line]
        self._faults: Counter[str] = Counter()

    def lower(self, graph: Any, in_file: Iterable[Any]) -> None:
        """Changes a graph with its functions.

        Args:
          graph: the GraphDef.
          in_file: the definitions of its ops that the file states; they are those of the line in the end.

        Raises:
          UnsupportedFormatError: the line lacks ops, attributes or dtypes that it needs; or a module cannot be written.
          ImportError: a module has to be written again, and jaxlib is not installed.
        """
        stated = {op.name: op for op in in_file}
        functions = {function.signature.name for function in graph.library.function}
        bodies = [graph.node, *(function.node_def for function in graph.library.function)]
        for node in (node for body in bodies for node in body):
            if node.op not in functions:
                self._lower(node, stated.get(node.op))
        if self._faults:
            listed = [f"{fault} ({number})" for fault, number in self._faults.most_common(_SHOWN)]
            more = f" and {len(self._faults) - _SHOWN} others" if len(self._faults) > _SHOWN else ""
            raise UnsupportedFormatError(
                f"{self._where}: TensorFlow {self._line} cannot run this graph: {'; '.join(listed)}{more}; export the "
                "model without them, or run it in a newer TensorFlow"
            )
        for body in bodies:
            for node in body:
                if node.op == "XlaCallModule":
                    self._lower_module(node)
        for name, op in stated.items():
            if name in self._older:
                op.CopyFrom(self._older[name])
        self._lower_versions(graph.versions)

    def _lower(self, node: Any, stated: Any) -> None:
        known = self._older.get(node.op)
        if known is None:
            if newest(node.op) is not None:
                self._faults[f"it has no op {node.op}"] += 1
            return
        attrs = {attr.name: attr for attr in known.attr}
        for name in list(node.attr):
            if name.startswith("_"):
                continue
            if name not in attrs:
                self._remove(node, name, stated)
            elif not _allowed(node.attr[name], attrs[name]):
                self._faults[f"its {node.op} does not take this {name}"] += 1
        for name, attr in attrs.items():
            if name not in node.attr and not attr.HasField("default_value"):
                self._faults[f"its {node.op} needs an attribute {name}"] += 1

    def _remove(self, node: Any, name: str, stated: Any) -> None:
        """Leaves out an attribute that the line does not know, if it has its default or is a hint."""
        defaults = [
            attr.default_value
            for definition in (newest(node.op), stated)
            if definition is not None
            for attr in definition.attr
            if attr.name == name and attr.HasField("default_value")
        ]
        is_hint = name in _HINTS.get(node.op, ())
        if is_hint or any(node.attr[name] == default for default in defaults):
            del node.attr[name]
            self.removed[f"{node.op}.{name}"] += 1
        else:
            self._faults[f"its {node.op} has no attribute {name}"] += 1

    def _lower_module(self, node: Any) -> None:
        where = f"{self._where}: node {node.name} (XlaCallModule)"
        target, version = self._target, node.attr["version"].i
        takes_tokens = "has_token_input_output" in node.attr and node.attr["has_token_input_output"].b
        if version >= _WITH_TOKENS > target.call_module and takes_tokens:
            raise UnsupportedFormatError(
                f"{where}: has ordered effects, which TensorFlow {self._line} does not know; export the function "
                "without them"
            )
        node.attr["version"].i = min(version, target.call_module)
        module = node.attr["module"].s
        stated = stablehlo.version_of(module)
        if stated is None or stated > target.stablehlo:
            node.attr["module"].s = stablehlo.write_for(module, target.stablehlo, where)
            self.modules += 1

    def _lower_versions(self, versions: Any) -> None:
        if versions.min_consumer > self._target.producer:
            raise UnsupportedFormatError(
                f"{self._where}: its graph is for readers from version {versions.min_consumer} on, and TensorFlow "
                f"{self._line} has version {self._target.producer}"
            )
        versions.producer = min(versions.producer, self._target.producer)


def _allowed(value: Any, attr: Any) -> bool:
    """Whether a definition allows the dtypes or the texts of a value."""
    if not attr.HasField("allowed_values"):
        return True
    allowed = attr.allowed_values.list
    kind = value.WhichOneof("value")
    if kind == "list":
        return {*value.list.type} <= {*allowed.type} and {*value.list.s} <= {*allowed.s}
    return kind not in ("type", "s") or getattr(value, kind) in getattr(allowed, kind)
