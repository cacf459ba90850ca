"""Functions as `FunctionDef` messages.

A function body refers to an input by the argument's name and to a node's output as `node:output_arg:index`.
Resource captures follow the inputs as further arguments. Every output passes through an Identity that waits,
by a control input, for the NoOp that waits for every side effect; the side effects are control outputs too.

Source: tensorflow/core/framework/function.proto; tensorflow/python/framework/func_graph.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kerasfmt import protos
from kerasfmt.graph.attr_values import encode_attr, encode_shape
from kerasfmt.graph.function import Function, callees_of
from kerasfmt.graph.op import find_op
from kerasfmt.graph.op_defs import AttrDef
from kerasfmt.graph.value import Node, Value

# ConfigProto {device_count {CPU: 1} device_count {GPU: 0} gpu_options {} allow_soft_placement: true ...}: what
# TensorFlow 2.15 puts on a call node on a machine without accelerators.
CALL_CONFIG = b"\n\x07\n\x03CPU\x10\x01\n\x07\n\x03GPU\x10\x002\x02J\x008\x01\x82\x01\x00"


_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9_./-]")


class FunctionWriter:
    """Writes functions, and those that they call, each once and under a unique name.

    Args:
      library: the message that collects them.

    Attributes:
      ops: names of the ops that the written nodes use.
    """

    def __init__(self, library: protos.FunctionDefLibrary) -> None:
        self._library = library
        self._names: dict[Function, str] = {}
        self._bodies: dict[object, protos.FunctionDef] = {}
        self._uid = 0
        self._attr_cache: dict[Any, bytes] = {}
        self._alike: dict[tuple[int, str, str], protos.NodeDef] = {}
        self.ops: set[str] = {"Identity", "NoOp"}

    def name_of(self, function: Function, name: str | None = None) -> str:
        """The name of a function in the library; written now if it is not there.

        Args:
          function: the function.
          name: base of its name when it is new; `function.name` by default.
        """
        found = self._names.get(function)
        if found is None:
            for site in function.call_sites:
                if find_op(function.nodes[site.place].op).is_call:
                    self.name_of(site.callee)
            self._uid += 1
            found = self._names[function] = f"__inference_{_identifier(name or function.name)}_{self._uid}"
            self._write(function, found)
        return found

    def _write(self, function: Function, name: str) -> None:
        proto = self._library.function.add()
        written = self._bodies.setdefault(function.body_id, proto)
        if written is proto:
            self._write_body(proto, function)
        else:
            proto.CopyFrom(written)
            for place, attr, callee in function.call_sites:
                proto.node_def[place].attr[attr].func.name = self.name_of(callee)
        proto.signature.name = name

    def _write_body(self, proto: protos.FunctionDef, function: Function) -> None:
        proto.signature.is_stateful = function.stateful
        for value in function.parameters:
            proto.signature.input_arg.add(name=value.node.name, type=value.dtype.enum)
        _write_arg_attrs(proto, function)
        names = _Names(function)
        for node in function.nodes:
            self.write_node(proto.node_def.add(), node, names.tensor)
        barrier = names.fresh("NoOp") if function.control_outputs else None
        for value in function.outputs:
            _write_output(proto, value, names, barrier)
        if barrier is not None:
            proto.node_def.add(
                name=barrier, op="NoOp", input=["^" + n.name for n in function.control_outputs]
            )
        for node in function.control_outputs:
            proto.signature.control_output.append(node.name)
            proto.control_ret[node.name] = node.name
        proto.attr["_construction_context"].s = b"kEagerRuntime"
        if function.compiled:
            proto.attr["_XlaMustCompile"].b = True
            proto.attr["_noinline"].b = True

    def write_node(self, proto: protos.NodeDef, node: Node, tensor: Callable[[Value], str]) -> None:
        """Writes a node; `tensor` names the value that an input refers to."""
        # Builder.copy_node makes nodes that share their attributes; these live as long as the functions written.
        like = self._alike.setdefault((id(node.attrs), node.op, node.device), proto)
        if like is proto:
            self._write_kind(proto, node)
        else:
            proto.CopyFrom(like)
            proto.ClearField("input")
        proto.name = node.name
        proto.input.extend([tensor(v) for v in node.inputs])
        if node.controls:
            proto.input.extend(["^" + n.name for n in node.controls])

    def _write_kind(self, proto: protos.NodeDef, node: Node) -> None:
        """Writes what nodes have in common that share their attributes: all but name and inputs."""
        proto.op = node.op
        self.ops.add(node.op)
        proto.device = node.device
        for key, definition in node.op_def.attrs.items():
            value, kind = node.attrs[key], definition.kind
            if kind == "func" and isinstance(value, Function):
                proto.attr[key].func.name = self.name_of(value)
            elif kind == "tensor":
                dtype: Any = node.attrs.get("dtype")
                proto.attr[key].CopyFrom(encode_attr(kind, value, dtype))
            elif definition.default is None or not self._is_default(definition, value):
                proto.attr[key].MergeFromString(self._encoded(kind, value))
        if find_op(node.op).is_call:
            (callee,) = callees_of(node)
            _write_call(proto, callee)
        elif node.op_def.callees:
            # TensorFlow's graph optimizer inlines branches and bodies.
            proto.attr["_lower_using_switch_merge"].b = True

    def _is_default(self, definition: AttrDef, value: Any) -> bool:
        if definition.kind == "func":
            return False
        default = definition.default_value
        return value is default or self._encoded(definition.kind, value) == self._encoded(
            definition.kind, default
        )

    def _encoded(self, kind: str, value: Any) -> bytes:
        # Zeros of either sign are equal, but not the same attribute.
        key = (kind, repr(value) if "float" in kind else tuple(value) if isinstance(value, list) else value)
        found = self._attr_cache.get(key)
        if found is None:
            found = self._attr_cache[key] = encode_attr(kind, value).SerializeToString()
        return found


class _Names:
    """Names of tensors inside one function body."""

    def __init__(self, function: Function) -> None:
        self._arguments: Mapping[Value, str] = {v: v.node.name for v in function.parameters}
        self._taken = {n.name.lower() for n in function.nodes} | {n.lower() for n in self._arguments.values()}
        self._outputs: set[str] = set()

    def tensor(self, value: Value) -> str:
        found = self._arguments.get(value)
        return found if found is not None else f"{value.node.name}:{output_label(value)}"

    def fresh(self, base: str) -> str:
        name, count = base, 0
        while name.lower() in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name.lower())
        return name


def output_label(value: Value) -> str:
    """`output_arg:index` of a value among its node's outputs."""
    node, at = value.node, 0
    for arg in node.op_def.outputs:
        count = 1
        if arg.number_attr:
            number = node.attrs[arg.number_attr]
            assert isinstance(number, int)
            count = number
        elif arg.type_list_attr:
            listed = node.attrs[arg.type_list_attr]
            assert isinstance(listed, list | tuple)
            count = len(listed)
        if value.index < at + count:
            return f"{arg.name}:{value.index - at}"
        at += count
    raise AssertionError(f"{node.name} has no output {value.index}")


