"""Unsafe. Rules about what makes a reader do more than compute, and about what is hidden in a file."""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule, Severity

_REMOVE: Final = "Do not load the file. Ask its maker for a model that only computes."
_LOOK: Final = "Find out why it is there before the file is used."

# Ops of graphs.
PYTHON_OP: Final = Rule(
    "KF301",
    "python-op",
    Severity.ERROR,
    "An op calls Python code in the process that runs the graph.",
    _REMOVE,
)
READING_OP: Final = Rule(
    "KF302",
    "reading-op",
    Severity.ERROR,
    "An op reads files of the machine that runs the graph.",
    _REMOVE,
)
WRITING_OP: Final = Rule(
    "KF303",
    "writing-op",
    Severity.ERROR,
    "An op writes files on the machine that runs the graph.",
    _REMOVE,
)
CHECKPOINT_OP: Final = Rule(
    "KF304",
    "checkpoint-op",
    Severity.ERROR,
    "An op reads or writes a checkpoint elsewhere than TensorFlow's saver does, or at a path of the file's own.",
    _REMOVE,
)
NETWORK_OP: Final = Rule(
    "KF305",
    "network-op",
    Severity.ERROR,
    "An op talks to another machine.",
    _REMOVE,
)
DEVICE_OP: Final = Rule(
    "KF306",
    "cluster-op",
    Severity.WARNING,
    "An op needs a cluster: it sends tensors to other processes, or runs functions there.",
    "Run the model on the cluster that it is for, or export it for one machine.",
)
DEBUG_OP: Final = Rule(
    "KF307",
    "debug-op",
    Severity.ERROR,
    "An op of the debugger sends tensors to files or addresses.",
    "Export the model without tf.debugging.",
)
NATIVE_OP: Final = Rule(
    "KF308",
    "native-op",
    Severity.WARNING,
    "An op runs a program in the form of another runtime, or calls a native function by its name.",
    "Load the model only where that runtime, and who made the program, are trusted.",
)
ABORT_OP: Final = Rule(
    "KF309",
    "abort-op",
    Severity.ERROR,
    "An op ends the process that runs it.",
    _REMOVE,
)
CUSTOM_CALL: Final = Rule(
    "KF310",
    "custom-call",
    Severity.WARNING,
    "A StableHLO module calls a function of the runtime by its name.",
    "Load the model only where that name is known and trusted.",
)
FOREIGN_OP: Final = Rule(
    "KF311",
    "foreign-op",
    Severity.NOTE,
    "An op is defined by the file and not by TensorFlow; loading needs a library of native code.",
    "Load only the library that the maker of the model names, from where you trust it.",
)
FILE_NAME_IN_GRAPH: Final = Rule(
    "KF312",
    "path-in-graph",
    Severity.ERROR,
    "A table of the graph is filled from a path of the file's own, and not from an asset.",
    "Save the model again with the file as an asset.",
)
TELLING_NAME: Final = Rule(
    "KF313",
    "telling-name",
    Severity.NOTE,
    "A function is called like something that runs code.",
    _LOOK,
)
CODE_IN_GRAPH: Final = Rule(
    "KF314",
    "program-in-graph",
    Severity.ERROR,
    "A constant or a collection of the graph holds a program or a pickle.",
    _REMOVE,
)
LONG_STRING: Final = Rule(
    "KF315",
    "long-string",
    Severity.NOTE,
    "A string of the graph is longer than names and texts are.",
    _LOOK,
)

# Configs.
LAMBDA_CODE: Final = Rule(
    "KF320",
    "lambda-code",
    Severity.ERROR,
    "A config holds marshalled Python code, which Keras runs when the layer is called or loaded.",
    "Do not load the file with safe_mode=False. Replace the Lambda by a layer, or pass its function to kerasfmt.",
)
PICKLE_IN_CONFIG: Final = Rule(
    "KF321",
    "pickle-in-config",
    Severity.ERROR,
    "A config holds a pickled object, which runs code when it is loaded.",
    _REMOVE,
)
CALLS_FUNCTION: Final = Rule(
    "KF322",
    "dangerous-name",
    Severity.ERROR,
    "A config names what is no part of a model: something of Python's library, or what loads, writes or downloads.",
    _REMOVE,
)
CUSTOM_OBJECT: Final = Rule(
    "KF323",
    "custom-object",
    Severity.WARNING,
    "A config names a layer or a function that is not Keras's own; its code has to come from elsewhere.",
    "Load only code that you trust for it. kerasfmt imports nothing that a file names.",
)
PATH_IN_CONFIG: Final = Rule(
    "KF324",
    "path-in-config",
    Severity.ERROR,
    "A config names a file or an address that Keras would open (CVE-2025-12058).",
    "Save the model again with the vocabulary in it.",
)
PATH_OF_ASSET: Final = Rule(
    "KF325",
    "path-of-asset",
    Severity.WARNING,
    "A config names the file that an asset was copied from; Keras 2 opens that path when it makes the layer anew.",
    "Load the model with tf.saved_model.load, which takes the asset, or where nobody else can write that path.",
)

