"""The names and the order of the functions in a library, settled before anything is encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kerasfmt.graph.function import Function, callees_of
from kerasfmt.graph.op import find_op
from kerasfmt.graph.value import Node

_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9_./-]")


class FunctionNames:
    """A name for each function of a library, `__inference_<base>_<number>`, and for those that it calls.

    The name of a forward function is `__forward_<base>_<number>`, as TensorFlow has it.

    Numbers follow the order of the library: a function comes after those that it calls, and before those that its
    branches and loops run, and before its companions.
    """

    def __init__(self) -> None:
        self._names: dict[Function, str] = {}

    def __getitem__(self, function: Function) -> str:
        return self._names[function]

    def __iter__(self) -> Iterator[Function]:
        """The functions in the order of the library."""
        return iter(self._names)

    def add(self, function: Function, base: str | None = None) -> None:
        """Names a function, unless it has a name.

        Args:
          function: the function.
          base: base of its name; `function.name` by default.
        """
        if function in self._names:
            return
        for place, _, callee in function.call_sites:
            if find_op(function.nodes[place].op).is_call:
                self.add(callee)
        plain = _NOT_IDENTIFIER.sub("_", base or function.name)
        prefix = "" if plain.startswith("__forward_") else "__inference_"
        self._names[function] = f"{prefix}{plain}_{len(self._names) + 1}"
        for _, _, callee in function.call_sites:
            self.add(callee)
        for companion in function.companions:
            self.add(companion)

    def add_callees(self, nodes: Iterable[Node]) -> None:
        """Names the functions that nodes run."""
        for node in nodes:
            for callee in callees_of(node):
                self.add(callee)
