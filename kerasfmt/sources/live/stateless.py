"""The `call` of a live Keras 3 layer on the JAX backend, run on given values of variables; nothing of it changes.

What the code reads of variables it gets from a scope of Keras's. What it assigns, the scope keeps. Losses that it adds
are collected. The layers that it calls run inside of it, as in Keras.

Source: keras/src/layers/layer.py, stateless_call and __call__ (3.x); keras/src/backend/common/stateless_scope.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from kerasfmt.ir.structure import flatten
from kerasfmt.sources.live.code_lines import running_line
from kerasfmt.sources.live.objects import backend_module, layers_in, with_mode
from kerasfmt.sources.live.replacing import LOCK, mode_of_call, replaced


@dataclass(frozen=True, eq=False)
class Done:
    """What one run of the code did.

    Attributes:
      outputs: what it returned.
      assigned: the variables that it assigned to, by id, each with its last value.
      losses: what it added.
      read: the variables that it read or assigned to, each with the line of the user's code, by id.
    """

    outputs: Any
    assigned: Mapping[int, tuple[Any, Any]]
    losses: Sequence[Any]
    read: Mapping[int, tuple[Any, str]]


def seed_states(live: Any) -> dict[int, Any]:
    """The variables that hold the states of the random generators of a layer and of the layers in it, by id."""
    layers = [live, *layers_in(live)]
    generators = [each for layer in layers for each in getattr(layer, "_seed_generators", ())]
    return {id(each.state): each.state for each in generators}


class StatelessCall:
    """Runs the code of a live layer.

    Args:
      live: the layer.
    """

    def __init__(self, live: Any) -> None:
        self._live = live
        self._backend = backend_module(live)

    def run(
        self,
        variables: Sequence[Any],
        values: Sequence[Any],
        inputs: Any,
        kwargs: Mapping[str, Any],
        training: bool | None,
    ) -> Done:
        """Runs it once.

        Args:
          variables: variables that it may read.
          values: the value of each.
          inputs: its first argument.
          kwargs: its further arguments by name.
          training: the mode; None where there is only one.
        """
        losses: list[Any] = []
        given = with_mode(self._live, kwargs, training)
        self._attach_mask(inputs, given.get("mask"))
        pairs = list(zip(variables, values, strict=True))
        with LOCK, ExitStack() as stack:
            for layer in dict.fromkeys([self._live, *layers_in(self._live)]):
                stack.enter_context(replaced(vars(layer), "add_loss", _adder(losses)))
            stack.enter_context(mode_of_call(self._live, training))
            scope = stack.enter_context(self._backend.StatelessScope(state_mapping=pairs))
            begun = dict(scope.state_mapping)
            read = _watch(scope)
            stack.enter_context(self._casting())
            outputs = self._run(inputs, given)
            after = dict(scope.state_mapping)
        changed = {key: value for key, value in after.items() if value is not begun.get(key)}
        return Done(outputs, {key: (read[key][0], value) for key, value in changed.items()}, losses, read)

    def _attach_mask(self, inputs: Any, mask: Any) -> None:
        """Gives the inputs their masks, which layers that the code calls on them look for."""
        attach = getattr(self._backend, "set_keras_mask", _set_mask)
        for tensor, found in zip(flatten(inputs), flatten(mask), strict=False):
            if found is not None:
                attach(tensor, found)

    def _run(self, inputs: Any, given: dict[str, Any]) -> Any:
        policy = getattr(self._live, "dtype_policy", None)
        call = (
            self._live.call
            if getattr(policy, "quantization_mode", None) is None
            else self._live.quantized_call
        )
        return call(inputs, **given)

    @contextmanager
    def _casting(self) -> Iterator[None]:
        """Reads of variables give the dtype that the layer computes in, as in its `__call__`."""
        live = self._live
        compute = str(live.compute_dtype)
        if compute == str(live.variable_dtype):
            yield
            return
        floats = compute.startswith(("float", "bfloat"))
        with self._backend.AutocastScope(compute if floats and getattr(live, "autocast", True) else None):
            yield


def _set_mask(tensor: Any, mask: Any) -> None:
    tensor._keras_mask = mask


def _adder(losses: list[Any]) -> Any:
    def add_loss(loss: Any) -> None:
        losses.extend(loss if isinstance(loss, list | tuple) else [loss])

    return add_loss


def _watch(scope: Any) -> dict[int, tuple[Any, str]]:
    """The variables that code reads or assigns to in a scope, each with the line; filled while it runs."""
    found: dict[int, tuple[Any, str]] = {}
    read, update = scope.get_current_value, scope.add_update

    def get_current_value(variable: Any) -> Any:
        if id(variable) not in found:
            found[id(variable)] = (variable, running_line())
        return read(variable)

    def add_update(change: tuple[Any, Any]) -> None:
        get_current_value(change[0])
        update(change)

    scope.get_current_value, scope.add_update = get_current_value, add_update
    return found
