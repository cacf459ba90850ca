"""Networks of Flax, Equinox, Haiku and plain JAX, saved by kerasfmt, and what JAX gives for arrays.

`python -m conformance.jax_networks DIRECTORY [NAME ...]` writes for each network the SavedModel `NAME/model`, and for
batches of one and three rows the arrays and results `NAME/ROWS.npz`, with what `kerasfmt` computes in NumPy. It needs
the environment `optax`. The networks are small.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt

BATCHES: Final = (1, 3)


@dataclass(frozen=True)
class Network:
    """A function of JAX with its parameters.

    Attributes:
      function: takes the parameters and the inputs.
      params: the parameters.
      inputs: the shapes of the inputs; `b` is the number of rows.
    """

    function: Callable[..., Any]
    params: Any
    inputs: Mapping[str, str]

    def arrays(self, rows: int) -> dict[str, Any]:
        """Arrays for the inputs."""
        rng = np.random.default_rng(rows)
        found = {}
        for name, text in self.inputs.items():
            dtype, _, dims = text.rstrip("]").partition("[")
            shape = [rows if dim == "b" else int(dim) for dim in dims.replace(" ", "").split(",") if dim]
            whole = rng.integers(0, 5, shape) if dtype != "float32" else rng.normal(size=shape)
            found[name] = np.asarray(whole, dtype)
        return found


def linen_resnet() -> Network:
    """Blocks of convolutions and batch norms with shortcuts, in Flax linen."""
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    class Block(nn.Module):
        filters: int
        strides: int

        @nn.compact
        def __call__(self, x: Any) -> Any:
            y = nn.Conv(self.filters, (3, 3), self.strides, use_bias=False)(x)
            y = nn.relu(nn.BatchNorm(use_running_average=True)(y))
            y = nn.Conv(self.filters, (3, 3), use_bias=False)(y)
            y = nn.BatchNorm(use_running_average=True)(y)
            if x.shape != y.shape:
                x = nn.Conv(self.filters, (1, 1), self.strides, use_bias=False)(x)
            return nn.relu(x + y)

    class ResNet(nn.Module):
        @nn.compact
        def __call__(self, images: Any) -> Any:
            x = nn.max_pool(nn.Conv(4, (7, 7), 2)(images), (3, 3), (2, 2), padding="SAME")
            for filters, strides in ((4, 1), (8, 2)):
                x = Block(filters, strides)(x)
            return {"scores": nn.softmax(nn.Dense(5)(x.mean((1, 2))))}

    model = ResNet()
    params = model.init(jax.random.key(0), jnp.zeros((1, 16, 16, 3)))
    params["batch_stats"] = jax.tree_util.tree_map(lambda a: a + 0.1, params["batch_stats"])
    return Network(model.apply, params, {"images": "float32[b, 16, 16, 3]"})


def linen_transformer() -> Network:
    """An encoder with attention that masks, layer norms and gelu, in Flax linen."""
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, tokens: Any) -> Any:
            x = nn.Embed(5, 8)(tokens)
            mask = nn.make_attention_mask(tokens > 0, tokens > 0)
            x = x + nn.MultiHeadDotProductAttention(num_heads=2)(nn.LayerNorm()(x), mask=mask)
            return x + nn.Dense(8)(nn.gelu(nn.Dense(16)(nn.LayerNorm()(x))))

    model = Encoder()
    params = model.init(jax.random.key(1), jnp.ones((1, 6), jnp.int32))
    return Network(model.apply, params, {"tokens": "int32[b, 6]"})


def nnx_convnet() -> Network:
    """Convolutions, batch norm and dropout that is off, in Flax nnx; the parameters are a State."""
    from flax import nnx

    class ConvNet(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.conv = nnx.Conv(3, 4, (3, 3), rngs=rngs)
            self.norm = nnx.BatchNorm(4, rngs=rngs)
            self.drop = nnx.Dropout(0.5, rngs=rngs)
            self.out = nnx.Linear(4 * 4 * 4, 5, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            x = nnx.avg_pool(nnx.relu(self.norm(self.conv(x))), (2, 2), (2, 2))
            return self.out(self.drop(x.reshape(x.shape[0], -1)))

    model = ConvNet(nnx.Rngs(0))
    model.eval()
    structure, state = nnx.split(model)
    return Network(lambda state, x: nnx.merge(structure, state)(x), state, {"x": "float32[b, 8, 8, 3]"})


def nnx_attention() -> Network:
    """Attention and rotating positions in Flax nnx."""
    import jax.numpy as jnp
    from flax import nnx

    class Block(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.attention = nnx.MultiHeadAttention(
                num_heads=2, in_features=8, qkv_features=8, decode=False, rngs=rngs
            )
            self.norm = nnx.RMSNorm(8, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            angle = jnp.arange(x.shape[1])[:, None] / 10.0 ** jnp.arange(4)
            left, right = jnp.split(x, 2, -1)
            sine, cosine = jnp.sin(angle), jnp.cos(angle)
            turned = jnp.concatenate([left * cosine - right * sine, right * cosine + left * sine], -1)
            causal = nnx.make_causal_mask(jnp.ones(x.shape[:2]))
            return x + self.attention(self.norm(turned), mask=causal)

    structure, state = nnx.split(Block(nnx.Rngs(0)))
    return Network(lambda state, x: nnx.merge(structure, state)(x), state, {"x": "float32[b, 6, 8]"})


def equinox_rnn() -> Network:
    """A GRU by scan, for each row, in Equinox; the parameters are the module itself."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    class Recurrent(eqx.Module):
        cell: Any
        out: Any
        activation: Any

        def __call__(self, steps: Any) -> Any:
            last, _ = jax.lax.scan(lambda h, x: (self.cell(x, h), None), jnp.zeros(6), steps)
            return self.activation(self.out(last))

    first, second = jax.random.split(jax.random.key(2))
    module = Recurrent(eqx.nn.GRUCell(4, 6, key=first), eqx.nn.Linear(6, 3, key=second), jax.nn.softplus)
    return Network(lambda module, steps: jax.vmap(module)(steps), module, {"steps": "float32[b, 7, 4]"})


