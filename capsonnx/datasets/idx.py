"""The IDX format of the MNIST family: a magic number, the lengths of the axes and the values, nothing else.

Bytes 0 and 1 are zero, byte 2 is the type of the values (8, unsigned byte, is the only one that MNIST uses and that is
read here), and byte 3 is the number of axes. Then come one big-endian uint32 per axis and the values, last axis
fastest. Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import DataError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LARGEST", "MOST_AXES", "decode", "encode", "expand"]

LARGEST = 1 << 30
"""The maximum size of a file in bytes, about twenty times MNIST: a safeguard against hostile headers and gzip data."""

MOST_AXES = 32
"""The maximum number of axes that every supported NumPy version can handle."""

_UNSIGNED_BYTE = 8
_GZIP_MAGIC = b"\x1f\x8b"


def expand(content: bytes, *, name: str) -> bytes:
    """Decompress the bytes of a file if it is compressed with gzip.

    Args:
        content: the file as it was found; anything but gzip is returned unchanged.
        name: the file's name, for error messages.

    Raises:
        DataError: the gzip stream is damaged, truncated, or contains more than :data:`LARGEST` bytes.
    """
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            raw = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(f"{name}: damaged gzip data ({error})", "a whole gzip file") from error
    if len(raw) > LARGEST:
        raise _damaged(f"{name}: more than {LARGEST} bytes of gzip data", "a file of the size of MNIST")
    return raw


def decode(content: bytes, *, name: str) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, compressed with gzip or not.

    Args:
        content: the whole file.
        name: the file's name, for error messages.

    Returns:
        A new, writable uint8 array with the axes that the file declares.

    Raises:
        DataError: the content is not IDX, has values of another type, is truncated, continues after the values, or
            declares more than :data:`LARGEST` values or :data:`MOST_AXES` axes. The header alone never
            causes an allocation: values are copied only after their number has been checked.

    >>> decode(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), name="three")
    array([7, 8, 9], dtype=uint8)
    """
    raw = expand(content, name=name)
    shape = _shape(raw, name)
    start = _header_size(len(shape))
    # Axes of length zero count as one here, because NumPy refuses (0, huge, huge) too.
    if math.prod(max(length, 1) for length in shape) > LARGEST:
        raise _damaged(f"{name}: declares the shape {shape}", f"at most {LARGEST} values")
    if len(raw) - start != math.prod(shape):
        raise _damaged(f"{name}: {len(raw) - start} bytes of values", f"{math.prod(shape)} for the shape {shape}")
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape).copy()


def encode(array: NDArray[np.uint8], *, compress: bool = False) -> bytes:
    """Encode an array as an IDX file.

    Args:
        array: uint8 with 1 to :data:`MOST_AXES` axes and at most :data:`LARGEST` values.
        compress: compress the file with gzip at the highest level, without a time stamp, so that equal arrays give
            equal bytes.

    Raises:
        InputError: the array has another dtype, too many axes or none, or too many values.

    >>> encode(np.array([7, 8, 9], dtype=np.uint8)).hex(" ")
    '00 00 08 01 00 00 00 03 07 08 09'
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= MOST_AXES or array.size > LARGEST:
        raise InputError(
            f"an array of {array.dtype} with the shape {array.shape}",
            expected=f"uint8, 1 to {MOST_AXES} axes, at most {LARGEST} values",
            remedy="convert the array first",
        )
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, _UNSIGNED_BYTE, array.ndim, *array.shape)
    raw = header + array.tobytes()
    return gzip.compress(raw, 9, mtime=0) if compress else raw


def _shape(raw: bytes, name: str) -> tuple[int, ...]:
    """The shape that the header declares."""
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise _damaged(f"{name}: begins with {raw[:4].hex(' ') or 'nothing'}", "the magic number of an IDX file")
    kind, axes = raw[2], raw[3]
    if kind != _UNSIGNED_BYTE:
        raise _damaged(f"{name}: values of type 0x{kind:02x}", "unsigned bytes, type 0x08")
    if not 1 <= axes <= MOST_AXES:
        raise _damaged(f"{name}: {axes} axes", f"1 to {MOST_AXES} axes")
    if len(raw) < _header_size(axes):
        raise _damaged(f"{name}: ends inside its header", f"the lengths of {axes} axes")
    return struct.unpack_from(f">{axes}I", raw, 4)


def _header_size(axes: int) -> int:
    return 4 + 4 * axes


def _damaged(given: str, expected: str) -> DataError:
    return DataError(given, expected=expected, remedy="delete the file and fetch it again")
