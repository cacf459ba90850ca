"""What comes out when a model runs in NumPy: numbers that are not finite, and differences from another model.

A model of Keras runs by its layers, any other SavedModel by a signature. No op that touches files has a kernel.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.api import load_graph_model, load_model
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.saved_model.layout import SERVING_DEFAULT
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import flatten
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import behaviour

Arrays = Mapping[str, npt.NDArray[Any]]

_BATCH: Final = 2
"""The size of a dimension that is not known, in inputs that are made up."""
_WORDS: Final = ("a", "the", "model", "42", "")
_SMALL: Final = 2
"""Integers that are made up are below it: they are often places in a table."""


@dataclass(frozen=True)
class Runner:
    """A model as a function of arrays by name.

    Attributes:
      inputs: the shape and dtype of each input, by name.
      run: gives the outputs by name for one array per input.
    """

    inputs: Mapping[str, Spec]
    run: Callable[[Arrays], dict[str, npt.NDArray[Any]]]


def runner(path: Path, signature: str | None, max_expansion: float) -> Runner:
    """The model at a path, ready to run.

    Args:
      path: the model.
      signature: the signature of a SavedModel that runs; by default a model of Keras runs by its layers, any other one
        by `serving_default`, or by its only signature.
      max_expansion: as in `load_model`.

    Raises:
      KerasfmtError: as `load_model` and `load_graph_model` do.
      InvalidModelError: there is no such signature.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if signature is None:
            try:
                return _of_layers(load_model(path, compile=False, max_expansion=max_expansion))
            except (UnsupportedFormatError, UnsupportedLayerError):
                if not path.is_dir():
                    raise
        graph = load_graph_model(path, max_expansion=max_expansion)
    names = list(graph.signatures)
    chosen = signature or (SERVING_DEFAULT if SERVING_DEFAULT in names or len(names) != 1 else names[0])
    if chosen not in graph.signatures:
        raise InvalidModelError(f"{path}: expected a signature {chosen!r}, got {sorted(names)[:8]}")
    found = graph.signatures[chosen]
    return Runner(found.inputs, lambda arrays: found(**arrays))


def _of_layers(model: Any) -> Runner:
    inputs = {tensor.call.layer.name: tensor.spec for tensor in model.inputs}

    def run(arrays: Arrays) -> dict[str, npt.NDArray[Any]]:
        found = flatten(model.predict([arrays[name] for name in inputs], verbose=False))
        names = model.output_names
        return {
            f"{name}_{at}" if names.count(name) > 1 else name: each
            for at, (name, each) in enumerate(zip(names, found, strict=True))
        }

    return Runner(inputs, run)


def made_up(specs: Mapping[str, Spec], seed: int) -> dict[str, npt.NDArray[Any]]:
    """An array for each input: numbers of a normal distribution, small integers, words.

    Args:
      specs: shapes and dtypes by name.
      seed: other seeds give other arrays.
    """
    random = np.random.default_rng(seed)
    found: dict[str, npt.NDArray[Any]] = {}
    for name, spec in specs.items():
        shape = [
            _BATCH if size is None else size for size in ((_BATCH,) if spec.shape is None else spec.shape)
        ]
        if spec.dtype is dtypes.string:
            found[name] = np.asarray(random.choice(np.array(_WORDS, object), shape), object)
        elif spec.dtype.numpy.kind in "iub":
            found[name] = random.integers(0, _SMALL, shape).astype(spec.dtype.numpy)
        else:
            found[name] = random.standard_normal(shape).astype(spec.dtype.numpy)
    return found


