"""Stand-ins for live Keras objects: classes of the same names and modules, with what `from_keras` looks at."""

from __future__ import annotations

from typing import Any

import numpy as np


class Parameter:
    """torch's: NumPy cannot take it as it is."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.calls: list[str] = []

    def detach(self) -> Parameter:
        self.calls.append("detach")
        return self

    def cpu(self) -> Parameter:
        self.calls.append("cpu")
        return self

    @property
    def dtype(self) -> str:
        return f"torch.{self.array.dtype}"

    def numpy(self) -> np.ndarray:
        return self.array

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("can't call numpy() on a tensor that requires grad")


class Tensor:
    """TensorFlow's tensor: `__array__` is a view, `numpy()` a copy."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.array


class DType:
    def __init__(self, name: str) -> None:
        self.name = name


class Variable2:
    """tf.Variable."""

    def __init__(self, name: str, array: np.ndarray) -> None:
        self.name, self.array = f"{name}:0", array
        self.shape, self.dtype = array.shape, DType(array.dtype.name)

    def read_value(self) -> Tensor:
        return Tensor(self.array)


class Variable3:
    """keras.Variable."""

    def __init__(self, path: str, value: Any) -> None:
        self.path, self.name, self.value = path, path.rpartition("/")[2], value
        array = value.array if isinstance(value, Parameter) else value
        self.shape, self.dtype = array.shape, array.dtype.name


class Operation:
    __module__ = "keras.src.ops.operation"


class Layer2:
    __module__ = "keras.src.engine.base_layer"

    def __init__(self, config: dict[str, Any], variables: list[Any] | None = None) -> None:
        self.config = config
        self.name = config["name"]
        self.trainable_weights, self.non_trainable_weights = list(variables or ()), []
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return dict(self.config)


class Layer3(Operation, Layer2):
    __module__ = "keras.src.layers.layer"


Layer2.__name__ = Layer3.__name__ = "Layer"


class Dense2(Layer2):
    __module__ = "keras.src.layers.core.dense"


class Dense3(Layer3):
    __module__ = "keras.src.layers.core.dense"


Dense2.__name__ = Dense3.__name__ = "Dense"


class Sequential2(Layer2):
    __module__ = "keras.src.engine.sequential"
    optimizer: Any = None
    input_spec: Any = ()

    def __init__(self, name: str, layers: list[Any], shape: Any = None) -> None:
        super().__init__({"name": name})
        self.layers = layers
        self._build_input_shape = shape
        self._is_graph_network = shape is None

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "layers": [described(layer) for layer in self.layers]}


class Sequential3(Operation, Sequential2):
    __module__ = "keras.src.models.sequential"

    def __init__(self, name: str, layers: list[Any]) -> None:
        super().__init__(name, layers)
        self._functional = object()

    def get_config(self) -> dict[str, Any]:
        entry = {
            "batch_shape": (None, 3),
            "dtype": "float32",
            "name": "entry",
            "sparse": False,
            "optional": False,
        }
        first = {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "config": entry,
            "registered_name": None,
        }
        return {"name": self.name, "layers": [first, *(described(layer) for layer in self.layers)]}


Sequential2.__name__ = Sequential3.__name__ = "Sequential"


class Model(Layer3):
    __module__ = "keras.src.models.model"
    layers: tuple[Any, ...] = ()


def described(layer: Any) -> dict[str, Any]:
    """A layer as `keras.saving` describes it."""
    return {
        "module": "keras.layers",
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "registered_name": None,
        "build_config": {"input_shape": [None, 3]},
    }


KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.array([0.5, -1.0], np.float32)
_ZEROS = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}


def dense_config(**options: Any) -> dict[str, Any]:
    return {"name": "dense", "trainable": True, "units": 2, "bias_initializer": _ZEROS, **options}


def policy(name: str) -> dict[str, Any]:
    """A dtype policy as Keras 3 describes it."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": name}, "registered_name": None}


def dense2(cls: type = Dense2, **options: Any) -> Any:
    config = dense_config(dtype="float32", batch_input_shape=(None, 3), **options)
    return cls(config, [Variable2("dense/kernel", KERNEL), Variable2("dense/bias", BIAS)])


def dense3(cls: type = Dense3, wrap: Any = lambda array: array, **options: Any) -> Any:
    config = dense_config(**{"dtype": policy("float32"), "quantization_config": None, **options})
    return cls(config, [Variable3("dense/kernel", wrap(KERNEL)), Variable3("dense/bias", wrap(BIAS))])


class Optimizer:
    __module__ = "keras.src.optimizers.adam"

    def __init__(self, model: Any, **options: Any) -> None:
        self.name, self.built = "adam", True
        self.options = options
        self._trainable_variables = model.layers[0].trainable_weights
        self.iterations = Variable3("adam/iteration", np.array(4, np.int32))
        rate = Variable3("adam/learning_rate", np.array(0.1, np.float32))
        self._momentums = [Variable3("adam/m", np.full(v.shape, 1, "f4")) for v in self._trainable_variables]
        self._velocities = [Variable3("adam/v", np.full(v.shape, 2, "f4")) for v in self._trainable_variables]
        slots = [v for pair in zip(self._momentums, self._velocities, strict=True) for v in pair]
        self.variables = [self.iterations, rate, *slots]

    def get_config(self) -> dict[str, Any]:
        config = {"name": "adam", "learning_rate": np.float32(0.5), "loss_scale_factor": None}
        return {**config, "gradient_accumulation_steps": None, **self.options}


Optimizer.__name__ = "Adam"


X = np.ones((2, 3), np.float32)
Y = X @ KERNEL + BIAS


def model2(**options: Any) -> Sequential2:
    return Sequential2("live", [dense2(**options)])


def model3(**options: Any) -> Sequential3:
    return Sequential3("live", [dense3(**options)])