def _write_arg_attrs(proto: protos.FunctionDef, function: Function) -> None:
    shapes = proto.attr["_input_shapes"].list
    for index, value in enumerate(function.parameters):
        shape = encode_shape(value.shape)
        shapes.shape.append(shape)
        attr = proto.arg_attr[index].attr
        if index < len(function.inputs):
            attr["_output_shapes"].list.shape.append(shape)
            attr["_user_specified_name"].s = function.input_names[index].encode()
        else:
            attr["_user_specified_name"].s = b"resource"


def _write_call(proto: protos.NodeDef, callee: Function) -> None:
    proto.attr["config_proto"].s = CALL_CONFIG
    inputs = len(callee.inputs)
    read_only = [inputs + i for i, v in enumerate(callee.variables) if v not in callee.written]
    proto.attr["_read_only_resource_inputs"].list.i.extend(read_only)
    proto.attr["_collective_manager_ids"].list.SetInParent()
    if callee.compiled:
        proto.attr["_XlaMustCompile"].b = True


def _write_output(proto: protos.FunctionDef, value: Value, names: _Names, barrier: str | None) -> None:
    identity = names.fresh("Identity")
    node = proto.node_def.add(name=identity, op="Identity", input=[names.tensor(value)])
    if barrier is not None:
        node.input.append("^" + barrier)
    node.attr["T"].type = value.dtype.enum
    node.attr["_output_shapes"].list.shape.append(encode_shape(value.shape))
    label = identity.lower()
    proto.signature.output_arg.add(name=label, type=value.dtype.enum)
    proto.ret[label] = f"{identity}:output:0"


def _identifier(name: str) -> str:
    return _NOT_IDENTIFIER.sub("_", name)
