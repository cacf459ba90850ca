"""Runs functions with the branches and loops of TensorFlow 1.

    steps of a frame    its nodes in order; a loop inside is one step
    dead                what follows from the output of a Switch that is not taken: it does not run
    a loop              Enter values -> Merge -> LoopCond -> NextIteration -> Merge ... -> Exit

A loop runs as a whole, once all values that enter it are there. Each iteration runs every node of the loop; in the last
one, those of the body are dead.

Source: tensorflow/core/common_runtime/executor.cc and propagator_state.cc; control_flow.cc, BuildControlFlowInfo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np

from kerasfmt.errors import GraphError
from kerasfmt.graph.function import Function
from kerasfmt.graph.op import op_to_run
from kerasfmt.graph.ops.frames import Enter, Exit, LoopCond, Merge, NextIteration, Switch
from kerasfmt.graph.plan import Step, step_of
from kerasfmt.graph.value import Node, Value

DEAD: Final = object()
"""Stands for a value that was not computed."""
_MAX_DEPTH: Final = 64
"""Loops that are nested more deeply are refused."""
Execute: TypeAlias = Callable[[Step, Sequence[Any]], Sequence[Any]]


@dataclass(eq=False)
class Frame:
    """The nodes of a loop, or those outside of all loops.

    Attributes:
      name: the name of the loop; empty outside of all loops.
      parent: the frame around it.
      steps: its nodes without Enter, Exit and `merges`, and the loops in it, in the order in which they run.
      enters: the nodes that lead values into it.
      merges: the nodes at which an iteration begins.
      exits: the nodes that lead values out of it.
      condition: what says whether it goes on.
      depth: how many loops are around it.
    """

    name: str = ""
    parent: Frame | None = None
    steps: list[Step | Frame] = field(default_factory=list)
    enters: list[Node] = field(default_factory=list)
    merges: list[Node] = field(default_factory=list)
    exits: list[Node] = field(default_factory=list)
    condition: Value | None = None
    depth: int = 0


def has_frames(function: Function) -> bool:
    """Whether a function holds branches or loops of TensorFlow 1."""
    found = _HAS_FRAMES.get(function)
    if found is None:
        found = _HAS_FRAMES[function] = any(op_to_run(node.op).is_frame for node in function.nodes)
    return found


_HAS_FRAMES: WeakKeyDictionary[Function, bool] = WeakKeyDictionary()
_ROOTS: WeakKeyDictionary[Function, Frame] = WeakKeyDictionary()


def root_of(function: Function) -> Frame:
    """The frame outside of all loops of a function.

    Raises:
      GraphError: its loops are not well formed.
    """
    found = _ROOTS.get(function)
    if found is None:
        found = _ROOTS[function] = _Planner(function).root
    return found


def _is_back(node: Node) -> bool:
    return op_to_run(node.op) is NextIteration


class _Planner:
    """Finds the frame of every node, and the order in each frame."""

    def __init__(self, function: Function) -> None:
        self.root = Frame()
        self._frames: dict[Node, Frame] = {}
        self._loops: dict[tuple[Frame, str], Frame] = {}
        self._begins: set[Node | Frame] = set()
        self._function = function
        for node in function.nodes:  # each after those that it needs, but for what leads back
            self._place(node)
        for frame in [self.root, *self._loops.values()]:
            self._check(frame)
        self._order()

    def _place(self, node: Node) -> None:
        around = {self._out(each) for each in self._needed(node)} - {self.root}
        if len(around) > 1:
            names = sorted(frame.name for frame in around)
            raise GraphError(
                f"node {node.name} ({node.op}): its inputs are of the loops {names[:4]}, expected one"
            )
        frame = around.pop() if around else self.root
        op = op_to_run(node.op)
        if op is Enter:
            name = str(node.attrs["frame_name"])
            if frame.depth >= _MAX_DEPTH:
                raise GraphError(f"loop {name}: is nested more than {_MAX_DEPTH} deep")
            frame = self._loops.setdefault((frame, name), Frame(name, frame, depth=frame.depth + 1))
            frame.enters.append(node)
        elif op is Exit:
            if frame.parent is None:
                raise GraphError(
                    f"node {node.name} (Exit): expected a node of a loop, got one outside of all loops"
                )
            frame.exits.append(node)
        elif op is Merge and any(_is_back(value.node) for value in node.inputs):
            frame.merges.append(node)
            self._begins.add(node)
        elif op is LoopCond:
            frame.condition = node.outputs[0]
        self._frames[node] = frame

    def _out(self, node: Node) -> Frame:
        """The frame of the outputs of a node; an argument of the function belongs to no loop."""
        frame = self._frames.get(node, self.root)
        if op_to_run(node.op) is Exit:
            assert frame.parent is not None
            return frame.parent
        return frame

    def _needed(self, node: Node) -> list[Node]:
        """The nodes that come before a node in its iteration."""
        before = [value.node for value in node.inputs if not _is_back(value.node)]
        return [each for each in (*before, *node.controls) if each in self._frames]

    def _check(self, frame: Frame) -> None:
        if frame.parent is not None and frame.merges and frame.condition is None:
            raise GraphError(f"loop {frame.name}: expected a LoopCond, got none")
        if frame.parent is None and (frame.merges or frame.condition is not None):
            raise GraphError("a loop without an Enter: expected one for each value that a loop changes")
        for merge in frame.merges:
            entering = [op_to_run(value.node.op) is Enter for value in merge.inputs]
            if entering != [True, False]:
                raise GraphError(
                    f"node {merge.name} (Merge): expected an Enter and a NextIteration as its inputs"
                )

    def _order(self) -> None:
        """Fills the steps of every frame: a loop comes after all that enters it."""
        done: set[Node | Frame] = set()
        for node in self._function.nodes:
            pending: list[Node | Frame] = [self._step(node)]
            begun: set[Node | Frame] = set()
            while pending:
                step = pending[-1]
                if step in done:
                    pending.pop()
                    continue
                missing = [each for each in self._before(step) if each not in done]
                if not missing:
                    pending.pop()
                    done.add(step)
                    home = step.parent if isinstance(step, Frame) else self._frames[step]
                    assert home is not None
                    if step not in self._begins:
                        home.steps.append(step if isinstance(step, Frame) else step_of(step))
                elif step in begun:
                    raise GraphError(f"loop {self._name(step)}: what enters it follows from what leaves it")
                else:
                    begun.add(step)
                    pending.extend(reversed(missing))

    @staticmethod
    def _name(step: Node | Frame) -> str:
        return step.name

    def _step(self, node: Node) -> Node | Frame:
        """What runs a node in its own frame: for Enter and Exit, the loop in the frame around it."""
        return self._frames[node] if op_to_run(node.op) in (Enter, Exit) else node

    def _before(self, step: Node | Frame) -> Iterable[Node | Frame]:
        """The steps of the same frame that come before a step."""
        if isinstance(step, Frame):
            return [self._step(each) for enter in step.enters for each in self._needed(enter)]
        inside = self._frames[step]
        needed = [self._step(each) for each in self._needed(step)]
        return [each for each in needed if each is not inside]


class FrameRun:
    """One run of a function with frames.

    Args:
      function: the function.
      arguments: its arguments.
      execute: runs a node on its operands.
    """

    def __init__(self, function: Function, arguments: Sequence[Any], execute: Execute) -> None:
        if len(arguments) != len(function.parameters):
            raise GraphError(f"expected {len(function.parameters)} arguments, got {len(arguments)}")
        self._values: dict[Value, Any] = dict(zip(function.parameters, arguments, strict=True))
        self._dead: set[Node] = set()
        self._execute = execute
        self._outputs = function.outputs
        self._root = root_of(function)

    def outputs(self) -> list[Any]:
        """The outputs of the function.

        Raises:
          GraphError: an output is dead.
        """
        self._run(self._root)
        results = [self._values[value] for value in self._outputs]
        for value, result in zip(self._outputs, results, strict=True):
            if result is DEAD:
                raise GraphError(
                    f"output {value.name}: expected a value, got one of a branch that was not taken"
                )
        return results

    def _run(self, frame: Frame) -> None:
        for step in frame.steps:
            if isinstance(step, Frame):
                self._loop(step)
            else:
                self._node(step)

    def _loop(self, loop: Frame) -> None:
        for enter in loop.enters:
            dead = any(node in self._dead for node in enter.controls)
            self._set(enter, [DEAD if dead else self._values[enter.inputs[0]]])
        begun = all(self._values[merge.inputs[0]] is not DEAD for merge in loop.merges)
        source = 0
        while begun:
            entering = [self._values[merge.inputs[source]] for merge in loop.merges]
            for merge, value in zip(loop.merges, entering, strict=True):
                self._set(merge, [value, np.int32(source)])
            self._run(loop)
            source = 1
            condition = DEAD if loop.condition is None else self._values[loop.condition]
            if condition is DEAD or not condition:
                break
        for leaving in loop.exits:
            self._set(leaving, [self._values[leaving.inputs[0]] if begun else DEAD])

    def _node(self, step: Step) -> None:
        node = step.node
        op = op_to_run(node.op)
        if op is Merge:
            self._merge(node)
            return
        operands = [
            tuple(self._values[v] for v in group) if isinstance(group, tuple) else self._values[group]
            for group in node.grouped_inputs()
        ]
        flat = [
            each for operand in operands for each in (operand if isinstance(operand, tuple) else (operand,))
        ]
        if any(each is DEAD for each in flat) or any(waited in self._dead for waited in node.controls):
            self._set(node, [DEAD] * len(node.outputs), dead=True)
        elif op is Switch:
            data, condition = operands
            self._set(node, [DEAD, data] if condition else [data, DEAD])
        else:
            self._set(node, self._execute(step, operands))

    def _merge(self, node: Node) -> None:
        values = [self._values[value] for value in node.inputs]
        live = next((number for number, value in enumerate(values) if value is not DEAD), None)
        self._set(node, [DEAD, DEAD] if live is None else [values[live], np.int32(live)])

    def _set(self, node: Node, results: Sequence[Any], dead: bool = False) -> None:
        """Sets the outputs of a node. Of a Switch one is dead, and the node itself is not."""
        self._values.update(zip(node.outputs, results, strict=True))
        if dead or (results and all(result is DEAD for result in results)):
            self._dead.add(node)
        else:
            self._dead.discard(node)
