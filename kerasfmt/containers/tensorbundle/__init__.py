"""TensorFlow's V2 checkpoint format: named tensors to bytes and back.

`write(prefix, items)` writes `prefix.index` and `prefix.data-*`, and `write_new` does where there are none;
`read(prefix)` is a mapping of names to lazy arrays. The modules `coding`, `table` and `bundle` describe the parts of
the layout that they implement.
"""

from kerasfmt.containers.tensorbundle.reader import Bundle, StoredTensor, read
from kerasfmt.containers.tensorbundle.replacing import write
from kerasfmt.containers.tensorbundle.writer import write_new

__all__ = ["Bundle", "StoredTensor", "read", "write", "write_new"]
