"""Functions of JAX whose gradients TensorFlow is to know, saved by kerasfmt, and what JAX gives as their gradients.

`python -m conformance.jax_gradients DIRECTORY LINE` writes, for each NAME of MODELS, the SavedModel `NAME` for that
line of TensorFlow and the arrays `NAME.npz`. It needs the environment `optax`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt
from kerasfmt.sources.jax.exported import NEWEST
from tests.sources.jax.rules.test_custom import DIFFERENTIATED


def _network(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda w, x: jax.nn.softmax(jnp.sin(x) @ w) * x.sum(-1, keepdims=True)


MODELS: Final[Mapping[str, tuple[Any, str]]] = {
    "module": (_network, "stablehlo"),
    "module-of-custom-functions": (DIFFERENTIATED["both"], "stablehlo"),
    "ops": (_network, "ops"),
    **{f"ops-{name}": (make, "ops") for name, make in DIFFERENTIATED.items()},
}
"""Functions of a matrix and of rows, and the lowering."""


def write(name: str, where: Path, line: str) -> None:
    """Writes one model."""
    import jax
    import jax.numpy as jnp

    make, lowering = MODELS[name]
    function = make(jax, jnp)
    w = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    model = kerasfmt.from_jax(
        lambda params, x: function(params["w"], x),
        {"w": w},
        {"x": "float32[b, 4]"},
        lowering=lowering,  # type: ignore[arg-type]
        gradient=1,
        target_tf=None if line == NEWEST else line,
    )
    kerasfmt.save_model(model, where / name, flush=False)
    arrays = {}
    for rows in (1, 3):
        x = arrays[f"x{rows}"] = np.random.default_rng(rows).normal(size=(rows, 4)).astype(np.float32)
        found = jax.grad(lambda w, x: (function(w, x) ** 2).sum(), argnums=(0, 1))(w, x)
        arrays |= {
            f"{which}{rows}_gradient": np.asarray(each) for which, each in zip("wx", found, strict=True)
        }
    np.savez(where / f"{name}.npz", **arrays)


def main(where: Path, line: str) -> None:
    """Writes all models."""
    for name in MODELS:
        write(name, where, line)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
