"""Whole models that serve raw inputs: sequences, text and tables."""

from __future__ import annotations

import numpy as np

from conformance.case import Case, Input, Keras, KerasModel, registering

MODELS: list[Case] = []
model = registering(MODELS)

WORDS = ["the", "cat", "sat", "on", "mat", "naïve", "日本", "not", "good"]
COLOURS = ["red", "green", "blue"]


def _sentences(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    words = [*WORDS, "The", "CAT,", "unknown!", "", "日本."]
    flat = [" ".join(rng.choice(words, 6)).encode() for _ in range(int(np.prod(shape)))]
    return np.array(flat, object).reshape(shape)


def _colours(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.array([*(c.encode() for c in COLOURS), b"mauve", b""], object)[rng.integers(0, 5, shape)]


@model(
    inputs=(Input((None,), "int32", high=20), Input((None,), "int32", high=20)),
)
def translator(keras: Keras) -> KerasModel:
    layers = keras.layers
    source, target = (
        keras.Input((None,), dtype="int32", name="source"),
        keras.Input((None,), dtype="int32", name="target"),
    )
    read = layers.Bidirectional(layers.LSTM(6, return_sequences=True, return_state=True), name="reader")
    encoded, *states = read(layers.Embedding(20, 5, mask_zero=True)(source))
    hidden = layers.Concatenate()([states[0], states[2]])
    carry = layers.Concatenate()([states[1], states[3]])
    writer = layers.LSTM(12, return_sequences=True, name="writer")
    decoded = writer(layers.Embedding(20, 5, mask_zero=True)(target), initial_state=[hidden, carry])
    context = layers.Attention()([decoded, encoded])
    words = layers.TimeDistributed(layers.Dense(20, activation="softmax"))(
        layers.Concatenate()([decoded, context])
    )
    return keras.Model([source, target], words, name="translator")


@model(inputs=(Input((1,), "string", draw=_sentences),))
def sentiment(keras: Keras) -> KerasModel:
    layers = keras.layers
    text = keras.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=WORDS, output_sequence_length=8, ngrams=2)(text)
    embedded = layers.Embedding(12, 6)(words)
    pooled = layers.GlobalAveragePooling1D()(layers.GRU(5, return_sequences=True)(embedded))
    return keras.Model(text, layers.Dense(2, activation="softmax")(pooled), name="sentiment")


@model(inputs=(Input((8, 6, 2)),))
def forecast(keras: Keras) -> KerasModel:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 6, 2)),
            layers.ConvLSTM1D(3, 3, padding="same", return_sequences=True),
            layers.TimeDistributed(layers.Flatten()),
            layers.Bidirectional(layers.GRU(5, return_sequences=True), merge_mode="sum"),
            layers.Bidirectional(layers.SimpleRNN(4)),
            layers.Dense(2),
        ],
        name="forecast",
    )


@model(
    inputs=(
        Input((1,), "string", draw=_colours),
        Input((1,), "string", draw=_colours),
        Input((1,), "int64", high=40),
        Input((1,), "int64", high=6),
        Input((2,)),
        Input((1,)),
    ),
)
def tabular(keras: Keras) -> KerasModel:
    layers = keras.layers
    colour = keras.Input((1,), dtype="string", name="colour")
    other = keras.Input((1,), dtype="string", name="other")
    code = keras.Input((1,), dtype="int64", name="code")
    rank = keras.Input((1,), dtype="int64", name="rank")
    sizes = keras.Input((2,), name="sizes")
    age = keras.Input((1,), name="age")
    crossed = layers.HashedCrossing(7, output_mode="one_hot")((colour, code))
    branches = [
        layers.StringLookup(vocabulary=COLOURS, output_mode="one_hot")(colour),
        layers.StringLookup(vocabulary=COLOURS, output_mode="multi_hot", num_oov_indices=2)(other),
        layers.Hashing(5, output_mode="one_hot")(other),
        layers.IntegerLookup(vocabulary=[3, 5, 7, 11], output_mode="count")(code),
        layers.CategoryEncoding(6, output_mode="multi_hot")(rank),
        layers.Flatten()(layers.Embedding(41, 3)(code)),
        layers.Normalization(mean=[0.5, 1.0], variance=[2.0, 4.0])(sizes),
        layers.Discretization([-0.5, 0.0, 0.5], output_mode="one_hot")(age),
        layers.Rescaling(0.1)(age),
        crossed,
    ]
    joined = layers.Concatenate()(branches)
    inputs = [colour, other, code, rank, sizes, age]
    return keras.Model(
        inputs, layers.Dense(1, activation="sigmoid")(layers.Dense(8, "relu")(joined)), name="tabular"
    )
