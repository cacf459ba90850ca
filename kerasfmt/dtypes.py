"""The element types of TensorFlow: one row per type, with its NumPy dtype and its DataType number.

`of` turns whatever names a type (a name, a NumPy dtype, a DataType number) into its row. The NumPy dtypes of
bfloat16, float8, float4, int4 and int2 come from ml_dtypes, which is imported when one of them is asked for.

Source: tensorflow/core/framework/types.proto, tensorflow/python/framework/dtypes.py
"""

from __future__ import annotations

import contextlib
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from kerasfmt.errors import UnsupportedFormatError

Kind = Literal["bool", "floating", "signed", "unsigned", "complex", "quantized", "string", "handle"]


@dataclass(frozen=True, eq=False)
class DType:
    """One element type of TensorFlow; each type is one object.

    Attributes:
      name: TensorFlow's name, "float32".
      enum: the number in TensorFlow's DataType.
      kind: the family of types, "floating".
      itemsize: bytes of one element in memory and in a checkpoint; 0 where the size varies. An int4 and an
        int2 take a whole byte.
    """

    name: str
    enum: int
    kind: Kind
    itemsize: int
    _numpy: str = field(repr=False)

    @cached_property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype; object for strings, resources and variants.

        Raises:
          UnsupportedFormatError: the installed ml_dtypes is too old for this type.
        """
        if self.kind == "quantized":
            return np.dtype([(self.name, self._numpy)])
        if not self._numpy.startswith("ml:"):
            return np.dtype(self._numpy)
        import ml_dtypes

        scalar = getattr(ml_dtypes, self.name, None)
        if scalar is None:
            raise UnsupportedFormatError(
                f"dtype {self.name}: expected it in ml_dtypes, but the installed release has no such type; "
                "upgrade ml_dtypes"
            )
        found: np.dtype[Any] = np.dtype(scalar)
        return found

    @property
    def is_floating(self) -> bool:
        """Whether it is a real floating-point type, half, bfloat16 and float8 included."""
        return self.kind == "floating"

    @property
    def is_integer(self) -> bool:
        """Whether it is a plain integer type; bool and the quantized types are not."""
        return self.kind in ("signed", "unsigned")

    @property
    def is_complex(self) -> bool:
        """Whether it is complex64 or complex128."""
        return self.kind == "complex"

    @property
    def is_quantized(self) -> bool:
        """Whether it is one of qint8, quint8, qint16, quint16 and qint32."""
        return self.kind == "quantized"

    def __str__(self) -> str:
        return self.name


# name, DataType number, kind, bytes, NumPy dtype ("ml:" where ml_dtypes has it, under the same name)
float32: Final = DType("float32", 1, "floating", 4, "f4")
float64: Final = DType("float64", 2, "floating", 8, "f8")
int32: Final = DType("int32", 3, "signed", 4, "i4")
uint8: Final = DType("uint8", 4, "unsigned", 1, "u1")
int16: Final = DType("int16", 5, "signed", 2, "i2")
int8: Final = DType("int8", 6, "signed", 1, "i1")
string: Final = DType("string", 7, "string", 0, "O")
complex64: Final = DType("complex64", 8, "complex", 8, "c8")
int64: Final = DType("int64", 9, "signed", 8, "i8")
bool_: Final = DType("bool", 10, "bool", 1, "?")
qint8: Final = DType("qint8", 11, "quantized", 1, "i1")
quint8: Final = DType("quint8", 12, "quantized", 1, "u1")
qint32: Final = DType("qint32", 13, "quantized", 4, "i4")
bfloat16: Final = DType("bfloat16", 14, "floating", 2, "ml:")
qint16: Final = DType("qint16", 15, "quantized", 2, "i2")
quint16: Final = DType("quint16", 16, "quantized", 2, "u2")
uint16: Final = DType("uint16", 17, "unsigned", 2, "u2")
complex128: Final = DType("complex128", 18, "complex", 16, "c16")
float16: Final = DType("float16", 19, "floating", 2, "f2")
resource: Final = DType("resource", 20, "handle", 0, "O")
variant: Final = DType("variant", 21, "handle", 0, "O")
uint32: Final = DType("uint32", 22, "unsigned", 4, "u4")
uint64: Final = DType("uint64", 23, "unsigned", 8, "u8")
float8_e5m2: Final = DType("float8_e5m2", 24, "floating", 1, "ml:")
float8_e4m3fn: Final = DType("float8_e4m3fn", 25, "floating", 1, "ml:")
float8_e4m3fnuz: Final = DType("float8_e4m3fnuz", 26, "floating", 1, "ml:")
float8_e4m3b11fnuz: Final = DType("float8_e4m3b11fnuz", 27, "floating", 1, "ml:")
float8_e5m2fnuz: Final = DType("float8_e5m2fnuz", 28, "floating", 1, "ml:")
int4: Final = DType("int4", 29, "signed", 1, "ml:")
uint4: Final = DType("uint4", 30, "unsigned", 1, "ml:")
int2: Final = DType("int2", 31, "signed", 1, "ml:")
uint2: Final = DType("uint2", 32, "unsigned", 1, "ml:")
float4_e2m1fn: Final = DType("float4_e2m1fn", 33, "floating", 1, "ml:")

ALL: Final = tuple(row for row in tuple(vars(sys.modules[__name__]).values()) if isinstance(row, DType))
"""Every element type, by DataType number."""

_BY_ENUM: Final = {row.enum: row for row in ALL}
# TensorFlow's other spellings; "float" is float32 there, although NumPy's is float64.
_BY_NAME: Final = {row.name: row for row in ALL} | {"half": float16, "float": float32, "double": float64}

NAMES: Final = frozenset(_BY_NAME)
"""TensorFlow's names of its element types."""
_ONE_TYPE: Final = re.compile(r"[<>=|]?[A-Za-z]\w{0,40}")
"""What NumPy takes for one type; it parses longer texts as lists of types, with a parser of Python."""

