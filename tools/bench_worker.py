"""One measured process: `python bench_worker.py TASK ARGUMENTS...` prints its findings as JSON.

A task imports only the side that it measures.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_USE_LEGACY_KERAS"] = "1"

GIBIBYTE = 1 << 30


def median(values: list[float]) -> float:
    """Of whole processes, which need no median, `statistics` would take its share."""
    import statistics

    return statistics.median(values)


def _median(work: Callable[[], object], times: int) -> float:
    """Seconds, the median; one run before does not count."""
    work()
    taken = []
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


def models(directory: str) -> dict[str, Any]:
    """Writes the HDF5 models with TensorFlow."""
    import tf_keras

    for name in ("MobileNetV2", "ResNet50"):
        path = Path(directory) / f"{name}.h5"
        if not path.exists():
            tf_keras.utils.set_random_seed(1)
            getattr(tf_keras.applications, name)(weights=None).save(path)
    return {}


def architecture(name: str, size: str, path: str) -> dict[str, Any]:
    """Writes the HDF5 model of an architecture with TensorFlow, for square images of this side."""
    if not Path(path).exists():
        import tf_keras

        tf_keras.utils.set_random_seed(1)
        build = getattr(tf_keras.applications, name)
        build(weights=None, input_shape=(int(size), int(size), 3), classes=10).save(path)
    return {}


def tensorflow_convert(source: str, target: str) -> dict[str, Any]:
    import tf_keras

    tf_keras.models.load_model(source).save(target)
    return {}


def convert(source: str, target: str) -> dict[str, Any]:
    """HDF5 to SavedModel by the public functions alone, which every checkout of kerasfmt has."""
    import kerasfmt

    kerasfmt.save_model(kerasfmt.load_model(source), target)
    return {}


def load(source: str) -> dict[str, Any]:
    import kerasfmt

    kerasfmt.load_model(source)
    return {}


def import_alone() -> dict[str, Any]:
    """Seconds that `import kerasfmt` takes."""
    start = time.perf_counter()
    import kerasfmt  # noqa: F401

    return {"seconds": time.perf_counter() - start}


def mlp(path: str) -> dict[str, Any]:
    """Writes a small model as HDF5 with kerasfmt."""
    import kerasfmt

    layers = [kerasfmt.layers.Dense(n, activation="relu", name=f"dense_{n}") for n in (64, 32, 10)]
    kerasfmt.save_model(kerasfmt.Sequential([kerasfmt.Input((20,)), *layers], name="mlp"), path)
    return {}


def kerasfmt_convert(source: str, target: str) -> dict[str, Any]:
    from kerasfmt.cli import main

    if main(["convert", source, target, "--quiet"]):
        raise SystemExit("kerasfmt convert failed")
    return {}


def tensorflow_save(source: str, target: str, times: str) -> dict[str, Any]:
    import tf_keras

    model = tf_keras.models.load_model(source)
    return {"seconds": _median(lambda: model.save(target), int(times))}


def kerasfmt_save(source: str, target: str, times: str, *words: str) -> dict[str, Any]:
    """Seconds of a save; with the word "unflushed" it does not wait for the disk, as checkouts without flushes do."""
    import inspect

    import kerasfmt

    options = {}
    if "unflushed" in words and "flush" in inspect.signature(kerasfmt.save_model).parameters:
        options["flush"] = False
    model = kerasfmt.load_model(source)
    return {"seconds": _median(lambda: kerasfmt.save_model(model, target, **options), int(times))}


def tensorflow_load(ours: str, theirs: str, times: str, *wanted: str) -> dict[str, Any]:
    """Seconds of each wanted reader, alternating between the two artefacts."""
    import tensorflow as tf
    import tf_keras

    found: dict[str, Any] = {}
    readers = {"keras": tf_keras.models.load_model, "saved_model": tf.saved_model.load}
    for name in wanted:
        load = readers[name]
        taken: dict[str, list[float]] = {ours: [], theirs: []}
        load(ours)
        for _ in range(int(times)):
            for path, list_ in taken.items():
                tf_keras.backend.clear_session()
                gc.collect()
                start = time.perf_counter()
                load(path)
                list_.append(time.perf_counter() - start)
        found[name] = [median(taken[path]) for path in (ours, theirs)]
    return found


def live(suffix: str, directory: str, times: str) -> dict[str, Any]:
    """Saves a live Keras 2 ResNet50 with kerasfmt and with Keras itself, in one process.

    Gives the seconds of each, alternating; the bytes of memory that the first save of each takes beyond what the
    process held; and those of the largest weight. Before that each has saved a small model, so that it is loaded.
    """
    import tf_keras

    import kerasfmt

    small = tf_keras.Sequential([tf_keras.layers.Dense(1, input_shape=(1,))])
    model = tf_keras.applications.ResNet50(weights=None)
    largest = max(weight.numpy().nbytes for weight in model.weights)
    gc.collect()
    writers: dict[str, Callable[[Any, str], object]] = {
        "kerasfmt": kerasfmt.save_model,
        "keras": lambda saved, path: saved.save(path),
    }
    seconds: dict[str, list[float]] = {name: [] for name in writers}
    taken = {}
    for name, write in writers.items():
        write(small, str(Path(directory) / f"small_{name}{suffix}"))
        taken[name] = _memory(lambda w=write, n=name: w(model, str(Path(directory) / f"live_{n}{suffix}")))
    for _ in range(int(times)):
        for name, write in writers.items():
            gc.collect()
            start = time.perf_counter()
            write(model, str(Path(directory) / f"live_{name}{suffix}"))
            seconds[name].append(time.perf_counter() - start)
    medians = {name: median(list_) for name, list_ in seconds.items()}
    return {"seconds": medians, "bytes": taken, "largest": largest}


def predict(times: str) -> dict[str, Any]:
    """Seconds of `predict` of an LSTM(256) over 128 steps on 32 rows, by kerasfmt and by tf_keras, alternating.

    One process holds both. Both have predicted before.
    """
    import numpy as np
    import tf_keras

    import kerasfmt

    tf_keras.utils.set_random_seed(1)
    steps = tf_keras.Input((128, 64))
    model = tf_keras.Model(steps, tf_keras.layers.LSTM(256)(steps))
    same = kerasfmt.model_from_config(model.get_config())
    same.set_weights(model.get_weights())
    x = np.random.default_rng(1).standard_normal((32, 128, 64), "float32")
    sides: dict[str, Callable[[], Any]] = {
        "kerasfmt": lambda: same.predict(x),
        "keras": lambda: model.predict(x, verbose=0),
    }
    ours, theirs = (work() for work in sides.values())
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(int(times) + 1):
        for name, work in sides.items():
            gc.collect()
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return {"seconds": {name: median(list_[1:]) for name, list_ in seconds.items()}}


def _memory(work: Callable[[], object]) -> int:
    """Bytes of resident memory that `work` takes at its peak, beyond those of before; Linux only."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from what is resident now
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(key: str) -> int:
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024


