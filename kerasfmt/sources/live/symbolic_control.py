"""Functions of `keras.ops` that run functions of the user's: branches, loops and maps, on symbolic tensors.

Each function of the user's runs once, on symbolic tensors of its own, and its steps are recorded apart. What it uses of
the code around it are tensors of that code. A branch is chosen at once where its condition is a number of Python's.

    cond, switch                   a function for each branch
    while_loop                     the condition and the body
    fori_loop, scan, map           the body; `vectorized_map` is `map`
    associative_scan               the function of two elements, of size 1 along the axis

Source: keras/src/ops/core.py, compute_output_spec of Cond, Switch, WhileLoop, ForiLoop, Scan, AssociativeScan, Map and
VectorizedMap; keras/src/backend/jax/core.py; jax/_src/lax/control_flow/loops.py, _promote_weak_typed_inputs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.sources.live.events import Body

CONTROL: Final[Mapping[str, tuple[str, ...]]] = {
    "cond": ("pred", "true_fn", "false_fn"),
    "switch": ("index", "branches"),
    "while_loop": ("cond", "body", "loop_vars", "maximum_iterations"),
    "fori_loop": ("lower", "upper", "body_fun", "init_val"),
    "scan": ("f", "init", "xs", "length", "reverse", "unroll"),
    "associative_scan": ("f", "elems", "reverse", "axis"),
    "map": ("f", "xs"),
    "vectorized_map": ("function", "elements"),
}
"""The functions of a backend that run functions of the user's, and their parameters."""
OPERATIONS: Final = frozenset(
    {"Cond", "Switch", "WhileLoop", "ForiLoop", "Scan", "AssociativeScan", "Map", "VectorizedMap"}
)
"""The classes of their operations."""


class Recorded(NamedTuple):
    """A step that runs functions of the user's.

    Attributes:
      args: the tensors and numbers that it takes.
      options: what its graph depends on beside them.
      bodies: the functions.
      outputs: its outputs, without those that are None.
      returned: what the user's code gets.
    """

    args: tuple[Any, ...]
    options: Mapping[str, Any]
    bodies: tuple[Body, ...]
    outputs: list[Any]
    returned: Any


Run: TypeAlias = Callable[[Callable[..., Any], Sequence[Any]], tuple[Body, Any]]
"""Records a function on arguments; gives its Body and what it returned."""


