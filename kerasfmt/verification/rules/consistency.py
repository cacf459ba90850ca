"""Contradicts itself. Rules about parts of a file that do not fit each other."""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule, Severity

_SAVE_AGAIN: Final = (
    "Save the model again from where it was made; what was done to the file since does not fit."
)

OBJECTS: Final = Rule(
    "KF201",
    "object-graph",
    Severity.ERROR,
    "The object graph names objects that are not there, or names two alike.",
    _SAVE_AGAIN,
)
VALUE_MISSING: Final = Rule(
    "KF202",
    "value-missing",
    Severity.ERROR,
    "A variable has no value in the checkpoint.",
    _SAVE_AGAIN,
)
VALUE_LEFT_OVER: Final = Rule(
    "KF203",
    "value-left-over",
    Severity.WARNING,
    "The checkpoint holds a value that no object names.",
    "Look at it. Saving the model again leaves it out.",
)
VALUE_DISAGREES: Final = Rule(
    "KF204",
    "value-disagrees",
    Severity.ERROR,
    "A variable has another shape or dtype in the checkpoint than in the model.",
    _SAVE_AGAIN,
)
UNKNOWN_OP: Final = Rule(
    "KF205",
    "unknown-op",
    Severity.ERROR,
    "A node is of an op that neither kerasfmt nor the file defines.",
    "Load the model with the library that defines the op, and save it there with its op definitions.",
)
ATTRIBUTE: Final = Rule(
    "KF206",
    "attribute",
    Severity.ERROR,
    "An attribute of a node is missing, unknown, of another kind than its op states, or holds an impossible value.",
    _SAVE_AGAIN,
)
DANGLING_INPUT: Final = Rule(
    "KF207",
    "dangling-input",
    Severity.ERROR,
    "A node or an output of a function takes a tensor that is not there.",
    _SAVE_AGAIN,
)
OPERANDS: Final = Rule(
    "KF208",
    "operands",
    Severity.ERROR,
    "A node has more inputs, fewer, or others than its op takes.",
    _SAVE_AGAIN,
)
FUNCTION_MISSING: Final = Rule(
    "KF209",
    "function-missing",
    Severity.ERROR,
    "A function is named that the library does not hold.",
    _SAVE_AGAIN,
)
RECURSION: Final = Rule(
    "KF210",
    "recursion",
    Severity.ERROR,
    "Functions call each other in a circle, or nodes wait for each other.",
    "Do not load the file: TensorFlow has no such graphs, and readers have crashed on them (CVE-2022-23591).",
)
NAMED_TWICE: Final = Rule(
    "KF211",
    "named-twice",
    Severity.ERROR,
    "Two nodes, or two functions, have one name.",
    _SAVE_AGAIN,
)
SIGNATURE: Final = Rule(
    "KF212",
    "signature",
    Severity.ERROR,
    "A signature names a tensor or a function that is not there, or that is another one than it states.",
    _SAVE_AGAIN,
)
CONCRETE_FUNCTION: Final = Rule(
    "KF213",
    "concrete-function",
    Severity.ERROR,
    "The object graph and the library disagree on a function, or on what it captures.",
    _SAVE_AGAIN,
)
ASSET_MISSING: Final = Rule(
    "KF214",
    "asset-missing",
    Severity.ERROR,
    "The SavedModel names an asset that is not in its folder.",
    "Copy the folder assets with the model.",
)
METADATA: Final = Rule(
    "KF215",
    "metadata",
    Severity.ERROR,
    "What Keras says of an object does not fit the object.",
    _SAVE_AGAIN,
)
METADATA_MISSING: Final = Rule(
    "KF216",
    "metadata-missing",
    Severity.WARNING,
    "Keras saved an object, and says nothing of it; Keras cannot load it.",
    "Copy keras_metadata.pb whole, or load the model with tf.saved_model.load.",
)
WEIGHTS: Final = Rule(
    "KF217",
    "weights",
    Severity.ERROR,
    "Config and weights contradict each other or themselves.",
    _SAVE_AGAIN,
)