def checkpoint(writer: str, directory: str, times: str) -> dict[str, Any]:
    """Seconds to write 1 GiB in 64 float32 tensors below `directory`."""
    tensors = _tensors()
    prefix = str(Path(directory) / "checkpoint")
    work: Callable[[], object]
    if writer == "tensorflow":
        import tensorflow as tf

        names, values = list(tensors), [tf.constant(value) for value in tensors.values()]
        work = lambda: tf.raw_ops.SaveV2(  # noqa: E731
            prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values
        )
    elif writer == "kerasfmt":
        import kerasfmt

        work = lambda: kerasfmt.tensorbundle.write(prefix, tensors.items())  # noqa: E731
    elif writer == "safetensors":
        from safetensors.numpy import save_file

        work = lambda: save_file(tensors, prefix)  # noqa: E731
    else:

        def work() -> None:
            with open(prefix, "wb", buffering=0) as file:
                for tensor in tensors.values():
                    view = memoryview(tensor).cast("B")
                    if file.write(view) != len(view):
                        raise OSError("short write")

    def fresh() -> None:
        for path in Path(directory).iterdir():
            path.unlink()

    taken = []
    for _ in range(int(times) + 1):
        fresh()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    fresh()
    return {"seconds": median(taken[1:])}


def list_weights(path: str) -> dict[str, Any]:
    """Seconds to open a SavedModel and list its weights once everything is imported, and the bytes that it takes."""
    import kerasfmt

    small = str(Path(path).with_name("small_to_read"))
    kerasfmt.save_model(kerasfmt.Sequential([kerasfmt.layers.Dense(1, input_shape=(1,))]), small)
    kerasfmt.load_model(small)
    held: dict[str, Any] = {}

    def work() -> None:
        start = time.perf_counter()
        held["weights"] = [(w.name, w.shape, w.dtype) for w in kerasfmt.load_model(path).weights]
        held["seconds"] = time.perf_counter() - start

    taken = _memory(work)
    size = sum(weight.numpy().nbytes for weight in kerasfmt.load_model(path).weights)
    return {"seconds": held["seconds"], "bytes": taken, "weights": size}


