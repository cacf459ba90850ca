"""Which differences between our SavedModels and TensorFlow's are as they should be, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MISSING = "(nothing)"


@dataclass(frozen=True)
class Accept:
    """Differences that are as they should be: regular expressions for `path` and `what`, and the reason."""

    path: str
    what: str
    reason: str
    when: Callable[[Any, Any], bool] = lambda ours, theirs: True


def _as_tuple(ours: Any, theirs: Any) -> bool:
    return isinstance(theirs, dict) and theirs == {"class_name": "__tuple__", "items": ours}


def _as_list(ours: Any, theirs: Any) -> bool:
    return isinstance(ours, dict) and ours == {"class_name": "TensorShape", "items": theirs}


def _new_default(ours: Any, theirs: Any) -> bool:
    return ours is MISSING and theirs is False


def _missing(ours: Any, theirs: Any) -> bool:
    return bool(ours == MISSING)


def _same_members(ours: Any, theirs: Any) -> bool:
    return sorted(map(repr, ours)) == sorted(map(repr, theirs))


def _knows_more(ours: Any, theirs: Any) -> bool:
    """Whether they differ only in sizes that are known to ours and open to theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            _knows_more(ours[key], theirs[key]) or (key == "size" and theirs[key] == -1) for key in ours
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_knows_more, ours, theirs))
    return bool(ours == theirs)


_BODY = (
    "what happens inside a function is ours to choose: TensorFlow's bodies hold dead nodes of tracing (losses"
    " that are dropped, shapes that are known). The readers check what the functions compute"
)

ACCEPTED: tuple[Accept, ...] = (
    Accept(r".*", r"concrete function.*: (ops|control outputs)", _BODY),
    Accept(
        r"graph", r"(nodes of op|node) .*", _BODY + "; signatures, saver and init op are compared by name"
    ),
    Accept(
        r"library", r"functions named .*", _BODY + "; functions that objects refer to are compared one by one"
    ),
    Accept(r"meta_info", r"op .*", "the list of ops follows from the bodies"),
    Accept(
        r"root(\.layer.*)?\.(__call__|call_and_return_all_conditional_losses)",
        r"concrete function.*: outputs",
        "a model calls its layers' functions, which are made for open sizes; what a function's own arithmetic "
        "makes of the sizes of its inputs (UpSampling, Conv2DTranspose) is open to TensorFlow and known here",
        _knows_more,
    ),
    Accept(
        r".*",
        r"concrete function.*: bound inputs",
        "variables are bound in the order in which the body uses them, and each to its own argument",
        _same_members,
    ),
    Accept(
        "meta_info",
        "tensorflow_(git_)?version",
        "names the TensorFlow build that wrote the file; kerasfmt names the release whose layout it follows",
    ),
    Accept(
        r"metadata .*",
        r"\.keras_version",
        "names the Keras that wrote the file; kerasfmt names the release whose layout it follows",
    ),
    Accept(
        r"metadata .*",
        r"\.config\.layers\[\d+\]\.config\.\w+\.shared_object_id",
        "of a SeparableConv, Keras numbers what its base class serializes in this copy of the config too; "
        "readers take numbers from the layer's own entry and from model_config",
        _missing,
    ),
    Accept(
        r"metadata .*",
        r".*\.config\.(function\.items\[0\]|module)",
        "of a Lambda: kerasfmt keeps the bytecode that the HDF5 file holds, Keras marshals the function that it made "
        "of it, and names the module that it made it in",
    ),
    Accept(
        r"metadata .*",
        r".*\.config(\.layers\[\d+\]\.config)?\.rng_type",
        "an option of the random layers that came after Keras 2.15; left out, it means the same",
        _missing,
    ),
    Accept(
        r"metadata .*",
        r".*\.config(\.layers\[\d+\]\.config)?\.softmax_robust_masking",
        "an option of MultiHeadAttention that came after Keras 2.15; left out, it means the same",
        _missing,
    ),
    Accept(
        r"metadata .*\.(layer|cell)",
        r"\.build_input_shape",
        "of the layer inside a wrapper, and of a stack of cells, which tf_keras notes from 2.16 on and 2.15 does not",
        _missing,
    ),
    Accept(
        r"metadata root",
        r"\.build_input_shape",
        "a model that Keras loads from an archive notes its shape as a list",
        _as_list,
    ),
    Accept(
        r"metadata .*",
        r".*\.config\.optional",
        "an option of InputLayer that came after Keras 2.15; left out, it means the same",
        _new_default,
    ),
    Accept(
        r"metadata .*",
        r"\.(full_)?save_spec\b.*serialized",
        "tf_keras 2.16 and later note that a TensorSpec was a tuple, 2.15 does not; both load the older form",
        _as_tuple,
    ),
    Accept(
        "graph",
        "versions",
        "the GraphDef version is that of the release whose layout kerasfmt follows, whatever line reads it",
    ),
)


