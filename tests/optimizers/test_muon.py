"""Muon: what it is; its variables go by their numbers."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestMuon(OptimizerTests):
    optimizer = optimizers.Muon
    own = {
        "learning_rate": 0.001,
        "adam_beta_1": 0.9,
        "adam_beta_2": 0.999,
        "adam_weight_decay": 0.004,
        "epsilon": 1e-7,
        "exclude_layers": None,
        "exclude_embeddings": True,
        "muon_a": 3.4445,
        "muon_b": -4.775,
        "muon_c": 2.0315,
        "adam_lr_ratio": 1,
        "momentum": 0.95,
        "ns_steps": 5,
        "nesterov": True,
        "rms_rate": 0.2,
    }
    common = {"weight_decay": 0.004}