def load_whole(reader: str, path: str, times: str) -> dict[str, Any]:
    """Seconds to load a SavedModel, every weight in memory."""
    work: Callable[[], object]
    if reader == "kerasfmt":
        import kerasfmt

        work = lambda: [weight.numpy() for weight in kerasfmt.load_model(path).weights]  # noqa: E731
    else:
        import tf_keras

        work = lambda: tf_keras.models.load_model(path)  # noqa: E731
    return {"seconds": _median(work, int(times))}


def to_archive(side: str, source: str, target: str) -> dict[str, Any]:
    """Makes an archive of a SavedModel, in the dialect of Keras 2."""
    if side == "kerasfmt":
        import kerasfmt

        kerasfmt.save_model(kerasfmt.load_model(source), target, save_format="tf_keras")
    else:
        import tf_keras

        tf_keras.models.load_model(source).save(target)
    return {}


def _tensors() -> dict[str, Any]:
    """1 GiB in 64 float32 tensors."""
    import numpy as np

    rng = np.random.default_rng(1)
    shape = (GIBIBYTE // 64 // 4 // 1024, 1024)
    return {f"tensor_{i:02}": rng.standard_normal(shape, "float32") for i in range(64)}


def gibibyte(directory: str) -> dict[str, Any]:
    """Writes a checkpoint of 1 GiB."""
    import kerasfmt

    kerasfmt.tensorbundle.write(str(Path(directory) / "checkpoint"), _tensors().items())
    return {}


def read_checkpoint(reader: str, directory: str, times: str) -> dict[str, Any]:
    """Seconds to read a checkpoint of 1 GiB into memory; kerasfmt and TensorFlow compare the checksums."""
    prefix = str(Path(directory) / "checkpoint")
    work: Callable[[], object]
    if reader == "tensorflow":
        import tensorflow as tf

        names = [f"tensor_{i:02}" for i in range(64)]
        work = lambda: tf.raw_ops.RestoreV2(  # noqa: E731
            prefix=prefix, tensor_names=names, shape_and_slices=[""] * 64, dtypes=[tf.float32] * 64
        )
    elif reader == "kerasfmt":
        import kerasfmt

        work = lambda: [tensor[()] for tensor in kerasfmt.tensorbundle.read(prefix).values()]  # noqa: E731
    else:
        import numpy as np

        (data,) = Path(directory).glob("checkpoint.data-*")
        work = lambda: np.fromfile(data, np.uint8)  # noqa: E731
    return {"seconds": _median(work, int(times))}


def layers(target: str, *counts: str) -> dict[str, Any]:
    """Seconds that kerasfmt takes to save Sequential models of so many Dense layers."""
    import kerasfmt

    found = {}
    for count in (counts[0], *counts):
        kerasfmt.clear_session()
        dense = [kerasfmt.layers.Dense(4, name=f"dense_{i}") for i in range(int(count))]
        model = kerasfmt.Sequential([kerasfmt.Input((4,)), *dense])
        start = time.perf_counter()
        kerasfmt.save_model(model, target)
        found[count] = time.perf_counter() - start
        shutil.rmtree(target)
    return found


def jax_save(side: str, name: str, size: str, target: str, times: str) -> dict[str, Any]:
    """Seconds of making a SavedModel of a network in JAX, traced anew each time; the bytes that the first one takes."""
    from bench_jax_models import saver

    work = saver(side, name, size == "tiny", target)
    return {"bytes": _memory(work), "seconds": _median(work, int(times))}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
