"""The windows of the output ``field``, and their place in the metadata of an exported file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capsonnx.contract.metadata import PREFIX, malformed, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WIDEST", "Windows", "read_windows"]

WIDEST = 1.45
"""The greatest width of a symbol by its height, where a file says no other: of MNIST's, one in a hundred is wider."""


FARTHEST = 1024
"""Pixels: no window is larger, or lies farther from the edge."""


@dataclass(frozen=True)
class Windows:
    """Where the windows of ``field`` lie, and how symbols are picked among them; all in pixels, vertical first.

    Attributes:
        origin: from the upper left edge of the image to the centre of the window of cell (0, 0).
        stride: between neighbouring windows.
        size: height and width of a window.
        threshold: the score in 0..1 above which a window may hold a symbol.
        apart: of two symbols, the centres are at least so far apart, in the one direction or in the other.
        silent_black: whether black gives nothing, so that a reader may pad and crop black as it likes.
        symbol: the longer side of the symbols that the network was trained on.
        widest: the greatest width of one by its height; what is wider is taken for several that touch.
        touching: as ``apart``, of two symbols that both score above ``sure``: they are believed at less, and on ink
            that does not hang together at any distance.
        sure: a score in 0..1; 1, as in older files, for never.
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
    """The windows of a file, or None: the key came with the output ``field``, and files without it are as good.

    Args:
        metadata: the metadata properties of an ONNX file.
        name: the file's name, for the error message.

    Raises:
        ModelError: the key is malformed, or a value in it out of its range.
    """
    if PREFIX + "windows" not in metadata:
        return None
    values = value_of(metadata, "windows", dict, name)
    try:
        pairs = {key: _pair(values[key]) for key in ("origin", "apart", "touching") if key in values}
        size = _pair(values["size"])
        # Keys that a later version may add say nothing to this one.
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
