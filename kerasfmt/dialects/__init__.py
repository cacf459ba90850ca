"""The JSON dialects in which Keras 2 and Keras 3 describe models: reading and writing.

keras2.py            the calls of a functional model
keras2_hdf5.py       the configs in HDF5 files
keras2_archive.py    the configs in archives of tf_keras
keras3.py            the configs in archives of Keras 3; keras3_masks.py the masks in them
model_config.py      from any of these to a model
"""
