"""Compares two files of models or weights.

config      of the two models, in the same words whatever the dialects of the files
weights     of the two models; of weights alone in the model of the other file; else by their names in the files
optimizer   what the models are compiled with, and the optimizer's variables
graph       signatures and functions, where both are SavedModels
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from kerasfmt.comparison.arrays import NotPairedError, compare_arrays
from kerasfmt.comparison.compiled import compare_compiled, optimizer_arrays
from kerasfmt.comparison.functions import compare_functions
from kerasfmt.comparison.records import ArrayComparison, Change, Comparison, FunctionChange
from kerasfmt.comparison.sides import (
    Side,
    model_arrays,
    open_side,
    with_weights,
)
from kerasfmt.comparison.values import changes
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.description import Endpoint, StoredSignature
from kerasfmt.ir import Model
from kerasfmt.limits import MAX_EXPANSION, limited


def diff(
    a: str | os.PathLike[str],
    b: str | os.PathLike[str],
    tolerance: float = 0.0,
    max_expansion: float = MAX_EXPANSION,
    *,
    progress: Progress = unheard,
) -> Comparison:
    """What differs between two models, or two files of weights, of any formats.

    Weights are compared one by one: no more than two of them are in memory.

    Args:
      a: a file or directory of any format: of a model, or of weights alone.
      b: another one.
      tolerance: two elements of weights differ if |a - b| > tolerance * max(1, |a|, |b|).
      max_expansion: how many times its size each file may take in memory, as in `load_model`.
      progress: is told the bytes of weights that are compared.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
      >>> kerasfmt.save_model(model, "saved_model")
      >>> model.get_layer("dense").bias.value = model.get_layer("dense").bias.numpy() + 0.5
      >>> kerasfmt.save_model(model, "model.keras")
      >>> found = kerasfmt.diff("saved_model", "model.keras")
      >>> [(change.name, change.largest_absolute) for change in found.weights.changes]
      [('dense/bias', 0.5)]

    Raises:
      MissingFileError: there is nothing at a path; a FileNotFoundError.
      UnsupportedFormatError: a file is of no format of kerasfmt; or both hold weights alone, and name them in
        different ways.
      CorruptFileError: a file is damaged or truncated.
      UnsafeFileError: a file holds code, or takes more memory than it may.
      ValueError: `tolerance` is negative, or no number.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance: expected a number of at least 0, got {tolerance!r}")
    return compare(*open_both(Path(a), Path(b), max_expansion), tolerance, max_expansion, progress)


def open_both(a: Path, b: Path, max_expansion: float = MAX_EXPANSION) -> tuple[Side, Side]:
    """Two files that are to be compared.

    Raises:
      KerasfmtError: as `diff` does.
    """
    with limited(max_expansion):
        one = open_side(a)
    with limited(max_expansion):
        return one, open_side(b)


def compare(
    one: Side, two: Side, tolerance: float, max_expansion: float = MAX_EXPANSION, progress: Progress = unheard
) -> Comparison:
    """What differs between two files that are open.

    Args:
      one: the first file.
      two: the second file.
      tolerance: as in `diff`.
      max_expansion: as in `diff`.
      progress: is told the bytes of weights that are compared.

    Raises:
      KerasfmtError: as `diff` does.
    """
    with limited(max_expansion):
        return _compared(one, two, tolerance, progress)


def _compared(one: Side, two: Side, tolerance: float, progress: Progress) -> Comparison:
    said: list[str] = []
    first, second = one.model, two.model
    if first is None and two.model is not None and not one.is_model:
        first = with_weights(two, one)
    if second is None and one.model is not None and not two.is_model:
        second = with_weights(one, two)
    config: tuple[Change, ...] = ()
    optimizer: tuple[Change, ...] = ()
    kept = ArrayComparison()
    if first is not None and second is not None:
        weights = compare_arrays(model_arrays(first), model_arrays(second), tolerance, progress)
        if one.model is not None and two.model is not None:
            config = tuple(_configs(one.model, two.model))
            optimizer = tuple(compare_compiled(one.model, two.model))
        else:
            said.append(f"config: {(two if one.model is not None else one).path} holds weights alone")
        if one.has_state and two.has_state:
            kept = compare_arrays(*optimizer_arrays(first, second), tolerance, progress)
        elif one.has_state or two.has_state:
            said.append(f"optimizer variables: {(two if one.has_state else one).path} holds none")
    else:
        weights = _stored_weights(one, two, tolerance, progress)
        kept = _stored_optimizers(one, two, tolerance, progress, said)
        config = tuple(_stored_configs(one, two, said))
    signatures: tuple[Change, ...] = ()
    functions: tuple[FunctionChange, ...] = ()
    if one.described.graph is not None and two.described.graph is not None:
        signatures = tuple(_signatures(one, two))
        functions = tuple(compare_functions(one.described.graph, two.described.graph))
    elif one.described.graph is not None or two.described.graph is not None:
        other = two if one.described.graph is not None else one
        said.append(f"signatures and functions: {other.path} holds none")
    return Comparison(
        a=one.path,
        b=two.path,
        formats=(one.described.title, two.described.title),
        tolerance=tolerance,
        config=config,
        weights=weights,
        optimizer=optimizer,
        optimizer_weights=kept,
        signatures=signatures,
        functions=functions,
        not_compared=tuple(said),
    )


