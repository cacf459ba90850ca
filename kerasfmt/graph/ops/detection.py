"""Boxes: those that overlap less than a bound, and what images show in them. A box is (y1, x1, y2, x2).

Source: tensorflow/core/kernels/image/non_max_suppression_op.cc and crop_and_resize_op.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, widen
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value


def _overlaps(box: Array, boxes: Array) -> Array:
    """The intersection over the union of a box and of each other one."""
    y1, x1 = np.minimum(box[0], box[2]), np.minimum(box[1], box[3])
    y2, x2 = np.maximum(box[0], box[2]), np.maximum(box[1], box[3])
    tops, lefts = np.minimum(boxes[:, 0], boxes[:, 2]), np.minimum(boxes[:, 1], boxes[:, 3])
    bottoms, rights = np.maximum(boxes[:, 0], boxes[:, 2]), np.maximum(boxes[:, 1], boxes[:, 3])
    area, areas = (y2 - y1) * (x2 - x1), (bottoms - tops) * (rights - lefts)
    height = np.maximum(np.minimum(bottoms, y2) - np.maximum(tops, y1), 0)
    width = np.maximum(np.minimum(rights, x2) - np.maximum(lefts, x1), 0)
    common = height * width
    union = area + areas - common
    return np.where((area <= 0) | (areas <= 0), 0, common / np.where(union > 0, union, 1)).astype(boxes.dtype)


def _kept(boxes: Array, scores: Array, most: int, bound: float, score_bound: float) -> list[int]:
    """The numbers of boxes from the best on, without those that overlap a better one."""
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > score_bound]
    found: list[int] = []
    while order.size and len(found) < most:
        best = int(order[0])
        found.append(best)
        order = order[1:]
        order = order[~(_overlaps(boxes[best], boxes[order]) > bound)]
    return found


def _softly_kept(
    boxes: Array, scores: Array, most: int, bound: float, score_bound: float, sigma: float
) -> tuple[list[int], list[float]]:
    """As `_kept`, but scores of boxes that overlap a better one become smaller."""
    current = scores.astype(np.float64)
    left = set(np.flatnonzero(scores > score_bound).tolist())
    found: list[int] = []
    kept_scores: list[float] = []
    scale = -0.5 / sigma if sigma > 0 else 0.0
    while left and len(found) < most:
        best = min(left, key=lambda number: (-current[number], number))
        found.append(best)
        kept_scores.append(float(current[best]))
        left.discard(best)
        others = np.array(sorted(left), np.int64)
        overlaps = _overlaps(boxes[best], boxes[others]).astype(np.float64)
        current[others] *= np.exp(scale * overlaps**2) if sigma > 0 else overlaps <= bound
        left = {number for number in left if current[number] > score_bound}
    return found, kept_scores


def _checked(boxes: Array, scores: Array) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        raise ValueError(f"expected boxes (n, 4) and scores (n,), got {boxes.shape} and {scores.shape}")


def _suppress3(
    attrs: Attrs, boxes: Array, scores: Array, most: Array, bound: Array, score_bound: Array
) -> list[Array]:
    _checked(boxes, scores)
    found = _kept(widen(boxes), widen(scores), int(most), float(bound), float(score_bound))
    return [np.array(found, np.int32)]


def _suppress2(attrs: Attrs, boxes: Array, scores: Array, most: Array, bound: Array) -> list[Array]:
    return _suppress3(attrs, boxes, scores, most, bound, np.float32(-np.inf))


def _suppress4(attrs: Attrs, *operands: Array) -> list[Array]:
    (found,) = _suppress3(attrs, *operands)
    count = np.int32(len(found))
    if attrs["pad_to_max_output_size"]:
        found = np.pad(found, (0, max(int(operands[2]) - len(found), 0)))
    return [found, np.asarray(count)]


def _suppress5(
    attrs: Attrs, boxes: Array, scores: Array, most: Array, bound: Array, score_bound: Array, sigma: Array
) -> list[Array]:
    _checked(boxes, scores)
    wide = widen(boxes), widen(scores)
    found, kept = _softly_kept(*wide, int(most), float(bound), float(score_bound), float(sigma))
    count = len(found)
    if attrs["pad_to_max_output_size"]:
        found, kept = found + [0] * (int(most) - count), kept + [0.0] * (int(most) - count)
    return [np.array(found, np.int32), np.array(kept, scores.dtype), np.int32(count)]


declare("NonMaxSuppressionV2", lambda attrs, *_: [(None,)], _suppress2)
declare("NonMaxSuppressionV3", lambda attrs, *_: [(None,)], _suppress3)
declare("NonMaxSuppressionV4", lambda attrs, *_: [(None,), ()], _suppress4)
declare("NonMaxSuppressionV5", lambda attrs, *_: [(None,), (None,), ()], _suppress5)


def _combined(
    attrs: Attrs,
    boxes: Array,
    scores: Array,
    per_class: Array,
    total: Array,
    bound: Array,
    score_bound: Array,
) -> list[Array]:
    """The best boxes of each image over all classes."""
    batch, _, shared, _ = boxes.shape
    classes = scores.shape[2]
    size = int(total)
    if attrs["pad_per_class"]:
        size = min(size, int(per_class) * classes)
    out = [np.zeros((batch, size, 4), np.float32), *(np.zeros((batch, size), np.float32) for _ in range(2))]
    valid = np.zeros(batch, np.int32)
    for image in range(batch):
        found = []
        for number in range(classes):
            own = boxes[image, :, number if shared > 1 else 0]
            kept = _kept(own, scores[image, :, number], int(per_class), float(bound), float(score_bound))
            found += [(float(scores[image, at, number]), number, own[at]) for at in kept]
        found.sort(key=lambda item: -item[0])
        found = found[:size]
        valid[image] = len(found)
        for place, (score, number, box) in enumerate(found):
            out[0][image, place] = np.clip(box, 0, 1) if attrs["clip_boxes"] else box
            out[1][image, place], out[2][image, place] = score, number
    return [*out, valid]


def _infer_combined(attrs: Attrs, boxes: Value, *_: Value) -> list[Shape]:
    batch = None if boxes.shape is None else boxes.shape[0]
    return [(batch, None, 4), (batch, None), (batch, None), (batch,)]


declare("CombinedNonMaxSuppression", _infer_combined, _combined)


def _infer_crop(attrs: Attrs, image: Value, boxes: Value, number: Value, size: Value) -> list[Shape]:
    height, width = partial_value(size) or (None, None)
    depth = None if image.shape is None else image.shape[3]
    return [(None if boxes.shape is None else boxes.shape[0], height, width, depth)]


def _taps(low: Array, high: Array, size: int, count: int) -> Array:
    """The float32 places of pixels in an image along one axis (boxes, count)."""
    low, high = low[:, None], high[:, None]
    if count > 1:
        scale = (high - low) * np.float32(size - 1) / np.float32(count - 1)
        return np.asarray(low * np.float32(size - 1) + np.arange(count, dtype=np.float32) * scale)
    return np.asarray(np.float32(0.5) * (low + high) * np.float32(size - 1))


def _crop(attrs: Attrs, image: Array, boxes: Array, number: Array, size: Array) -> list[Array]:
    height, width = size.tolist()
    if height < 1 or width < 1:
        raise ValueError(f"expected a height and a width of at least 1, got {size.tolist()}")
    if number.size and (number.min() < 0 or number.max() >= len(image)):
        raise ValueError(f"expected images below {len(image)}, got {number.min()} to {number.max()}")
    rows = _taps(boxes[:, 0], boxes[:, 2], image.shape[1], height)
    columns = _taps(boxes[:, 1], boxes[:, 3], image.shape[2], width)
    inside = ((rows >= 0) & (rows <= image.shape[1] - 1))[:, :, None] & (
        (columns >= 0) & (columns <= image.shape[2] - 1)
    )[:, None, :]
    rows, columns = np.clip(rows, 0, image.shape[1] - 1), np.clip(columns, 0, image.shape[2] - 1)
    at = number[:, None, None]
    if attrs["method"] == "nearest":
        y, x = _rounded(rows)[:, :, None], _rounded(columns)[:, None, :]
        out = image[at, y, x].astype(np.float32)
    else:
        top, left = (
            np.floor(rows).astype(np.int64)[:, :, None],
            np.floor(columns).astype(np.int64)[:, None, :],
        )
        bottom, right = (
            np.ceil(rows).astype(np.int64)[:, :, None],
            np.ceil(columns).astype(np.int64)[:, None, :],
        )
        down, over = (rows[:, :, None] - top)[..., None], (columns[:, None, :] - left)[..., None]
        wide = image.astype(np.float32)
        upper = wide[at, top, left] + (wide[at, top, right] - wide[at, top, left]) * over
        lower = wide[at, bottom, left] + (wide[at, bottom, right] - wide[at, bottom, left]) * over
        out = (upper + (lower - upper) * down).astype(np.float32)
    out[~inside] = attrs["extrapolation_value"]
    return [out]


def _rounded(places: Array) -> Array:
    return np.asarray(np.floor(places + 0.5)).astype(np.int64)


declare("CropAndResize", _infer_crop, _crop)
