"""Decide whether windows lie on different strokes: unconnected ink is never the same symbol found twice."""

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
"""A cell of a batch of fields: its page, row and column."""

SOLID = 128
"""Minimum level, in 0..255, of ink that connects strokes. Where two digits barely touch, the ink is fainter."""

ASIDE = 3
"""Pixels to the left and right of a window's centre within which its stroke is searched for."""


class Strokes:
    """The strokes of a batch of pages. Those of a page are found on first use, because few pages need them.

    Args:
        pages: (batch, height, width) uint8, light ink on black.
        windows: where the windows lie.

    Attributes:
        boxes: for each window that took part in a :meth:`differ` that was true, the bounding box of its stroke in it.
    """

    def __init__(self, pages: NDArray[np.uint8], windows: Windows) -> None:
        self._pages = pages
        self._windows = windows
        self._found: dict[int, Components] = {}
        self.boxes: dict[Cell, Edges] = {}

    def differ(self, cell: Cell, others: Sequence[Cell]) -> bool:
        """Return whether all windows have a stroke and ``cell`` shares its own with none of ``others``.

        If so, the bounding boxes of their strokes are added to ``boxes``.
        """
        own, around = self._of(cell), {other: self._of(other) for other in others}
        if own is None or not {own, None}.isdisjoint(around.values()):
            return False
        self.boxes |= {
            one: self._inside(one, stroke) for one, stroke in {**around, cell: own}.items() if stroke is not None
        }
        return True

    def _of(self, cell: Cell) -> int | None:
        """Return the stroke with the most pixels near a window's vertical centre line, or None if there is none."""
        if cell[0] not in self._found:
            self._found[cell[0]] = find_components(self._pages[cell[0]] >= SOLID)
        return self._found[cell[0]].largest_in(self._about(cell, ASIDE))

    def _inside(self, cell: Cell, stroke: int) -> Edges:
        return self._found[cell[0]].box_in(self._about(cell, self._windows.size[1] // 2), stroke)

    def _about(self, cell: Cell, aside: int) -> Edges:
        """Return the edges of the part of a window within ``aside`` pixels to the left and right of its centre."""
        windows = self._windows
        y, x = (int(start + windows.stride * step) for start, step in zip(windows.origin, cell[1:], strict=True))
        reach = windows.size[0] // 2
        return x - aside, y - reach, x + aside, y + reach
