"""What holds of every metric; the tests of some inherit from MetricTests and declare which."""

from __future__ import annotations

import numpy as np

import kerasfmt
from kerasfmt.ir.weight import Aggregation, Synchronization
from tests.losses.keras_golden import KERAS_2, ClassTests


class MetricTests(ClassTests):
    room = "metrics"

    def test_variables_are_those_of_keras_2(self) -> None:
        for kind, entry in self.objects(*KERAS_2):
            found = kind(**entry["options"]).variables()
            assert [
                [w.name, list(w.shape), w.dtype.name, *np.unique(w.numpy()).tolist()] for w in found
            ] == entry["variables"], kind
            for weight in found:
                assert weight.numpy().dtype == weight.dtype.numpy
                assert not weight.trainable
                assert weight.synchronization is Synchronization.ON_READ
                assert weight.aggregation is Aggregation.SUM

    def test_names_are_numbered_as_keras_2_numbers_them(self) -> None:
        kerasfmt.clear_session()
        for kind, entry in self.objects(KERAS_2[0]):
            if "name" in entry["options"]:
                continue
            kerasfmt.clear_session()
            first, second = (kind(**entry["options"]).get_config()["name"] for _ in range(2))
            assert first == entry["config"]["name"]
            fixed = kind.fields["name"].default is not None
            assert second == (first if fixed else f"{first}_1")
