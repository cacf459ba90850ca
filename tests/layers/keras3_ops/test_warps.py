from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import IMAGES, Constant, N, OperationTests, S, X, call

RIGHT = Constant(np.float32([1, 0, -1, 0, 1, 0, 0, 0]))
MOVED = np.pad(IMAGES, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
CORNERS = np.float32([[0, 0], [0, 5], [7, 0], [7, 5]])
PLACES = Constant(np.float32([[0, 1], [1.5, 1]]))
FIRST = IMAGES.transpose(0, 3, 1, 2)
AT = {"output_shape": [2, 6, 4, 3], "spatial_dims": [2]}


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("AffineTransform", IMAGES, RIGHT, gives=MOVED),
        call("AffineTransform", IMAGES, RIGHT, interpolation="nearest", gives=MOVED),
        call(
            "AffineTransform",
            FIRST,
            RIGHT,
            data_format="channels_first",
            fill_mode="wrap",
            gives=np.roll(FIRST, 1, 3),
        ),
        call(
            "PerspectiveTransform",
            IMAGES,
            Constant(CORNERS),
            Constant(CORNERS + np.float32([1, 0])),
            gives=MOVED,
            rtol=1e-4,
        ),
        call("MapCoordinates", X, PLACES, order=1, gives=np.float32([1, -0.5])),
        call("MapCoordinates", X, PLACES, order=0, gives=np.float32([2, -0.5])),
        call("MapCoordinates", N, PLACES, order=1, gives=np.int32([-2, 1])),
        call(
            "MapCoordinates",
            X,
            Constant(np.float32([[0, -1, 3], [4, 1, 0]])),
            order=0,
            fill_value=7.0,
            gives=np.float32([7, 7, 7]),
        ),
        call(
            "MapCoordinates",
            X,
            Constant(np.float32([[0, -1, 3], [4, 1, 0]])),
            order=0,
            fill_mode="nearest",
            gives=np.float32([2, 0, 4]),
        ),
        call(
            "ScaleAndTranslate",
            IMAGES,
            [2, 6, 4, 3],
            Constant(np.float32([1.0])),
            Constant(np.float32([-2.0])),
            spatial_dims=[2],
            method="linear",
            gives=IMAGES[:, :, 2:6],
        ),
        *(
            call(
                "ScaleAndTranslate",
                IMAGES,
                [2, 6, 8, 3],
                Constant(np.float32([1.0])),
                Constant(np.float32([0.0])),
                spatial_dims=[-2],
                method=method,
                gives=IMAGES,
                rtol=1e-5,
            )
            for method in ("cubic", "lanczos3", "lanczos5")
        ),
        call("SSIM", IMAGES, IMAGES, filter_size=3, gives=np.ones(2, np.float32), rtol=1e-5),
    ]
    refused = [
        (
            call("AffineTransform", IMAGES, RIGHT, interpolation="lanczos3"),
            "expected interpolation 'nearest' or",
        ),
        (call("AffineTransform", X, RIGHT), "expected an image or a batch of them, got 2 dimensions"),
        (call("MapCoordinates", X, PLACES, order=2), "expected an order of 0 or 1, got 2"),
        (call("MapCoordinates", X, PLACES, order=1, fill_mode="none"), "fill_mode 'none' is not known"),
        (
            call(
                "ScaleAndTranslate",
                S,
                [2, 4, 5],
                Constant(np.float32([1])),
                Constant(np.float32([1])),
                method="box",
            ),
            "method 'box' is not known",
        ),
    ]
