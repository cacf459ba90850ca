"""The public name of `kerasfmt.containers.tensorbundle`: TensorFlow's V2 checkpoints, named tensors to bytes and back.

    tensorbundle.write("ckpt", {"w": numpy.ones((2, 3), "float32")}.items())
    tensorbundle.read("ckpt")["w"]

Arrays are read when they are used.
"""

from kerasfmt.containers.tensorbundle import Bundle, StoredTensor, read, write

__all__ = ["Bundle", "StoredTensor", "read", "write"]
