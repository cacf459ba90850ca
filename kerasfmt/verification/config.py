"""What a Keras config names: code, pickles, functions, custom objects, files and addresses.

A config is JSON in the dialect of Keras 2 or Keras 3. Everything in it is looked at, however deep it lies.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from kerasfmt.verification.config_names import (
    is_custom_name,
    is_known_layer,
    judge_object,
    judge_tensorflow,
)
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.magic import HEAD, is_pickle
from kerasfmt.verification.rules import unsafe
from kerasfmt.verification.unsafe_ops import UNSAFE_OPS

_TF_FUNCTIONS: Final = frozenset(
    {"TFOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty", "SlicingOpLambda"}
)
_PICKLED: Final = frozenset({"TorchModuleWrapper", "FlaxLayer", "JaxLayer"})
_VOCABULARIES: Final = ("vocabulary", "idf_weights", "vocabulary_file", "vocab_path", "merges")
_PATHS: Final = ("filepath", "file_path", "cache_dir", "origin", "path_or_url")
_ADDRESS: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://")
_OP: Final = re.compile(r"\bop\s*:\s*\"(\w+)\"|\"op\"\s*:\s*\"(\w+)\"")
_LEAST_PICKLE: Final = 16
_ENCODED: Final = ("4w", "gA")
"""How base64 begins of marshalled code, whose first byte is 0xE3, and of a pickle, whose first byte is 0x80."""
_CODE: Final = re.compile(r"4w[A-Za-z0-9+/]A{4}")
"""Marshalled code in base64: 0xE3, then the number of arguments in four bytes."""


def check_config(
    findings: Findings, config: Any, file: str, inside: str = "", assets: Collection[str] = ()
) -> None:
    """Checks a config.

    Args:
      findings: what was found.
      config: JSON values, nested as deeply as the reader of JSON allows.
      file: the file, for findings.
      inside: where in the file the config is.
      assets: the names of the assets of the model.
    """
    for item, path in _walk(config):
        where = "/".join(filter(None, (inside, path)))
        if isinstance(item, str):
            _check_text(findings, item, file, where)
            continue
        findings.checked["objects of configs"] += "class_name" in item
        _check_code(findings, item, file, where)
        _check_names(findings, item, file, where)
        _check_paths(findings, item, file, where, assets)


def _walk(config: Any) -> Iterator[tuple[Any, str]]:
    """Every mapping and every text inside of JSON values, with the names of the objects that it is in."""
    pending: list[tuple[Any, str]] = [(config, "")]
    while pending:
        value, path = pending.pop()
        if isinstance(value, str):
            if value.startswith(_ENCODED):
                yield value, path
        elif isinstance(value, Mapping):
            own = _name_of(value)
            if own and len(path) < 200:
                path = f"{path}/{own}" if path else own
            yield value, path
            pending.extend((inner, path) for inner in value.values())
        elif isinstance(value, list):
            pending.extend((inner, path) for inner in value)


def _check_text(findings: Findings, text: str, file: str, where: str) -> None:
    """Code and pickles in base64, wherever they are."""
    if _CODE.match(text):
        findings.add(unsafe.LAMBDA_CODE, "holds marshalled Python code", file, where)
        return
    start = "".join(text[: 2 * HEAD].split())
    try:
        data = base64.b64decode(start[: len(start) // 4 * 4], validate=True)
    except ValueError:
        return
    if len(text) >= _LEAST_PICKLE and is_pickle(data):
        findings.add(unsafe.PICKLE_IN_CONFIG, "holds a pickle", file, where)


def _name_of(item: Mapping[str, Any]) -> str:
    inner = item.get("config")
    kind = item.get("class_name")
    if not isinstance(kind, str):
        return ""
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return (f"{name} ({kind})" if isinstance(name, str) else kind)[:100]


def _check_code(findings: Findings, item: Mapping[str, Any], file: str, where: str) -> None:
    """Marshalled and pickled code."""
    kind, inner = str(item.get("class_name")), item.get("config")
    if kind == "__lambda__":
        findings.add(unsafe.LAMBDA_CODE, "holds marshalled Python code", file, where)
    if not isinstance(inner, Mapping):
        return
    if kind == "Lambda":
        for option in ("function", "output_shape", "mask"):
            value = _plain(inner.get(option))
            marshalled = (
                isinstance(value, list) and value and isinstance(value[0], str) and option != "output_shape"
            )
            if marshalled or inner.get(f"{option}_type") == "lambda":
                findings.add(unsafe.LAMBDA_CODE, "holds marshalled Python code", file, where)
            elif isinstance(value, str):
                module = inner.get("module" if option == "function" else f"{option}_module")
                found = judge_object(str(module or "builtins"), value)
                if found is not None:
                    findings.add(found[0], f"its {option} {found[1]}", file, where)
    if kind in _PICKLED:
        for option, value in inner.items():
            if (
                isinstance(value, str)
                and len(value) > _LEAST_PICKLE
                and option in ("module", "call_fn", "init_fn")
            ):
                findings.add(unsafe.PICKLE_IN_CONFIG, f"its {option} is a pickled object", file, where)


def _plain(value: Any) -> Any:
    """A tuple of Keras 2's dialect as a list."""
    is_tuple = isinstance(value, Mapping) and value.get("class_name") == "__tuple__"
    return value.get("items") if is_tuple else value


