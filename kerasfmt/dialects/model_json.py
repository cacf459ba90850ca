"""Models from their architectures as JSON text, which `to_json` of a model of Keras writes.

Source: tf_keras/src/models/cloning.py and keras/src/models/model.py, model_from_json
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt.containers.checked_json import parse_object
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.ir import Model
from kerasfmt.limits import MAX_EXPANSION, limited

_WHERE = "the architecture"


def model_from_json(
    json_string: str,
    custom_objects: Mapping[str, Any] | None = None,
    max_expansion: float = MAX_EXPANSION,
) -> Model:
    """The model whose architecture a JSON text states, with fresh weights; `load_weights` gives it trained ones.

    Args:
      json_string: what `to_json` of a model of Keras 1, 2 or 3 wrote.
      custom_objects: what is not Keras's own, by its name in the text, as for `model_from_config`.
      max_expansion: how many times its size the text may take in memory, as in `load_model`.

    Example:
      >>> dense = '{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, 3]}}'
      >>> text = '{"class_name": "Sequential", "config": [' + dense + '], "keras_version": "2.1.0"}'
      >>> kerasfmt.model_from_json(text).count_params()
      8

    Raises:
      UnsupportedFormatError: it is YAML.
      CorruptFileError: it is not JSON.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: it contradicts itself.
      UnsafeFileError: it holds code, is nested too deeply, or costs more than it may.
    """
    if not json_string.lstrip().startswith("{"):
        refuse_yaml(json_string, _WHERE)
    with limited(max_expansion) as allowance:
        allowance.add_file(len(json_string))
        config = parse_object(json_string, _WHERE)
        with malformed_config_errors(_WHERE):
            return model_from_config(config, custom_objects)


def refuse_yaml(text: str, where: str) -> None:
    """Refuses an architecture that `to_yaml` of a model of Keras wrote, which may hold Python objects.

    Raises:
      UnsupportedFormatError: it is one.
    """
    keys = {line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()}
    if {"class_name", "config"} <= keys:
        raise UnsupportedFormatError(
            f"{where}: is YAML, which may make objects of Python and is not read; load it with PyYAML's safe_load and "
            "give the result to model_from_config, or let Keras before 2.6 write JSON with to_json"
        )
