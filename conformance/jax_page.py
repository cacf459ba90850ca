"""JAX_PRIMITIVES.md: every primitive that JAX lowers, and what `from_jax` makes of it.

`python -m conformance.jax_page`, in the environment `optax`, writes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt
from conformance.environments import ROOT
from conformance.jax_functions import CASES
from kerasfmt.sources.jax import rules  # noqa: F401  (fills RULES)
from kerasfmt.sources.jax.lowering import bodies_of
from kerasfmt.sources.jax.rule import RULES
from tests.sources.jax.jax_tests import Case

PAGE: Final = ROOT / "conformance" / "JAX_PRIMITIVES.md"
_WHY: Final = {
    "communication between devices": (
        "all_gather", "all_to_all", "axis_index", "pbroadcast", "pmax", "pmin", "ppermute", "psum", "reduce_scatter",
        "ragged_all_to_all", "pgather", "psend", "precv", "preduced", "unreduced", "shard_map", "vary", "reduced_vary",
        "all_gather_reduced",
    ),
    "calls of Python or of other programs": (
        "callback", "pure_callback", "io_callback", "ffi_call", "debug_", "inspect_sharding", "call_exported",
    ),
    "kernels of one device": ("cudnn", "dot_product_attention", "scaled_matmul", "scaled_dot", "pin", "unpin"),
    "references and tokens": (
        "after_all", "create_token", "create_linear", "run_state", "tie", "stage", "unreachable",
    ),
}  # fmt: skip


def primitives() -> list[str]:
    """The names of the primitives that JAX lowers."""
    from jax._src.interpreters import mlir

    tables: Iterable[Any] = (mlir._lowerings, *mlir._platform_specific_lowerings.values())
    return sorted({primitive.name for table in tables for primitive in table})


def used(jaxpr: Any) -> Iterator[str]:
    """The primitives of a jaxpr and of those in it."""
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield equation.primitive.name
        for body in bodies_of(equation.params):
            yield from used(body)


def primitives_of(case: Case) -> set[str]:
    """The primitives that the function of a case uses."""
    import jax
    import jax.numpy as jnp

    arrays = [np.asarray(array) for array in case.arrays]
    return set(used(jax.make_jaxpr(case.make(jax, jnp))(*arrays)))


def why(name: str) -> str:
    """Why a primitive has no rule."""
    for reason, starts in _WHY.items():
        if name.startswith(starts):
            return reason
    return "no rule yet"


def page() -> str:
    """The text of the page."""
    import jax

    counts = Counter(name for case in CASES.values() for name in primitives_of(case))
    known = primitives()
    supported = [name for name in known if name in RULES]
    lines = [
        "# Primitives of JAX",
        "",
        f"JAX {jax.__version__}, kerasfmt {kerasfmt.__version__}: {len(known)} primitives, {len(supported)} with a "
        f"rule, {len(known) - len(supported)} without, which `from_jax` names with the lines that made them and "
        '`lowering="stablehlo"` takes. Written by `python -m conformance.jax_page`.',
        "",
        f"{len(CASES)} cases compare the graph with JAX: in NumPy by `tests/sources/jax`, in TensorFlow by "
        "`conformance/test_jax_functions.py`. Exact: equal numbers, NaN, infinities and the "
        "extremes of integers included. Close: floats may differ in their last places.",
        "",
        "| primitive | result | cases |",
        "| --- | --- | --- |",
    ]
    for name in supported:
        lines.append(f"| {name} | {'close' if RULES[name].close else 'exact'} | {counts[name]} |")
    lines += ["", "## Without a rule", "", "| primitive | why |", "| --- | --- |"]
    lines += [f"| {name} | {why(name)} |" for name in known if name not in RULES]
    return "\n".join(lines) + "\n"


def main(path: Path = PAGE) -> None:
    """Writes the page."""
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
