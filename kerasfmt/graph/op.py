"""The registry of ops: each op's shape inference, its NumPy kernel and its effect, side by side.

A family file in `kerasfmt/graph/ops/` declares an op as

    @register("Relu")
    class Relu(Op):
        @staticmethod
        def infer(attrs, features):        # Values in, one shape per output
            return [features.shape]

        @staticmethod
        def run(attrs, features):          # arrays in, one array per output
            return [np.maximum(features, 0)]

The definition of an op says which of its attributes hold functions: `OpDef.callees`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from kerasfmt.errors import GraphError
from kerasfmt.families import FamilyTable
from kerasfmt.typing import override

if TYPE_CHECKING:
    from kerasfmt.graph.function import Function
    from kerasfmt.graph.resource import Table, Variable
    from kerasfmt.graph.spec import Shape
    from kerasfmt.graph.table_content import TableContent
    from kerasfmt.graph.value import Array, Node


class Effect(Enum):
    """What an op does beyond computing its outputs from its inputs."""

    NONE = "none"
    READS = "reads"
    """It reads a variable, or something else outside the graph."""
    WRITES = "writes"
    """It changes a variable, or something else outside the graph."""
    DRAWS = "draws"
    """It draws random numbers, and has no other effect."""
    CHECKS = "checks"
    """It ends the run with an error if its operands are wrong."""


class Context(Protocol):
    """What an op can use while a function runs: the contents of variables and tables, and other functions."""

    def read(self, variable: Variable) -> Array:
        """The content of a variable."""

    def table(self, table: Table) -> TableContent:
        """The content of a table; ops that write change it in place."""

    def assign(self, variable: Variable, content: Array) -> None:
        """Replaces the content of a variable."""

    def file(self, path: bytes) -> bytes:
        """What an asset of the model holds.

        Raises:
          GraphError: the path is not that of an asset; other files are never opened.
        """

    def call(self, function: Function, arguments: Sequence[Any]) -> Sequence[Any]:
        """The outputs of a function.

        Args:
          function: the function.
          arguments: an array per input, then what it captures: a Variable or a Table for a handle.
        """


class Op:
    """What kerasfmt knows of a TensorFlow op beyond its definition.

    `infer(attrs, *inputs)` gets Values (a tuple of Values for a list argument) and returns one shape per
    output. `run(attrs, *inputs)`, the kernel, gets arrays (a tuple of arrays for a list argument) and returns one
    array per output, of the declared dtypes. Neither modifies what it gets. An op that needs variables or runs
    functions overrides `execute`.

    Attributes:
      effect: the effect of the op itself, apart from the effects of its callees.
      is_call: whether it runs its only callee once, on all its operands.
      is_loop: whether it runs a callee again and again.
      is_constant: whether its output is its attribute `value`.
      is_frame: whether it is a part of a branch or a loop of TensorFlow 1.
      is_partial: whether its attributes decide if it runs in NumPy.
    """

    effect: ClassVar[Effect] = Effect.NONE
    is_call: ClassVar[bool] = False
    is_loop: ClassVar[bool] = False
    is_constant: ClassVar[bool] = False
    is_frame: ClassVar[bool] = False
    is_partial: ClassVar[bool] = False

    @staticmethod
    def infer(attrs: Mapping[str, Any], *inputs: Any, **_: Any) -> Sequence[Shape]:
        """The shapes of the outputs; raises ValueError if the shapes of the inputs do not fit."""
        raise NotImplementedError

    @staticmethod
    def run(attrs: Mapping[str, Any], *inputs: Any, **_: Any) -> Sequence[Any]:
        """The outputs, as arrays."""
        raise NotImplementedError

    @classmethod
    def execute(cls, context: Context, node: Node, *inputs: Any, **_: Any) -> Sequence[Any]:
        """The outputs of a node while its function runs.

        Args:
          context: gives access to variables and other functions.
          node: the node.
          inputs: arrays, and a Variable or a Table for a handle; a tuple of them for a list argument.

        Raises:
          GraphError: the op has no kernel.
        """
        if cls.run is Op.run:
            raise GraphError(f"op {node.op} ({node.name}): kerasfmt has no kernel for it")
        return cls.run(node.attrs, *inputs)

    @classmethod
    def overrides_execute(cls) -> bool:
        """Whether it has an `execute` of its own, because a kernel alone is not enough."""
        return getattr(cls.execute, "__func__", None) is not getattr(Op.execute, "__func__", None)

    @classmethod
    def has_kernel(cls, attrs: Mapping[str, Any] | None = None) -> bool:
        """Whether it runs in NumPy.

        Args:
          attrs: the attributes of a node, for an op that `is_partial`; None for any node.
        """
        return cls.overrides_execute() or cls.run is not Op.run


OPS: FamilyTable[type[Op]] = FamilyTable()
_T = TypeVar("_T", bound=type[Op])


def register(*names: str) -> Callable[[_T], _T]:
    """A decorator that registers a class for the ops called `names`."""

    def decorate(cls: _T) -> _T:
        for name in names:
            assert not OPS.known(name), name
            OPS.enter(name, cls)
        return cls

    return decorate


def known_op(name: str) -> type[Op] | None:
    """The registered op; None where no family registers it."""
    return OPS.find(name)


class MissingOp(Op):
    """Stands for an op that no family registers: an error when it runs."""

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, *inputs: Any, **_: Any) -> Sequence[Any]:
        raise GraphError(_unknown(node.op))


def op_to_run(name: str) -> type[Op]:
    """The registered op, or MissingOp."""
    return known_op(name) or MissingOp


def _unknown(name: str) -> str:
    return f"op {name}: kerasfmt has no shape inference and no kernel for it"


@cache
def find_op(name: str) -> type[Op]:
    """The registered op.

    Raises:
      GraphError: no family registers it.
    """
    op = OPS.find(name)
    if op is None:
        raise GraphError(_unknown(name))
    return op


def registered_ops() -> list[str]:
    """Names of all the ops that kerasfmt can infer, sorted."""
    return OPS.names()
