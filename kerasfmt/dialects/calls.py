"""The calls of a functional model, made again from a config as soon as their inputs exist.

A reference to a tensor is `[layer name, number of the call, number of the output]` in both dialects. The rest of a
call differs between the dialects; `CallWords` describes it.

Source: tf_keras/src/engine/functional.py, reconstruct_from_config
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.json_values import TUPLE
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure
from kerasfmt.ir.tensor import Tensor
from kerasfmt.typing import record

FindTensor: TypeAlias = Callable[[Any], Any]
"""The tensor of a reference; None while it does not exist."""
_Awaited: TypeAlias = tuple[str, int]
"""A call that has not been made: the name of the layer, and which of its calls it is."""


@record(frozen=True, eq=False)
class CallWords:
    """How a dialect writes a call.

    Attributes:
      read: a call, and how to find a tensor -> inputs, keyword arguments. The last argument says whether a list of
        one input differs from the input itself.
      calls_before: the number of calls that references count before the layer's first call from outside. The last
        argument says whether the reference is to an output of the model.
      check: refuses a call that would not mean here what it means in the dialect.
      default_training: the mode of a call where none is stated when the model is called.
    """

    read: Callable[[Any, FindTensor, bool], tuple[Structure, dict[str, Any]]]
    calls_before: Callable[[Layer, bool], int]
    check: Callable[[Layer, Any, Structure], None]
    default_training: Callable[[Any], bool | None]


def states_arguments(node: Any) -> bool:
    """Whether an entry of `inbound_nodes` states arguments, as Keras 3 does; Keras 2 lists tensors."""
    return isinstance(node, Mapping) and "args" in node


class Finder:
    """Finds the tensors of references among the calls that have been made.

    Args:
      layers: the layers of the model by name.
      words: the dialect of the references.
    """

    def __init__(self, layers: Mapping[str, Layer], words: CallWords) -> None:
        self.layers = layers
        self.words = words
        # A Sequential without an input shape gets an input layer from its first call, which later files count.
        self._before = {
            name: (words.calls_before(layer, False), words.calls_before(layer, True))
            for name, layer in layers.items()
        }

    def position(self, ref: Any, top: bool = False) -> int:
        """Which of the layer's calls from outside a reference means; `top` if it is an output of the model.

        Raises:
          InvalidModelError: the layer or the call does not exist.
        """
        try:
            before = self._before[ref[0]][top]
        except KeyError:
            raise InvalidModelError(
                f"config: a call refers to layer {ref[0]!r}, which does not exist"
            ) from None
        position = int(ref[1]) - before
        if position < 0 or ref[2] < 0:
            raise InvalidModelError(f"config: a call refers to {ref!r}, which does not exist")
        return position

    def __call__(self, ref: Any, top: bool = False) -> Tensor | None:
        """The tensor of a reference; None while its call has not been made."""
        position = self.position(ref, top)
        if not self.is_made(ref[0], position):
            return None
        found: Tensor = self.layers[ref[0]].calls[position].flat_outputs[ref[2]]
        return found

    def is_made(self, name: str, position: int) -> bool:
        """Whether a layer has been called that often."""
        return len(self.layers[name].calls) > position


def make_calls(find: Finder, pending: list[tuple[str, Any]]) -> None:
    """Makes every call, each as soon as its inputs exist; the calls of one layer stay in order.

    Args:
      find: the layers, and the dialect of the calls.
      pending: layer name and call, in the order of the config.

    Raises:
      InvalidModelError: calls wait for each other, or a reference points to nothing.
    """
    queues: dict[str, list[Any]] = {}
    for name, node in pending:
        queues.setdefault(name, []).append(node)
    waiting: dict[_Awaited, list[str]] = {}
    missing: dict[str, deque[_Awaited]] = {name: deque() for name in queues}
    ready = list(queues)
    position = dict.fromkeys(queues, 0)
    at = 0
    while at < len(ready):
        name = ready[at]
        at += 1
        while position[name] < len(queues[name]):
            while missing[name] and find.is_made(*missing[name][0]):
                missing[name].popleft()
            layer = find.layers[name]
            node = queues[name][position[name]]
            if not missing[name]:
                inputs, kwargs, missing[name] = _read(node, find, layer.facts.preserves_structure)
            if missing[name]:
                waiting.setdefault(missing[name][0], []).append(name)
                break
            find.words.check(layer, node, inputs)
            layer(inputs, **kwargs)
            layer.calls[-1].default_training = find.words.default_training(node)
            ready.extend(waiting.pop((name, position[name]), ()))
            position[name] += 1
    stuck = [name for name, queue in queues.items() if position[name] < len(queue)]
    if stuck:
        raise InvalidModelError(f"the calls of layers {stuck[:5]} wait for each other")


def _read(node: Any, find: Finder, exact: bool) -> tuple[Structure, dict[str, Any], deque[_Awaited]]:
    """The arguments of a call, and the calls that it still waits for."""
    missing: deque[_Awaited] = deque()

    def tensor(ref: Any) -> Any:
        found = find(ref)
        if found is None:
            missing.append((ref[0], find.position(ref)))
        return found

    inputs, kwargs = find.words.read(node, tensor, exact)
    return inputs, kwargs, missing


def is_reference(value: Any) -> bool:
    """Whether a JSON value is a reference to a tensor; keyword arguments of the call may follow in it."""
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def find_ends(refs: Any, find: Finder) -> Structure:
    """The tensors of a model's inputs or outputs.

    Raises:
      InvalidModelError: they are not references, or point to nothing.
    """
    if is_reference(refs):
        found = find(refs, top=True)
        if found is None:
            raise InvalidModelError(f"config: no layer call {refs!r}")
        return found
    if isinstance(refs, Mapping) and refs.get("class_name") == TUPLE:
        refs = tuple(refs["items"])
    if isinstance(refs, Mapping):
        return {k: find_ends(v, find) for k, v in refs.items()}
    if not isinstance(refs, list | tuple) or not refs:
        raise InvalidModelError(f"expected inputs and outputs as [layer, node, tensor], got {refs!r}")
    items = [find_ends(r, find) for r in refs]
    if isinstance(refs, tuple):
        return tuple(items)
    return items[0] if len(items) == 1 else items
