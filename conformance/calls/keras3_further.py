"""One call for each class of operation whose shape depends on data, of images and of sequences, by its name."""

from __future__ import annotations

import numpy as np

from conformance.calls.call import Call

_KERNEL = np.random.default_rng(3).normal(size=(3, 2, 4, 3)).astype("float32")
_TURN = np.array([0.9, 0.1, 1, -0.1, 1.1, -2, 0.001, 0.002], "float32")
_CORNERS = np.array([[0, 0], [0, 7], [11, 0], [11, 7]], "float32")
_MOVED = np.array([[1, 0.5], [0, 6], [10, 1], [11, 8]], "float32")

DATA: dict[str, Call] = {
    "Nonzero": lambda ops, n, c: [*ops.nonzero(n), *ops.nonzero(c)],
    "Bincount": lambda ops, n: [
        ops.bincount(n, minlength=9),
        ops.bincount(n[:, :2], weights=np.arange(8, dtype="float32").reshape(4, 2).tolist()),
    ],
    "Histogram": lambda ops, v: [*ops.histogram(v, 4), *ops.histogram(v, 3, range=(-1.0, 1.0))],
    "Unique": lambda ops, n, g, x: [
        *ops.unique(n, return_index=True, return_inverse=True, return_counts=True),
        *ops.unique(x * 0, return_inverse=True, sorted=False),
        *ops.unique(g, return_index=True, return_inverse=True, return_counts=True, axis=2),
        ops.unique(n, size=9, fill_value=7),
        ops.unique(n, size=2),
    ],
    "SegmentMax": lambda ops, v: [
        ops.segment_max(v, np.array([0, 0, 1, 2, 2]), num_segments=3),
        ops.segment_max(v, np.array([1, 0, 1, 2, 0])),
    ],
    "SegmentMin": lambda ops, v: [
        ops.segment_min(v, np.array([0, 0, 1, 2, 2]), sorted=True),
        ops.segment_min(v, np.array([1, 0, 1, 2, 0]), num_segments=3),
    ],
    "SegmentProd": lambda ops, v: [
        ops.segment_prod(v, np.array([0, 0, 1, 2, 2]), num_segments=3),
        ops.segment_sum(v, np.array([1, 0, 1, 2, 0])),
    ],
    "Nanargmax": lambda ops, w: [
        ops.nanargmax(w, axis=1),
        ops.nanargmax(w),
        ops.nanargmax(w, axis=0, keepdims=True),
    ],
    "Nanargmin": lambda ops, w, n: [ops.nanargmin(w, axis=1), ops.nanargmin(w), ops.nanargmin(n, axis=1)],
    "Nanmedian": lambda ops, w: [
        ops.nanmedian(ops.where(ops.isinf(w), 0.5, w), axis=1),
        ops.nanmedian(ops.where(ops.isinf(w), 0.5, w)),
    ],
    "Nanpercentile": lambda ops, w: ops.nanpercentile(
        ops.where(ops.isinf(w), 0.5, w), 30.0, axis=1, keepdims=True
    ),
    "Nanquantile": lambda ops, w, s: [
        ops.nanquantile(ops.where(ops.isinf(w), 0.5, w), 0.8, axis=1),
        ops.nanquantile(s, 0.37, axis=(1, 2)),
        ops.nanquantile(s, 0.37, axis=2, method="lower"),
        ops.nanquantile(s, 0.37, axis=2, method="nearest"),
        ops.nanquantile(s, 0.37, axis=2, method="midpoint"),
    ],
    "Meshgrid": lambda ops, v: [
        *ops.meshgrid(v, ops.slice(v, (0,), (2,))),
        *ops.meshgrid(v, ops.slice(v, (1,), (4,)), ops.slice(v, (0,), (2,)), indexing="ij"),
    ],
    "Correlate": lambda ops, v: [
        ops.correlate(v, np.float32([1, -2])),
        ops.correlate(v, ops.slice(v, (0,), (3,)), mode="full"),
        ops.correlate(v, np.float32([1, -2, 0.5, 2]), mode="same"),
    ],
}

IMAGES: dict[str, Call] = {
    "AffineTransform": lambda ops, r, j: [
        ops.image.affine_transform(r, _TURN),
        ops.image.affine_transform(r, _TURN, interpolation="nearest", fill_mode="reflect"),
        ops.image.affine_transform(j, _TURN, fill_value=0.5, data_format="channels_first"),
    ],
    "PerspectiveTransform": lambda ops, r: ops.image.perspective_transform(r, _CORNERS, _MOVED),
    "MapCoordinates": lambda ops, m: (
        [
            ops.image.map_coordinates(
                m, np.float32([[0.5, 1.7, 3.4], [1.2, -0.5, 4.3]]), order=1, fill_mode=mode
            )
            for mode in ("constant", "nearest", "wrap")
        ]
        + [ops.image.map_coordinates(m, np.float32([[0.4, 1.7], [1.2, 2.6]]), order=0)]
    ),
    "ScaleAndTranslate": lambda ops, r: [
        ops.image.scale_and_translate(
            r, (4, 5, 9, 3), np.float32([0.7, 1.3]), np.float32([0.5, -1]), (1, 2), method, antialias=smooth
        )
        for method, smooth in (("linear", True), ("cubic", False), ("lanczos3", True), ("lanczos5", False))
    ],
    "SSIM": lambda ops, r, j: [
        ops.image.ssim(r, r * 0.9 + 0.05, filter_size=5),
        ops.image.ssim(j, j * 0.5, filter_size=3, data_format="channels_first"),
    ],
}

NETWORKS: dict[str, Call] = {
    "ConvTranspose": lambda ops, r, s: [
        ops.conv_transpose(r, _KERNEL, strides=(2, 1), padding="same"),
        ops.conv_transpose(r, _KERNEL, strides=2, output_padding=1),
        ops.conv_transpose(s, np.ones((3, 2, 4), "float32"), strides=2),
        ops.conv_transpose(r, _KERNEL[..., :3], dilation_rate=2),
    ],
    "Fold": lambda ops, a: [
        ops.fold(ops.reshape(a, (-1, 4, 10)), (3, 6), 2),
        ops.fold(ops.reshape(a, (-1, 4, 10)), (8, 3), 2, padding=(1, 0), stride=(2, 1)),
    ],
    "CTCLoss": lambda ops, s, f, t: [
        ops.ctc_loss(f, s, ops.minimum(t, 2), ops.minimum(t + 3, 5)),
        ops.ctc_loss(f - 1, s, ops.minimum(t, 2), ops.minimum(t + 3, 5), mask_index=3),
    ],
    "CTCDecode": lambda ops, s, t: [
        *ops.ctc_decode(s, ops.minimum(t + 2, 5)),
        *ops.ctc_decode(s, t, merge_repeated=False, mask_index=2),
        *ops.ctc_decode(s, t, strategy="beam_search", top_paths=3, beam_width=10),
        *ops.ctc_decode(
            ops.concatenate([s, s * 0.5], axis=1)[:, :8],
            t + 4,
            strategy="beam_search",
            beam_width=4,
            mask_index=3,
        ),
    ],
}

FURTHER = {**DATA, **IMAGES, **NETWORKS}