_MASKS = (
    "Keras's own function of the layer loses the masks that come along with its inputs (loaded without Keras, it "
    "attends to masked steps); here they are part of its argument attention_mask"
)
_AFTER_MASKING = (
    "Keras's functions of a model lose the mask that Masking gives: its object, loaded without Keras and called, "
    "answers otherwise than the model and than its own signature. Here the layers get the mask"
)
_ARRAYS = "arrays among the arguments: Keras captures them as constants of the eager runtime, functions hold them here"
DIFFERENT = {
    **dict.fromkeys(
        [
            f"MultiHeadAttention-{kind}"
            for kind in ("implicit_masks", "implicit_and_causal", "implicit_key_mask", "mixed_float16_masks")
        ],
        _MASKS,
    ),
    "masks_encoder": _MASKS,
    **dict.fromkeys(
        [
            *(f"{layer}-after_masking" for layer in ("SimpleRNN", "RNN", "LSTM", "GRU", "Bidirectional")),
            "Bidirectional-after_masking_last",
        ],
        _AFTER_MASKING,
    ),
    **dict.fromkeys(
        ["Activation-swish", "Activation-silu"],
        "Keras stores a gradient function of its own for swish; here swish is Sigmoid and Mul",
    ),
    **dict.fromkeys(
        [f"CenterCrop-{kind}" for kind in ("default", "larger", "dynamic", "mixed_float16")],
        "Keras's crop asserts its box, which makes the functions stateful; the box is known to fit here",
    ),
    **dict.fromkeys(
        [f"RandomCrop-{kind}" for kind in ("default", "larger", "dynamic", "mixed_float16")],
        "the name that TensorFlow notes for the captured state of the generator",
    ),
    **dict.fromkeys(
        [
            f"Random{side}-{kind}"
            for side in ("Height", "Width")
            for kind in ("default", "pair", "dynamic", "mixed_float16")
        ],
        "inference keeps the size, yet the output's shape leaves it open, as for training; one Identity fewer",
    ),
    **dict.fromkeys(
        [
            *(f"AdditiveAttention-mixed_float16{kind}" for kind in ("", "_masks")),
            "Attention-concat_mixed_float16",
        ],
        "the name of a function's result; Keras casts the scale twice and numbers its Identity after that",
    ),
    **dict.fromkeys(
        [
            f"SpectralNormalization-{kind}"
            for kind in ("default", "iterations", "images", "transposed", "embedding", "dynamic", "float64")
        ],
        "the name that TensorFlow notes for a captured variable that a branch reads",
    ),
    "SpectralNormalization-mixed_float16": "as the others; tf_keras writes its vector as float16, which it cannot load",
    "Activation-log_softmax": "in a SavedModel Keras names it log_softmax_v2, else log_softmax; it reads both",
    **dict.fromkeys([f"TFOpLambda-{group}" for group in ("operators", "without_batch")], _ARRAYS),
    **dict.fromkeys(
        [f"TFOpLambda-{group}" for group in ("arithmetic", "shapes")],
        _ARRAYS
        + "; where a list stands for the inputs, Keras, once it has loaded it, has an input for each number",
    ),
    "TFOpLambda-images": "resize_with_pad, rot90 and the sparse cross entropy assert what is known here, so that "
    "the functions are stateful; of resize and rot90, sizes are known that TensorFlow leaves open",
    "TFOpLambda-dynamic": _ARRAYS
    + "; flip_left_right asserts that open sizes are not 0, which makes it stateful",
    "TFOpLambda-activations": "as Activation-swish",
    "efficientnet_b0": "as Activation-swish, for each of its activations",
    **dict.fromkeys(
        ("compiled_loss_scale", "compiled_loss_scale_fixed"),
        "Keras drops the state of a LossScaleOptimizer when it loads HDF5; it is kept here",
    ),
}
"""Cases with differences that renumber the whole object graph, and why; a case that has none any more fails."""


@dataclass(frozen=True)
class Difference:
    """One place where the two directories differ."""

    path: str
    what: str
    ours: Any
    theirs: Any

    @property
    def accepted(self) -> str:
        """The reason why this may be so; empty if there is none."""
        for rule in ACCEPTED:
            if (
                re.fullmatch(rule.path, self.path)
                and re.fullmatch(rule.what, self.what)
                and rule.when(self.ours, self.theirs)
            ):
                return rule.reason
        return ""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}: ours {_short(self.ours)}, theirs {_short(self.theirs)}"


def _short(value: Any) -> str:
    text = value if value is MISSING else repr(value)
    return text if len(text) < 400 else f"{text[:250]} ... {text[-120:]}"
