"""kerasfmt: write and read Keras models on disk, with no TensorFlow in the process.

    model = kerasfmt.Sequential([kerasfmt.layers.Dense(5, input_shape=(3,)), kerasfmt.layers.Softmax()])
    kerasfmt.save_model(model, "saved_model")

`__init__.pyi` lists the public names. Each is imported on first use: `import kerasfmt` loads neither NumPy nor h5py.
"""

from __future__ import annotations

from kerasfmt import lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
