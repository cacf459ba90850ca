"""What the `call` of a layer takes, read once for each class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from kerasfmt.typing import record

CONTEXT: Final = "call_context"
"""The parameter by which a `call` is given its CallContext; Keras never sees it."""


@record(frozen=True, eq=False)
class CallSignature:
    """The parameters of a `call`.

    Attributes:
      parameters: every parameter but `self` and `call_context`, by name.
      first: name of the first.
      further: names of those after the first, without `*` and `**`.
      takes_any: whether it takes arguments of any name.
      takes_context: whether it calls layers, by its `call_context`.
      defaults: the defaults of those parameters in `further` that have one.
    """

    parameters: Mapping[str, inspect.Parameter]
    first: str
    further: tuple[str, ...]
    takes_any: bool
    takes_context: bool
    defaults: Mapping[str, Any]

    def ordered(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Further arguments in the order of the signature, whatever the order of the call; others come last."""
        names = sorted(
            kwargs, key=lambda n: self.further.index(n) if n in self.further else len(self.further)
        )
        return {name: kwargs[name] for name in names}


@lru_cache(maxsize=1024)
def call_signature(call: Callable[..., Any]) -> CallSignature:
    """The signature of a `call` as its class holds it, `self` first."""
    _, *declared = inspect.signature(call).parameters.values()
    return _signature(declared)


def bound_signature(call: Callable[..., Any]) -> CallSignature:
    """The signature of the `call` of an object."""
    return _signature(list(inspect.signature(call).parameters.values()))


def _signature(declared: Sequence[inspect.Parameter]) -> CallSignature:
    parameters = [p for p in declared if p.name != CONTEXT]
    further = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)][1:]
    return CallSignature(
        parameters={p.name: p for p in parameters},
        first=parameters[0].name,
        further=tuple(p.name for p in further),
        takes_any=any(p.kind is p.VAR_KEYWORD for p in parameters),
        takes_context=len(parameters) < len(declared),
        defaults={p.name: p.default for p in further if p.default is not p.empty},
    )


def with_mode(signature: CallSignature) -> CallSignature:
    """A signature that takes the mode too, by keyword; False by default."""
    mode = inspect.Parameter("training", inspect.Parameter.KEYWORD_ONLY, default=False)
    return replace(
        signature,
        parameters={**signature.parameters, "training": mode},
        further=(*signature.further, "training"),
        defaults={**signature.defaults, "training": False},
    )
