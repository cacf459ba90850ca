"""`.keras` archives, the format of Keras 3 and, from Keras 2.12 on, of tf_keras: read and written.

    metadata.json        {"keras_version": "3.15.1", "date_saved": "2026-11-22@08:01:23"}
    config.json          the model: layers, calls, compile state; see config.py, keras3.py, tf_keras.py
    model.weights.h5     every variable, below the path of the object that owns it; see weights.py
    model.weights.json   in place of it, where the variables are in several HDF5 files
    assets/              vocabularies; refused, as no layer of kerasfmt has any

A zip archive whose members are not compressed. The two dialects differ in the config and in a few paths. The
weights alone are the same HDF5 file, `.weights.h5`, or a map `.weights.json` beside its shards.

Source: keras/src/saving/saving_lib.py; tf_keras/src/saving/saving_lib.py
"""