def equinox_diffusion() -> Network:
    """A step of diffusion backwards: a network of the image and the time, and noise from a seed."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    class Score(eqx.Module):
        down: Any
        up: Any
        norm: Any
        time: Any

        def __call__(self, x: Any, t: Any) -> Any:
            wave = jnp.concatenate([f(t * 2.0 ** jnp.arange(3)) for f in (jnp.sin, jnp.cos)])
            h = jax.nn.silu(self.norm(self.down(x) + self.time(wave)[:, None, None]))
            return self.up(h)

    keys = jax.random.split(jax.random.key(3), 3)
    score = Score(
        eqx.nn.Conv2d(1, 4, 3, stride=2, padding=1, key=keys[0]),
        eqx.nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1, key=keys[1]),
        eqx.nn.GroupNorm(2, 4),
        eqx.nn.MLP(6, 4, 8, 1, key=keys[2]),
    )

    def step(score: Any, x: Any, t: Any, seed: Any) -> Any:
        beta = 0.01 + 0.1 * t[:, None, None, None]
        noise = jax.random.normal(jax.random.key(seed), x.shape)
        mean = (x + beta * jax.vmap(score)(x, t)) / jnp.sqrt(1 - beta)
        return {"x": mean + jnp.sqrt(beta) * noise, "mean": mean}

    return Network(step, score, {"x": "float32[b, 1, 8, 8]", "t": "float32[b]", "seed": "uint32[]"})


def haiku_lstm() -> Network:
    """An LSTM that is unrolled by scan, in Haiku."""
    import haiku as hk
    import jax
    import jax.numpy as jnp

    def function(steps: Any) -> Any:
        cell = hk.DeepRNN([hk.LSTM(5), hk.GRU(4)])
        outputs, state = hk.dynamic_unroll(cell, steps, cell.initial_state(steps.shape[0]), time_major=False)
        return {"outputs": hk.Linear(2)(outputs), "cell": state[0].cell}

    made = hk.without_apply_rng(hk.transform(function))
    params = made.init(jax.random.key(4), jnp.zeros((1, 6, 3)))
    return Network(made.apply, params, {"steps": "float32[b, 6, 3]"})


def haiku_convnet() -> Network:
    """Depthwise convolutions with a state of moving averages, in Haiku."""
    import haiku as hk
    import jax
    import jax.numpy as jnp

    def function(images: Any, is_training: bool = False) -> Any:
        x = hk.DepthwiseConv2D(2, 3, 2)(images)
        x = hk.BatchNorm(True, True, 0.9)(x, is_training)
        x = hk.avg_pool(jax.nn.relu6(x), 2, 2, "VALID")
        return hk.nets.MLP([6, 3])(hk.Flatten()(x))

    made = hk.without_apply_rng(hk.transform_with_state(function))
    params, state = made.init(jax.random.key(5), jnp.zeros((1, 9, 9, 3)), True)
    return Network(
        lambda given, images: made.apply(given["params"], given["state"], images)[0],
        {"params": params, "state": state},
        {"images": "float32[b, 9, 9, 3]"},
    )


def jax_decoder() -> Network:
    """A step of a transformer with a cache of keys and values, in plain JAX."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(6)
    shapes = {
        "embed": (5, 8), "positions": (10, 8), "qkv": (8, 3, 2, 4), "out": (2, 4, 8), "up": (8, 16), "down": (16, 8)
    }  # fmt: skip
    params = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}

    def step(p: Any, token: Any, at: Any, keys: Any, values: Any) -> Any:
        x = p["embed"][token] + p["positions"][at]
        q, k, v = jnp.moveaxis(jnp.einsum("bd,dthe->bthe", jax.nn.standardize(x), p["qkv"]), 1, 0)
        keys = jax.lax.dynamic_update_slice(keys, k[:, None], (0, at, 0, 0))
        values = jax.lax.dynamic_update_slice(values, v[:, None], (0, at, 0, 0))
        scores = jnp.einsum("bhe,bthe->bht", q, keys) / 2
        scores = jnp.where(jnp.arange(10) <= at, scores, -jnp.inf)
        x = x + jnp.einsum("bht,bthe,hed->bd", jax.nn.softmax(scores), values, p["out"])
        x = x + jax.nn.gelu(jax.nn.standardize(x) @ p["up"]) @ p["down"]
        logits = x @ p["embed"].T
        return {"next": logits.argmax(-1), "logits": logits, "keys": keys, "values": values}

    cache = "float32[b, 10, 2, 4]"
    return Network(step, params, {"token": "int32[b]", "at": "int32[]", "keys": cache, "values": cache})


