"""Pick symbols and their places out of the output ``field``.

A symbol is a peak of the field: a window whose highest score is above a threshold and above the scores of all windows
nearby. Nothing else is known about the page, neither how many symbols it has nor where they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.masks import below
from capsonnx.runtime.boxes import ink_boxes
from capsonnx.runtime.strokes import Strokes
from capsonnx.symbols import Box, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Windows
    from capsonnx.runtime.boxes import Cells
    from capsonnx.runtime.strokes import Cell

__all__ = ["find_symbols"]


def find_symbols(
    fields: NDArray[np.float32], pages: NDArray[np.uint8], labels: Sequence[str], windows: Windows
) -> list[list[Symbol]]:
    """Pick the peaks of the fields of a batch of pages, by non-maximum suppression.

    Windows are taken in descending order of score, the upper left one first among equals. Each taken window suppresses
    those within :attr:`capsonnx.contract.Windows.apart` of it. Windows that score above ``sure``, however, are
    suppressed only within ``touching``, and even there not if they lie on a stroke of their own. Two equal symbols side
    by side, as in 11, may share one peak, which is recognised by its width. The box of a symbol is the bounding box of
    the ink in its window, or of its stroke alone if this distinguishes it from a symbol nearby.

    Args:
        fields: (batch, class, rows, cols) in 0..1, the output ``field``.
        pages: (batch, height, width) uint8, the images from which ``fields`` was computed.
        labels: the name of each class.
        windows: where the windows lie.

    Returns:
        The symbols of each page, the highest score first, with boxes in pixels of the page.
    """
    highest, strokes = fields.max(axis=1), Strokes(pages, windows)
    taken = _parted(_pick(highest, strokes, windows), fields, highest, strokes, windows)
    page, row, col = taken
    best, scores = fields[page, :, row, col].argmax(axis=1), highest[taken]
    symbols: list[list[Symbol]] = [[] for _ in pages]
    boxes = ink_boxes(pages, taken, windows)
    if strokes.boxes:
        number_of = {cell: number for number, cell in enumerate(_cells_of(taken))}
        for cell in strokes.boxes.keys() & number_of.keys():
            boxes[number_of[cell]] = strokes.boxes[cell]
    # As lists of Python numbers, which one by one are several times as fast as NumPy's.
    for at, label, score, box in zip(page.tolist(), best.tolist(), scores.tolist(), boxes.tolist(), strict=True):
        symbols[at].append(Symbol(labels[label], score, Box(*box)))
    return symbols


def _pick(highest: NDArray[np.float32], strokes: Strokes, windows: Windows) -> Cells:
    """Pick the cells that hold a symbol from ``highest``, (batch, rows, cols), highest first on each page."""
    free, sure = highest > windows.threshold, highest > windows.sure
    page, row, col = np.nonzero(free & _is_peak(highest))
    candidates = _from_the_highest((page, row, col), highest)
    apart, touching = (_reach(distances, windows.stride) for distances in (windows.apart, windows.touching))
    taken, held = [], np.zeros_like(free)
    for cell in _cells_of(candidates):
        if free[cell] or (sure[cell] and strokes.differ(cell, _near(held, cell, touching))):
            near = _within(apart, cell)
            free[near] &= sure[near]
            free[_within(touching, cell)] = False
            held[cell] = True
            taken.append(cell)
    return _as_cells(taken)


def _parted(
    taken: Cells, fields: NDArray[np.float32], highest: NDArray[np.float32], strokes: Strokes, windows: Windows
) -> Cells:
    """Replace each cell that is alone on a plateau of two symbols by two cells, one for each symbol.

    A plateau is a run of windows in one row in which the same class has the highest score, and one above ``sure``. It
    belongs to two symbols if its ends are farther apart than those of one symbol would be, and if there are separate
    strokes a third of the way in from either end.
    """
    page, row, col = taken
    down, across = _reach(windows.apart, windows.stride)
    # Few pages have that many windows above `sure` side by side at all.
    has_broad: NDArray[np.bool_] = np.any(below(np.moveaxis(highest > windows.sure, 2, 0), across + 2), axis=0)
    broad = has_broad[page, row]
    if not broad.any():
        return taken
    firsts, lasts = _plateaus((page[broad], row[broad], col[broad]), fields, highest, windows)
    wide = np.stack([np.flatnonzero(broad), firsts, lasts], axis=1)[lasts - firsts > across]
    twins: dict[int, list[Cell]] = {}
    for one, first, last in wide.tolist():
        on_it = (page == page[one]) & (abs(row - row[one]) <= down) & (col >= first) & (col <= last)
        inset = (last - first) // 3
        left, right = ((int(page[one]), int(row[one]), at) for at in (first + inset, last - inset))
        if np.count_nonzero(on_it) == 1 and strokes.differ(left, [right]):
            twins[one] = [left, right]
    if not twins:
        return taken
    parted = [place for one, cell in enumerate(_cells_of(taken)) for place in twins.get(one, [cell])]
    return _from_the_highest(_as_cells(parted), highest)


def _plateaus(
    cells: Cells, fields: NDArray[np.float32], highest: NDArray[np.float32], windows: Windows
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the first and last column of the run of windows around each cell that surely show its class.

    In all of these, the class has the highest score, and one above ``sure``. Both columns are at most a window's width
    from the cell. If the cell itself is not above ``sure``, the last comes before the first.
    """
    page, row, col = (axis[:, np.newaxis] for axis in cells)
    best = fields[cells[0], :, cells[1], cells[2]].argmax(axis=1)[:, np.newaxis]
    reach = windows.size[1] // windows.stride
    places = col + np.arange(-reach, reach + 1)
    inside = places.clip(0, fields.shape[3] - 1)
    scores = fields[page, best, row, inside]
    is_on = (scores > windows.sure) & (scores == highest[page, row, inside]) & (places == inside)
    left, right = (
        np.logical_and.accumulate(side, axis=1).sum(axis=1) - 1 for side in (is_on[:, reach::-1], is_on[:, reach:])
    )
    return cells[2] - left, cells[2] + right


