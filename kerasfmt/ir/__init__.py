"""The neutral representation of a model: layers, weights, calls, compile state. Knows no file format."""

from __future__ import annotations

from kerasfmt.ir import activations, constraints, initializers, regularizers
from kerasfmt.ir.compile_state import TrainingConfig
from kerasfmt.ir.input_layer import Input, InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.ir.model import Functional, Model
from kerasfmt.ir.naming import clear_session
from kerasfmt.ir.sequential import Sequential
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.trace import Trace
from kerasfmt.ir.weight import Weight

__all__ = [
    "Call",
    "Functional",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Model",
    "Sequential",
    "Tensor",
    "Trace",
    "TrainingConfig",
    "Weight",
    "activations",
    "clear_session",
    "constraints",
    "find_layer_class",
    "initializers",
    "regularizers",
]
