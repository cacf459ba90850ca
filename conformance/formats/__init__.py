"""The format matrix: every writer's files of the conformance models, in every format, given to every reader.

    python -m conformance formats            # FORMATS.md
    python -m conformance keras3_versions    # KERAS3_VERSIONS.md: every minor version of Keras 3, on JAX

.conformance/formats/
    <writer>/<case>/
        expected.json          what the live model is: config, weights, optimizer; or why it cannot be built
        arrays.npz             sample inputs and outputs
        <source>-<format>      the files; source: "own" (the Keras that has the model), "live" (kerasfmt from the
                               live model), "own-hdf5", ... (kerasfmt from that file)
        files.json             file -> {"ok", "error", "digest"}
    reads/<reader>/<case>/     what a reader made of a file, by the digest of its content: equal files are read once

`live.py` writes and reads in a process of a Keras, `ours.py` in one without any; `matrix.py` compares.
"""
