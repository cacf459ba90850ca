"""Which modules and functions a config may name: those that a model is made of.

    Keras's own      but for what loads, downloads, switches safety off or writes
    TensorFlow's     but for files, data, Python functions and libraries
    Python's         none; a function of the user's own goes by the module `builtins`
    others           custom objects

Source: keras/src/saving/serialization_lib.py, _retrieve_class_or_fn; tf_keras/src/layers/core/tf_op_layer.py;
CVE-2025-1550, CVE-2025-8747, CVE-2025-9906
"""

from __future__ import annotations

import builtins
import sys
from typing import Any, Final

from kerasfmt import layers, losses, metrics, optimizers
from kerasfmt.ir.keras_facts import LATER_PACKAGE
from kerasfmt.ir.layer import find_layer_class
from kerasfmt.ir.own_modules import defines_keras, is_own
from kerasfmt.layers.keras3_ops.operation import OPERATIONS
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe

_KERAS_PARTS: Final = frozenset(
    {
        "applications", "backend", "callbacks", "config", "datasets", "distribution", "export", "saving", "testing",
        "tree", "utils", "wrappers",
    }
)  # fmt: skip
"""Parts of Keras from which no object of a model comes."""
_KERAS_EXCEPTIONS: Final = frozenset(
    {"FeatureSpace", "Cross", "Feature", "CustomObjectScope", "KerasTensor", "Variable", "DType", "PyDataset"}
)
"""Classes of models that live there all the same."""
_LOADING: Final = (
    "load_",
    "get_file",
    "enable_",
    "disable_",
    "save_",
    "download",
    "deserialize",
    "set_",
    "clone_",
)
_TENSORFLOW: Final = """
autograph compat contrib data debugging distribute gfile io lib load_library load_op_library numpy_function
profiler py_function python_io raw_ops saved_model summary sysconfig test tpu train
"""
_TENSORFLOW_PARTS: Final = frozenset(_TENSORFLOW.split())
"""Parts of TensorFlow that do more than compute."""
_TENSORFLOW_EXCEPTIONS: Final = frozenset(
    {
        "io.decode_base64", "io.decode_raw", "io.encode_base64", "io.decode_image", "io.decode_jpeg", "io.decode_png",
        "io.decode_json_example", "io.parse_example", "io.parse_single_example", "io.parse_tensor", "io.decode_csv",
        "io.serialize_tensor", "debugging.assert_equal", "debugging.check_numerics", "debugging.is_numeric_tensor",
        "debugging.assert_all_finite", "compat.as_str",
    }
)  # fmt: skip
_HARMLESS_BUILTINS: Final = frozenset(
    {"abs", "bool", "bytes", "complex", "dict", "float", "int", "len", "list", "max", "min", "pow", "round", "set",
     "slice", "str", "sum", "tuple", "type", "object", "range", "reversed", "sorted", "zip", "map", "filter",
     "frozenset", "all", "any"}
)  # fmt: skip

_OTHER: Final = """
AbstractRNNCell AddLoss AddMetric AugMix AutoContrast AvgPool1D AvgPool2D AvgPool3D BasicLSTMCell
BasicRNNCell ClassMethod ContrastLimitedAdaptiveHistogramEqualization ConvLSTM ConvLSTMCell Convolution1D
Convolution1DTranspose Convolution2D Convolution2DTranspose Convolution3D Convolution3DTranspose CutMix
DataLayer DenseFeatures DeviceWrapper Distiller DropoutWrapper DynamicEmbedding DynamicLookup Equalization
FeatureSpace FlaxLayer Functional GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D
GlobalMaxPool2D GlobalMaxPool3D GroupQueryAttention GroupedQueryAttention InstanceMethod InstanceProperty
JaxLayer LinearModel MaxNumBoundingBoxes MaxPool1D MaxPool2D MaxPool3D MelSpectrogram Merge MixUp Model
ModuleWrapper MultiRNNCell Pipeline PreprocessingLayer RandAugment RandomColorDegeneration RandomColorJitter
RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue RandomInvert
RandomPerspective RandomPosterization RandomSaturation RandomSharpness RandomShear ResidualWrapper
ReversibleEmbedding STFTSpectrogram SeparableConvolution1D SeparableConvolution2D SequenceFeatures
Sequential SharpnessAwareMinimization SlicingOpLambda Solarization TFOpLambda TFSMLayer TensorFlowOpLayer
TorchModuleWrapper VariableScopeLayer WideDeepModel
"""
_OTHER_LAYERS: Final = frozenset(_OTHER.split())
"""Layers and models of Keras that are not among `kerasfmt.layers` under these names."""
_KERAS_PACKAGES: Final = frozenset(
    {"keras", "tf_keras", "TensorFlow", "keras_core", "Addons", LATER_PACKAGE.removesuffix(">")}
)


def is_known_layer(name: str) -> bool:
    """Whether Keras has a layer, a model or an operation of a class name."""
    if name in _OTHER_LAYERS or name in dir(layers):
        return True
    return find_layer_class(name) is not None or OPERATIONS.find(name) is not None


def is_custom_name(name: Any) -> bool:
    """Whether a name is one under which code of the user's own was registered: `package>Name`.

    Keras 2 registers some of its own optimizers under the package `Custom`.
    """
    package, mark, own = name.partition(">") if isinstance(name, str) else ("", "", "")
    if not mark or package in _KERAS_PACKAGES:
        return False
    keras_has_it = any(own in dir(room) for room in (layers, losses, metrics, optimizers))
    return not (package == "Custom" and keras_has_it)


def judge_object(module: str, name: str) -> tuple[Rule, str] | None:
    """The rule that an object of a config breaks by its module and its name; None for one of Keras's.

    Args:
      module: the module that the config names.
      name: the class or function.
    """
    parts = module.split(".")
    if defines_keras(module):
        inner = [part for part in parts[1:] if part != "src"]
        loads = name.startswith(_LOADING)
        if loads or (_KERAS_PARTS & {*inner} and name not in _KERAS_EXCEPTIONS):
            return unsafe.CALLS_FUNCTION, f"names {module}.{name}, which is no part of a model"
        return None
    if parts[0] == "builtins":
        return _judge_builtin(name)
    if is_own(module):  # TensorFlow's
        return judge_tensorflow(".".join([*parts[1:], name]))
    if parts[0] in sys.stdlib_module_names:
        return unsafe.CALLS_FUNCTION, f"names {module}.{name} of Python's library"
    return unsafe.CUSTOM_OBJECT, f"names {module}.{name}, which is not Keras's own"


def _judge_builtin(name: str) -> tuple[Rule, str] | None:
    if name in _HARMLESS_BUILTINS:
        return None
    if hasattr(builtins, name):
        return unsafe.CALLS_FUNCTION, f"names Python's own {name}"
    return unsafe.CUSTOM_OBJECT, f"names the function {name}, whose code is not in the file"


def judge_tensorflow(function: str) -> tuple[Rule, str] | None:
    """The rule that a function of TensorFlow breaks that a config names.

    Args:
      function: its name in the public API without the leading `tf.`, `math.add`.
    """
    parts = function.split(".")
    plain = [part for part in parts if part not in ("compat", "v1", "v2", "python", "keras")]
    if ".".join(plain) in _TENSORFLOW_EXCEPTIONS or plain[:1] == ["framework"]:
        return None
    if _TENSORFLOW_PARTS & {*plain}:
        return unsafe.CALLS_FUNCTION, f"names tf.{function}, which does more than compute"
    return None
