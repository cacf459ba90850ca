"""The operations by which Keras 3 computes masks, among the layers of its models.

A layer that masks (Embedding, Masking) adds operations to the graph (NotEqual, Any). The calls after it take their
output as `mask`; a call without a mask has `mask: null`. Argument and operations are removed if the layers here
compute the same mask anyway. All others stay, because the two versions of Keras join the masks of several inputs in
different ways: Keras 3 keeps the steps that any input has, Keras 2 the steps that all inputs have.

Source: keras/src/layers/layer.py, Layer.__call__; keras/src/layers/core/masking.py and embedding.py;
keras/src/layers/merging/base_merge.py, compute_mask (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from kerasfmt.dialects.saving_lib import mappings
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.ir.model import Model
from kerasfmt.ir.own_modules import holds_operations
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.layers.keras3_ops import module_of
from kerasfmt.typing import record

Reference: TypeAlias = tuple[str, Any, Any]
"""Name of a layer, number of its call, number of the output."""
_Made: TypeAlias = tuple[str, int]
"""A call: the name of the layer, and the number of the call."""


_WITHOUT_TRAINABLE: Final = ("SpatialDropout", "Discretization", "HashedCrossing")
"""What the names of the layers begin with whose configs do not say whether they are trainable."""


def name_operation_modules(layers: Sequence[Any]) -> list[Any]:
    """The layers of an HDF5 file, with a module for the operations among them, which the file does not mark.

    An operation has no `trainable` in its config. A few layers have none either.
    """

    def is_operation(entry: Any) -> bool:
        config = entry.get("config") if isinstance(entry, Mapping) else None
        return (
            isinstance(config, Mapping)
            and not entry.get("module")
            and any(isinstance(call, Mapping) and "args" in call for call in _calls(entry))
            and "trainable" not in config
            and "layers" not in config
            and not str(entry.get("class_name")).startswith(_WITHOUT_TRAINABLE)
        )

    return [
        {**entry, "module": module_of(str(entry.get("class_name")))} if is_operation(entry) else entry
        for entry in layers
    ]


def drop_implied_masks(config: Mapping[str, Any]) -> list[Any]:
    """The layers of a functional model's config, without the masks that the layers imply."""
    graph = _Graph(config["layers"])
    kept = {name: graph.without_implied_masks(entry) for name, entry in graph.entries.items()}
    outputs = _names_in(config.get("output_layers"))
    users: dict[str, set[str]] = {name: set() for name in graph.masks}
    for name, entry in kept.items():
        for source in _sources(entry) & users.keys():
            users[source].add(name)
    unused = [name for name, using in users.items() if not using and name not in outputs]
    while unused:
        name = unused.pop()
        for source in _sources(kept.pop(name)) & users.keys():
            users[source].discard(name)
            if not users[source] and source not in outputs:
                unused.append(source)
    return [kept[_name(entry)] for entry in config["layers"] if _name(entry) in kept]


def history(value: Any) -> Reference | None:
    """The reference in a `__keras_tensor__`; None for anything else.

    Raises:
      InvalidModelError: it holds no valid reference.
    """
    if not isinstance(value, Mapping) or value.get("class_name") != "__keras_tensor__":
        return None
    found = value.get("config", {}).get("keras_history") if isinstance(value.get("config"), Mapping) else None
    if not isinstance(found, list) or len(found) != 3 or not isinstance(found[0], str):
        raise InvalidModelError(f"config: not a tensor of a layer: {str(value)[:80]}")
    return found[0], found[1], found[2]


@record(frozen=True, eq=False)
class _Mask:
    """The mask of a tensor.

    Attributes:
      of: the call that makes the mask; None if Keras 3 makes the mask in another way.
      merged: whether it passed through an Add or the like. Keras 3 then states it in calls that take `mask`,
        but has lost it when a MultiHeadAttention looks for it.
    """

    of: Call | None
    merged: bool = False


def refuse_other_masks(layers: Sequence[Layer]) -> None:
    """Refuses a model in which a layer takes another mask than it would in Keras 3.

    Args:
      layers: the layers of a functional model that is of Keras 3, or is to be read by it.

    Raises:
      UnsupportedLayerError: a mask comes out of a model, or is joined from several masks.
    """
    known: dict[int, _Mask | None] = {}
    for layer in layers:
        finds = layer.joins_masks
        for call in layer.calls if layer.takes_mask or finds else ():
            if call.kwargs.get("mask") is not None:
                continue
            masks = [_mask_of(tensor, known) for tensor in _tensors(call)]
            if any(mask is not None and (mask.of is None or (mask.merged and finds)) for mask in masks):
                raise UnsupportedLayerError(
                    f"layer {layer.name} ({type(layer).__name__}): takes a mask that Keras 2, whose layers these are, "
                    "makes in another way than Keras 3: expected one that comes from one masking layer alone, got "
                    "one that passed through a model or was joined of several inputs; mask all inputs of the "
                    "layers before it by the same layer, or none"
                )


