"""Cells that fail for a reason that is known and is no fault of the file; one that no cell needs is an error."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

KERAS3 = ("jax", "torch", "tensorflow")
KERAS2 = ("tf212", "tf215", "tf_keras")
_KERAS_3_0_TO_3_3 = ("keras_3.0", "keras_3.1", "keras_3.2", "keras_3.3")


@dataclass(frozen=True)
class Explained:
    """Which cells, and why they fail.

    Attributes:
      why: the reason, for the page.
      cases: patterns of the models' names.
      said: words that the fault contains.
      kinds: the formats; all if empty.
      readers: all if empty.
      writers: all if empty.
    """

    why: str
    cases: tuple[str, ...]
    said: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()

    def fits(self, case: str, kind: str, reader: str, writer: str, fault: str) -> bool:
        """Whether it is about a cell."""
        return (
            any(fnmatch.fnmatch(case, pattern) for pattern in self.cases)
            and any(words in fault for words in self.said)
            and (not self.kinds or kind in self.kinds)
            and (not self.readers or reader in self.readers)
            and (not self.writers or writer in self.writers)
        )


def explanation(
    table: Sequence[Explained], case: str, kind: str, reader: str, writer: str, fault: str
) -> Explained | None:
    """What explains a cell's fault, if anything in the table does."""
    return next((e for e in table if e.fits(case, kind, reader, writer, fault)), None)


def unneeded(
    table: Sequence[Explained], cases: Sequence[str], used: Sequence[Explained | None]
) -> list[Explained]:
    """The explanations of these models that explain no cell any more."""
    about = [e for e in table if any(fnmatch.fnmatch(case, pattern) for case in cases for pattern in e.cases)]
    return [e for e in about if e not in used]


