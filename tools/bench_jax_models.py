"""Networks in plain JAX that `bench_jax.py` saves: ResNet50, and a transformer of the size of GPT-2 small.

A network is a function of its parameters and of one input, with the parameters and the spec of the input. The
parameters are random numbers of NumPy. `tiny` keeps the structure and makes every size small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Network = tuple[Callable[[Any, Any], Any], Any, str]


def resnet50(tiny: bool = False) -> Network:
    """ResNet50: four stages of bottlenecks, batch norms with moving averages, 1000 classes."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    depths, base, classes, side = ((1, 1, 1, 1), 4, 10, 32) if tiny else ((3, 4, 6, 3), 64, 1000, 224)

    def kernel(size: int, before: int, after: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "kernel": rng.normal(0, (2 / (size * size * before)) ** 0.5, (size, size, before, after))
        }
        made |= {
            "scale": np.ones(after),
            "offset": np.zeros(after),
            "mean": np.zeros(after),
            "var": np.ones(after),
        }
        return {name: np.asarray(array, np.float32) for name, array in made.items()}

    stages, channels = [], base
    for stage, depth in enumerate(depths):
        width, blocks = base * 2**stage, []
        for at in range(depth):
            block = [kernel(1, channels, width), kernel(3, width, width), kernel(1, width, 4 * width)]
            shortcut = [kernel(1, channels, 4 * width)] if at == 0 else []
            channels = 4 * width
            blocks.append({"convolutions": block, "shortcut": shortcut})
        stages.append(blocks)
    params = {
        "stem": kernel(7, 3, base),
        "stages": stages,
        "out": {
            "kernel": rng.normal(0, 0.01, (channels, classes)).astype(np.float32),
            "bias": np.zeros(classes, np.float32),
        },
    }

    def normed(p: Any, x: Any, stride: int = 1) -> Any:
        x = jax.lax.conv_general_dilated(
            x, p["kernel"], (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return (x - p["mean"]) * jax.lax.rsqrt(p["var"] + 1e-5) * p["scale"] + p["offset"]

    def apply(p: Any, images: Any) -> Any:
        x = jax.nn.relu(normed(p["stem"], images, 2))
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        for stage, blocks in enumerate(p["stages"]):
            for at, block in enumerate(blocks):
                stride = 2 if at == 0 and stage > 0 else 1
                first, second, third = block["convolutions"]
                y = jax.nn.relu(normed(first, x))
                y = normed(third, jax.nn.relu(normed(second, y, stride)))
                x = jax.nn.relu(y + (normed(block["shortcut"][0], x, stride) if block["shortcut"] else x))
        return jax.nn.softmax(x.mean((1, 2)) @ p["out"]["kernel"] + p["out"]["bias"])

    return apply, params, f"float32[b, {side}, {side}, 3]"


def gpt2(tiny: bool = False) -> Network:
    """A decoder of 12 blocks, width 768, 12 heads and 50,257 tokens, on sequences of 128."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(1)
    depth, width, heads, tokens, steps = (2, 16, 2, 50, 8) if tiny else (12, 768, 12, 50257, 128)

    def normal(*shape: int) -> Any:
        return (0.02 * rng.standard_normal(shape, np.float32)).astype(np.float32)

    def norm() -> dict[str, Any]:
        return {"scale": np.ones(width, np.float32), "offset": np.zeros(width, np.float32)}

    params = {
        "tokens": normal(tokens, width),
        "positions": normal(steps, width),
        "blocks": [
            {
                "first": norm(), "qkv": normal(width, 3, heads, width // heads),
                "out": normal(heads, width // heads, width),
                "second": norm(), "up": normal(width, 4 * width), "down": normal(4 * width, width),
            }
            for _ in range(depth)
        ],
        "last": norm(),
    }  # fmt: skip

    def normed(p: Any, x: Any) -> Any:
        return jax.nn.standardize(x, epsilon=1e-5) * p["scale"] + p["offset"]

    def apply(p: Any, ids: Any) -> Any:
        x = p["tokens"][ids] + p["positions"]
        causal = jnp.tril(jnp.ones((steps, steps), bool))
        for block in p["blocks"]:
            q, k, v = jnp.moveaxis(
                jnp.einsum("btd,dnhe->btnhe", normed(block["first"], x), block["qkv"]), 2, 0
            )
            scores = jnp.einsum("bqhe,bkhe->bhqk", q, k) / (width // heads) ** 0.5
            weights = jax.nn.softmax(jnp.where(causal, scores, -1e9))
            x = x + jnp.einsum("bhqk,bkhe,hed->bqd", weights, v, block["out"])
            x = x + jax.nn.gelu(normed(block["second"], x) @ block["up"]) @ block["down"]
        return normed(p["last"], x) @ p["tokens"].T

    return apply, params, f"int32[b, {steps}]"


NETWORKS = {"ResNet50": resnet50, "GPT-2 small": gpt2}


def saver(side: str, name: str, tiny: bool, target: str) -> Callable[[], object]:
    """What makes a SavedModel of a network, from its function on, as if for the first time.

    Args:
      side: "jax2tf", with `tf.saved_model.save`, or a lowering of `kerasfmt.from_jax`.
      name: the network.
      tiny: whether it is small.
      target: the directory.
    """
    import jax

    function, params, spec = NETWORKS[name](tiny)
    if side != "jax2tf":
        import kerasfmt

        def ours() -> None:
            jax.clear_caches()
            lowering: Any = side
            served = kerasfmt.from_jax(
                function, params, {"x": spec}, lowering=lowering, gradient=1
            )  # as jax2tf does
            kerasfmt.save_model(served, target)

        return ours
    import tensorflow as tf
    from jax.experimental import jax2tf

    dtype, _, dims = spec.rstrip("]").partition("[")
    shape = [None if dim == "b" else int(dim) for dim in dims.split(", ")]

    def theirs() -> None:
        jax.clear_caches()
        module = tf.Module()
        module.params = tf.nest.map_structure(tf.Variable, params)
        traced = jax2tf.convert(function, polymorphic_shapes=[None, f"({dims})"])
        signature = [tf.TensorSpec(shape, dtype)]
        module.call = tf.function(lambda x: traced(module.params, x), input_signature=signature)
        tf.saved_model.save(module, target, signatures=module.call)

    return theirs