def _from_the_highest(cells: Cells, highest: NDArray[np.float32]) -> Cells:
    """Sort cells by page, then from the highest score down; among equals, the upper left one comes first."""
    page, row, col = cells
    order = np.lexsort((-highest[cells], page))
    return page[order], row[order], col[order]


def _cells_of(cells: Cells) -> Iterator[Cell]:
    """Iterate over single cells, as Python numbers."""
    page, row, col = (axis.tolist() for axis in cells)
    return zip(page, row, col, strict=True)


def _as_cells(cells: Sequence[Cell]) -> Cells:
    page, row, col = np.array(cells, np.intp).reshape(-1, 3).T
    return page, row, col


def _reach(distances: tuple[float, float], stride: int) -> tuple[int, int]:
    """Return how many cells down and across are closer than ``distances`` in pixels.

    For a distance of 0 it is -1, which excludes even the cell itself.
    """
    down, across = (math.ceil(distance / stride) - 1 for distance in distances)
    return down, across


def _near(held: NDArray[np.bool_], cell: Cell, reach: tuple[int, int]) -> list[Cell]:
    """List the cells that hold a symbol, at most ``reach`` cells from ``cell``."""
    page, rows, cols = _within(reach, cell)
    found = np.argwhere(held[page, rows, cols]).tolist()
    return [(page, rows.start + row, cols.start + col) for row, col in found]


def _within(reach: tuple[int, int], cell: Cell) -> tuple[int, slice, slice]:
    """Slice the cells of a page that are at most ``reach`` cells from ``cell``; none for a negative reach."""
    (down, across), (page, row, col) = reach, cell
    return (
        page,
        slice(max(0, row - down), max(0, row + down + 1)),
        slice(max(0, col - across), max(0, col + across + 1)),
    )


def _is_peak(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Mark the values that none of their eight neighbours exceeds: (batch, rows, cols) bool."""
    batch, rows, cols = values.shape
    padded = np.zeros((batch, rows + 2, cols + 2), values.dtype)
    padded[:, 1:-1, 1:-1] = values
    across = np.maximum(np.maximum(padded[:, :, :-2], padded[:, :, 1:-1]), padded[:, :, 2:])
    around = np.maximum(np.maximum(across[:, :rows], across[:, 1:-1]), across[:, 2:])
    peaks: NDArray[np.bool_] = values >= around
    return peaks
