"""Whether two windows lie on different strokes: ink that does not hang together is not of one symbol twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from capsonnx.masks import find_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.contract import Windows
    from capsonnx.masks import Components, Edges

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

    Attributes:
        boxes: of each window whose stroke was told apart from another's, what it holds of that stroke.
    """

    def __init__(self, pages: NDArray[np.uint8], windows: Windows) -> None:
        self._pages = pages
        self._windows = windows
        self._found: dict[int, Components] = {}
        self.boxes: dict[Cell, Edges] = {}

    def differ(self, cell: Cell, others: Sequence[Cell]) -> bool:
        """Whether each of some windows of a page has a stroke, and the first one its own: then ``boxes`` has them."""
        own, around = self._of(cell), {other: self._of(other) for other in others}
        if own is None or not {own, None}.isdisjoint(around.values()):
            return False
        self.boxes |= {
            one: self._inside(one, stroke) for one, stroke in {**around, cell: own}.items() if stroke is not None
        }
        return True

    def _of(self, cell: Cell) -> int | None:
        """The stroke that has most pixels about the vertical middle line of a window."""
        if cell[0] not in self._found:
            self._found[cell[0]] = find_components(self._pages[cell[0]] >= SOLID)
        return self._found[cell[0]].largest_in(self._about(cell, ASIDE))

    def _inside(self, cell: Cell, stroke: int) -> Edges:
        return self._found[cell[0]].box_in(self._about(cell, self._windows.size[1] // 2), stroke)

    def _about(self, cell: Cell, aside: int) -> Edges:
        """Of a window the part that reaches so many pixels to either side of its middle."""
        windows = self._windows
        y, x = (int(start + windows.stride * step) for start, step in zip(windows.origin, cell[1:], strict=True))
        reach = windows.size[0] // 2
        return x - aside, y - reach, x + aside, y + reach
