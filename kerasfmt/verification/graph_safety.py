"""What the ops of a graph do beyond computing.

An op that reads or writes a checkpoint is in place where TensorFlow's saver runs it, on the path that the saver is
given. A table is filled from an asset, whose path the loader gives. Everything else that touches files is found by its
name.

Source: tensorflow/python/saved_model/save.py, _generate_signatures; tensorflow/python/training/saver.py;
tensorflow/core/ops/decode_proto_ops.cc, logging_ops.cc; jax/_src/export/_export.py,
_CUSTOM_CALL_TARGETS_GUARANTEED_STABLE
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kerasfmt.containers.stablehlo import targets
from kerasfmt.errors import CorruptFileError
from kerasfmt.graphdef.needed import needed_nodes, node_name
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.graph import Body, GraphCheck
from kerasfmt.verification.magic import HEAD, recognize
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import integrity, unsafe
from kerasfmt.verification.unsafe_ops import CHECKPOINT_OPS, UNSAFE_OPS

_TABLES: Final = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})
_PROTOS: Final = frozenset({"DecodeProtoV2", "EncodeProto"})
_INSIDE: Final = (b"", b"local://", b"bytes://")
"""How the source of a descriptor begins that is no file."""
_STREAMS: Final = ("stdout", "stderr", "log(info)", "log(warning)", "log(error)", "")
_TELLING: Final = re.compile(
    r"(?:^|[_./-])(eval|exec|system|popen|subprocess|pickle|marshal|import_module|_{2}import_{2}|shell|spawn)(?=$|[_./-])"
)
_CODE: Final = re.compile(
    rb"^\s*(import \w+|from [\w.]+ import \w|def \w+\(|exec\(|eval\()|_{2}import_{2}\(|os\.system\(|subprocess\.",
    re.MULTILINE,
)
_LONG: Final = 1 << 20
"""Characters of a string that is no name and no text; a vocabulary in a constant has one string for each word."""
_STEPS: Final = 8
"""Nodes that are gone through from paths to where they come from, for each node of the graph."""
_LEAST: Final = 16
"""Bytes of the shortest constant that may be a program."""
_MAX_SHOWN: Final = 5
_TARGETS: Final = """
AllocateBuffer ApproxTopK CreateBuffer Eigh Qr SPMDFullToShardShape SPMDShardToFullShape Sharding TopK
annotate_device_placement shape_assertion stablehlo.dynamic_approx_top_k stablehlo.dynamic_reduce_window
stablehlo.dynamic_rng_bit_generator stablehlo.dynamic_top_k tf.call_tf_function
"""
_KNOWN_TARGETS: Final = frozenset(_TARGETS.split())
"""What the runtimes of JAX and TensorFlow offer by these names; those of LAPACK and its kin go by their beginnings."""
_KNOWN_BEGINNINGS: Final = (
    "lapack_", "blas_", "cublas_", "cusolver_", "cu_", "hip", "LuDecomposition", "ProductOf", "xla.sdy.", "mhlo.",
    "dynamic_ducc_",
)  # fmt: skip


class SafetyCheck:
    """Checks the ops of a graph that `GraphCheck` has gone through.

    Args:
      findings: what was found.
      graph: the graph with its functions.
      meta: the MetaGraphDef.
      file: the file, for findings.
    """

    def __init__(self, findings: Findings, graph: GraphCheck, meta: Any, file: str) -> None:
        self.findings = findings
        self.file = file
        self._graph = graph
        self._meta = meta
        self._assets = {node_name(each.tensor_info.name) for each in meta.asset_file_def}
        self._saver_nodes, self._saver_functions = self._of_saver()
        self._paths = {node_name(meta.saver_def.filename_tensor_name)}
        self._foreign: set[str] = set()
        self._steps = _STEPS * sum(len(body.nodes) + 1 for body in graph.bodies())

    def run(self) -> None:
        """Checks everything."""
        for body in self._graph.bodies():
            if _TELLING.search(body.name):
                self._add(unsafe.TELLING_NAME, "has a name that speaks of running code", body.where())
            by_name: Mapping[str, Any] | None = None
            for node in body.nodes:
                rule = UNSAFE_OPS.get(node.op)
                if rule is not None:
                    self._add(rule, f"is of the op {node.op}", body.where(node.name))
                if node.op in CHECKPOINT_OPS or node.op in _TABLES:
                    by_name = by_name or {each.name: each for each in body.nodes}
                    self._check_path(body, node, by_name)
                self._check_node(body, node)
        self._check_collections()

    def _add(self, rule: Rule, message: str, inside: str) -> None:
        self.findings.add(rule, message, self.file, inside)

    def _of_saver(self) -> tuple[set[str], set[str]]:
        """The nodes of the main graph, and the functions, that nothing but the saver runs."""
        nodes, meta = self._graph.main.nodes, self._meta
        saver = meta.saver_def
        own = _closure(nodes, [saver.save_tensor_name, saver.restore_op_name])
        ends = [info.name for each in meta.signature_def.values() for info in each.outputs.values()]
        other = _closure(nodes, ends)
        functions = self._called(node for node in nodes if node.name in own - other)
        functions -= self._called(node for node in nodes if node.name in other)
        concrete = self._all_called(set(meta.object_graph_def.concrete_functions))
        return own - other, functions - concrete

    def _called(self, nodes: Iterable[Any]) -> set[str]:
        return self._all_called({name for node in nodes for name in _callees(node)})

    def _all_called(self, names: set[str]) -> set[str]:
        """The functions of these names, and those that they run."""
        functions, found, pending = self._graph.functions, set(), list(names)
        while pending:
            name = pending.pop()
            if name in functions and name not in found:
                found.add(name)
                pending.extend(callee for node in functions[name].node_def for callee in _callees(node))
        return found

    def _check_path(self, body: Body, node: Any, by_name: Mapping[str, Any]) -> None:
        """Where the path of a checkpoint or of a table comes from."""
        where = body.where(node.name)
        is_table = node.op in _TABLES
        in_saver = body.name in self._saver_functions if body.name else node.name in self._saver_nodes
        if not is_table and not in_saver:
            self._add(unsafe.CHECKPOINT_OP, f"{node.op} is not part of the saver", where)
            return
        sources = list(node.input[1 if is_table else 0 :][:1])
        if node.op == "MergeV2Checkpoints":
            sources = list(node.input[:2])
        given = set(body.arguments or ()) or (self._assets if is_table else self._paths)
        reached, constants = self._sources(sources, by_name, given)
        rule = unsafe.FILE_NAME_IN_GRAPH if is_table else unsafe.CHECKPOINT_OP
        own = [text for text in constants if is_table or _leaves(text)]
        if own:
            self._add(rule, f"{node.op} takes the path {own[0][:200].decode('utf-8', 'replace')!r}", where)
        elif not reached:
            self._add(rule, f"{node.op} takes a path that was not found to be given", where)

    def _sources(
        self, tensors: Iterable[str], by_name: Mapping[str, Any], given: set[str]
    ) -> tuple[bool, list[bytes]]:
        """Whether tensors come from one that is given, and the texts of the constants that they come from."""
        pending, reached = [node_name(tensor) for tensor in tensors], False
        seen: set[str] = set()
        texts: list[bytes] = []
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            self._steps -= 1
            if self._steps < 0:
                return False, []
            if name in given:
                reached = True
                continue
            node = by_name.get(name)
            if node is None:
                continue
            if node.op == "Const" and "value" in node.attr:
                texts.extend(node.attr["value"].tensor.string_val)
            pending.extend(map(node_name, node.input))
        return reached, texts

    def _check_node(self, body: Body, node: Any) -> None:
        where = body.where(node.name)
        if node.op == "PrintV2":
            stream = (
                node.attr["output_stream"].s.decode("utf-8", "replace")
                if "output_stream" in node.attr
                else ""
            )
            if stream not in _STREAMS:
                self._add(unsafe.WRITING_OP, f"PrintV2 prints to {stream!r}", where)
        elif node.op in _PROTOS and "descriptor_source" in node.attr:
            source = node.attr["descriptor_source"].s
            if source and not source.startswith(_INSIDE[1:]):
                self._add(unsafe.READING_OP, f"{node.op} reads the descriptors of {source[:200]!r}", where)
        elif node.op == "XlaCallModule" and "module" in node.attr:
            self._check_module(node, where)
        definition = self._graph.definitions.find(node.op)
        if definition is not None and definition.is_foreign and node.op not in self._foreign:
            self._foreign.add(node.op)
            self._add(unsafe.FOREIGN_OP, f"the op {node.op} is not TensorFlow's own", where)
        for name, value in node.attr.items():
            self._check_value(node, name, value, where)
        if len(node.name) > _LONG:
            self._add(unsafe.LONG_STRING, f"has a name of {len(node.name):,} characters", where)

    def _check_module(self, node: Any, where: str) -> None:
        """What the module of an XlaCallModule calls in the runtime."""
        with self.findings.attempt(self.file, where, {CorruptFileError: integrity.DAMAGED}):
            called = targets(node.attr["module"].s, where)
            self.findings.checked["StableHLO modules"] += 1
            unknown = sorted(name for name in called or () if not _is_known(name))
            if called is None:
                self._add(
                    unsafe.CUSTOM_CALL, "calls functions of the runtime, whose names were not found", where
                )
            elif unknown:
                shown = ", ".join(unknown[:_MAX_SHOWN])
                self._add(
                    unsafe.CUSTOM_CALL, f"calls {shown}, which JAX and TensorFlow do not keep stable", where
                )

    def _check_value(self, node: Any, name: str, value: Any, where: str) -> None:
        """Programs in constants, and strings that are too long."""
        kind = value.WhichOneof("value")
        if kind == "tensor":
            texts: Iterable[bytes] = (value.tensor.tensor_content[:HEAD], *value.tensor.string_val)
        elif kind == "s":
            texts = (value.s,)
        elif kind == "list" and len(value.list.s):
            texts = value.list.s
        else:
            return
        is_module = node.op == "XlaCallModule" and name == "module"
        for text in texts:
            if len(text) < _LEAST or is_module:
                continue
            found = recognize(text[:HEAD])
            if found is not None and found[0] is not unsafe.ARCHIVE_INSIDE:
                self._add(unsafe.CODE_IN_GRAPH, f"its {name} holds {found[1]}", where)
            if len(text) > _LONG:
                self._add(unsafe.LONG_STRING, f"its {name} holds a string of {len(text):,} bytes", where)

    def _check_collections(self) -> None:
        """The collections of a graph of TensorFlow 1."""
        for name, collection in self._meta.collection_def.items():
            where = f"collection {name}"
            texts = [*collection.bytes_list.value, *(each.encode() for each in collection.node_list.value)]
            for text in texts:
                found = recognize(text[:HEAD])
                if found is not None and found[0] is not unsafe.ARCHIVE_INSIDE:
                    self._add(unsafe.CODE_IN_GRAPH, f"holds {found[1]}", where)
                elif _CODE.search(text[:HEAD]):
                    self._add(unsafe.CODE_IN_GRAPH, "holds Python source", where)


def _closure(nodes: Iterable[Any], ends: Iterable[str]) -> set[str]:
    return {node.name for node in needed_nodes(nodes, ends)}


def _callees(node: Any) -> Iterator[str]:
    yield node.op
    for value in node.attr.values():
        kind = value.WhichOneof("value")
        if kind == "func":
            yield value.func.name
        elif kind == "list":
            yield from (each.name for each in value.list.func)


def _leaves(path: bytes) -> bool:
    """Whether a part of a path leads elsewhere."""
    return (
        path.startswith((b"/", b"~", b"\\"))
        or b".." in path.split(b"/")
        or b"://" in path
        or path[1:2] == b":"
    )


def _is_known(target: str) -> bool:
    return target in _KNOWN_TARGETS or target.startswith(_KNOWN_BEGINNINGS)
