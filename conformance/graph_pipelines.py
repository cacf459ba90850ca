"""Modules of what published SavedModels compute beside layers: images, detections, audio, texts, sparse features.

PYTHON -m conformance.graph_pipelines    the ops of their SavedModels by frequency; those without a kernel are marked
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class Pipeline(NamedTuple):
    """A function with its inputs by name, and the specs of these."""

    function: Callable[..., Any]
    inputs: dict[str, Any]
    specs: dict[str, Any]


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


IMAGES = _rng().integers(0, 256, (2, 9, 7, 3)).astype(np.uint8)
BOXES = np.sort(_rng().uniform(0, 1, (12, 2, 2)).astype(np.float32), axis=1).reshape(12, 4)
SCORES = _rng().uniform(0, 1, (12, 3)).astype(np.float32)
WAVE = np.sin(np.arange(2000, dtype=np.float32) / 7) + np.cos(np.arange(2000, dtype=np.float32) / 3)
TEXTS = np.array([b"The quick brown fox", b"", b"jumps over; the LAZY dog"], object)


def _preprocess(images: Any) -> Any:
    x = tf.image.convert_image_dtype(images, tf.float32)
    small = tf.image.resize(x, [5, 5], method="area")
    x = tf.image.central_crop(x, 0.5)
    return {
        "small": small,
        "contrast": tf.image.adjust_contrast(x, 1.5),
        "bright": tf.clip_by_value(tf.image.adjust_brightness(x, 0.1), 0.0, 1.0),
        "saturated": tf.image.adjust_saturation(x, 0.7),
        "hue": tf.image.adjust_hue(x, 0.2),
        "gray": tf.image.rgb_to_grayscale(x),
        "standard": tf.image.per_image_standardization(x),
        "padded": tf.image.resize_with_pad(x, 8, 8),
        "flipped": tf.image.flip_left_right(tf.image.rot90(x)),
        "yuv": tf.image.rgb_to_yuv(x),
    }


def _detect(boxes: Any, scores: Any) -> Any:
    best = tf.reduce_max(scores, -1)
    kept = tf.image.non_max_suppression(boxes, best, 5, iou_threshold=0.4, score_threshold=0.2)
    padded, count = tf.image.non_max_suppression_padded(
        boxes, best, 8, iou_threshold=0.3, score_threshold=0.1, pad_to_max_output_size=True
    )
    soft, soft_scores = tf.image.non_max_suppression_with_scores(boxes, best, 6, soft_nms_sigma=0.5)
    combined = tf.image.combined_non_max_suppression(
        boxes[None, :, None], scores[None], 3, 6, iou_threshold=0.5, score_threshold=0.3
    )
    crops = tf.image.crop_and_resize(tf.cast(IMAGES, tf.float32), boxes[:4], [0, 1, 1, 0], [4, 3])
    return {
        "kept": kept,
        "padded": padded,
        "count": count,
        "soft": soft,
        "soft_scores": soft_scores,
        "boxes": combined.nmsed_boxes,
        "scores": combined.nmsed_scores,
        "classes": combined.nmsed_classes,
        "valid": combined.valid_detections,
        "crops": crops,
        "gathered": tf.gather(boxes, kept),
    }


def _listen(wave: Any) -> Any:
    stft = tf.signal.stft(wave, 400, 160)
    spectrogram = tf.abs(stft)
    mel = tf.signal.linear_to_mel_weight_matrix(20, 257, 16000, 125.0, 7500.0)
    logs = tf.math.log(tf.tensordot(spectrogram, mel, 1) + 0.001)
    return {
        "mel": logs,
        "mfcc": tf.signal.mfccs_from_log_mel_spectrograms(logs),
        "frames": tf.signal.frame(wave, 400, 240, pad_end=True),
        "phase": tf.math.angle(stft[:2, :4] + 1.0),
        "back": tf.signal.inverse_stft(stft, 400, 160)[:50],
    }


def _read(texts: Any) -> Any:
    words = tf.strings.split(tf.strings.lower(tf.strings.regex_replace(texts, r"[^\w\s]", " ")))
    hashed = tf.strings.to_hash_bucket_fast(words.values, 20)
    table = tf.reshape(tf.range(40, dtype=tf.float32) / 40, [20, 2])
    rows = tf.nn.embedding_lookup(table, hashed)
    summed = tf.math.segment_sum(rows, words.value_rowids())
    unique, index = tf.unique(words.values)
    return {
        "dense": words.to_tensor(b""),
        "lengths": words.row_lengths(),
        "summed": summed,
        "unique": unique,
        "index": index,
        "joined": tf.strings.reduce_join(texts, separator="|"),
        "bytes": tf.strings.length(texts),
        "start": tf.strings.substr(texts, 0, 5),
        "numbers": tf.strings.as_string(tf.range(3)),
        "match": tf.strings.regex_full_match(texts, r"The.+"),
        "stripped": tf.strings.strip(texts),
    }


def _embed(ids: Any) -> Any:
    sparse = tf.sparse.from_dense(ids)
    table = tf.reshape(tf.range(30, dtype=tf.float32), [10, 3])
    dense = tf.sparse.to_dense(sparse, default_value=0)
    filled, empty = tf.sparse.fill_empty_rows(sparse, 7)
    floats = tf.cast(sparse, tf.float32)
    return {
        "mean": tf.nn.safe_embedding_lookup_sparse(table, sparse, combiner="mean"),
        "sqrtn": tf.nn.safe_embedding_lookup_sparse(table, sparse, combiner="sqrtn"),
        "sum": tf.nn.embedding_lookup_sparse(table, filled, None, combiner="sum"),
        "product": tf.sparse.sparse_dense_matmul(floats, tf.ones([4, 2])),
        "dense": dense,
        "empty": empty,
        "reshaped": tf.sparse.to_dense(tf.sparse.reshape(sparse, [2, -1])),
        "total": tf.sparse.reduce_sum(floats, 1),
        "slice": tf.sparse.to_dense(tf.sparse.slice(sparse, [0, 1], [3, 2])),
        "joined": tf.sparse.to_dense(tf.sparse.concat(1, [sparse, sparse])),
        "ordered": tf.sparse.reorder(sparse).values,
        "added": tf.sparse.to_dense(tf.sparse.add(floats, floats)),
    }


def _compute(x: Any) -> Any:
    square = tf.matmul(x, x, transpose_b=True) + tf.eye(4) * 3.0
    values, indices = tf.math.top_k(x, 3)
    return {
        "cholesky": tf.linalg.cholesky(square),
        "inverse": tf.linalg.inv(square),
        "solved": tf.linalg.solve(square, x),
        "determinant": tf.linalg.det(square),
        "triangular": tf.linalg.triangular_solve(tf.linalg.band_part(square, -1, 0), x),
        "values": values,
        "indices": indices,
        "sorted": tf.sort(x, direction="DESCENDING"),
        "order": tf.argsort(x, stable=True),
        "cumulative": tf.cumsum(x, 1, reverse=True, exclusive=True),
        "unsorted": tf.math.unsorted_segment_max(x, [0, 2, 0, 1], 3),
        "scattered": tf.tensor_scatter_nd_update(x, [[0, 1], [2, 2]], [9.0, 8.0]),
        "where": tf.where(x > 0),
        "histogram": tf.histogram_fixed_width(x, [-1.0, 1.0], 5),
        "einsum": tf.einsum("ij,kj->ik", x, x),
        "diagonal": tf.linalg.diag_part(square),
        "bincount": tf.math.bincount([1, 2, 2, 5], minlength=7),
        "boundaries": tf.raw_ops.Bucketize(input=x, boundaries=[-0.5, 0.0, 0.5]),
        "searched": tf.searchsorted([1, 3, 5], [0, 3, 4]),
        "partitions": tf.dynamic_partition(x, [1, 0, 1, 1], 2)[1],
        "stitched": tf.dynamic_stitch([[0, 2], [1, 3]], [x[:2], x[2:]]),
        "confusion": tf.math.confusion_matrix([0, 1, 2], [0, 2, 2]),
        "moments": tf.nn.moments(x, [0])[1],
        "lrn": tf.nn.local_response_normalization(x[None, None]),
        "xent": tf.nn.sparse_softmax_cross_entropy_with_logits([1, 0, 2, 1], x),
        "roll": tf.roll(x, 1, 0),
        "meshgrid": tf.meshgrid([1, 2], [3, 4, 5])[0],
        "quantized": tf.quantization.fake_quant_with_min_max_args(x, -1, 1),
        "erfinv": tf.math.erfinv(x * 0.5),
        "special": tf.math.lgamma(tf.abs(x) + 1.0) + tf.math.digamma(tf.abs(x) + 1.0),
        "complex": tf.math.imag(tf.signal.fft(tf.cast(x, tf.complex64))),
        "switch": tf.switch_case(tf.cast(x[0, 0] > 0, tf.int32), [lambda: x, lambda: -x]),
        "mirror": tf.pad(x, [[1, 1], [2, 0]], "REFLECT"),
        "normal": tf.random.stateless_normal([3], [1, 2]),
        "normalized": tf.math.l2_normalize(x, -1),
        "norm": tf.norm(x, axis=1),
        "unravel": tf.unravel_index([5, 11], [4, 3]),
        "sets": tf.sparse.to_dense(tf.sets.intersection([[1, 2, 3]], [[2, 3, 4]])),
    }


def _beam(logits: Any) -> Any:
    def body(step: Any, tokens: Any, scores: Any) -> Any:
        ends = tf.nn.log_softmax(tf.gather(logits, step))
        total = scores[:, None] + ends[None]
        best, flat = tf.math.top_k(tf.reshape(total, [-1]), 2)
        parents, words = flat // 4, flat % 4
        return step + 1, tf.concat([tf.gather(tokens, parents)[:, 1:], words[:, None]], 1), best

    _, tokens, scores = tf.while_loop(
        lambda step, *_: step < tf.shape(logits)[0],
        body,
        [0, tf.zeros([2, 5], tf.int32), tf.constant([0.0, -9.0])],
    )
    return {"tokens": tokens, "scores": scores}


def _spec(array: Any) -> Any:
    array = np.asarray(array)
    dtype = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
    return tf.TensorSpec(array.shape, dtype)


def _pipeline(function: Callable[..., Any], **inputs: Any) -> Pipeline:
    return Pipeline(function, inputs, {name: _spec(value) for name, value in inputs.items()})


PIPELINES = {
    "preprocess": _pipeline(_preprocess, images=IMAGES),
    "detect": _pipeline(_detect, boxes=BOXES, scores=SCORES),
    "listen": _pipeline(_listen, wave=WAVE),
    "read": _pipeline(_read, texts=TEXTS),
    "embed": _pipeline(_embed, ids=np.array([[0, 1, 2, 0], [0, 0, 0, 0], [9, 0, 0, 3]], np.int64)),
    "compute": _pipeline(_compute, x=_rng().uniform(-1, 1, (4, 3)).astype(np.float32)),
    "beam": _pipeline(_beam, logits=_rng().normal(size=(5, 4)).astype(np.float32)),
}


def save(pipeline: Pipeline, directory: Path) -> dict[str, Any]:
    """Saves a module with the function, and gives its outputs."""
    module = tf.Module()
    specs = [tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in pipeline.specs.items()]
    module.serve = tf.function(pipeline.function, input_signature=specs)
    tf.saved_model.save(module, str(directory), signatures={"serving_default": module.serve})
    outputs = module.serve(**{name: tf.constant(value) for name, value in pipeline.inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def main() -> None:
    """Lists the ops of the pipelines by frequency."""
    from kerasfmt.formats.saved_model.stored import open_saved_model
    from kerasfmt.graph.op import known_op

    count: Counter[str] = Counter()
    for pipeline in PIPELINES.values():
        with tempfile.TemporaryDirectory() as scratch:
            save(pipeline, Path(scratch) / "m")
            graph = open_saved_model(Path(scratch) / "m").meta.graph_def
            for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
                count.update(node.op for node in nodes)
    for op, number in count.most_common():
        found = known_op(op)
        runs = found is not None and found.has_kernel()
        print(f"{number:6} {op}{'' if runs else '    no kernel'}")


if __name__ == "__main__":
    main()
