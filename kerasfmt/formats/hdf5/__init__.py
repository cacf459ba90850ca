"""Keras models in HDF5, "legacy h5": read, in the dialects of Keras 2 and of Keras 3; written, in Keras 2's.

    /                            attributes: model_config (JSON), training_config (JSON, if compiled),
                                 keras_version, backend
    /model_weights               attributes: layer_names, keras_version, backend
    /model_weights/<layer>       attribute: weight_names, paths of datasets below this group; a nested model
                                 is one layer here, its weights those that are trainable, then the others
    /model_weights/top_level_model_weights   the same, for weights that belong to no layer
    /optimizer_weights           attribute: weight_names

A list of names that is larger than 64,512 bytes is cut into the attributes layer_names0, layer_names1, ...

Source: tf_keras/src/saving/legacy/hdf5_format.py; keras/src/legacy/saving/legacy_h5_format.py
"""

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.formats.hdf5.file import H5Model, holds_object_paths, open_model
from kerasfmt.formats.hdf5.load import load
from kerasfmt.formats.hdf5.weights import load_weights
from kerasfmt.formats.hdf5.write import write, write_weights

__all__ = [
    "H5Model",
    "LazyDataset",
    "holds_object_paths",
    "load",
    "load_weights",
    "open_model",
    "write",
    "write_weights",
]