class SymbolicControl:
    """Records the functions of the user's that `keras.ops` runs.

    Args:
      tensor_class: the class of symbolic tensors.
      run: records a function.
      floatx: the dtype of Python floats.
      kept: gives the dtype that the backend keeps an array of a dtype in.
    """

    def __init__(self, tensor_class: Any, run: Run, floatx: str, kept: Callable[[str], str]) -> None:
        self._tensor_class = tensor_class
        self._run = run
        self._floatx = floatx
        self._kept = kept

    def record(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Recorded:
        """The step that a call becomes.

        Args:
          name: the function of the backend.
          args: its arguments.
          kwargs: its arguments by name.

        Raises:
          ValueError: the functions do not fit together.
        """
        names = CONTROL[name]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if name == "switch":
            return self._switch(given["index"], given["branches"], args[len(names) :])
        made: Recorded = getattr(self, f"_{name}")(**given)
        return made

    # Branches.

    def _cond(self, pred: Any, true_fn: Any, false_fn: Any) -> Recorded:
        return self._branches("cond", ["true_fn", "false_fn"], pred, [true_fn, false_fn], [])

    def _switch(self, index: Any, branches: Sequence[Any], operands: Sequence[Any]) -> Recorded:
        return self._branches(
            "switch", [f"branch {i}" for i in range(len(branches))], index, branches, operands
        )

    def _branches(
        self, name: str, names: list[str], choice: Any, branches: Sequence[Any], operands: Sequence[Any]
    ) -> Recorded:
        _check_scalar(f"what chooses in {name}", self._symbol(choice))
        made = [self._run(branch, self._symbols(operands)) for branch in branches]
        specs = [map_structure(self._symbol, returned) for _, returned in made]
        for other, spec in zip(names[1:], specs[1:], strict=True):
            if _told(spec) != _told(specs[0]):
                raise ValueError(
                    f"the functions of {name} must give tensors of the same structure, dtypes and shapes; {names[0]} "
                    f"gives {_told(specs[0])}, {other} gives {_told(spec)}"
                )
        bodies = tuple(body for body, _ in made)
        return Recorded((choice, leaves_of(operands)), {}, bodies, leaves_of(specs[0]), specs[0])

    # Loops.

    def _while_loop(self, cond: Any, body: Any, loop_vars: Any, maximum_iterations: Any = None) -> Recorded:
        several = isinstance(loop_vars, list | tuple)
        variables = tuple(loop_vars) if several else (loop_vars,)

        def step(state: Any) -> tuple[Body, Any]:
            made, returned = self._run(body, state)
            return made, tuple(returned) if several else (returned,)

        state, made, _ = self._carried("while_loop", variables, step, lambda returned: returned)
        goes_on, found = self._run(cond, self._symbols(state))
        _check_scalar("the condition of while_loop", self._symbol(found))
        outputs = map_structure(self._symbol, state)
        returned = outputs if several else outputs[0]
        return Recorded(
            (leaves_of(variables), maximum_iterations), {}, (goes_on, made), leaves_of(outputs), returned
        )

    def _fori_loop(self, lower: Any, upper: Any, body_fun: Any, init_val: Any) -> Recorded:
        tensors = [bound for bound in (lower, upper) if hasattr(bound, "dtype")]
        counter = self._symbol(tensors[0] if tensors else 0)

        def step(state: Any) -> tuple[Body, Any]:
            return self._run(body_fun, [self._tensor_class((), counter.dtype), state])

        state, made, _ = self._carried("fori_loop", init_val, step, lambda returned: returned)
        outputs = map_structure(self._symbol, state)
        args = (lower, upper, leaves_of(init_val))
        return Recorded(args, {"dtype": str(counter.dtype)}, (made,), leaves_of(outputs), outputs)

    def _scan(
        self, f: Any, init: Any, xs: Any = None, length: Any = None, reverse: bool = False, unroll: Any = 1
    ) -> Recorded:
        rows = leaves_of(xs)
        count = _length("scan", rows, length)

        def step(state: Any) -> tuple[Body, Any]:
            return self._run(f, [state, map_structure(self._row, xs)])

        state, made, returned = self._carried("scan", init, step, lambda pair: pair[0])
        carry = map_structure(self._symbol, state)
        stacked = map_structure(lambda y: self._stacked(y, count), returned[1])
        args = (leaves_of(init), rows, count)
        return Recorded(
            args,
            {"reverse": bool(reverse)},
            (made,),
            [*leaves_of(carry), *leaves_of(stacked)],
            (carry, stacked),
        )

    def _map(self, f: Any, xs: Any) -> Recorded:
        rows = leaves_of(xs)
        count = _length("map", rows, None)
        made, returned = self._run(f, [map_structure(self._row, xs)])
        stacked = map_structure(lambda y: self._stacked(y, count), returned)
        return Recorded(([], rows, count), {"reverse": False}, (made,), leaves_of(stacked), stacked)

    def _vectorized_map(self, function: Any, elements: Any) -> Recorded:
        return self._map(function, elements)

    def _associative_scan(self, f: Any, elems: Any, reverse: bool = False, axis: int = 0) -> Recorded:
        elements = leaves_of(elems)
        axes = [axis % len(x.shape) for x in elements]
        sizes = {x.shape[at] for x, at in zip(elements, axes, strict=True)}
        if len(sizes) != 1:
            raise ValueError(
                "the arrays of associative_scan must have one size along the axis, got the shapes "
                f"{[tuple(x.shape) for x in elements]}"
            )

        def one() -> Any:
            shapes = [(*x.shape[:at], 1, *x.shape[at + 1 :]) for x, at in zip(elements, axes, strict=True)]
            made = [
                self._tensor_class(shape, self._symbol(x).dtype)
                for shape, x in zip(shapes, elements, strict=True)
            ]
            return pack_as(elems, made)

        wanted = one()
        made, returned = self._run(f, [one(), one()])
        found = map_structure(self._symbol, returned)
        if _told(found) != _told(wanted):
            raise ValueError(
                f"the function of associative_scan gives {_told(found)} for elements that are {_told(wanted)}"
            )
        outputs = map_structure(self._symbol, elems)
        options = {"reverse": bool(reverse), "axes": axes}
        return Recorded((elements,), options, (made,), leaves_of(outputs), outputs)

    def _carried(
        self,
        name: str,
        init: Structure,
        step: Callable[[Any], tuple[Body, Any]],
        carry_of: Callable[[Any], Any],
    ) -> tuple[Structure, Body, Any]:
        """What a loop carries, its body and what that returned.

        A number of Python's takes the dtype that the body gives.

        Raises:
          ValueError: the body gives something else.
        """
        state = map_structure(self._symbol, init)
        for last in (False, True):
            made, returned = step(self._symbols(state))
            found = map_structure(self._symbol, carry_of(returned))
            if _told(found) == _told(state):
                return state, made, returned
            numbers = [_is_number(leaf) for leaf in flatten(init)]
            if last or _shapes(found) != _shapes(state):
                break
            pairs = zip(flatten(state), flatten(found), numbers, strict=True)
            state = pack_as(state, [after if number else before for before, after, number in pairs])
        raise ValueError(f"the body of {name} gives {_told(found)} for what is {_told(state)} before it")

    # Symbols.

    def _symbols(self, values: Structure) -> Structure:
        return map_structure(self._symbol, values)

    def _symbol(self, value: Any) -> Any:
        """A new symbolic tensor like a tensor, an array or a number."""
        if value is None:
            return None
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return self._tensor_class(tuple(value.shape), self._dtype_of(value))
        if isinstance(value, bool | int | float):
            kinds = {bool: "bool", int: "int32", float: self._floatx}
            return self._tensor_class((), kinds[type(value)])
        raise ValueError(f"expected a tensor or a number, got {value!r:.80}")

    def _dtype_of(self, value: Any) -> str:
        if isinstance(value, self._tensor_class):
            return str(value.dtype)
        return self._kept(getattr(value.dtype, "name", None) or str(value.dtype).rpartition(".")[2])

    def _row(self, value: Any) -> Any:
        if value is None:
            return None
        whole = self._symbol(value)
        return self._tensor_class(whole.shape[1:], whole.dtype)

    def _stacked(self, value: Any, count: int) -> Any:
        row = self._symbol(value)
        return None if row is None else self._tensor_class((count, *row.shape), row.dtype)


def chosen_branch(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Callable[[], Any] | None:
    """The branch that a number of Python's or an array chooses, with its operands; None for a loop.

    Args:
      name: the function of the backend.
      args: its arguments.
      kwargs: its arguments by name.
    """
    if name not in ("cond", "switch"):
        return None
    given = {**dict(zip(CONTROL[name], args, strict=False)), **kwargs}
    if name == "cond":
        chosen: Callable[[], Any] = given["true_fn"] if bool(given["pred"]) else given["false_fn"]
        return chosen
    branches = given["branches"]
    branch = branches[min(max(int(given["index"]), 0), len(branches) - 1)]
    return lambda: branch(*args[2:])


def leaves_of(structure: Structure) -> list[Any]:
    """The tensors, arrays and numbers of a structure."""
    return [leaf for leaf in flatten(structure) if leaf is not None]


def _told(structure: Structure) -> Any:
    """A structure of symbolic tensors in words, to be compared and shown."""
    if isinstance(structure, Mapping):
        return {key: _told(structure[key]) for key in sorted(structure)}
    if isinstance(structure, list | tuple):
        return [_told(item) for item in structure]
    if structure is None:
        return None
    return f"{structure.dtype}{list(structure.shape)}"


def _shapes(structure: Structure) -> Any:
    return map_structure(lambda x: None if x is None else tuple(x.shape), structure)


def _check_scalar(what: str, tensor: Any) -> None:
    if tensor is None or tuple(tensor.shape):
        raise ValueError(f"{what} must be a scalar, got {_told(tensor)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float) and not isinstance(value, np.generic)


def _length(name: str, rows: Sequence[Any], length: Any) -> int:
    """The number of steps.

    Raises:
      ValueError: the arrays have different numbers of rows, or no number is given.
    """
    counts = {int(x.shape[0]) for x in rows}
    if length is not None:
        counts.add(int(length))
    if len(counts) != 1:
        what = "neither arrays nor a length" if not counts else f"different lengths: {sorted(counts)}"
        raise ValueError(f"{name} got {what}")
    return counts.pop()
