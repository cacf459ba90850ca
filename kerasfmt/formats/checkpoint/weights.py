"""Gives a model the arrays of a checkpoint: by the paths of its objects, or by the names of its variables.

By objects, a compiled model also takes the state of its optimizer. Stored variables of layers that the model does not
have are an error, as weights that nothing is stored for; variables beside the model are named in a warning.

By names, each weight takes the variable of its name. An object graph knows these names too.

Source: tf_keras/src/saving/legacy/save.py, load_weights; tensorflow/python/checkpoint/restore.py
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kerasfmt import dtypes
from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.errors import CorruptFileError, InvalidModelError
from kerasfmt.formats import matching
from kerasfmt.formats.checkpoint.layout import VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.checkpoint.objects import CheckpointObjects
from kerasfmt.formats.checkpoint.reader import Checkpoint, open_at
from kerasfmt.formats.checkpoint.restore import Match, find_model, left_over, optimizers
from kerasfmt.formats.checkpoint.scope_names import scope_name
from kerasfmt.formats.checkpoint.stored import StoredObject
from kerasfmt.formats.checkpoint.training import is_trained, with_stored_state
from kerasfmt.ir import Model, TrainingConfig, Weight
from kerasfmt.printable import printable

_SHOWN: Final = 8
"""Names that an error or a warning lists."""
_GENERATOR: Final = ("_random_generator", "_generator", "_state_var")
"""The path from a layer to the state of its random generator, in a SavedModel."""

Mismatch = Callable[[InvalidModelError], None]


def load_weights(model: Model, path: Path, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Gives a model the weights in a checkpoint, all of them or, if anything fails, none.

    An array of another dtype is cast.

    Args:
      model: the model.
      path: what `open_checkpoint` opens.
      by_name: whether to go by the names of variables alone; weights whose names are not there stay as they are.
      skip_mismatch: whether to leave out, with a warning, what does not fit.

    Raises:
      KerasfmtError: as `open_checkpoint` does.
      InvalidModelError: the variables do not fit the model.
    """
    checkpoint = open_at(path)
    where = f"{path}: model {model.name}"
    mismatch = matching.skip if skip_mismatch else matching.refuse
    training = model.training_config
    tree = CheckpointObjects(model, None)
    match = None
    if checkpoint.root is not None and not by_name:
        variables = [n for n in ObjectGraph.of(tree.root).nodes if isinstance(n, VariableNode)]
        match = find_model(tree.root, variables, model.name, checkpoint.root, where)
        if len(match.missing) == len(variables) > 0:
            match = None
    if match is None or checkpoint.root is None:
        pairs = list(_by_name(model, checkpoint, where, by_name, mismatch))
    else:
        pairs = list(_by_object(match, checkpoint, where, mismatch))
        pairs += _generators(match, tree, checkpoint)
        _check_left_over(checkpoint.root, match, where, mismatch)
        training = _training(model, checkpoint.root, match, checkpoint, where)
    matching.assign(pairs)
    model.training_config = training


def _by_object(
    match: Match, checkpoint: Checkpoint, where: str, mismatch: Mismatch
) -> Iterator[matching.Pair]:
    if match.missing:
        mismatch(
            InvalidModelError(
                f"{where}: expected its weights below {_called(match.start)}, got none for "
                f"{_listed(variable.weight.name for variable in match.missing)}"
            )
        )
    for variable, found in match.stored.items():
        if found:
            yield from _fitting(variable.weight, _tensor(checkpoint, found[0], where), where, mismatch)


def _generators(match: Match, tree: CheckpointObjects, checkpoint: Checkpoint) -> Iterator[matching.Pair]:
    """The states of random generators; only SavedModels hold them."""
    for number, node in match.bound.items():
        state = tree.layers[node].generator_state if node in tree.layers else None
        stored: StoredObject | None = checkpoint.objects[number]
        for name in _GENERATOR:
            stored = None if stored is None else stored.children.get(name)
        tensor = checkpoint.get(stored.value_key or "") if stored is not None else None
        if state is not None and tensor is not None:
            yield from matching.pair([state], [(tensor.name, tensor)], checkpoint.prefix)


