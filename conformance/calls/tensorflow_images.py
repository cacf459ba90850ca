"""Functions of TensorFlow on images and windows, and Keras's own."""

from __future__ import annotations

import numpy as np

from conformance.calls.call import Call

IMAGES: dict[str, Call] = {
    "image.resize": lambda tf, i: tf.image.resize(i, (16, 12)),
    "image.resize_nearest": lambda tf, i: tf.image.resize(i, [4, 5], method="nearest"),
    "image.resize_bicubic": lambda tf, i: tf.image.resize(i, [12, 5], method="bicubic"),
    "image.resize_shape": lambda tf, i, d: tf.image.resize(i, tf.shape(d)[1:3] * 2),
    "image.flip_left_right": lambda tf, i: tf.image.flip_left_right(i),
    "image.flip_up_down": lambda tf, i: tf.image.flip_up_down(i),
    "image.central_crop": lambda tf, i: tf.image.central_crop(i, 0.5),
    "image.crop_to_bounding_box": lambda tf, i: tf.image.crop_to_bounding_box(i, 1, 2, 4, 5),
    "image.pad_to_bounding_box": lambda tf, i: tf.image.pad_to_bounding_box(i, 1, 2, 12, 14),
    "image.rgb_to_grayscale": lambda tf, i: tf.image.rgb_to_grayscale(i),
    "image.adjust_brightness": lambda tf, i: tf.image.adjust_brightness(i, 0.2),
    "image.adjust_contrast": lambda tf, i: tf.image.adjust_contrast(i, 1.5),
    "image.per_image_standardization": lambda tf, i: tf.image.per_image_standardization(i),
    "nn.depth_to_space": lambda tf, s: tf.nn.depth_to_space(s[:, None], 2),
    "nn.space_to_depth": lambda tf, i: tf.nn.space_to_depth(i[:, :, :8], 2),
    "nn.max_pool2d": lambda tf, i: tf.nn.max_pool2d(i, 2, 2, "VALID"),
    "nn.avg_pool2d": lambda tf, i: tf.nn.avg_pool2d(i, [2, 3], strides=[1, 2], padding="SAME"),
    "nn.conv2d": lambda tf, i: tf.nn.conv2d(i, np.ones((2, 2, 3, 2), "float32"), strides=1, padding="SAME"),
    "nn.max_pool": lambda tf, i: tf.nn.max_pool(i, 2, 2, "VALID"),
    "nn.avg_pool": lambda tf, i: tf.nn.avg_pool(i, 2, 2, "SAME"),
    "nn.max_pool1d": lambda tf, s: tf.nn.max_pool1d(s, 2, 1, "VALID"),
    "nn.avg_pool1d": lambda tf, s: tf.nn.avg_pool1d(s, 2, 2, "SAME"),
    "nn.max_pool3d": lambda tf, i: tf.nn.max_pool3d(i[:, None], [1, 2, 2], 1, "VALID"),
    "nn.avg_pool3d": lambda tf, i: tf.nn.avg_pool3d(i[:, None], [1, 2, 2], 1, "VALID"),
    "nn.conv1d": lambda tf, s: tf.nn.conv1d(s, np.ones((2, 4, 3), "float32"), 1, "SAME"),
    "nn.conv3d": lambda tf, i: tf.nn.conv3d(i[:, None], np.ones((1, 2, 2, 3, 2), "float32"), [1] * 5, "SAME"),
    "nn.convolution": lambda tf, i: tf.nn.convolution(i, np.ones((2, 2, 3, 2), "float32"), padding="SAME"),
    "nn.conv2d_transpose": lambda tf, i: tf.nn.conv2d_transpose(
        i, np.ones((2, 2, 2, 3), "float32"), [tf.shape(i)[0], 16, 18, 2], 2
    ),
    "nn.depthwise_conv2d": lambda tf, i: tf.nn.depthwise_conv2d(
        i, np.ones((2, 2, 3, 1), "float32"), [1, 1, 1, 1], "SAME"
    ),
    "nn.separable_conv2d": lambda tf, i: tf.nn.separable_conv2d(
        i, np.ones((2, 2, 3, 1), "float32"), np.ones((1, 1, 3, 2), "float32"), [1, 1, 1, 1], "SAME"
    ),
    "nn.softmax_cross_entropy": lambda tf, s: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(s), s),
    "nn.sparse_softmax_cross_entropy": lambda tf, s, n: tf.nn.sparse_softmax_cross_entropy_with_logits(
        n[:, :5] % 4, s
    ),
    "nn.extract_patches": lambda tf, i: tf.image.extract_patches(
        i, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"
    ),
    "image.rot90": lambda tf, i: tf.image.rot90(i),
    "image.transpose": lambda tf, i: tf.image.transpose(i),
    "image.resize_with_pad": lambda tf, i: tf.image.resize_with_pad(i, 10, 10),
    "image.resize_with_crop_or_pad": lambda tf, i: tf.image.resize_with_crop_or_pad(i, 6, 10),
    "image.rgb_to_yuv": lambda tf, i: tf.image.rgb_to_yuv(i),
    "image.adjust_gamma": lambda tf, i: tf.image.adjust_gamma(tf.sigmoid(i), 0.8),
    "image.total_variation": lambda tf, i: tf.image.total_variation(i),
    "image.convert_image_dtype": lambda tf, n: tf.image.convert_image_dtype(tf.cast(n, "uint8"), "float32"),
    "nn.bias_add": lambda tf, s: tf.nn.bias_add(s, np.arange(4, dtype="float32")),
    "nn.dropout": lambda tf, x: tf.nn.dropout(x, 0.0),
    "nn.local_response_normalization": lambda tf, i: tf.nn.local_response_normalization(i),
    "nn.batch_normalization": lambda tf, s: tf.nn.batch_normalization(s, 0.1, 1.2, 0.3, 1.4, 1e-3),
    "nn.sigmoid_cross_entropy": lambda tf, x, p: tf.nn.sigmoid_cross_entropy_with_logits(labels=p, logits=x),
}

KERAS: dict[str, Call] = {
    "keras.relu": lambda tf, x: tf.keras.activations.relu(x, max_value=6.0),
    "keras.hard_sigmoid": lambda tf, x: tf.keras.activations.hard_sigmoid(x),
    "keras.backend": lambda tf, s: tf.keras.backend.mean(s, axis=1),
}
