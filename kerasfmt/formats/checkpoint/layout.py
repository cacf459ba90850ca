"""The facts of a checkpoint, and of the objects in it, that its writers and readers share.

Source: tensorflow/python/trackable/base.py, tensorflow/python/checkpoint/checkpoint_management.py;
tensorflow/python/saved_model/constants.py; tf_keras/src/saving/legacy/saved_model/constants.py.
"""

from __future__ import annotations

from typing import Final

INDEX: Final = ".index"
"""What follows the prefix in the name of the index."""
STATE: Final = "checkpoint"
"""The file of a directory that names its checkpoints."""
VARIABLES: Final = "variables/variables"
"""The prefix of the checkpoint of a SavedModel, in its directory."""
OBJECT_GRAPH_KEY: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""Where the checkpoint holds the object graph."""
ATTRIBUTES: Final = ".ATTRIBUTES"
"""What parts the path of an object from the name of an attribute in a checkpoint key."""
SLOT: Final = ".OPTIMIZER_SLOT"
"""What parts the path of a variable from the path of the optimizer that keeps another variable for it."""
VALUE_ATTRIBUTE: Final = "VARIABLE_VALUE"
"""The attribute of a variable that a checkpoint holds; its key ends in `/.ATTRIBUTES/VARIABLE_VALUE`."""
TABLE_ATTRIBUTE: Final = "table"
"""The attribute of a mutable table that a checkpoint holds."""
TABLE_PARTS: Final = ("-keys", "-values")
"""The ends of the two checkpoint keys of a table, after `/.ATTRIBUTES/table`."""

GENERIC_OBJECT: Final = "_generic_user_object"
LIST_WRAPPER: Final = "trackable_list_wrapper"
DICT_WRAPPER: Final = "trackable_dict_wrapper"
OPTIMIZER: Final = "experimentalOptimizer"
LEGACY_OPTIMIZER: Final = "optimizer"
"""Identifiers by which TensorFlow and Keras restore a node of a SavedModel."""
OPTIMIZER_PRODUCER: Final = 2
"""Version of the optimizer's node in a SavedModel."""
OBJECT_PRODUCER: Final = 1
"""Version of every other node."""
