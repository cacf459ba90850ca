"""Functions of JAX as graphs of TensorFlow's ops, and as modules of StableHLO.

`library` is the only module that imports JAX, when `from_jax` is called.
"""