# Files, members and names.
LINK: Final = Rule(
    "KF330",
    "link",
    Severity.ERROR,
    "There is a link where a file is expected.",
    "Replace it by the file, if that belongs to the model.",
)
UNEXPECTED_FILE: Final = Rule(
    "KF331",
    "unexpected-file",
    Severity.WARNING,
    "There is a file that is no part of the format and that the model does not name.",
    "Remove it, or find out what it is for.",
)
PROGRAM: Final = Rule(
    "KF332",
    "program",
    Severity.ERROR,
    "A file is a program or a script.",
    "Remove it. A model needs none.",
)
PICKLE: Final = Rule(
    "KF333",
    "pickle",
    Severity.ERROR,
    "A file is a pickle, which runs code when it is loaded.",
    "Remove it. A model needs none.",
)
ARCHIVE_INSIDE: Final = Rule(
    "KF334",
    "archive-inside",
    Severity.WARNING,
    "A file is an archive; what it holds was not checked.",
    "Unpack it and look at what it holds.",
)
PATH_OUTSIDE: Final = Rule(
    "KF335",
    "path-outside",
    Severity.ERROR,
    "A name leads out of the archive or the directory.",
    "Do not unpack the file.",
)
CONTROL_CHARACTERS: Final = Rule(
    "KF336",
    "control-characters",
    Severity.WARNING,
    "A name holds characters that command a terminal or cannot be seen, or is no text.",
    "Rename it, and do not print it as it is.",
)
BOMB: Final = Rule(
    "KF337",
    "bomb",
    Severity.ERROR,
    "A part unpacks to more than a file of its size may cost.",
    "Do not load the file. If you trust it, check it with a higher --max-expansion.",
)
MEMBER_TWICE: Final = Rule(
    "KF338",
    "member-twice",
    Severity.ERROR,
    "Two members of the archive have one name; readers disagree on which counts.",
    "Do not load the file: no writer of Keras makes such files.",
)
BYTES_BETWEEN: Final = Rule(
    "KF339",
    "bytes-between",
    Severity.WARNING,
    "The archive has bytes before, between or behind its members; it may be a file of another kind too.",
    _LOOK,
)
SPECIAL_FILE: Final = Rule(
    "KF340",
    "special-file",
    Severity.ERROR,
    "There is a device, a pipe or a socket where a file is expected.",
    "Remove it. Reading it may never end.",
)

# HDF5.
SOFT_LINK: Final = Rule(
    "KF350",
    "hdf5-link",
    Severity.ERROR,
    "An object of the HDF5 file is reached by a link.",
    "Do not load the file: Keras writes no links.",
)
EXTERNAL_LINK: Final = Rule(
    "KF351",
    "hdf5-external-link",
    Severity.ERROR,
    "The HDF5 file links to another file, which HDF5 would open (CVE-2026-1669).",
    "Do not load the file: Keras writes no links.",
)
EXTERNAL_STORAGE: Final = Rule(
    "KF352",
    "hdf5-external-storage",
    Severity.ERROR,
    "A dataset takes its bytes from another file, which HDF5 would read (CVE-2026-1669).",
    "Do not load the file: Keras stores all bytes in it.",
)
VIRTUAL_DATASET: Final = Rule(
    "KF353",
    "hdf5-virtual-dataset",
    Severity.ERROR,
    "A dataset is put together from other files, which HDF5 would open (CVE-2026-1669).",
    "Do not load the file: Keras stores all bytes in it.",
)
FILTER: Final = Rule(
    "KF354",
    "hdf5-filter",
    Severity.ERROR,
    "A dataset is packed by a filter that Keras does not use; HDF5 may load native code for it.",
    "Save the weights without compression, or with gzip.",
)
NO_NUMBERS: Final = Rule(
    "KF355",
    "hdf5-no-numbers",
    Severity.ERROR,
    "A dataset holds texts, references or opaque bytes; weights are numbers.",
    _LOOK,
)
