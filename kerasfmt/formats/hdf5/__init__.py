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
