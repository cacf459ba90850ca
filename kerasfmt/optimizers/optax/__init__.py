"""States of optax's optimizers, read without optax and without JAX.

optax    a chain of states; each is a named tuple, whose fields are counts or have the structure of the parameters
Keras    iterations, and slots for each weight
"""
