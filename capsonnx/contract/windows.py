"""The windows of the output ``field``, as described in the metadata of an exported file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capsonnx.contract.metadata import PREFIX, malformed, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WIDEST", "Windows", "read_windows"]

WIDEST = 1.45
"""The default for the largest ratio of a symbol's width to its height. One in a hundred MNIST digits is wider."""


FARTHEST = 1024
"""The largest size in pixels of a window, and the largest distance of its origin from the edge."""


@dataclass(frozen=True)
class Windows:
    """Where the windows of ``field`` are, and how symbols are picked from them.

    Lengths are in pixels; pairs give the vertical value first.

    Attributes:
        origin: the offset from the upper left corner of the image to the centre of the window of cell (0, 0).
        stride: the distance between neighbouring windows.
        size: the height and width of a window.
        threshold: the score in 0..1 above which a window may contain a symbol.
        apart: the minimum distance between the centres of two symbols, vertically or horizontally; one is enough.
        silent_black: whether black pixels contribute nothing, so that a reader may add or crop black freely.
        symbol: the length of the longer side of the symbols that the network was trained on.
        widest: the largest ratio of a symbol's width to its height. Wider ink is taken for several touching symbols.
        touching: the (smaller) value of ``apart`` for two symbols that both score above ``sure``. Two such symbols on
            ink that is not connected may be at any distance.
        sure: a score in 0..1. The value 1, the default for older files, disables ``touching``.
    """

    origin: tuple[float, float]
    stride: int
    size: tuple[int, int]
    threshold: float
    apart: tuple[float, float]
    silent_black: bool
    symbol: float = 20.0
    widest: float = WIDEST
    touching: tuple[float, float] = (0.0, 0.0)
    sure: float = 1.0


def read_windows(metadata: Mapping[str, str], name: str) -> Windows | None:
    """The windows of a file, or None if its metadata lack the key: files without the output ``field`` are valid.

    Args:
        metadata: the metadata properties of an ONNX file.
        name: the file's name, for error messages.

    Raises:
        ModelError: the key is malformed, or one of its values is out of range.
    """
    if PREFIX + "windows" not in metadata:
        return None
    values = value_of(metadata, "windows", dict, name)
    try:
        pairs = {key: _pair(values[key]) for key in ("origin", "apart", "touching") if key in values}
        size = _pair(values["size"])
        # Ignore keys that a later version may add.
        known = {key: values[key] for key in Windows.__dataclass_fields__ if key in values}
        windows = Windows(**{**known, **pairs, "size": (int(size[0]), int(size[1]))})
        lengths = (windows.stride, windows.symbol, windows.widest, *windows.size, *windows.apart)
        is_sound = (
            type(windows.stride) is int
            and type(windows.silent_black) is bool
            and all(map(math.isfinite, (*windows.origin, *lengths)))
            and 0 <= windows.threshold < 1
            and 0 <= windows.sure <= 1
            and min(lengths) > 0
            and max(*map(abs, windows.origin), *windows.size) <= FARTHEST
            and all(0 <= touching <= apart for touching, apart in zip(windows.touching, windows.apart, strict=True))
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        is_sound = False
    if not is_sound:
        raise malformed(
            name, "windows", "origin, stride, size, threshold, apart, silent_black, touching within apart, and sure"
        )
    return windows


def _pair(value: Any) -> tuple[float, float]:
    if not isinstance(value, list):
        raise TypeError(value)
    first, second = value
    return float(first), float(second)
