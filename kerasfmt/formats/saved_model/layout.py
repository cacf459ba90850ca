"""The facts of a SavedModel that its writer and its reader share: files, keys, identifiers, versions.

    saved_model.pb              SavedModel: main graph, function library, object graph, signatures
    keras_metadata.pb           SavedMetadata: one JSON text per layer
    fingerprint.pb              FingerprintDef: hashes of the parts
    variables/variables.index   the weights, a TensorBundle with the prefix `variables/variables`
    variables/variables.data-*
    assets/                     files that layers read, as saved_model.pb names them: vocabularies
    assets.extra/               files of the user: TensorFlow Serving takes its warm-up requests from here

Source: tensorflow/python/saved_model/constants.py, tensorflow/python/saved_model/path_helpers.py;
tf_keras/src/saving/legacy/saved_model/constants.py.
"""

from __future__ import annotations

from typing import Final

SAVED_MODEL: Final = "saved_model.pb"
SAVED_MODEL_TEXT: Final = "saved_model.pbtxt"
"""The same as text, in its place; TensorFlow reads either."""
KERAS_METADATA: Final = "keras_metadata.pb"
FINGERPRINT: Final = "fingerprint.pb"
VARIABLES: Final = "variables/variables"
"""The prefix of the TensorBundle."""
VARIABLES_INDEX: Final = "variables/variables.index"
ASSETS: Final = "assets"
ASSETS_EXTRA: Final = "assets.extra"
PATTERNS: Final = (
    r"saved_model\.pb",
    r"keras_metadata\.pb",
    r"fingerprint\.pb",
    r"variables/",
    r"variables/variables\.index",
    r"variables/variables\.data-\d{5}-of-\d{5}",
    r"assets/",
    r"debug/",
    r"debug/saved_model_debug_info\.pb",
)
"""What may lie in the directory beside assets, as regular expressions of paths below it."""

SCHEMA_VERSION: Final = 1
"""`SavedModel.saved_model_schema_version` (tensorflow/python/saved_model/constants.py)."""
TENSORFLOW_VERSION: Final = "2.15.1"
"""The TensorFlow whose output the writer matches."""
GRAPH_PRODUCER: Final = 1645
"""GraphDef version of that TensorFlow (tensorflow/core/public/version.h, TF_GRAPH_DEF_VERSION)."""
GRAPH_MIN_CONSUMER: Final = 12
METADATA_PRODUCER: Final = 2
"""Version of a layer's entry in keras_metadata.pb (tf_keras/src/saving/legacy/saved_model/layer_serialization.py)."""
MIN_CONSUMER: Final = 1
"""Oldest version of a reader of nodes and metadata."""
FINGERPRINT_PRODUCER: Final = 1
"""kFingerprintProducer of TensorFlow 2.15 (tensorflow/cc/saved_model/fingerprinting.cc)."""

SERVE_TAG: Final = "serve"
SERVING_DEFAULT: Final = "serving_default"
"""The signature that serving systems call (tensorflow/python/saved_model/signature_constants.py)."""
INIT_OP: Final = "__saved_model_init_op"
"""The signature that TensorFlow keeps for the init op."""
SAVER_VERSION: Final = 2
"""SaverDef.V2 (tensorflow/core/protobuf/saver.proto)."""
MAIN_OP_COLLECTION: Final = "saved_model_main_op"
LEGACY_INIT_COLLECTION: Final = "legacy_init_op"
"""The collection with the main op in files of TensorFlow before 1.5."""
ASSETS_COLLECTION: Final = "saved_model_assets"
"""The collection with the assets in files of TensorFlow 1."""
PREDICT_METHOD: Final = "tensorflow/serving/predict"

SIGNATURE_MAP: Final = "signature_map"
KERAS_IDENTIFIER: Final = "_tf_keras_"
"""What the identifiers of all objects begin with of which Keras says more (tf_keras/src/saving/legacy/saved_model/
constants.py, KERAS_OBJECT_IDENTIFIERS)."""
STATIC_TABLE: Final = "tf.StaticHashTable"
"""The registered name of a table that functions do not change."""
CONSTANT: Final = "tf.TrackableConstant"
"""The registered name of a tensor that functions capture."""
SEQUENTIAL: Final = "_tf_keras_sequential"
METRIC: Final = "_tf_keras_metric"
"""Identifiers by which TensorFlow and Keras restore a node, beside those that checkpoints have too."""
