"""The numbers of objects in configs."""

from __future__ import annotations

import kerasfmt
from kerasfmt.formats.saved_model.shared_ids import SHARED, SharedIds
from kerasfmt.ir.naming import OWN_NAMES


def test_each_object_has_one_number() -> None:
    ids = SharedIds(OWN_NAMES)
    a, b = kerasfmt.layers.Dense(2, name="a"), kerasfmt.layers.Dense(2, name="b", kernel_regularizer="l2")
    first, second = ids.config(a), ids.config(b)
    assert first is ids.config(a)
    numbers = [
        value[SHARED] for config in (first, second) for value in config.values() if isinstance(value, dict)
    ]
    assert numbers == [0, 1, 2, 3, 4]
    assert ids.number(a) == 5
    assert ids.number(a) == 5
    assert ids.policy(a) == ids.policy(b) == 6
    assert SHARED not in ids.plain(a)["kernel_initializer"]
