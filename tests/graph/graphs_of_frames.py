"""Graphs of TensorFlow 1 as messages, node by node, and the functions that they are."""

from __future__ import annotations

from typing import Any

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.graph import Function
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.limits import Allowance

FLOAT = dtypes.float32


class Graph:
    """Nodes of a graph; `x` and `p` are placeholders for floats and for a bool."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.add("x", "Placeholder", dtype=dtypes.float32)
        self.add("p", "Placeholder", dtype=dtypes.bool_)

    def add(self, name: str, op: str, *inputs: str, **attrs: Any) -> str:
        """Adds a node; attributes are dtypes, integers, bools, texts or messages of tensors."""
        node = protos.NodeDef(name=name, op=op, input=inputs)
        for attr, value in attrs.items():
            if isinstance(value, DType):
                node.attr[attr].type = value.enum
            elif isinstance(value, bool):
                node.attr[attr].b = value
            elif isinstance(value, int):
                node.attr[attr].i = value
            elif isinstance(value, str):
                node.attr[attr].s = value.encode()
            else:
                node.attr[attr].tensor.CopyFrom(value)
        self.nodes.append(node)
        return name

    def number(self, name: str, value: float, *inputs: str) -> str:
        """Adds a float constant."""
        tensor = protos.TensorProto(dtype=FLOAT.enum, float_val=[value])
        return self.add(name, "Const", *inputs, dtype=FLOAT, value=tensor)

    def function(self, *outputs: str, controls: tuple[str, ...] = ()) -> Function:
        """The function from `x` and `p` to tensors."""
        decoder = FunctionDecoder([], [], Allowance(), "g")
        return decoder.graph(self.nodes, "g", {"x": FLOAT, "p": dtypes.bool_}, outputs, controls)


def branch() -> Graph:
    """`x * 2` if `p`, else `-x`; both branches wait for an Assert that only the first one has."""
    graph = Graph()
    graph.add("switch", "Switch", "x", "p", T=FLOAT)
    graph.number("two", 2, "^switch_t")
    graph.add("switch_t", "Identity", "switch:1", T=FLOAT)
    graph.add("twice", "Mul", "switch:1", "two", T=FLOAT)
    graph.add("negative", "Neg", "switch", T=FLOAT)
    graph.add("merge", "Merge", "negative", "twice", T=FLOAT, N=2)
    return graph


def loop(frame: str = "loop", start: str = "x", prefix: str = "") -> Graph:
    """`x` doubled while it is below 100."""
    graph = Graph()
    add_loop(graph, frame, start, prefix)
    return graph


def add_loop(graph: Graph, frame: str, start: str, prefix: str) -> None:
    """Adds such a loop from another tensor on; its result is `<prefix>exit`."""
    name = lambda text: f"{prefix}{text}"  # noqa: E731
    graph.number(name("bound"), 100)
    graph.add(name("enter"), "Enter", start, T=FLOAT, frame_name=frame)
    graph.add(name("limit"), "Enter", name("bound"), T=FLOAT, frame_name=frame, is_constant=True)
    graph.add(name("merge"), "Merge", name("enter"), name("next"), T=FLOAT, N=2)
    graph.add(name("less"), "Less", name("merge"), name("limit"), T=FLOAT)
    graph.add(name("cond"), "LoopCond", name("less"))
    graph.add(name("switch"), "Switch", name("merge"), name("cond"), T=FLOAT)
    graph.add(name("exit"), "Exit", name("switch"), T=FLOAT)
    graph.add(name("body"), "Identity", name("switch:1"), T=FLOAT)
    graph.number(name("two"), 2, "^" + name("body"))
    graph.add(name("double"), "Mul", name("body"), name("two"), T=FLOAT)
    graph.add(name("next"), "NextIteration", name("double"), T=FLOAT)