def _stored_weights(one: Side, two: Side, tolerance: float, progress: Progress) -> ArrayComparison:
    """The weights of two sides of which one has no model that they fit.

    Raises:
      UnsupportedFormatError: names tell nothing, because the formats differ, and neither has a model.
    """
    a, b = (side.arrays() if side.model is None else model_arrays(side.model) for side in (one, two))
    modelled = [side for side in (one, two) if side.model is not None]
    alone = [side for side in (one, two) if not side.is_model and side.described.graph is None]
    if modelled and alone:  # weights that do not fit the model
        return compare_arrays(a, b, tolerance, progress, by="shape")
    if one.described.title == two.described.title:
        return compare_arrays(a, b, tolerance, progress)
    try:
        return compare_arrays(a, b, tolerance, progress, by="shape or error")
    except NotPairedError as error:
        raise UnsupportedFormatError(
            f"{one.path} and {two.path}: {error}; {one.described.title} and {two.described.title} name them in "
            "different ways; compare each with a file of the model"
        ) from error


def _stored_optimizers(
    one: Side, two: Side, tolerance: float, progress: Progress, said: list[str]
) -> ArrayComparison:
    """The variables of optimizers by their names in the files, which mean the same in one format only."""
    holding = [side for side in (one, two) if side.has_state]
    if len(holding) == 1:
        said.append(f"optimizer variables: {(two if holding[0] is one else one).path} holds none")
    elif holding and one.described.title != two.described.title:
        said.append("optimizer variables: the two formats name them in different ways")
    elif holding:
        return compare_arrays(one.optimizer_arrays(), two.optimizer_arrays(), tolerance, progress)
    return ArrayComparison()


def _configs(a: Model, b: Model) -> Iterator[Change]:
    """What differs in the classes and the configs of two models."""
    one, two = ({"class_name": model.keras_name, "config": _neutral(model.get_config())} for model in (a, b))
    return changes(one, two)


def _neutral(value: object) -> object:
    """A config without what a dialect says twice: the input shape of a layer, which the input layer has."""
    if isinstance(value, dict):
        dropped = () if "batch_input_shape" not in value or "sparse" in value else ("batch_input_shape",)
        return {key: _neutral(item) for key, item in value.items() if key not in dropped}
    return [_neutral(item) for item in value] if isinstance(value, list | tuple) else value


def _stored_configs(one: Side, two: Side, said: list[str]) -> Iterator[Change]:
    """What differs in the configs as the files state them; they are not compared if their words may differ."""
    if not (one.is_model and two.is_model):
        if one.is_model or two.is_model:
            said.append(f"config: {(two if one.is_model else one).path} holds no Keras model")
        return iter(())
    if one.described.dialect != two.described.dialect:
        said.append(f"config: {one.why or two.why}")
        return iter(())
    return changes(one.described.config, two.described.config)


def _signatures(one: Side, two: Side) -> Iterator[Change]:
    ours, theirs = (
        {each.name: _ends(each) for each in side.described.signatures or ()} for side in (one, two)
    )
    return changes(ours, theirs)


def _ends(signature: StoredSignature) -> dict[str, dict[str, str]]:
    return {
        "inputs": {end.name: _spec(end) for end in signature.inputs},
        "outputs": {end.name: _spec(end) for end in signature.outputs},
    }


def _spec(end: Endpoint) -> str:
    return f"{end.dtype}{'' if end.shape is None else list(end.shape)}"
