"""Hostile files, one for each published attack: made here, byte by byte, without the library that the attack was on.

case.py         what a case is
configs.py      configs that name code, files and addresses
archives.py     zip and tar archives
hdf5_files.py   what an HDF5 file can ask of its reader
hdf5_bytes.py   HDF5 files that broke the HDF5 library
arrays.py       .npz and .npy
checkpoints.py  TensorFlow's checkpoints
"""