def refuse_unstated_masks(layers: Sequence[Layer]) -> None:
    """Refuses a model in which a recurrent layer gets a mask beside initial states, as Keras 2 has it.

    Where a call takes several tensors by name, Keras 3 gives it the mask only if the call states it.

    Args:
      layers: the layers of a functional model that Keras 3 is to read.

    Raises:
      UnsupportedLayerError: there is such a layer.

    Source: keras/src/layers/layer.py, Layer.__call__ (3.0 to 3.15)
    """
    for layer in layers:
        if "initial_state" not in layer.signature.further:
            continue
        for call in layer.calls:
            masked = isinstance(call.inputs, list) and any(t.masked for t in flatten(call.inputs[0]))
            if masked and call.kwargs.get("mask") is None:
                raise UnsupportedLayerError(
                    f"layer {layer.name} ({type(layer).__name__}): takes a mask and initial states; Keras 3 "
                    "takes the mask then only where the call states it, which is not written; write the model for "
                    "Keras 2 with "
                    'save_format="tf_keras", "h5" or "tf"'
                )


def state_missing_masks(entry: Any) -> Any:
    """A layer whose calls with initial states say that they have no mask, where they state none.

    See `refuse_unstated_masks`.
    """
    if not any(_lacks_mask(call) for call in _calls(entry)):
        return entry
    calls = [
        {**call, "kwargs": {**call["kwargs"], "mask": None}} if _lacks_mask(call) else call
        for call in _calls(entry)
    ]
    return {**entry, "inbound_nodes": calls}


def _lacks_mask(call: Any) -> bool:
    kwargs = call.get("kwargs") if isinstance(call, Mapping) else None
    return isinstance(kwargs, Mapping) and kwargs.get("initial_state") is not None and "mask" not in kwargs


def _tensors(call: Call) -> list[Tensor]:
    return [t for t in flatten((call.inputs, list(call.kwargs.values()))) if isinstance(t, Tensor)]


def _mask_of(tensor: Tensor, known: dict[int, _Mask | None]) -> _Mask | None:
    """The mask of a tensor.

    Args:
      tensor: a symbolic tensor.
      known: the answers so far, by the id of the call.
    """
    pending = [tensor.origin]
    while pending:
        call = pending[-1]
        inputs = _tensors(call)
        origins = {id(t.origin): t.origin for t in inputs}
        unknown = [origin for key, origin in origins.items() if key not in known]
        if not unknown:
            known[id(call)] = _joined(call, [_held(t, known[id(t.origin)]) for t in inputs])
            pending.pop()
        pending += unknown
    return _held(tensor, known[id(tensor.origin)])


def _held(tensor: Tensor, mask: _Mask | None) -> _Mask | None:
    """The mask, if the outputs of the call have it here, or in Keras 3 alone because a model passes it on."""
    layer = tensor.origin.layer
    other = mask is not None and mask.of is None and (isinstance(layer, Model) or layer.supports_masking)
    return mask if tensor.masked or other else None


def _joined(call: Call, masks: list[_Mask | None]) -> _Mask:
    """The mask that the outputs of a call have, if they have one."""
    given = [mask for mask in masks if mask is not None]
    if not given:
        return _Mask(call)
    kind = type(call.layer).__name__
    same = len({id(mask.of) for mask in given}) == 1 and len(given) == len(masks)
    if isinstance(call.layer, Model) or any(mask.of is None for mask in given):
        return _Mask(None)
    if kind == "Concatenate":
        rank = len(call.flat_outputs[0].shape or ())
        features = getattr(call.layer, "axis", -1) in (-1, rank - 1)
        return _Mask(call if same or not features else None, merged=True)
    if call.layer.facts.joins_masks:
        return _Mask(given[0].of if same else None, merged=True)
    if type(call.layer).compute_mask is not Layer.compute_mask:
        return _Mask(call)
    return given[0]


