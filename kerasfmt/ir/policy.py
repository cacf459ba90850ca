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


def _of_map(config: Mapping[str, Any]) -> Policy:
    """The policy of a layer whose map gives the layers inside of it the same one.

    Source: keras/src/dtype_policies/dtype_policy_map.py (3.x)

    Raises:
      UnsupportedLayerError: it gives them others.
    """
    default = get(config.get("default_policy"))
    named = config.get("policy_map") or {}
    others = sorted(path for path, policy in named.items() if get(policy) != default)
    if others:
        raise UnsupportedLayerError(
            f"dtype policy 'DTypePolicyMap': kerasfmt has one policy for a layer and the layers inside of it, and this "
            f"map has others for {', '.join(others)}; give the layer one policy"
        )
    return default


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
            name = config.get("config", {}).get("name")
            return Policy() if name is None else Policy(str(name))
        if config.get("class_name") == "DTypePolicyMap":
            return _of_map(config.get("config") or {})
        raise UnsupportedLayerError(
            f"dtype policy {config.get('class_name')!r}: kerasfmt does not have it; give the layer a dtype, "
            "mixed_float16 or mixed_bfloat16"
        )
    if isinstance(identifier, int):
        raise UnsupportedLayerError(
            f"dtype policy {identifier!r}: expected the name of a dtype, not its number"
        )
    return Policy(dtypes.of(identifier).name)
