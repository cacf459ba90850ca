"""Spoilt files for every reader: made, read under limits, counted.

    corpus.py      the valid files
    spoil.py       mutations of bytes and of JSON
    spoil_hdf5.py  mutations of what an HDF5 file holds
    spoil_zip.py   mutations of what an archive holds
    spoil_npz.py   mutations of what an `.npz` holds
    spoil_checkpoint.py   mutations of a checkpoint
    spoil_saved_model.py  mutations of a SavedModel
    run.py         reads an input in a process of its own, with limits on time and memory
    __main__.py    the command, and the table
    options.py     hostile values for every option of every layer, a command of its own

An input is fixed by the reader, the seed and its number: `python -m conformance.fuzz --seed 1 --only hdf5:17`.
"""