def _check_names(findings: Findings, item: Mapping[str, Any], file: str, where: str) -> None:
    """Names of modules, classes and functions."""
    kind, inner, module = item.get("class_name"), item.get("config"), item.get("module")
    if kind == "__typespec__":
        found = judge_object(str(module or "tensorflow"), str(item.get("spec_name")))
        if found is not None:
            findings.add(*found, file, where)
        return
    if not isinstance(kind, str) or "config" not in item:
        return
    name = inner if kind == "function" and isinstance(inner, str) else kind
    registered = item.get("registered_name")
    is_custom = is_custom_name(registered) or is_custom_name(kind)
    found = None
    if isinstance(module, str) and module and kind != "__lambda__":
        found = judge_object(module, name)
    if found is None and is_custom:
        found = judge_object((registered or kind).partition(">")[0], name) or (unsafe.CUSTOM_OBJECT, "")
        found = found[0], f"is the custom object {registered or kind}"
    if found is None and module is None and kind == "function" and isinstance(inner, str):
        found = judge_object("builtins", inner)
    if found is not None:
        findings.add(found[0], found[1], file, where)
    if isinstance(inner, Mapping):
        if kind in _TF_FUNCTIONS:
            for option in ("function", "method_symbol", "class_symbol", "cls_symbol"):
                judged = judge_tensorflow(str(inner.get(option) or ""))
                if judged is not None:
                    findings.add(*judged, file, where)
        if kind == "TensorFlowOpLayer":
            for match in _OP.finditer(str(inner.get("node_def"))[:100_000]):
                rule = UNSAFE_OPS.get(match[1] or match[2])
                if rule is not None:
                    findings.add(rule, f"holds the op {match[1] or match[2]}", file, where)
        _check_members(findings, inner, file, where)


def _check_members(findings: Findings, config: Mapping[str, Any], file: str, where: str) -> None:
    """The classes of the layers of a model, where the dialect states no modules."""
    layers = config.get("layers")
    for member in layers if isinstance(layers, list) else ():
        kind = member.get("class_name") if isinstance(member, Mapping) else None
        if (
            isinstance(kind, str)
            and ">" not in kind
            and not member.get("module")
            and not is_known_layer(kind)
        ):
            findings.add(
                unsafe.CUSTOM_OBJECT, f"holds a layer of the class {kind}, which is not known", file, where
            )


def _check_paths(
    findings: Findings, item: Mapping[str, Any], file: str, where: str, assets: Collection[str]
) -> None:
    """Files and addresses that Keras would open."""
    inner = item.get("config")
    if not isinstance(inner, Mapping):
        return
    for option in _VOCABULARIES:
        value = inner.get(option)
        if isinstance(value, str) and value:
            is_asset = value.rpartition("/")[2] in assets and not _ADDRESS.match(value)
            rule = unsafe.PATH_OF_ASSET if is_asset else unsafe.PATH_IN_CONFIG
            findings.add(rule, f"its {option} is the file {value!r:.200}", file, where)
    for option, value in inner.items():
        if not isinstance(value, str):
            continue
        names_model = item.get("class_name") == "TFSMLayer" and option == "filepath"
        if names_model or (option in _PATHS and value) or _ADDRESS.match(value):
            findings.add(unsafe.PATH_IN_CONFIG, f"its {option} is {value!r:.200}", file, where)
