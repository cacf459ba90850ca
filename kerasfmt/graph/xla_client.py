"""XLA's compiler for the processor, as jaxlib brings it. It is imported when a module of StableHLO is first run.

jaxlib has no public face for this. What differs between its versions is in this file alone; tried were 0.6.2, 0.7.2,
0.8.3 and 0.10.2.

Source: jaxlib/xla_client.py, make_cpu_client; jaxlib/_jax.pyi, Client, LoadedExecutable
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from kerasfmt.errors import GraphError
from kerasfmt.graph.value import Array

_LOG_LEVEL: Final = "TF_CPP_MIN_LOG_LEVEL"
_WARNINGS: Final = "1"


@cache
def is_installed() -> bool:
    """Whether jaxlib can be found, of 0.6 or newer; it is not imported. Older ones end the process."""
    found = find_spec("jaxlib")
    places = found.submodule_search_locations if found is not None else None
    return any(any(Path(place).glob("_jax.*")) for place in places or ())


def context_of(ir: Any) -> Any:
    """A context of MLIR that reads modules as JAX writes them.

    Args:
      ir: the module `jaxlib.mlir.ir`.
    """
    from jaxlib.mlir.dialects import stablehlo

    context = ir.Context()
    stablehlo.register_dialect(context)
    with contextlib.suppress(ImportError):  # older ones have no marks of where data lies
        from jaxlib.mlir.dialects import sdy

        sdy.register_dialect(context)
    context.allow_unregistered_dialects = True
    return context


@dataclass(frozen=True)
class Jaxlib:
    """The parts of jaxlib that run modules.

    Attributes:
      version: of jaxlib.
      ir: its module `mlir.ir`.
      stablehlo: its module of StableHLO's dialect.
      func: its module of the dialect of functions.
      errors: what its calls raise.
    """

    version: str
    ir: Any
    stablehlo: Any
    func: Any
    errors: tuple[type[Exception], ...]
    _client: Any
    _xla_client: Any

    @property
    def _native(self) -> Any:
        return self._xla_client._xla

    def refined(self, module: bytes, assertions: bool) -> bytes:
        """A module whose sizes are all known, as bytecode.

        Args:
          module: bytecode whose function `main` takes known sizes.
          assertions: whether its own checks of the sizes are made.
        """
        refined: bytes = self._native.mlir.refine_polymorphic_shapes(
            module, enable_shape_assertions=assertions, validate_static_shapes=True
        )
        return refined

    def compiled(self, module: bytes) -> Callable[[Sequence[Array]], list[Array]]:
        """The function `main` of a module, on arrays.

        Args:
          module: bytecode, all sizes known.
        """
        device = self._client.local_devices()[0]
        options = self._xla_client.CompileOptions()
        program = self._client.compile_and_load(module, self._native.DeviceList((device,)), options)

        def run(arrays: Sequence[Array]) -> list[Array]:
            results = program.execute_sharded([self._put(array, device) for array in arrays])
            return [_fetched(parts[0]) for parts in results.disassemble_into_single_device_arrays()]

        return run

    def _put(self, array: Array, device: Any) -> Any:
        """An array on the device. It is not copied, and has to live until the results are there."""
        if hasattr(self._client, "buffer_from_pyval"):
            return self._client.buffer_from_pyval(array, device)
        described = SimpleNamespace(shape=array.shape, dtype=array.dtype, weak_type=False)
        placed = _one_device(self._xla_client)(device)
        return self._native.batched_device_put(described, placed, [array], [device], enable_x64=True)


@cache
def _one_device(xla_client: Any) -> Any:
    """The class that places arrays on one device, without the parts of it that are in JAX."""

    class OneDevice(xla_client._xla.SingleDeviceSharding):  # type: ignore[misc]
        memory_kind = None

        def _to_xla_hlo_sharding(self, dimensions: int) -> Any:
            return xla_client.HloSharding.replicate()

    return OneDevice


def _fetched(array: Any) -> Array:
    """A copy of an array on the device, once it is computed."""
    return np.array(array._single_device_array_to_np_array_did_copy()[0])


@cache
def jaxlib() -> Jaxlib:
    """The parts of jaxlib that run modules; they are imported when they are first asked for.

    Raises:
      GraphError: jaxlib cannot be imported.
    """
    quiet = _LOG_LEVEL not in os.environ
    if quiet:  # else it tells of its devices
        os.environ[_LOG_LEVEL] = _WARNINGS
    try:
        import jaxlib as package
        from jaxlib import xla_client
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import func, stablehlo

        client = xla_client.make_cpu_client()
    except ImportError as error:
        raise GraphError(f"jaxlib cannot be imported: {error}") from error
    finally:
        if quiet:
            del os.environ[_LOG_LEVEL]
    errors = (ValueError, TypeError, RuntimeError, ir.MLIRError)
    return Jaxlib(package.__version__, ir, stablehlo, func, errors, client, xla_client)
