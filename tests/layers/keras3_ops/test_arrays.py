from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import (
    IMAGES,
    Constant,
    N,
    OperationTests,
    S,
    V,
    X,
    Y,
    call,
    floats,
)

CUBE, SMALL = floats(2, 4, 4, 3), floats(2, 2, 3)


def updated(start: tuple[int, int, int]) -> np.ndarray:
    found = S.copy()
    found[(slice(None), *(slice(b, b + n) for b, n in zip(start[1:], SMALL.shape[1:], strict=True)))] = SMALL
    return found


class TestOperations(OperationTests):
    calls = [
        call("Reshape", S, newshape=[None, 2, 10], gives=S.reshape(2, 2, 10)),
        call("Reshape", X, newshape=-1, gives=X.reshape(-1)),
        call("Ravel", S, gives=S.ravel()),
        call("Transpose", S, axes=[0, 2, 1], gives=S.swapaxes(1, 2)),
        call("Transpose", S, gives=S.T),
        call("Swapaxes", S, axis1=-1, axis2=0, gives=S.swapaxes(-1, 0)),
        call("Moveaxis", S, source=0, destination=-1, gives=np.moveaxis(S, 0, -1)),
        call(
            "Moveaxis", IMAGES, source=[1, 3], destination=[-1, 1], gives=np.moveaxis(IMAGES, [1, 3], [-1, 1])
        ),
        call("ExpandDims", X, axis=-1, gives=X[..., None]),
        call("ExpandDims", X, axis=[1, -1], gives=X[:, None, :, None]),
        call("Squeeze", X[:, None], axis=1, gives=X),
        call("Concatenate", [X, N], axis=-1, gives=np.concatenate([X, N.astype(np.float32)], -1)),
        call("Stack", [X, Y], axis=1, gives=np.stack([X, Y], 1)),
        call("Unstack", S, axis=1, num=4, gives=list(S.swapaxes(0, 1))),
        call("Split", S, 2, axis=1, gives=np.split(S, 2, 1)),
        call("Split", S, [1, 3], axis=-1, gives=np.split(S, [1, 3], -1)),
        call("Tile", S, repeats=[2, 1], gives=np.tile(S, (2, 1))),
        call("Tile", X, repeats=3, gives=np.tile(X, 3)),
        call("Repeat", S, 3, axis=1, gives=S.repeat(3, 1)),
        call("Repeat", X, 2, gives=X.repeat(2)),
        call("Pad", X, pad_width=1, gives=np.pad(X, 1)),
        call("Pad", X, pad_width=[1, 2], gives=np.pad(X, (1, 2))),
        call(
            "Pad", X, pad_width=[[0, 0], [1, 2]], mode="reflect", gives=np.pad(X, ((0, 0), (1, 2)), "reflect")
        ),
        call("Pad", X, pad_width=[[1, 2]], constant_values=7, gives=np.pad(X, (1, 2), constant_values=7)),
        call("Flip", S, axis=1, gives=S[:, ::-1]),
        call("Flip", X, gives=np.flip(X)),
        call("Fliplr", S, gives=np.fliplr(S)),
        call("Flipud", S, gives=np.flipud(S)),
        call("Roll", S, shift=[1, -2], axis=[1, 2], gives=np.roll(S, (1, -2), (1, 2))),
        call("BroadcastTo", Y[:1], shape=[2, 3], gives=np.broadcast_to(Y[:1], (2, 3))),
        call("GetItem", S, [slice(None), -1, slice(1, None, 2)], gives=S[:, -1, 1::2]),
        call("GetItem", X, [..., None], gives=X[..., None]),
        call("Slice", IMAGES, [0, 1, 2, 0], shape=[None, 3, 4, 2], gives=IMAGES[:, 1:4, 2:6, :2]),
        *(call("Rot90", CUBE, k=k, axes=[1, 2], gives=np.rot90(CUBE, k, (1, 2))) for k in (-1, 0, 1, 2)),
        call("Append", X, Y, axis=1, gives=np.append(X, Y, 1)),
        call("Append", X, Constant(Y), gives=np.append(X, Y)),
        call("Hstack", [X, Y], gives=np.hstack([X, Y])),
        call("Hstack", [V, V], gives=np.hstack([V, V])),
        call("Vstack", [X, Y], gives=np.vstack([X, Y])),
        call("Vstack", [V, V], gives=np.vstack([V, V])),
        call("Dstack", [S, S], gives=np.dstack([S, S])),
        call("Dstack", [X, Y], gives=np.dstack([X, Y])),
        call("Hsplit", S, 2, gives=np.hsplit(S, 2)),
        call("Vsplit", S, 2, gives=np.vsplit(S, 2)),
        call("Dsplit", S, [2, 3], gives=np.dsplit(S, [2, 3])),
        call("ArraySplit", S, 3, axis=1, gives=np.array_split(S, 3, 1)),
        call("ArraySplit", S, [1, 2], axis=2, gives=np.array_split(S, [1, 2], 2)),
        call("Size", S, gives=np.int32(40)),
        call("Linspace", X, Y, num=4, gives=np.linspace(X, Y, 4)),
        call(
            "Linspace",
            X,
            5,
            num=3,
            endpoint=False,
            axis=-1,
            gives=np.linspace(X, 5, 3, endpoint=False, axis=-1),
        ),
        call(
            "Linspace", X, Y, num=3, dtype="float16", gives=np.linspace(X, Y, 3).astype(np.float16), rtol=1e-3
        ),
        call("Logspace", X, Y, num=3, gives=np.logspace(X, Y, 3), rtol=1e-5),
        call("SliceUpdate", S, [0, 1, 2], SMALL, gives=updated((0, 1, 2))),
        call(
            "UnravelIndex",
            np.abs(N),
            shape=[2, 4],
            gives=[a.astype(np.int32) for a in np.unravel_index(np.abs(N), (2, 4))],
        ),
        call("Rearrange", S, pattern="a b c -> c (a b)", gives=S.transpose(2, 0, 1).reshape(5, 8)),
        call(
            "Rearrange",
            S,
            pattern="a (b d) c -> d a b c",
            d=2,
            gives=S.reshape(2, 2, 2, 5).transpose(2, 0, 1, 3),
        ),
    ]
    refused = [
        (call("Reshape", X, newshape=[None, None, 3]), "more than one unknown dimension"),
        (call("Concatenate", [X, Y], axis=2), "axis 2 is out of range"),
        (call("Split", S, [1, 3], axis=0), r"indices \[1, 3\] of an axis of None"),
        (call("Split", S, [-1], axis=1), r"indices \[-1\] of an axis of 4"),
        (call("Tile", X, repeats=[1, 1, 2]), "3 repeats for 2 dimensions"),
        (call("Roll", X, shift=1), "axis=None is not supported"),
        (call("BroadcastTo", X, shape=[None, 3]), "has an unknown dimension"),
        (call("Rot90", CUBE, axes=[1, 4]), "axis 4 is out of range"),
        (call("Linspace", X, Y, retstep=True), "retstep=True is not supported"),
        (call("SliceUpdate", S, Constant(np.int32([0, 0, 0])), 1.0), "a tensor as updates"),
        (call("Rearrange", S, pattern="a b -> b a"), "does not fit 3 dimensions"),
        (call("Rearrange", S, pattern="a b c -> a b"), "differ in their names"),
        (call("Rearrange", S, pattern="a (b d) c -> a b d c"), "must be given"),
        (call("Rearrange", S, pattern="a b ... -> b a ..."), "in a pattern is not supported"),
        (call("Dstack", [V, V]), "tensors of 1 dimensions are not supported"),
    ]
