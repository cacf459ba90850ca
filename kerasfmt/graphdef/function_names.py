"""The names and the order of the functions in a library, settled before anything is encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kerasfmt.graph.function import Function, callees_of
from kerasfmt.graph.op import find_op
from kerasfmt.graph.value import Node
from kerasfmt.graphdef.definition import Definition, definition_of

_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9_./-]")


class FunctionNames:
    """A name for each function of a library, `__inference_<base>_<number>`, and for those that it calls.

    The name of a forward function is `__forward_<base>_<number>`, as TensorFlow has it.

    Numbers follow the order of the library: a function comes after those that it calls, and before those that its
    branches and loops run, and before its companions.
    """

    def __init__(self) -> None:
        self._names: dict[Function, str] = {}
        self._order: list[Function] = []
        self._decoded: dict[int, Function] = {}
        self._pending: list[Function] = []
        self._draining = False

    def __getitem__(self, function: Function) -> str:
        found = self._names.get(function)
        if found is None:  # a body that another binding of it has brought
            definition = definition_of(function)
            return self._names[function if definition is None else self._decoded[id(definition.message)]]
        return found

    def __iter__(self) -> Iterator[Function]:
        """The functions in the order of the library."""
        return iter(self._order)

    def add(self, function: Function, base: str | None = None) -> None:
        """Names a function, unless it has a name.

        Args:
          function: the function.
          base: base of its name; `function.name` by default.
        """
        if function in self._names:
            return
        definition = definition_of(function)
        if definition is not None:
            self._add_decoded(function, definition)
            return
        self._add_callees(function)
        self._name(function, base or function.name)
        for _, _, callee in function.call_sites:
            self.add(callee)
        for companion in function.companions:
            self.add(companion)

    def _add_callees(self, function: Function) -> None:
        for place, _, callee in function.call_sites:
            if find_op(function.nodes[place].op).is_call:
                self.add(callee)

    def _name(self, function: Function, base: str) -> None:
        plain = _NOT_IDENTIFIER.sub("_", base)
        prefix = "" if plain.startswith("__forward_") else "__inference_"
        self._order.append(function)
        self._names[function] = f"{prefix}{plain}_{len(self._order)}"

    def _add_decoded(self, function: Function, definition: Definition) -> None:
        """Names a function of a file. What it is bound to makes no difference: a library has its body once."""
        same = self._decoded.setdefault(id(definition.message), function)
        if same is not function:
            self._names[function] = self._names[same]
            return
        self._add_callees(function)
        self._name(function, definition.base)
        # A file may hold long chains of functions that only name each other.
        self._pending.extend(reversed(function.companions))
        if not self._draining:
            self._draining = True
            while self._pending:
                self.add(self._pending.pop())
            self._draining = False

    def add_callees(self, nodes: Iterable[Node]) -> None:
        """Names the functions that nodes run."""
        for node in nodes:
            for callee in callees_of(node):
                self.add(callee)
