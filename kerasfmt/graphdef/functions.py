"""Functions as `FunctionDef` messages.

A function body refers to an input by the name of the argument, and to an output of a node as
`node:output_arg:index`. Captures follow the inputs as further arguments, variables and tables as handles. Every output
passes through an Identity, unless it is a parameter that the body of a loop hands on. The control input of the
Identity is a NoOp, which waits for every side effect. The side effects are control outputs too.

Source: tensorflow/core/framework/function.proto; tensorflow/python/framework/func_graph.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kerasfmt import dtypes, protos
from kerasfmt.graph.attr_values import encode_attr, encode_shape
from kerasfmt.graph.function import Function, callees_of, own_gradient
from kerasfmt.graph.op import find_op
from kerasfmt.graph.op_defs import AttrDef
from kerasfmt.graph.resource import Capture, Table, Variable
from kerasfmt.graph.value import GRADIENT, Node, Value
from kerasfmt.graphdef.definition import Definition, copy_definition, definition_of
from kerasfmt.graphdef.function_names import FunctionNames

# ConfigProto {device_count {CPU: 1} device_count {GPU: 0} gpu_options {} allow_soft_placement: true ...}: what
# TensorFlow 2.15 puts on a call node on a machine without accelerators.
CALL_CONFIG = b"\n\x07\n\x03CPU\x10\x01\n\x07\n\x03GPU\x10\x002\x02J\x008\x01\x82\x01\x00"

OUTPUT_OPS: Final = frozenset({"Identity", "NoOp"})
"""The ops of the nodes that the encoder adds: for the outputs, and to wait for the side effects."""


class FunctionEncoder:
    """Encodes functions and nodes.

    Args:
      names: the names of all functions, including those that they call.
    """

    def __init__(self, names: FunctionNames) -> None:
        self._names = names
        self._attr_cache: dict[Any, bytes] = {}
        self._defaults: dict[AttrDef, bytes] = {}
        self._alike: dict[tuple[int, str, str], protos.NodeDef] = {}
        self._gradients: dict[str, str] = {}

    def encode_library(self, library: protos.FunctionDefLibrary) -> None:
        """Encodes every function of `names`, in order."""
        bodies: dict[object, protos.FunctionDef] = {}
        gradients = self._gradients
        for function in self._names:
            proto = library.function.add()
            definition = definition_of(function)
            if definition is not None:
                gradients.update(self._copy(proto, function, definition))
                continue
            like = bodies.setdefault(function.body_id, proto)
            if like is proto:
                self._encode_body(proto, function)
            else:
                proto.CopyFrom(like)
                for place, attr, callee in function.call_sites:
                    proto.node_def[place].attr[attr].func.name = self._names[callee]
            proto.signature.name = self._names[function]
        for kind, name in gradients.items():
            library.registered_gradients.add(registered_op_type=kind, gradient_func=name)

    def _copy(self, proto: protos.FunctionDef, function: Function, definition: Definition) -> dict[str, str]:
        """Copies a function that was decoded; returns the names of the functions that are gradients of its nodes."""
        beside = [(definition_of(other), other) for other in function.companions]
        renamed = {
            found.message.signature.name: self._names[other] for found, other in beside if found is not None
        }
        renamed[definition.message.signature.name] = self._names[function]
        copy_definition(proto, definition, self._names[function], renamed)
        found = map(definition.gradient, definition.message.node_def)
        return {kind: renamed[name] for kind, name in filter(None, found) if name in renamed}

    def _encode_body(self, proto: protos.FunctionDef, function: Function) -> None:
        proto.signature.is_stateful = function.stateful
        captures = {handle: captured for captured, handle in function.captures}
        for value in function.parameters:
            argument = proto.signature.input_arg.add(name=value.node.name, type=value.dtype.enum)
            _add_handle_data(argument, captures.get(value))
        _encode_arguments(proto, function, captures)
        names = _Names(function)
        for node in function.nodes:
            self.encode_node(proto.node_def.add(), node, names.tensor)
        barrier = names.fresh("NoOp") if function.control_outputs else None
        own = len(function.outputs) - function.handed_on
        for value in function.outputs[:own]:
            _encode_output(proto, value, names, barrier)
        for value in function.outputs[own:]:
            _hand_on(proto, value, names)
            _add_handle_data(proto.signature.output_arg[-1], captures.get(value))
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
        for key, fact in function.attributes.items():
            if isinstance(fact, bool):
                proto.attr[key].b = fact
            elif isinstance(fact, Function):
                proto.attr[key].s = self._names[fact].encode()
            else:
                proto.attr[key].s = fact.encode()

    def encode_node(self, proto: protos.NodeDef, node: Node, tensor: Callable[[Value], str]) -> None:
        """Encodes a node; `tensor` gives the name for a value that is an input."""
        # Nodes that Builder.copy_node made share their attributes, which live as long as the written functions.
        like = self._alike.setdefault((id(node.attrs), node.op, node.device), proto)
        if like is proto:
            self._encode_kind(proto, node)
        else:
            proto.CopyFrom(like)
            proto.ClearField("input")
        proto.name = node.name
        proto.input.extend([tensor(v) for v in node.inputs])
        if node.controls:
            proto.input.extend(["^" + n.name for n in node.controls])

    def _encode_kind(self, proto: protos.NodeDef, node: Node) -> None:
        """Encodes all but name and inputs: the same for all nodes that share their attributes."""
        proto.op = node.op
        if node.device:
            proto.device = node.device
        for key, definition in node.op_def.attrs.items():
            value, kind = node.attrs[key], definition.kind
            if kind == "func" and isinstance(value, Function):
                proto.attr[key].func.name = self._names[value]
            elif kind == "tensor":
                dtype: Any = node.attrs.get("dtype")
                proto.attr[key].CopyFrom(encode_attr(kind, value, dtype))
            else:
                encoded = self._encoded(kind, value)
                if kind == "func" or encoded != self._default(definition):
                    proto.attr[key].MergeFromString(encoded)
        gradient = own_gradient(node)
        if gradient is not None:
            kind = f"CustomGradient-{self._names[gradient]}"
            proto.attr[GRADIENT].s = kind.encode()
            self._gradients[kind] = self._names[gradient]
        if find_op(node.op).is_call:
            (callee,) = callees_of(node)
            _encode_call(proto, callee)
        elif node.op_def.callees:
            # TensorFlow's graph optimizer inlines branches and bodies.
            proto.attr["_lower_using_switch_merge"].b = True
            if find_op(node.op).is_loop:
                proto.attr["_num_original_outputs"].i = len(node.outputs)

    def _default(self, definition: AttrDef) -> bytes | None:
        """The encoded default of an attribute; None where it has none."""
        if definition.default is None:
            return None
        found = self._defaults.get(definition)
        if found is None:
            found = self._defaults[definition] = self._encoded(definition.kind, definition.default_value)
        return found

    def _encoded(self, kind: str, value: Any) -> bytes:
        # 0.0 and -0.0 are equal, but different attributes.
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
    if node.op_def.only_output is not None:
        return f"{node.op_def.only_output}:0"
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


def _add_handle_data(proto: protos.OpDef.ArgDef, captured: Capture | None) -> None:
    """States what variable a handle stands for; TensorFlow's gradient of a loop needs to know."""
    if isinstance(captured, Variable):
        proto.handle_data.add(dtype=captured.dtype.enum, shape=encode_shape(captured.shape))


