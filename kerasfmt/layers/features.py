"""What a FeatureSpace is made of: features, crosses, and two layers that only it has.

Source: keras/src/layers/preprocessing/feature_space.py (3.x).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.merging import Concatenate
from kerasfmt.layers.regularization import Identity
from kerasfmt.nn.categorical import INT, ONE_HOT

FLOAT: Final = "float"
"""The output mode of numbers that become part of the vector as they are."""
_MODULE: Final = "keras.src.layers.preprocessing.feature_space"


class TFDIdentity(Identity):
    """The inputs: the preprocessing of a feature of type "float". In Keras 2 it is an Identity."""

    facts = KerasFacts(registered_name="Identity", module_in_keras3=_MODULE)


class TFDConcat(Concatenate):
    """The features joined along `axis`. In Keras 2 it is a Concatenate.

    Args:
      axis: the axis to join along.
    """

    facts = KerasFacts(joins_masks=True, registered_name="Concatenate", module_in_keras3=_MODULE)


@dataclass(frozen=True, eq=False)
class Feature:
    """How one column becomes part of the vector.

    Attributes:
      dtype: of the column: "float32", "int32", "int64" or "string".
      preprocessor: the layer that it goes through.
      output_mode: "int", "one_hot" or "float".
    """

    dtype: str
    preprocessor: Layer
    output_mode: str

    def __post_init__(self) -> None:
        _check_mode(self.output_mode, INT, ONE_HOT, FLOAT)


@dataclass(frozen=True, eq=False)
class Cross:
    """Several columns that are hashed together.

    Attributes:
      feature_names: the columns.
      crossing_dim: the number of bins.
      output_mode: "int" or "one_hot".
    """

    feature_names: tuple[str, ...]
    crossing_dim: int
    output_mode: str = ONE_HOT

    def __post_init__(self) -> None:
        _check_mode(self.output_mode, INT, ONE_HOT)

    @property
    def name(self) -> str:
        """The name of the cross among the outputs."""
        return "_X_".join(self.feature_names)


def _check_mode(mode: str, *allowed: str) -> None:
    if mode not in allowed:
        raise ValueError(f"output_mode: expected one of {list(allowed)}, got {mode!r:.80}")
