"""Every case goes through each format of kerasfmt and back and is the same; no TensorFlow in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conformance import run
from conformance.artefacts import LINES, cache_key, directory, read_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.round_trips import FORMATS, NotInDialectError, round_trip
from conformance.structure.rules import DIFFERENT
from conformance.test_readers import chosen
from conformance.twins import twin
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError

PARAMETERS = [
    pytest.param(
        line, case, id=f"{case.name}-{line}", marks=[] if chosen(line, case) else [pytest.mark.sweep]
    )
    for line in LINES
    for case in CASES.values()
    if not case.slow
]


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> None:
    """TensorFlow's HDF5 files of the cases that were selected."""
    lines = request.config.getoption("--lines").split(",")
    wanted: dict[str, list[Case]] = {line: [] for line in lines}
    for item in request.session.items:
        if getattr(item, "originalname", "") == "test_round_trips":
            line, case = item.callspec.params["line"], item.callspec.params["trip"]  # type: ignore[attr-defined]
            if line in wanted and read_json(directory(line, case) / "expected.json").get("key") != cache_key(
                case
            ):
                wanted[line].append(case)
    for line, cases in wanted.items():
        if cases:
            run.stage("build", line, cases)
    sys.stderr.flush()


@pytest.mark.parametrize(("line", "trip"), PARAMETERS)
def test_round_trips(built: None, tmp_path: Path, line: str, trip: Case) -> None:
    for kind in FORMATS:
        scratch = tmp_path / kind
        scratch.mkdir()
        try:
            round_trip(line, trip, kind, scratch)
        except NotInDialectError as refused:
            assert {trip.name, trip.about} & (NOT_IN_KERAS3 | OTHER_MASKS), str(refused)
            assert ("makes in another way than Keras 3" in str(refused)) == (trip.name in OTHER_MASKS)
        except UnsupportedLayerError as refused:  # of a learned vocabulary, as Keras 2 refuses it
            assert "adapted" in trip.name and "HDF5 has no place for" in str(refused), str(refused)
        except InvalidModelError as refused:  # Keras gives two weights one name; it cannot write them either
            assert "tf_idf" in trip.name and "would both be" in str(refused), str(refused)
    if line not in trip.unsaved and trip.name not in DIFFERENT:  # those are held against ours/, in a run
        twin(line, trip)


NOT_IN_KERAS3 = frozenset(
    {"LocallyConnected1D", "LocallyConnected2D", "SyncBatchNormalization", "ThresholdedReLU"}
    | {"RandomFourierFeatures", "RandomHeight", "RandomWidth"}
    | {"TFOpLambda", "SlicingOpLambda", "masks_function_forgets", "odd_names"}
    | {"Activation-hard_sigmoid", "LSTM-hard_sigmoid", "GRU-hard_sigmoid"}
    | {"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "forecast"}  # with Keras 2's own hard_sigmoid
    | {"modes_base_in_inference", "modes_inside", "autoencoder_with_loss"}
    | {"BatchNormalization-axes", "BatchNormalization-first_axes", "BatchNormalization-renorm_axes"}
)
"""Layers and cases that Keras 3 has no words for."""

OTHER_MASKS = frozenset(
    f"{layer}-{masks}"
    for layer in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
    for masks in ("masks", "one_mask")
) | {"Concatenate-masks_of_three", "masks_attention", "translator"}
"""Cases of which Keras 3 makes other masks."""