EXPLAINED = (
    Explained(
        "Keras 2 counts the calls of a model inside of a functional model from 1, and Keras 3, where it reads what "
        "Keras 2 writes, from 0; nor does Keras 3 build a model inside of a nested Sequential from Keras 2's words. "
        "One file cannot say both, and HDF5 is written for Keras 2. A `.keras` file has no such limit.",
        ("nested_sequential", "many_to_many", "siamese", "modes_*", "topology_model_called_often"),
        ("list index out of range", "failed to be resolved", "Cannot convert '((None, 5), 5)' to a shape"),
        kinds=("hdf5",),
        readers=KERAS3,
        writers=KERAS3,
    ),
    Explained(
        "Keras 2 does not load the layer without the shapes of its inputs, and Keras 3 not with them; nor do they "
        "read each other's calls that take tensors by name. HDF5 is written for Keras 2. A `.keras` file has no such "
        "limit.",
        ("MultiHeadAttention-*", "vision_transformer"),
        ("class 'MultiHeadAttention'",),
        kinds=("hdf5",),
        readers=KERAS3,
        writers=KERAS3,
    ),
    Explained(
        "Keras 3.15 hands images on as they are at inference, whatever size the layer states; Keras 2, and "
        "kerasfmt with it, resize them to that size, which is what Keras 3 documents too.",
        ("RandomCrop-*",),
        ("output", "shape"),
    ),
    Explained(
        "Keras 3 makes the slots of an optimizer when it loads the model, and a legacy one has none before it first "
        "trains.",
        ("mlp_legacy_untrained",),
        ("other optimizer state",),
        kinds=("keras3",),
        readers=KERAS3,
    ),
    Explained(
        "Keras 2 keeps no state of a legacy optimizer in a `.keras` archive, nor does it take any from one, of which "
        "kerasfmt warns; what is made of such an archive has none.",
        ("mlp_legacy_*",),
        ("other optimizer state",),
    ),
    Explained(
        "In Keras 2, SGD holds momentums also where its momentum is 0; in Keras 3 it holds none then.",
        ("compiled_sgd", "compiled_metrics"),
        ("other optimizer state",),
    ),
    Explained(
        "Keras 3 does not write HDF5 with Adafactor, two of whose slots have one name, and so has no such file of its "
        "own to compare with. From no HDF5 it takes a metric by the name of its function.",
        ("compiled_adafactor",),
        ("Could not deserialize 'keras.metrics.mse'",),
        kinds=("hdf5",),
        readers=KERAS3,
    ),
    Explained(
        "Keras 2 asks an optimizer that scales the loss for a name, which it has not, when it loads weights of which "
        "it does not know the optimizer's.",
        ("compiled_loss_scale_fixed",),
        ("'LossScaleOptimizerV3' object has no attribute 'name'",),
        kinds=("paths_keras3",),
        readers=KERAS2,
    ),
    Explained(
        "HDF5 is written in the words of Keras 2.13 and newer, in which Keras 3 takes no shape of inputs from the "
        "first layer of a nested model; it refuses the files of TensorFlow 2.15 too. A `.keras` file has no such "
        "limit.",
        ("frozen_part",),
        ("Unrecognized keyword", "could not be deserialized"),
        kinds=("hdf5",),
        readers=KERAS3,
        writers=("tf212",),
    ),
    Explained(
        "A model that has been fitted holds the state of its metrics, and tf_keras does not load weights without it "
        "into such a model; kerasfmt keeps none. Load the weights before fitting, or compile the model again.",
        ("mlp_*", "compiled_*"),
        ("Layer 'loss' expected 2 variables",),
        kinds=("paths_tf_keras", "paths_keras3"),
        readers=KERAS2,
    ),
    Explained(
        "Keras 3 makes another mask of this model than Keras 2, and so other outputs; kerasfmt says so instead of "
        "writing it for the other Keras.",
        ("masks_*",),
        ("in another way than Keras 3", "in another way than Keras 2"),
    ),
    Explained(
        "Keras 3 hands no mask on to a recurrent layer that is called with initial states, and so computes something "
        "else than Keras 2; kerasfmt refuses to translate such a model.",
        ("translator",),
        ("elements differ", "without a mask", "takes a mask"),
    ),
    Explained(
        "The default activation of a ConvLSTM's gates, hard_sigmoid, is another function in Keras 3; kerasfmt refuses "
        "to translate it, and weights go into the other Keras's own layer.",
        ("ConvLSTM*", "forecast"),
        ("is another function", "elements differ"),
    ),
    Explained(
        "Keras 2 numbers bins in int64, Keras 3 in int32.",
        ("Discretization-*",),
        ("expected int64", "expected int32"),
    ),
    Explained(
        "Keras 3 states the backward layer too, where it follows from the forward layer.",
        ("Bidirectional-*", "forecast", "translator"),
        ("backward_layer: not expected",),
        readers=KERAS3,
        writers=KERAS2,
    ),
    Explained(
        "Keras 3 makes layers of the operations that join the masks of several inputs once it has loaded the model, "
        "so that the config names them; outputs and weights are the same.",
        ("masks_*",),
        ("other config",),
        kinds=("keras3", "hdf5"),
        readers=KERAS3,
        writers=KERAS2,
    ),
    Explained(
        "Keras 3 states, where it calls a model of several inputs, that none of them has a mask.",
        ("topology_unused_input",),
        ("mask: not expected",),
        kinds=("keras3",),
        readers=KERAS3,
        writers=KERAS2,
    ),
    Explained(
        "Keras 3 has no layers that are functions of TensorFlow, and kerasfmt does not translate them into its "
        "operations; it says so instead of writing the model.",
        ("masks_function_forgets",),
        ("(TFOpLambda): Keras 3 has no such layer",),
    ),
    Explained(
        "Keras 3 overrides the mode that a call states when it predicts or trains, and Keras 2 does not; kerasfmt says "
        "so instead of writing such a model for Keras 3.",
        ("modes_*",),
        ("it is called with training=",),
    ),
    Explained(
        "Keras 3's TFSMLayer lists the variables that the signature's function uses, also the state of a random "
        "generator, and not the layer's weights; it does so with TensorFlow's own SavedModel of these too. "
        "Outputs are not compared here.",
        ("Normalization-*", "Random*", "SpectralNormalization-*", "efficientnet_b0"),
        ("other weights",),
        kinds=("saved_model",),
        readers=("tensorflow",),
    ),
    Explained(
        "Keras 3 exports TimeDistributed so that it computes as many steps as there are rows, where the number of "
        "steps is not known; TensorFlow computes the same from that SavedModel as kerasfmt.",
        ("translator",),
        ("expected float32[4, 7, 20], got float32[4, 4, 20]",),
        kinds=("saved_model",),
        writers=("tensorflow",),
    ),
    Explained(
        "Keras 3 exports layers that change images at random as in training; TensorFlow computes other outputs from "
        "that SavedModel at each call too.",
        ("Random*",),
        ("elements differ",),
        kinds=("saved_model",),
        readers=("kerasfmt",),
        writers=("tensorflow",),
    ),
    Explained(
        "Keras 3 states both bounds of a factor that was given as one number.",
        ("RandomContrast-*", "RandomRotation-*"),
        ("other config: layers[1].config.factor",),
        readers=KERAS3,
        writers=KERAS2,
    ),
    Explained(
        "TensorFlow 2.12 and 2.15 state the axis of the layer counted from the front once the layer is built; later "
        "versions state it as it was given.",
        ("UnitNormalization-*",),
        ("other config: layers[1].config.axis",),
        readers=("tf212", "tf215"),
    ),
    Explained(
        "The last matrix product of this network is near 1,400, and XLA and NumPy round it otherwise than TensorFlow; "
        "in float64 kerasfmt gives TensorFlow's outputs within 7e-6.",
        ("mobilenet_v2",),
        ("8 of 4000 elements differ",),
        readers=("jax", "kerasfmt"),
        writers=(*KERAS2, "tensorflow"),
    ),
)