def jax_physics() -> Network:
    """The residual of a heat equation, with derivatives of the network for its inputs, in plain JAX."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(7)
    sizes = (2, 8, 8, 1)
    params = [
        {"w": rng.normal(0, 0.7, (m, n)).astype(np.float32), "b": rng.normal(0, 0.1, n).astype(np.float32)}
        for m, n in pairwise(sizes)
    ]

    def u(p: Any, x: Any, t: Any) -> Any:
        h = jnp.stack([x, t])
        for layer in p[:-1]:
            h = jnp.tanh(h @ layer["w"] + layer["b"])
        return (h @ p[-1]["w"] + p[-1]["b"])[0]

    def residual(p: Any, x: Any, t: Any) -> Any:
        u_t = jax.grad(u, 2)(p, x, t)
        u_xx = jax.grad(jax.grad(u, 1), 1)(p, x, t)
        return u_t - 0.1 * u_xx

    def function(p: Any, x: Any, t: Any) -> Any:
        value = jax.vmap(u, (None, 0, 0))(p, x, t)
        return {"u": value, "residual": jax.vmap(residual, (None, 0, 0))(p, x, t)}

    return Network(function, params, {"x": "float32[b]", "t": "float32[b]"})


NETWORKS: Final[Mapping[str, Callable[[], Network]]] = {
    make.__name__: make
    for make in (
        linen_resnet, linen_transformer, nnx_convnet, nnx_attention, equinox_rnn, equinox_diffusion, haiku_lstm,
        haiku_convnet, jax_decoder, jax_physics,
    )
}  # fmt: skip


def write(name: str, where: Path) -> None:
    """Writes one network."""
    import jax.numpy as jnp

    network = NETWORKS[name]()
    model = kerasfmt.from_jax(network.function, network.params, network.inputs)
    kerasfmt.save_model(model, where / name / "model", flush=False)
    for rows in BATCHES:
        feeds = network.arrays(rows)
        expected = network.function(network.params, *map(jnp.asarray, feeds.values()))
        named = expected if isinstance(expected, dict) else {"output_0": expected}
        found = model.signatures["serving_default"](**feeds)
        arrays = {f"input/{key}": array for key, array in feeds.items()}
        arrays |= {f"expected/{key}": np.asarray(array) for key, array in named.items()}
        arrays |= {f"numpy/{key}": array for key, array in found.items()}
        np.savez(where / name / f"{rows}.npz", **arrays)


def main(where: Path, names: list[str]) -> None:
    """Writes networks; `NAME.error` says what went wrong."""
    for name in names or NETWORKS:
        (where / name).mkdir(parents=True)
        try:
            write(name, where)
        except Exception:
            (where / f"{name}.error").write_text(traceback.format_exc())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
