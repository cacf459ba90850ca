"""RandomFourierFeatures, Keras 2's approximation of kernel methods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields, initializers
from kerasfmt.ir.constraints import Constraint, NonNeg
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config
from kerasfmt.ir.initializers import Array, Constant, Initializer, RandomNormal, RandomUniform, Rng
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.shapes import read
from kerasfmt.typing import override


class Cauchy(Initializer):
    """The Cauchy distribution with location 0 and scale 1.

    Source: tf_keras/src/layers/kernelized.py, _get_random_features_initializer.
    """

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return np.tan(np.pi * (rng.uniform(size=shape) - 0.5)).astype(dtype.numpy)


def _kernel(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("gaussian", "laplacian"):
        return value
    if isinstance(value, str):
        raise ValueError(f"expected gaussian, laplacian or an initializer, got {value!r}")
    return initializers.get(value)


def _positive(value: Any) -> float | None:
    if value is not None and not value > 0:
        raise ValueError(f"expected a number above 0, or None; got {value!r}")
    return None if value is None else float(value)


class RandomFourierFeatures(Layer):
    """`cos(inputs @ kernel / scale + bias)`, with a random kernel and bias that are not trained.

    Args:
      output_dim: number of features.
      kernel_initializer: "gaussian", "laplacian", or an initializer of the kernel.
      scale: divisor of the kernel; by default sqrt(dim / 2) for a Gaussian kernel, else 1. It is trained if the
        layer is trainable, which is not the default.

    Input: float (batch, dim). Output: float32 (batch, output_dim).
    Source: tf_keras/src/layers/kernelized.py.
    """

    facts = KerasFacts(absent_in=3, module="keras.layers.experimental", build_calls_base=True)
    output_dim: int = fields.positive_integer()
    kernel_initializer: Field[Any, Initializer | Config] = fields.option(
        default="gaussian",
        convert=_kernel,
        to_config=lambda v: v if isinstance(v, str) else initializers.to_config(v),
    )
    _trainable: bool = fields.boolean(default=False, alias="trainable", kw_only=True)
    scale: float | None = fields.option(default=None, convert=_positive)
    unscaled_kernel: Weight = fields.weight()
    bias: Weight = fields.weight()
    kernel_scale: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (dim, output_dim), a bias (output_dim,) and a scale (1,), float32."""
        if inputs.shape is None or len(inputs.shape) != 2:
            raise self.fail(f"expected inputs of 2 dimensions, got shape {inputs.shape}")
        size = self.last_dim(inputs)
        given = self.kernel_initializer
        kind = given.lower() if isinstance(given, str) else ""
        kernel = {"gaussian": RandomNormal(stddev=1.0), "laplacian": Cauchy()}.get(kind, given)
        if self.scale is None:
            self.scale = math.sqrt(size / 2.0) if kind == "gaussian" else 1.0
        self.kernel_scale_constraint: Constraint = NonNeg()
        self._add("unscaled_kernel", (size, self.output_dim), kernel)
        self._add("bias", (self.output_dim,), RandomUniform(minval=0.0, maxval=2 * math.pi))
        self._add("kernel_scale", (1,), Constant(self.scale), trainable=True)

    def _add(self, name: str, shape: tuple[int, ...], made: Initializer, trainable: bool = False) -> None:
        self.add_weight(name, shape, initializer=made, trainable=trainable, dtype=dtypes.float32)

    @override
    def input_spec(self) -> InputSpec:
        """Vectors of the size for which the kernel was built."""
        return InputSpec(ndim=2, axes={1: self.unscaled_kernel.shape[0]})

    @override
    def call(self, inputs: Value) -> Value:
        x = ops.cast(inputs, "float32")
        kernel = 1.0 / read(x, self.kernel_scale) * read(x, self.unscaled_kernel)
        return ops.cos(ops.bias_add(ops.matmul(x, kernel), self.bias))
