"""Whether two windows lie on different strokes: ink that does not hang together is not of one symbol twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from capsonnx.components import Components, find_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.windows import Windows

__all__ = ["Cell", "Strokes"]

Cell: TypeAlias = tuple[int, int, int]
"""One cell of a batch of fields: its page, row and column."""

SOLID = 128
"""The least level, in 0..255, of ink that joins strokes: where two digits barely touch, it is fainter."""

ASIDE = 3
"""Pixels, left and right of the middle of a window, within which its stroke is looked for."""


class Strokes:
    """The strokes of a batch of pages, each page's found when it is first asked for: few pages ever ask.

    Args:
        pages: (batch, height, width) uint8, light ink on black.
        windows: where the windows lie.
    """

    def __init__(self, pages: NDArray[np.uint8], windows: Windows) -> None:
        self._pages = pages
        self._windows = windows
        self._found: dict[int, Components] = {}

    def differ(self, cell: Cell, others: Sequence[Cell]) -> bool:
        """Whether each of some windows of a page has a stroke, and the first one its own."""
        own, around = self._of(cell), {self._of(other) for other in others}
        return own is not None and around.isdisjoint({own, None})

    def _of(self, cell: Cell) -> int | None:
        """The stroke that has most pixels about the vertical middle line of a window."""
        page, row, col = cell
        if page not in self._found:
            self._found[page] = find_components(self._pages[page] >= SOLID)
        windows = self._windows
        y, x = (int(start + windows.stride * step) for start, step in zip(windows.origin, (row, col), strict=True))
        reach = windows.size[0] // 2
        return self._found[page].largest_in((x - ASIDE, y - reach, x + ASIDE, y + reach))
