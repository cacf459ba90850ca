"""TensorFlow's V2 checkpoint format: named tensors to bytes and back. It knows no Keras.

`write(prefix, items)` writes `prefix.index` and `prefix.data-*`; `read(prefix)` is a mapping of names to lazy
arrays. The layout is described where it is implemented: `coding`, `table`, `bundle`.
"""

from kerasfmt.containers.tensorbundle.reader import Bundle, StoredTensor, read
from kerasfmt.containers.tensorbundle.writer import write

__all__ = ["Bundle", "StoredTensor", "read", "write"]
