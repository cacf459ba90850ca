"""Layers of spectrograms in Keras 3 on JAX, which has SciPy: what it writes and computes, and what it reads.

    KERAS_BACKEND=jax python -m conformance.spectrograms write DIRECTORY
    KERAS_BACKEND=jax python -m conformance.spectrograms read DIRECTORY

`write` makes NAME.keras and NAME.npz (inputs, outputs, and the kernels) of each case. `read` loads NAME.ours.keras,
which kerasfmt wrote, and stores what Keras computes with it in NAME.ours.npy.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from kerasfmt.nn.signal_windows import WINDOWS

_FIRST = {"data_format": "channels_first"}

CASES: Final[dict[str, tuple[str, tuple[int, ...], dict[str, Any]]]] = {
    **{
        f"stft_{names[0]}": ("STFTSpectrogram", (30, 2), {"frame_length": 12, "window": names[-1]})
        for names in WINDOWS
    },
    "stft_default": ("STFTSpectrogram", (400, 1), {}),
    "stft_periodic": ("STFTSpectrogram", (30, 2), {"frame_length": 11, "periodic": True, "mode": "psd"}),
    "stft_ending": ("STFTSpectrogram", (30, 2), {"frame_length": 11, "window": "tukey_periodic"}),
    "stft_spectrum": ("STFTSpectrogram", (30, 2), {"frame_length": 11, "scaling": "spectrum"}),
    "stft_first": ("STFTSpectrogram", (2, 30), {"frame_length": 12, **_FIRST}),
    "stft_first_same": (
        "STFTSpectrogram",
        (2, 30),
        {"frame_length": 12, "padding": "same", "mode": "stft", **_FIRST},
    ),
    "stft_first_image": ("STFTSpectrogram", (2, 30), {"frame_length": 12, "expand_dims": True, **_FIRST}),
    "stft_last_image": (
        "STFTSpectrogram",
        (30, 2),
        {"frame_length": 12, "expand_dims": True, "mode": "real"},
    ),
    "mel_default": ("MelSpectrogram", (4000,), {}),
    "mel_hamming": ("MelSpectrogram", (300,), {"fft_length": 64, "sequence_stride": 20, "window": "hamming"}),
    "mel_short": ("MelSpectrogram", (300,), {"fft_length": 64, "sequence_length": 50, "num_mel_bins": 8}),
}
"""Name -> the class, the shape of a signal, and the options."""


def write(directory: Path) -> None:
    """Writes what Keras makes of each case."""
    keras = importlib.import_module("keras")
    for name, (kind, shape, config) in CASES.items():
        inputs = keras.Input(shape)
        model = keras.Model(inputs, getattr(keras.layers, kind)(**config, name="it")(inputs))
        x = np.random.default_rng(2).normal(size=(3, *shape)).astype("float32")
        model.save(directory / f"{name}.keras")
        kernels = {f"kernel{i}": np.asarray(w) for i, w in enumerate(model.get_weights())}
        outputs = np.asarray(model(x, training=False))
        np.savez(directory / f"{name}.npz", inputs=x, outputs=outputs, **kernels)


def read(directory: Path) -> None:
    """Computes with the models that kerasfmt wrote."""
    keras = importlib.import_module("keras")
    for name in CASES:
        model = keras.models.load_model(directory / f"{name}.ours.keras")
        inputs = np.load(directory / f"{name}.npz")["inputs"]
        np.save(directory / f"{name}.ours.npy", np.asarray(model(inputs, training=False)))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
