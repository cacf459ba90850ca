"""Calls of modules of StableHLO, as XlaCallModule makes them, on arrays.

    main(platform index: i32, if the module is for several platforms; operands in order) -> results in order

A module is compiled for the shapes of its operands. Its function `main` becomes private, and a new one calls it with
operands of known sizes, from which XLA works out all others.

A module may call functions of the runtime by name, which are native code. Those of `PURE_CALLS`, which XLA itself takes
out or computes, are run. All others are refused by name before anything is compiled.

Source: tensorflow/compiler/tf2xla/kernels/xla_call_module_loader.cc; jax/_src/export/_export.py, Exported
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.containers.stablehlo import MAGIC, targets
from kerasfmt.errors import CorruptFileError, GraphError, InvalidModelError
from kerasfmt.graph import xla_client
from kerasfmt.graph.memory import allocating
from kerasfmt.graph.value import Array

PURE_CALLS: Final = frozenset(
    {
        "Sharding",
        "SPMDFullToShardShape",
        "SPMDShardToFullShape",
        "shape_assertion",
        "stablehlo.dynamic_reduce_window",
        "stablehlo.dynamic_rng_bit_generator",
        "stablehlo.dynamic_top_k",
    }
)
"""What a module may call: marks of where data lies, which mean nothing on one device, and ops of StableHLO that take
sizes as tensors. JAX keeps more names stable; those of LAPACK are native code that trusts the sizes in the module."""
OLDEST, NEWEST = 5, 10
"""The versions of calls that are known; TensorFlow takes none before them."""
_PLATFORM: Final = "CPU"
_DIALECTS: Final = ("builtin", "func", "stablehlo", "chlo")
_OUTSIDE: Final = frozenset(
    f"stablehlo.{name}"
    for name in (
        "all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_permute", "cross-replica-sum",
        "infeed", "outfeed", "recv", "reduce_scatter", "send",
    )
)  # fmt: skip
"""Ops that talk to other devices or to the host."""
_ELEMENTS: Final[Mapping[str, str]] = {
    "bool": "i1", "int4": "i4", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
    "uint4": "ui4", "uint8": "ui8", "uint16": "ui16", "uint32": "ui32", "uint64": "ui64",
    "bfloat16": "bf16", "float16": "f16", "float32": "f32", "float64": "f64",
    "complex64": "complex<f32>", "complex128": "complex<f64>",
    "float8_e5m2": "f8E5M2", "float8_e4m3fn": "f8E4M3FN", "float8_e4m3fnuz": "f8E4M3FNUZ",
    "float8_e4m3b11fnuz": "f8E4M3B11FNUZ", "float8_e5m2fnuz": "f8E5M2FNUZ",
}  # fmt: skip
"""What MLIR calls each dtype."""
_PROGRAMS: Final = 16
"""So many programs are kept of a module, each for other shapes."""
_SHOWN: Final = 5


def refusal(attrs: Mapping[str, Any]) -> str | None:
    """Why a call is not run; None if nothing is known that speaks against it. It needs no jaxlib.

    Args:
      attrs: the attributes of XlaCallModule.
    """
    version, platforms = attrs.get("version", 0), attrs.get("platforms", [])
    if not OLDEST <= version <= NEWEST:
        return f"version {version} of its calls, which is not known; expected {OLDEST} to {NEWEST}"
    if attrs.get("function_list"):
        names = ", ".join(str(getattr(f, "name", f)) for f in attrs["function_list"][:_SHOWN])
        return f"it calls functions of the graph: {names}"
    if attrs.get("has_token_input_output"):
        return "it takes and gives tokens, by which effects are ordered"
    if attrs.get("dim_args_spec"):
        return f"it takes sizes as arguments: {', '.join(map(str, attrs['dim_args_spec'][:_SHOWN]))}"
    checked = len(platforms) > 1 or "platform" not in attrs.get("disabled_checks", [])
    if platforms and _PLATFORM not in platforms and checked:
        return f"it is for {', '.join(platforms)}, and runs on {_PLATFORM} alone here"
    module = attrs.get("module")
    if not isinstance(module, bytes) or not module.startswith(MAGIC):
        return "its module is not in MLIR's bytecode"
    try:
        called = targets(module, "")
    except CorruptFileError as error:
        return str(error).lstrip(": ")
    unknown = sorted(name for name in called or () if name not in PURE_CALLS)
    return f"it calls native code by name: {', '.join(unknown[:_SHOWN])}" if unknown else None


class XlaModule:
    """The module of one node, with its programs.

    Args:
      attrs: the attributes of XlaCallModule, which `refusal` allows.
      where: what errors begin with.
    """

    def __init__(self, attrs: Mapping[str, Any], where: str) -> None:
        self._module: bytes = attrs["module"]
        self._where = where
        platforms = list(attrs.get("platforms", []))
        self._platform = platforms.index(_PLATFORM) if len(platforms) > 1 else None
        self._assertions = "shape_assertions" not in attrs.get("disabled_checks", [])
        self._dtypes = [dtype.numpy for dtype in attrs["Tout"]]
        self._programs: OrderedDict[Any, Callable[[Sequence[Array]], list[Array]]] = OrderedDict()

    def __call__(self, operands: Sequence[Array]) -> list[Array]:
        """The results for operands, in their order.

        Raises:
          GraphError: the module cannot be read, calls what it may not, or does not compile.
          InvalidModelError: it does not take these operands, or gives others than the node says.
          OutOfMemoryError: a tensor of it is larger than the memory of this machine.
        """
        arrays = [np.ascontiguousarray(x).reshape(np.shape(x)) for x in operands]
        key = tuple((array.shape, array.dtype) for array in arrays)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = self._compile(arrays)
            if len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        try:
            results = program(arrays)
        except xla_client.jaxlib().errors as error:
            raise self._fault("XLA does not run it", error) from error
        if [result.dtype for result in results] != self._dtypes:
            given = ", ".join(result.dtype.name for result in results)
            wanted = ", ".join(dtype.name for dtype in self._dtypes)
            raise InvalidModelError(f"{self._where}: expected results of {wanted}, got {given}")
        return results

    def _compile(self, arrays: Sequence[Array]) -> Callable[[Sequence[Array]], list[Array]]:
        jaxlib = xla_client.jaxlib()
        said: list[str] = []
        try:
            context = xla_client.context_of(jaxlib.ir)
            context.attach_diagnostic_handler(_ear(said))
            with context, jaxlib.ir.Location.unknown():
                module = self._read(jaxlib, context)
                self._check(module, jaxlib)
                self._specialize(module, arrays, jaxlib)
                module.operation.verify()
                written = io.BytesIO()
                module.operation.write_bytecode(written)
                refined = jaxlib.refined(written.getvalue(), self._assertions)
                again = jaxlib.ir.Module.parse(refined)
                self._check(again, jaxlib)
                self._check_sizes(again, jaxlib)
            return jaxlib.compiled(refined)
        except jaxlib.errors as error:
            raise self._fault("XLA does not compile it for these operands", error, said) from error

    def _fault(self, what: str, error: Exception, said: Sequence[str] = ()) -> GraphError:
        text = " ".join(" ".join([*said, str(error)]).split())[:500]
        return GraphError(f"{self._where}: {what}, with jaxlib {xla_client.jaxlib().version}: {text}")

    def _read(self, jaxlib: xla_client.Jaxlib, context: Any) -> Any:
        try:
            return jaxlib.stablehlo.deserialize_portable_artifact(context, self._module)
        except jaxlib.errors as error:
            newest = jaxlib.stablehlo.get_current_version()
            raise self._fault(
                f"its module cannot be read as StableHLO up to {newest}; a newer jaxlib may", error
            ) from error

    def _check(self, module: Any, jaxlib: xla_client.Jaxlib) -> None:
        """Refuses a module for several devices, and one that does more than compute."""
        attributes = module.operation.attributes
        for name in ("mhlo.num_partitions", "mhlo.num_replicas"):
            if name in attributes and jaxlib.ir.IntegerAttr(attributes[name]).value != 1:
                raise GraphError(f"{self._where}: its module is for several devices ({name})")
        refused = dict.fromkeys(name for op in _operations(module.operation) for name in _refused(op, jaxlib))
        if refused:
            shown = ", ".join(list(refused)[:_SHOWN])
            raise GraphError(
                f"{self._where}: its module calls {shown}, which does more than compute, and is not run; run the model "
                "with TensorFlow"
            )

    def _check_sizes(self, module: Any, jaxlib: xla_client.Jaxlib) -> None:
        """Refuses tensors that no machine holds; XLA ends the process over them."""
        for op in _operations(module.operation):
            for result in op.results:
                if isinstance(result.type, jaxlib.ir.RankedTensorType):
                    kind = jaxlib.ir.RankedTensorType(result.type)
                    size = 1
                    for dimension in kind.shape:
                        size *= max(dimension, 1)
                    with allocating(f"{self._where}: {op.name} of {kind}", size):
                        pass

    def _specialize(self, module: Any, arrays: Sequence[Array], jaxlib: xla_client.Jaxlib) -> None:
        """Gives the module a `main` that takes arrays of these shapes."""
        ir, hlo = jaxlib.ir, jaxlib.stablehlo
        names = {ir.StringAttr(op.attributes["sym_name"]).value: op for op in _named(module)}
        main = names.get("main")
        if main is None:
            raise GraphError(f"{self._where}: its module has no function main")
        inner = next(name for number in range(len(names) + 1) if (name := f"main_{number}") not in names)
        kind = main.type
        before = [] if self._platform is None else [np.int32(self._platform)]
        kinds = self._kinds(list(kind.inputs), len(before), arrays, ir)
        main.attributes["sym_name"] = ir.StringAttr.get(inner)
        main.attributes["sym_visibility"] = ir.StringAttr.get("private")
        with ir.InsertionPoint(module.body):
            function = jaxlib.func.FuncOp("main", (kinds, kind.results))
            block = function.add_entry_block()
        with ir.InsertionPoint(block):
            first = [hlo.ConstantOp(ir.DenseElementsAttr.get(np.asarray(value))).result for value in before]
            rest = [
                hlo.ConvertOp(wanted, given).result
                for wanted, given in zip(list(kind.inputs)[len(before) :], block.arguments, strict=True)
            ]
            call = jaxlib.func.CallOp(kind.results, ir.FlatSymbolRefAttr.get(inner), [*first, *rest])
            jaxlib.func.ReturnOp(call.results)

    def _kinds(self, wanted: Sequence[Any], before: int, arrays: Sequence[Array], ir: Any) -> list[Any]:
        """The types of operands, which those of `main` allow."""
        if len(wanted) != before + len(arrays) or any(str(kind) != "tensor<i32>" for kind in wanted[:before]):
            platform = "the number of the platform and " if before else ""
            raise InvalidModelError(
                f"{self._where}: its module takes {', '.join(map(str, wanted))}; got {platform}{len(arrays)} operands"
            )
        kinds = []
        for number, (kind, array) in enumerate(zip(wanted[before:], arrays, strict=True)):
            element = _ELEMENTS.get(array.dtype.name)
            if element is None:
                raise InvalidModelError(f"{self._where}: operand {number}: XLA has no {array.dtype.name}")
            given = ir.Type.parse(f"tensor<{''.join(f'{size}x' for size in array.shape)}{element}>")
            if not _takes(kind, given, ir):
                raise InvalidModelError(f"{self._where}: operand {number}: expected {kind}, got {given}")
            kinds.append(given)
        return kinds


def _takes(kind: Any, given: Any, ir: Any) -> bool:
    """Whether a type, whose sizes need not be known, allows another."""
    if not isinstance(kind, ir.RankedTensorType):
        return False
    kind, given = ir.RankedTensorType(kind), ir.RankedTensorType(given)
    return bool(
        kind.element_type == given.element_type
        and kind.rank == given.rank
        and all(
            kind.is_dynamic_dim(axis) or kind.get_dim_size(axis) == given.get_dim_size(axis)
            for axis in range(kind.rank)
        )
    )


def _named(module: Any) -> Iterator[Any]:
    return (op for op in module.body.operations if "sym_name" in op.attributes)


def _operations(top: Any) -> Iterator[Any]:
    """An operation and all inside of it."""
    pending = [top]
    while pending:
        op = pending.pop().operation
        yield op
        pending += [inner for region in op.regions for block in region.blocks for inner in block.operations]


def _refused(op: Any, jaxlib: xla_client.Jaxlib) -> Iterator[str]:
    """The name of what an operation does beyond computing."""
    if op.name == "stablehlo.custom_call":
        target = jaxlib.ir.StringAttr(op.attributes["call_target_name"]).value
        if target not in PURE_CALLS:
            yield f"{target!r} of the runtime"
    elif op.name in _OUTSIDE or op.name.partition(".")[0] not in _DIALECTS:
        yield op.name


def _ear(said: list[str]) -> Callable[[Any], bool]:
    """What MLIR tells its faults; else it prints them."""

    def hear(diagnostic: Any) -> bool:
        said.append(str(diagnostic.message))
        return True

    return hear
