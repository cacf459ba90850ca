"""The continuation matrix: training goes on from every file as if nothing had happened.

    python -m conformance training [--line tf_keras] [--cases 'Adam*'] [--report]

.conformance/training/
    <writer>/<case>/
        expected.json, expected.npz   the state after 6 steps without a break, or why the Keras lacks the optimizer
        own-<format>                  the files of the Keras after 3 steps
        <source>-<format>             what kerasfmt makes of its file <source>
        files.json                    file -> {"ok", "error", "digest"}
    reads/<reader>/<case>/            the state after 3 more steps from a file, by the digest of its content

`cases.py` is the table of optimizers and scenarios. `live.py` runs in a process of a Keras, `ours.py` in one without
any. `matrix.py` compares, and `page.py` writes `TRAINING.md`.
"""
