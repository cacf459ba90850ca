"""ResNet50, as keras.applications lays it out."""

from __future__ import annotations

import kerasfmt
from kerasfmt.ir import Model
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ZeroPadding2D,
)

BLOCKS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


def resnet50() -> Model:
    """The model; its weights are made when they are used."""
    kerasfmt.clear_session()
    image = kerasfmt.Input((224, 224, 3), name="image")
    x = ZeroPadding2D(3, name="conv1_pad")(image)
    x = _convolved(x, 64, 7, 2, "conv1", "valid")
    x = MaxPooling2D(3, 2, name="pool1_pool")(ZeroPadding2D(1, name="pool1_pad")(x))
    for number, (filters, count, strides) in enumerate(BLOCKS, 2):
        for block in range(1, count + 1):
            x = _block(x, filters, strides if block == 1 else 1, block == 1, f"conv{number}_block{block}")
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return kerasfmt.Model(image, Dense(1000, "softmax", name="predictions")(x), name="resnet50")


def _convolved(
    x: Tensor, filters: int, size: int, strides: int, name: str, padding: str = "same", relu: bool = True
) -> Tensor:
    x = Conv2D(filters, size, strides=strides, padding=padding, name=f"{name}_conv")(x)
    x = BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x) if relu else x


def _block(x: Tensor, filters: int, strides: int, shortcut: bool, name: str) -> Tensor:
    skip = _convolved(x, 4 * filters, 1, strides, f"{name}_0", relu=False) if shortcut else x
    y = _convolved(x, filters, 1, strides, f"{name}_1")
    y = _convolved(y, filters, 3, 1, f"{name}_2")
    y = _convolved(y, 4 * filters, 1, 1, f"{name}_3", relu=False)
    return Activation("relu", name=f"{name}_out")(Add(name=f"{name}_add")([skip, y]))
