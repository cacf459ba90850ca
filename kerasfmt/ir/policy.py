"""Dtype policies: the dtype that a layer computes in and the dtype of its weights.

Source: tf_keras/src/mixed_precision/policy.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from kerasfmt import dtypes
from kerasfmt.dtypes import DType, DTypeLike
from kerasfmt.errors import UnsupportedLayerError

_MIXED = {"mixed_float16": dtypes.float16, "mixed_bfloat16": dtypes.bfloat16}


@dataclass(frozen=True)
class Policy:
    """A dtype policy, named by a dtype ("float32") or by a mix ("mixed_float16").

    Raises:
      UnsupportedLayerError: there is no such policy.
    """

    name: str = "float32"

    def __post_init__(self) -> None:
        if self.name not in _MIXED and self.name not in dtypes.NAMES and self.name != "_infer":
            raise UnsupportedLayerError(
                f"dtype policy {self.name!r:.80}: expected the name of a dtype, mixed_float16 or mixed_bfloat16"
            )

    @property
    def compute_dtype(self) -> DType:
        """The dtype that inputs are cast to and outputs have."""
        return _MIXED.get(self.name) or dtypes.of(self.name)

    @property
    def variable_dtype(self) -> DType:
        """The dtype of the weights."""
        return dtypes.float32 if self.name in _MIXED else dtypes.of(self.name)

    def to_config(self) -> Any:
        """The policy as a Keras 2 layer config holds it."""
        if self.name in _MIXED:
            return {"class_name": "Policy", "config": {"name": self.name}}
        return self.name


PolicyIdentifier: TypeAlias = Policy | Mapping[str, Any] | DTypeLike | None
"""What stands for a policy: its name, its config, a dtype."""


def get(identifier: PolicyIdentifier) -> Policy:
    """The policy that a config value of Keras 2 or Keras 3 stands for; float32 for None.

    Raises:
      UnsupportedLayerError: not a policy that kerasfmt knows.
    """
    if identifier is None:
        return Policy()
    if isinstance(identifier, Policy):
        return identifier
    if isinstance(identifier, DType):
        return Policy(identifier.name)
    if isinstance(identifier, str):
        return Policy(identifier)
    if isinstance(identifier, Mapping):
        config: Mapping[str, Any] = identifier
        if config.get("class_name") in ("Policy", "DTypePolicy", "FloatDTypePolicy", "PolicyV1"):
            return Policy(str(config.get("config", {}).get("name")))
        raise UnsupportedLayerError(f"dtype policy {config.get('class_name')!r}: not supported")
    if isinstance(identifier, int):
        raise UnsupportedLayerError(
            f"dtype policy {identifier!r}: expected the name of a dtype, not its number"
        )
    return Policy(dtypes.of(identifier).name)
