"""The rows of `bench.py` about functions of JAX: `from_jax` and save, against jax2tf and `tf.saved_model.save`."""

from __future__ import annotations

from pathlib import Path

import env
from bench_process import run, say
from bench_row import Row, times

NAMES = ("ResNet50", "GPT-2 small")
JAX2TF = env.Environment(
    "jax2tf", ("tensorflow-cpu==2.21.*", "tf-keras==2.21.*", "jax[cpu]"), oldest=(3, 11), newest=(3, 13)
)
"""Where JAX and TensorFlow are together, which kerasfmt does not need."""


def functions(tensorflow: Path, kept: Path, repeat: int = 3, size: str = "whole") -> list[Row]:
    """The rows.

    Args:
      tensorflow: the interpreter that has TensorFlow.
      kept: a directory for what is made.
      repeat: runs of each side.
      size: "whole", or "tiny" for networks that only show that the rows can be made.
    """
    ours_at, theirs_at = env.make(env.OPTAX), env.make(JAX2TF)
    rows: list[Row] = []
    for name in NAMES:
        plain = name.replace(" ", "_")
        theirs = kept / f"{plain}_jax2tf"
        say(f"{name}: jax2tf")
        b = run(theirs_at, "jax_save", "jax2tf", name, size, theirs, repeat).found
        for lowering in ("ops", "stablehlo"):
            ours = kept / f"{plain}_{lowering}"
            say(f"{name}: from_jax, {lowering}")
            a = run(ours_at, "jax_save", lowering, name, size, ours, repeat).found
            what = f"{name} in JAX, from_jax to {lowering} and save, against jax2tf"
            rows.append(times(f"{what}, warm process", a["seconds"], b["seconds"], ""))
            megabytes = [f"{found['bytes'] / 1e6:.0f} MB" for found in (a, b)]
            rows.append(
                Row(
                    f"{what}: memory of the first one", *megabytes, f"{a['bytes'] / b['bytes']:.2f} of it", ""
                )
            )
            sizes = [(path / "saved_model.pb").stat().st_size for path in (ours, theirs)]
            texts = [f"{each / 1e6:.2f} MB" for each in sizes]
            rows.append(Row(f"{what}: saved_model.pb", *texts, f"{sizes[0] / sizes[1]:.2f} of it", ""))
            a_s, b_s = run(tensorflow, "tensorflow_load", ours, theirs, repeat, "saved_model").found[
                "saved_model"
            ]
            taken = (f"{a_s:.2f} s", f"{b_s:.2f} s")
            rows.append(Row(f"{what}: tf.saved_model.load", *taken, f"{a_s / b_s:.2f} of it", ""))
    return rows
