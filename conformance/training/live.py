"""Trains, writes and reads in a process of a Keras."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from conformance.artefacts import write_json
from conformance.formats.layout import content_digest
from conformance.installed import is_keras3
from conformance.training import layout
from conformance.training.cases import LACKING, TrainingCase
from conformance.training.models import BATCH, MODELS, STEPS, batch, losses, weights_of


class Live:
    """A Keras: it builds and trains the model of a case, saves it, and trains on from files."""

    def __init__(self, keras: Any, line: str = "") -> None:
        self.keras = keras
        self.line = line
        self.keras3 = is_keras3(keras)

    @classmethod
    def of(cls, line: str) -> Live:
        """The Keras of a line, in a process of its environment."""
        engine = layout.engine(line)
        os.environ.update(engine.variables)
        module = "keras" if engine.module == "tensorflow.keras" else engine.module
        return cls(importlib.import_module(module), line)

    def write(self, case: TrainingCase) -> None:
        """Trains, and writes the files and the expected state of a case."""
        home = layout.directory(self.line, case.name)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        try:
            case.optimizer(self.keras)
        except LACKING as error:
            write_json(home / "expected.json", {"error": f"{type(error).__name__}: {error}"[:300]})
            return
        try:
            expected = self.trained(case, 2 * STEPS)
        except ValueError as error:
            write_json(home / "expected.json", {"error": f"stops before the end: {error}"[:300]})
            return
        _write_state(home / "expected.json", expected)
        model, _ = self.train(case, STEPS)
        files = {}
        for kind in layout.own_formats(self.line):
            name = layout.file_name("own", kind)
            files[name] = attempt(home / name, lambda path, kind=kind: self.save(model, path, kind))
        write_json(home / "files.json", files)

    def read(self, case: TrainingCase, kind: str, path: Path) -> dict[str, Any]:
        """The state after loading a file and training on."""
        with self._policy(case):
            if kind in layout.WEIGHTS:
                model = self._compiled(case)
                self._build(model)
                loaded = model.load_weights(str(path / "weights" if kind == "checkpoint" else path))
                if kind == "checkpoint":
                    loaded.assert_consumed()
            else:
                model = self.keras.models.load_model(str(path))
        if getattr(model, "optimizer", None) is None:
            raise ValueError("the model comes back without its optimizer")
        if case.model == "changed":
            model.get_layer("hidden").trainable = False
        before = int(_number(model.optimizer.iterations))
        history = self._fit(model, case, STEPS)
        return {**self._state(model, history), "restored_iterations": before}

    def trained(self, case: TrainingCase, steps: int) -> dict[str, Any]:
        """The state after a number of steps; the losses of those after the first three."""
        model, history = self.train(case, steps)
        return self._state(model, history[STEPS:])

    def train(self, case: TrainingCase, steps: int) -> tuple[Any, list[float]]:
        """A model after a number of steps, and the loss of each."""
        with self._policy(case):
            model = self._compiled(case)
        model.set_weights(weights_of(model))
        history = self._fit(model, case, STEPS)
        if case.model == "changed":
            model.get_layer("hidden").trainable = False
        if steps > STEPS:
            history += self._fit(model, case, steps - STEPS)
        return model, history

    def _compiled(self, case: TrainingCase) -> Any:
        self.keras.backend.clear_session()
        if case.model == "mixed":
            self._set_policy("mixed_float16")  # clear_session of Keras 3 forgets it
        gc.collect()
        self.keras.utils.set_random_seed(3)
        model = MODELS[case.model](self.keras)
        model.compile(case.optimizer(self.keras), **losses(self.keras, case.model))
        return model

    def _fit(self, model: Any, case: TrainingCase, steps: int) -> list[float]:
        model.run_eagerly = True  # the same arithmetic, without a second for each graph
        x, y = batch(case.model)
        said = model.fit(x, y, batch_size=BATCH, epochs=steps, shuffle=False, verbose=0)
        return [float(value) for value in said.history["loss"]]

    def _build(self, model: Any) -> None:
        """Makes the optimizer's variables, as a user does who loads weights into a model that is to train on."""
        optimizer = model.optimizer
        if hasattr(optimizer, "build"):
            optimizer.build(model.trainable_variables)
        else:
            optimizer._create_all_weights(model.trainable_variables)

    def save(self, model: Any, path: Path, kind: str) -> None:
        """Saves a model in a format of its Keras."""
        if kind == "saved_model":
            model.save(str(path), save_format="tf")
        elif kind == "checkpoint":
            path.mkdir()
            model.save_weights(str(path / "weights"), save_format="tf")
        elif kind in layout.WEIGHTS:
            model.save_weights(str(path))
        else:
            model.save(str(path))

    def _state(self, model: Any, history: list[float]) -> dict[str, Any]:
        optimizer = model.optimizer
        variables = optimizer.variables
        variables = variables() if callable(variables) and not isinstance(variables, list) else variables
        return {
            "losses": history,
            "iterations": int(_number(optimizer.iterations)),
            "rate": self._rate(optimizer),
            "optimizer": type(optimizer).__name__,
            "weights": [np.asarray(value) for value in model.get_weights()],
            "variables": [np.asarray(_array(variable)) for variable in variables],
        }

    def _rate(self, optimizer: Any) -> float:
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if hasattr(optimizer, "_decayed_lr"):
            return float(_number(optimizer._decayed_lr("float32")))
        rate = getattr(optimizer, "_learning_rate", None)
        if callable(rate) and not hasattr(
            rate, "numpy"
        ):  # a schedule: the rate of the next step, in every Keras
            return float(_number(rate(optimizer.iterations)))
        return float(_number(optimizer.learning_rate))

    @contextmanager
    def _policy(self, case: TrainingCase) -> Iterator[None]:
        """The global dtype policy of a case."""
        if case.model != "mixed":
            yield
            return
        self._set_policy("mixed_float16")
        try:
            yield
        finally:
            self._set_policy("float32")

    def _set_policy(self, name: str) -> None:
        config = self.keras.config if self.keras3 else None
        if config is not None:
            config.set_dtype_policy(name)
        else:
            self.keras.mixed_precision.set_global_policy(name)


def attempt(path: Path, write: Callable[[Path], None]) -> dict[str, Any]:
    """Writes a file; says whether that went well, and what the file holds."""
    try:
        write(path)
    except Exception as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"[:600]}
    return {"ok": True, "digest": content_digest(path)}


def record(target: Path, read: Callable[[], dict[str, Any]]) -> None:
    """Notes what a reading gave."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        state = read()
    except Exception as error:
        write_json(target, {"ok": False, "error": f"{type(error).__name__}: {error}"[:600]})
        return
    _write_state(target, {"ok": True, **state})


def _write_state(target: Path, state: dict[str, Any]) -> None:
    arrays = {
        f"{key}/{number}": value
        for key in ("weights", "variables")
        for number, value in enumerate(state.get(key, ()))
    }
    np.savez(target.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]
    write_json(target, {key: value for key, value in state.items() if key not in ("weights", "variables")})


def _array(variable: Any) -> Any:
    return variable.numpy() if hasattr(variable, "numpy") else variable


def _number(value: Any) -> Any:
    return np.asarray(_array(value))
