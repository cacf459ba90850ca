from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import Constant, N, OperationTests, S, V, X, call, floats

ONES = Constant(np.ones((3, 2, 5), np.float32))
PIXELS = Constant(np.ones((2, 2, 1, 5), np.float32))
VOLUMES = floats(1, 2, 2, 2, 1)
SUMS = S.sum(-1)


def spread(x: np.ndarray, size: int, step: int, length: int) -> np.ndarray:
    """The transposed convolution of rows with a window of ones."""
    out = np.zeros((len(x), length), np.float32)
    for at in range(x.shape[1]):
        out[:, at * step : at * step + size] += x[:, at : at + 1]
    return np.stack([out, out], -1)


def squares(x: np.ndarray) -> np.ndarray:
    """Images, of which (batch, 4, 4) are the windows of 2 by 2."""
    out = np.zeros((len(x), 1, 3, 3), np.float32)
    for window in range(4):
        for place in range(4):
            out[:, 0, window // 2 + place // 2, window % 2 + place % 2] += x[:, window, place]
    return out


WINDOWS = floats(2, 4, 4)


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("ConvTranspose", S, ONES, strides=2, gives=spread(SUMS, 3, 2, 9), rtol=1e-5),
        call("ConvTranspose", S, ONES, strides=[1], gives=spread(SUMS, 3, 1, 6), rtol=1e-5),
        call(
            "ConvTranspose",
            S.swapaxes(1, 2),
            ONES,
            strides=2,
            data_format="channels_first",
            gives=spread(SUMS, 3, 2, 9).swapaxes(1, 2),
            rtol=1e-5,
        ),
        call(
            "ConvTranspose",
            S[:, :2, None],
            PIXELS,
            gives=np.repeat(spread(SUMS[:, :2], 2, 1, 3)[:, :, None, :1], 2, 2),
            rtol=1e-5,
        ),
        call(
            "ConvTranspose",
            VOLUMES,
            Constant(np.ones((1, 1, 1, 2, 1), np.float32)),
            strides=2,
            padding="same",
            gives=np.kron(VOLUMES[..., 0], np.float32([[[1, 0], [0, 0]], [[0, 0], [0, 0]]]))[
                ..., None
            ].repeat(2, -1),
        ),
        call("Fold", WINDOWS, output_size=3, kernel_size=2, gives=squares(WINDOWS), rtol=1e-5),
        call(
            "Fold",
            WINDOWS,
            output_size=[1, 3],
            kernel_size=2,
            padding=[1, 0],
            gives=squares(WINDOWS)[:, :, 1:2],
            rtol=1e-5,
        ),
        *(
            call("Correlate", V, Constant(V[:3]), mode=mode, gives=np.correlate(V, V[:3], mode), rtol=1e-5)
            for mode in ("valid", "full")
        ),
        call("Meshgrid", V, X[0], gives=list(np.meshgrid(V, X[0]))),
        call("Meshgrid", V, X[0], N[0], indexing="ij", gives=list(np.meshgrid(V, X[0], N[0], indexing="ij"))),
    ]
    refused = [
        (call("ConvTranspose", X, ONES), "expected 1 to 3 spatial axes, got 0"),
        (call("Correlate", X, V), "expected two vectors, got 2 and 1 dimensions"),
        (call("Correlate", V, Constant(V), mode="some"), "expected mode 'full', 'same' or 'valid'"),
        (call("Correlate", V, V), "the size of axis 0 must be known"),
    ]