def _encode_arguments(
    proto: protos.FunctionDef, function: Function, captures: Mapping[Value, Capture]
) -> None:
    shapes = [encode_shape(value.shape) for value in function.parameters]
    given = proto.attr["_input_shapes"]
    if shapes:
        given.list.shape.extend(shapes)
    for index, (value, shape) in enumerate(zip(function.parameters, shapes, strict=True)):
        attr = proto.arg_attr[index].attr
        if index < len(function.inputs):
            if value.dtype is not dtypes.resource:
                attr["_output_shapes"].list.shape.append(shape)
            attr["_user_specified_name"].s = function.input_names[index].encode()
        elif value.dtype is dtypes.resource:
            kind = b"table_handle" if isinstance(captures[value], Table) else b"resource"
            attr["_user_specified_name"].s = kind
        else:
            attr["_output_shapes"].list.shape.append(shape)


def _encode_call(proto: protos.NodeDef, callee: Function) -> None:
    proto.attr["config_proto"].s = CALL_CONFIG
    inputs = len(callee.inputs)
    written = callee.written
    read_only = [
        place
        for place, captured in enumerate(callee.captured, inputs)
        if isinstance(captured, Variable) and captured not in written
    ]
    proto.attr["_read_only_resource_inputs"].list.i.extend(read_only)
    proto.attr["_collective_manager_ids"].list.SetInParent()
    if callee.compiled:
        proto.attr["_XlaMustCompile"].b = True


def _encode_output(proto: protos.FunctionDef, value: Value, names: _Names, barrier: str | None) -> None:
    identity = names.fresh("Identity")
    node = proto.node_def.add(name=identity, op="Identity", input=[names.tensor(value)])
    if barrier is not None:
        node.input.append("^" + barrier)
    node.attr["T"].type = value.dtype.enum
    node.attr["_output_shapes"].list.shape.append(encode_shape(value.shape))
    label = identity.lower()
    proto.signature.output_arg.add(name=label, type=value.dtype.enum)
    proto.ret[label] = f"{identity}:output:0"


def _hand_on(proto: protos.FunctionDef, value: Value, names: _Names) -> None:
    """An output that is a parameter, under another name; TensorFlow's gradient of a loop knows it by that."""
    label = names.fresh(f"{names.tensor(value)}_out")
    proto.signature.output_arg.add(name=label, type=value.dtype.enum)
    proto.ret[label] = names.tensor(value)
