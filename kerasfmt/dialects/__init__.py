"""The JSON dialects in which Keras 2 and Keras 3 describe models: reading and writing.

model_config.py      from the config of a model, in either dialect, to the model
architecture.py      configs by the Keras that wrote them; keras1.py and older_keras2.py those of its first versions
model_json.py        models from JSON text
optimizer_target.py  optimizers as a version of Keras can express them
calls.py             the calls of a functional model, made again
keras2.py            calls in the dialect of Keras 2
keras2_hdf5.py       configs in HDF5 files
keras2_archive.py    configs in archives of tf_keras
keras3.py            configs and calls in the dialect of Keras 3; keras3_masks.py the masks in them
compile_config.py    compile states
activations.py       names of activations; functions.py options that are Python functions
saving_lib.py        objects as `keras.saving` describes them
versions.py          the versions of Keras whose dialects are written
malformed.py         configs that describe no model
"""