DTypeLike: TypeAlias = DType | int | str | npt.DTypeLike
"""What `of` accepts."""


def of(x: DTypeLike) -> DType:
    """The element type that `x` names.

    Args:
      x: a DType, TensorFlow's name of one ("float32", "half"), a number of DataType, or anything that
        np.dtype accepts. Byte order is ignored. Every string or object dtype is `string`.

    Raises:
      UnsupportedFormatError: TensorFlow has no such element type.
    """
    if isinstance(x, DType):
        return x
    if isinstance(x, int) and not isinstance(x, bool):
        row = _BY_ENUM.get(x)
        if row is None:
            raise UnsupportedFormatError(
                f"DataType {x}: expected a value type, one of 1 to {len(ALL)}; "
                "reference types and types of a newer TensorFlow are not supported"
            )
        return row
    if isinstance(x, str) and x in _BY_NAME:
        return _BY_NAME[x]
    return _of_numpy(x)


def _of_numpy(x: object) -> DType:
    if not isinstance(x, str) or _ONE_TYPE.fullmatch(x):
        with contextlib.suppress(TypeError, ValueError, LookupError, SyntaxError):
            return _of_dtype(np.dtype(x))  # type: ignore[call-overload]
    raise UnsupportedFormatError(f"dtype {x!r:.80}: expected the name of a TensorFlow or NumPy dtype")


@lru_cache(maxsize=128)  # NumPy takes 30 µs to name a dtype
def _of_dtype(dtype: np.dtype[Any]) -> DType:
    if dtype.kind in "OSUT":
        return string
    if dtype.names is not None:
        row = _BY_NAME.get(dtype.names[0])
        if row is not None and row.is_quantized and dtype.newbyteorder("<") == row.numpy.newbyteorder("<"):
            return row
    elif dtype.name in _BY_NAME:
        return _BY_NAME[dtype.name]
    raise UnsupportedFormatError(f"dtype {dtype}: TensorFlow has no such element type; cast the array first")