EXPLAINED_IN_MINORS = (
    Explained(
        "Keras 3.0 to 3.3 do not read the words of the last version: the only input or output of a model without a "
        'list around it, and initializers by their later names. `save_format="keras_3.0"` writes their words.',
        ("*",),
        ("could not be deserialized properly", "Could not interpret initializer identifier"),
        kinds=("keras3",),
        readers=_KERAS_3_0_TO_3_3,
    ),
    Explained(
        "HDF5 is written in the words of Keras 2 or of the last Keras 3, which Keras 3.0 to 3.3 do not all read: see "
        'above. A `.keras` archive with `save_format="keras_3.0"` has no such limit.',
        ("*",),
        ("Could not interpret initializer identifier", "get_tensor()", "could not be deserialized properly"),
        kinds=("hdf5", "keras_h5"),
        readers=_KERAS_3_0_TO_3_3,
    ),
    Explained(
        "HDF5 in the words of Keras 3 holds no compile state, as Keras 3 takes none of its variables from HDF5; "
        "kerasfmt warns of it. A `.keras` archive holds it.",
        ("mlp_*", "compiled_*"),
        ("other optimizer state: 0 slots",),
        kinds=("keras_h5",),
    ),
    Explained(
        "Keras 3.2 states the first call of a model in the place of every one, in its own files too.",
        ("siamese",),
        ("elements differ", "layers[1].class_name: Functional"),
        readers=("kerasfmt", "keras_3.2"),
    ),
    Explained(
        "Keras 3 states the backward layer too, where it follows from the forward layer.",
        ("Bidirectional-*",),
        ("backward_layer: not expected",),
        writers=("keras2_models",),
    ),
    Explained(
        "Keras 3 states both bounds of a factor that was given as one number.",
        ("RandomContrast-*", "RandomRotation-*"),
        ("other config: layers[1].config.factor",),
        writers=("keras2_models",),
    ),
)
"""Those of the minor versions of Keras 3."""
