"""What has weights: their making, their names, their values, whether they are trained, and the layers inside."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Spec, Value
from kerasfmt.ir import Weight, fields, initializers
from kerasfmt.ir.weight_owner import WeightOwner
from kerasfmt.layers import Dense, Layer


class Scale(Layer, register=False):
    """Inputs plus a weight."""

    bias_initializer: initializers.Option = initializers.option(default="ones")
    bias: Weight = fields.weight()

    def build(self, inputs: Spec) -> None:
        self.bias = self.add_weight("bias", (self.last_dim(inputs),))

    def call(self, inputs: Value) -> Value:
        return inputs + self.bias


class Pair(WeightOwner):
    """Two owners, which need be no layers."""

    @property
    def sublayers(self) -> Mapping[str, WeightOwner]:
        return self.__dict__.setdefault("inside", {"a": WeightOwner(name="a"), "b": WeightOwner(name="b")})


def test_it_needs_no_layer() -> None:
    pair = Pair(name="pair")
    own = pair.add_weight("w", (), initializer=initializers.Zeros())
    first, second = (
        owner.add_weight("w", (2,), initializer=initializers.Ones()) for owner in pair.sublayers.values()
    )
    assert [w.name for w in pair.weights] == ["pair/w", "a/w", "b/w"]
    pair.sublayers["a"].trainable = False
    assert pair.trainable_weights == [own, second]
    assert pair.non_trainable_weights == [first]
    pair.trainable = False
    assert not pair.sublayers["b"].trainable
    assert repr(pair) == "<Pair pair>"
    assert pair.get_config() == {"name": "pair", "trainable": False, "dtype": "float32"}


def test_add_weight() -> None:
    layer = Scale(name="s")
    layer(Input((4,)))
    (bias,) = layer.weights
    assert bias is layer.bias
    assert (bias.name, bias.shape, bias.dtype) == ("s/bias", (4,), dtypes.float32)
    assert bias.numpy().tolist() == [1] * 4
    assert dict(layer.weight_attributes) == {"bias": bias}


def test_what_a_weight_may_be() -> None:
    class Many(Layer, register=False):
        def build(self, inputs: Spec) -> None:
            zeros = kerasfmt.ir.initializers.get("zeros")
            self.add_weight("plain", (2,), initializer=zeros, attribute="other")
            self.add_weight("steps", (), initializer=zeros, dtype=dtypes.int64, trainable=False)
            self.add_weight("mean", (2,), initializer=zeros, trainable=False, moving=True, autocast=False)

        def call(self, inputs: Value) -> Value:
            return inputs

    layer = Many(name="m", dtype="mixed_float16")
    layer(Input((2,)))
    plain, steps, mean = layer.weights
    assert layer.other is plain  # type: ignore[attr-defined]
    assert dict(layer.weight_attributes) == {"plain": plain, "other": plain, "steps": steps, "mean": mean}
    assert (plain.dtype.name, plain.autocast) == ("float32", True)
    assert (steps.dtype.name, steps.autocast, steps.trainable) == ("int64", False, False)
    assert (mean.synchronization, mean.aggregation, mean.autocast) == (3, 2, False)
    assert layer.trainable_weights == [plain]
    assert layer.non_trainable_weights == [steps, mean]
    layer.trainable = False
    assert layer.trainable_weights == []
    assert layer.weights == [plain, steps, mean]


def test_options_of_a_weight_go_with_it() -> None:
    layer = Dense(2, kernel_regularizer="l2", kernel_constraint="non_neg", bias_initializer="ones")
    layer(Input((3,)))
    kernel, bias = layer.weights
    assert (kernel.regularizer, kernel.constraint) == (layer.kernel_regularizer, layer.kernel_constraint)
    assert bias.regularizer is None
    assert bias.numpy().tolist() == [1, 1]


def test_a_weight_needs_a_shape() -> None:
    with pytest.raises(
        InvalidModelError, match=r"layer s \(Scale\): input: expected a known size of axis -1"
    ):
        Scale(name="s")(Input((None,)))


def test_set_weights() -> None:
    layer = Dense(2, name="d")
    layer(Input((3,)))
    values = [np.ones((3, 2), np.float32), np.zeros(2, np.float32)]
    layer.set_weights(values)
    assert layer.get_weights()[0] is values[0]
    assert layer.count_params() == 8
    with pytest.raises(InvalidModelError, match=r"layer d \(Dense\): expected 2 weights, got 1"):
        layer.set_weights(values[:1])
    with pytest.raises(InvalidModelError, match="weight d/bias: expected shape"):
        layer.set_weights([values[0], values[0]])


def test_a_weight_that_no_tensor_holds() -> None:
    layer = Dense(2**31 - 1, name="d")
    with pytest.raises(InvalidModelError, match=r"layer d \(Dense\): weight kernel: .*elements, the most"):
        layer(Input(batch_shape=(None, 2**33)))