class _Graph:
    """The layers of a model by name, and the operations that are the masks of masking layers.

    Attributes:
      entries: the layers.
      masks: operation -> the output whose mask it computes; None for an intermediate operation.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.entries = {_name(entry): entry for entry in layers}
        self.masks: dict[str, Reference | None] = {}
        self._starts: dict[_Made, Reference] = {}
        reductions = self._reductions()
        compared: dict[tuple[str, Any], tuple[Reference, bool]] = {}
        for name, entry in self.entries.items():
            options, cls = _config(entry), find_layer_class(str(entry.get("class_name")))
            made = cls.facts.compared_mask if cls is not None else None
            if made is not None and (made.if_option is None or options.get(made.if_option)):
                value = options.get(made.value_option or "", made.value)
                for number, call in enumerate(_calls(entry)):
                    if source := _first(call):
                        compared[str(source), value] = (name, number, 0), made.reduced
        for name, entry in self.entries.items():
            given = _arguments(entry, "NotEqual")
            if len(given) == 2 and isinstance(given[1], int | float):
                found = compared.get((str(history(given[0])), given[1]))
                if found:
                    self.masks[name] = None if found[1] else found[0]
                    if found[1]:
                        self.masks.update(dict.fromkeys(reductions.get(name, ()), found[0]))

    def _reductions(self) -> dict[str, list[str]]:
        """The operations that make one mask of a comparison of several features, by the comparison."""
        reductions: dict[str, list[str]] = {}
        for name, entry in self.entries.items():
            given = _arguments(entry, "Any")
            source = history(given[0]) if len(given) == 1 else None
            if source and _config(entry).get("axis") == -1 and not _config(entry).get("keepdims"):
                reductions.setdefault(source[0], []).append(name)
        return reductions

    def without_implied_masks(self, entry: Any) -> Any:
        """A layer whose calls do not state the masks that their inputs have anyway."""
        if not isinstance(entry, Mapping) or is_operation(entry):
            return entry
        calls = []
        for call in _calls(entry):
            kwargs = call.get("kwargs") if isinstance(call, Mapping) else None
            arguments = call.get("args") if isinstance(call, Mapping) else None
            if (
                isinstance(kwargs, Mapping)
                and isinstance(arguments, list)
                and arguments
                and self._is_own(kwargs.get("mask"), arguments[0])
            ):
                call = {**call, "kwargs": {k: v for k, v in kwargs.items() if k != "mask"}}
            calls.append(call)
        return {**entry, "inbound_nodes": calls} if calls else entry

    def _is_own(self, mask: Any, inputs: Any) -> bool:
        if isinstance(mask, list) and isinstance(inputs, list):
            pairs = zip(mask, inputs, strict=False)
            return len(mask) == len(inputs) > 0 and all(self._is_own(*pair) for pair in pairs)
        source, tensor = history(mask), history(inputs)
        origin = self.masks.get(source[0]) if source else None
        return origin is not None and tensor is not None and self._start(tensor) == origin

    def _start(self, tensor: Reference) -> Reference:
        """The output at which the mask of a tensor starts, because every layer after it passes the mask on."""
        way: dict[_Made, None] = {}
        while isinstance(tensor[1], int) and tensor[:2] not in way:
            made = tensor[:2]
            source = self._starts.get(made) or self._passed_on(made)
            if source is None:
                break
            way[made] = None
            tensor = source
        self._starts.update(dict.fromkeys(way, tensor))
        return tensor

    def _passed_on(self, made: _Made) -> Reference | None:
        """The only input of a call whose layer passes masks on; None for any other call."""
        name, number = made
        entry = self.entries.get(name)
        if entry is None or is_operation(entry):
            return None
        found = find_layer_class(str(entry.get("class_name")))
        passes = found is not None and issubclass(found, Layer) and found.supports_masking
        calls = _calls(entry)
        if not passes or found is None or found.compute_mask is not Layer.compute_mask:
            return None
        if not 0 <= number < len(calls) or _count(calls[number]) != 1:
            return None
        return _first(calls[number])


def is_operation(entry: Any) -> bool:
    """Whether a layer of a config is an operation."""
    return isinstance(entry, Mapping) and holds_operations(str(entry.get("module")))


def _config(entry: Any) -> Mapping[str, Any]:
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return config if isinstance(config, Mapping) else {}


def _name(entry: Any) -> str:
    return str(entry.get("name") or _config(entry).get("name")) if isinstance(entry, Mapping) else ""


def _calls(entry: Any) -> list[Any]:
    found = entry.get("inbound_nodes") if isinstance(entry, Mapping) else None
    return found if isinstance(found, list) else []


def _first(call: Any) -> Reference | None:
    """What the first argument of a call refers to, if it is a tensor."""
    arguments = call.get("args") if isinstance(call, Mapping) else None
    return history(arguments[0]) if isinstance(arguments, list) and arguments else None


def _count(call: Any) -> int:
    """The tensors among the positional arguments of a call."""
    return sum(history(item) is not None for item in mappings(call.get("args")))


def _arguments(entry: Any, kind: str) -> list[Any]:
    """The arguments of an operation of a kind that is called once; empty for anything else."""
    calls = _calls(entry)
    if not is_operation(entry) or entry.get("class_name") != kind or len(calls) != 1:
        return []
    found = calls[0].get("args") if isinstance(calls[0], Mapping) else None
    return found if isinstance(found, list) else []


def _sources(entry: Any) -> set[str]:
    return {found[0] for call in _calls(entry) for item in mappings(call) if (found := history(item))}


def _names_in(structure: Any) -> set[str]:
    """The strings in a structure of references."""
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        return {name for item in structure for name in _names_in(item)}
    return {structure} if isinstance(structure, str) else set()
