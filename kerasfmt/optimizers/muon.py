"""Muon: steps by the momentum, made orthogonal; Adam where a weight is not a matrix. Only Keras 3 has it.

Source: keras/src/optimizers/muon.py (3.15), Muon
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.optimizers.optimizer import Optimizer, Rate, learning_rate, optional_number


class Muon(Optimizer):
    """Keeps variables that depend on the shapes and names of weights; they are identified by their numbers."""

    facts: ClassVar[KerasFacts] = replace(Optimizer.facts, absent_in=2)
    learning_rate: Rate = learning_rate(0.001)
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float = 0.004
    epsilon: float = 1e-7
    weight_decay: float | None = optional_number(0.004)
    exclude_layers: Sequence[str] | None = fields.option(default=None, kw_only=True)
    exclude_embeddings: bool = fields.boolean(default=True, kw_only=True)
    muon_a: float = fields.number(default=3.4445, kw_only=True)
    muon_b: float = fields.number(default=-4.775, kw_only=True)
    muon_c: float = fields.number(default=2.0315, kw_only=True)
    adam_lr_ratio: float = fields.number(default=1, kw_only=True)
    momentum: float = fields.number(default=0.95, kw_only=True)
    ns_steps: int = fields.integer(default=5, kw_only=True)
    nesterov: bool = fields.boolean(default=True, kw_only=True)
    rms_rate: float = fields.number(default=0.2, kw_only=True)