def _check_left_over(root: StoredObject, match: Match, where: str, mismatch: Mismatch) -> None:
    """Refuses stored variables of the model that the model does not have; warns of other ones."""
    left = list(left_over(root, match))
    own = {stored.number for stored in match.start.walk()} if left else set()
    inside = [stored for stored in left if stored.number in own]
    if inside:
        mismatch(
            InvalidModelError(
                f"{where}: expected no more variables below {_called(match.start)}, as the model has no such "
                f"objects; got {_listed(_key(stored) for stored in inside)}"
            )
        )
    outside = [stored for stored in left if stored.number not in own]
    if outside:
        _warn(f"{where}: other variables are left out: {_listed(_key(stored) for stored in outside)}")


def _training(
    model: Model, root: StoredObject, match: Match, checkpoint: Checkpoint, where: str
) -> TrainingConfig | None:
    """The compile state with the optimizer's variables; a warning if they do not fit it."""
    training = model.training_config
    stored = next(filter(is_trained, optimizers(root, match)), None)
    if training is None or not training.optimizer_class or stored is None:
        return training
    found = with_stored_state(training, stored, match, checkpoint, model.trainable_weights)
    if found is None:
        _warn(
            f"{where}: the variables of its optimizer are not those of the model's {training.optimizer_class}; "
            "they are left out"
        )
    return found or training


def _by_name(
    model: Model, checkpoint: Checkpoint, where: str, some: bool, mismatch: Mismatch
) -> Iterator[matching.Pair]:
    """Pairs each weight with the variable of its name; `some` weights, or all of them."""
    stored = _named(checkpoint)
    weights: dict[str, Weight] = {}
    for weight in dict.fromkeys(model.weights):
        name = scope_name(weight.name)
        if name in weights and name in stored:
            raise InvalidModelError(
                f"{where}: expected weights of different names, got two called {weight.name}; rename a layer"
            )
        weights[name] = weight
    missing = [name for name in weights if name not in stored]
    if missing and not some:
        others = [name for name in stored if name not in weights]
        mismatch(
            InvalidModelError(
                f"{where}: expected variables at the paths or with the names of its weights, got none for "
                f"{_listed(missing)}; left over are {_listed(others) or 'none'}"
            )
        )
    elif not some and (others := [name for name in stored if name not in weights]):
        _warn(f"{where}: other variables are left out: {_listed(others)}")
    for name, weight in weights.items():
        if name in stored:
            yield from _fitting(weight, stored[name], where, mismatch)


def _named(checkpoint: Checkpoint) -> Mapping[str, StoredTensor]:
    """The variables by the names that they have in TensorFlow; without those of which there are two."""
    if not checkpoint.objects:
        return checkpoint
    keys = [
        (name, stored.keys[attribute])
        for stored in checkpoint.objects
        for attribute, name in stored.full_names.items()
        if attribute == VALUE_ATTRIBUTE and stored.keys[attribute] in checkpoint
    ]
    count = Counter(name for name, _ in keys)
    return {name: checkpoint[key] for name, key in keys if count[name] == 1}


def _fitting(weight: Weight, tensor: StoredTensor, where: str, mismatch: Mismatch) -> Iterator[matching.Pair]:
    """The pair of a weight and its array, if the array fits."""
    if _kind(tensor.tensor_dtype) != _kind(weight.dtype):
        mismatch(
            InvalidModelError(
                f"{where}: weight {weight.name}: expected dtype {weight.dtype}, got {tensor.tensor_dtype} "
                f"from {tensor.name}"
            )
        )
        return
    yield from matching.pair([weight], [(tensor.name, tensor)], where, cast=True, mismatch=mismatch)


def _kind(dtype: dtypes.DType) -> str:
    """What an array is cast within: real numbers, or its own kind."""
    return "real" if dtype.is_floating or dtype.is_integer or dtype.kind == "bool" else dtype.kind


def _tensor(checkpoint: Checkpoint, stored: StoredObject, where: str) -> StoredTensor:
    key = stored.value_key or ""
    if key not in checkpoint:
        raise CorruptFileError(
            f"{where}: its object graph names the variable {key!r:.200}, which is not there; the file is damaged"
        )
    return checkpoint[key]


def _called(stored: StoredObject) -> str:
    return f"object {stored.path}" if stored.path else "the root of the object graph"


def _key(stored: StoredObject) -> str:
    return next(iter(stored.keys.values()))


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _SHOWN:,} more" if len(every) > _SHOWN else ""
    return ", ".join(name[:200] for name in every[:_SHOWN]) + more


def _warn(text: str) -> None:
    warnings.warn(printable(text), stacklevel=4)