def check_outputs(
    findings: Findings,
    path: Path,
    inputs: Arrays | None,
    against: Path | None,
    signature: str | None,
    tolerance: float,
    seed: int,
    max_expansion: float,
) -> None:
    """Runs a model, and another one on the same inputs.

    Args:
      findings: what was found.
      path: the model.
      inputs: arrays by name; None to make some up.
      against: another model; None to look at the outputs of the first one only.
      signature: as for `runner`.
      tolerance: the largest difference of two outputs, relative to the larger of 1 and the largest number in them.
      seed: of inputs that are made up.
      max_expansion: as in `load_model`.
    """
    rules: dict[type[BaseException], Rule] = {
        KerasfmtError: behaviour.NOT_RUN,
        OSError: behaviour.NOT_RUN,
        ValueError: behaviour.NOT_RUN,
    }
    with findings.attempt(rules=rules), np.errstate(all="ignore"):
        first = runner(path, signature, max_expansion)
        arrays = made_up(first.inputs, seed) if inputs is None else _named(inputs, first.inputs, str(path))
        outputs = first.run(arrays)
        findings.checked["outputs"] += len(outputs)
        for name, array in outputs.items():
            bad = _not_finite(array)
            if bad:
                text = f"{bad:,} of {array.size:,} numbers are not finite"
                findings.add(behaviour.NOT_FINITE, text, "", f"output {name}")
        if against is not None:
            other = runner(against, signature, max_expansion)
            theirs = other.run(_named(arrays, other.inputs, str(against)))
            _compare(findings, outputs, theirs, tolerance)


def _named(arrays: Arrays, specs: Mapping[str, Spec], where: str) -> Arrays:
    """Arrays by the names of a model's inputs; in order where the names are others."""
    if arrays.keys() == specs.keys():
        return arrays
    if len(arrays) != len(specs):
        raise InvalidModelError(f"{where}: expected the inputs {list(specs)[:8]}, got {list(arrays)[:8]}")
    return dict(zip(specs, arrays.values(), strict=True))


def _not_finite(array: npt.NDArray[Any]) -> int:
    return 0 if array.dtype.kind not in "fcV" else int((~np.isfinite(_as_numbers(array))).sum())


def _as_numbers(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array if array.dtype.kind in "iubc" else array.astype(np.float64)


def _compare(
    findings: Findings,
    outputs: Mapping[str, npt.NDArray[Any]],
    theirs: Mapping[str, npt.NDArray[Any]],
    tolerance: float,
) -> None:
    if len(outputs) != len(theirs):
        text = f"expected {len(outputs)} outputs, got {len(theirs)} of the other model"
        findings.add(behaviour.DIFFERENT, text)
        return
    pairs = theirs if outputs.keys() == theirs.keys() else dict(zip(outputs, theirs.values(), strict=True))
    for name, array in outputs.items():
        fault = _difference(array, pairs[name], tolerance)
        if fault:
            findings.add(behaviour.DIFFERENT, fault, "", f"output {name}")


def _difference(ours: npt.NDArray[Any], theirs: npt.NDArray[Any], tolerance: float) -> str:
    """How two outputs differ; "" if they do not differ by more than the tolerance."""
    if ours.shape != theirs.shape:
        return f"expected shape {list(ours.shape)}, got {list(theirs.shape)} of the other model"
    if ours.dtype.kind in "OSU" or theirs.dtype.kind in "OSU":
        other = int((ours != theirs).sum())
        return f"{other:,} of {ours.size:,} texts are others" if other else ""
    if not ours.size:
        return ""
    a, b = (_as_numbers(each).astype(np.complex128) for each in (ours, theirs))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    differences = np.where(same, 0, np.abs(a - b))
    finite = [np.abs(each[np.isfinite(each)]).max(initial=0) for each in (a, b)]
    largest = float(np.where(np.isnan(differences), np.inf, differences).max())
    scale = max(1.0, *map(float, finite))
    if largest <= tolerance * scale:
        return ""
    at = np.unravel_index(int(np.argmax(np.where(np.isnan(differences), np.inf, differences))), ours.shape)
    return f"differs by {largest:.3g} at {[int(i) for i in at]}, more than {tolerance:g} times {scale:.3g}"
