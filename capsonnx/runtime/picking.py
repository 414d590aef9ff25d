"""Picking symbols out of the output ``field``: where each stands.

A symbol is a peak of the field: the window whose highest score is above a threshold and above those of all windows
nearby. Nothing else is known of the page: not how many symbols it has, nor where.
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
    """Pick the peaks of the fields of a batch of pages.

    Windows are taken from the highest score down, the upper left one first among equals. Each taken one rules out those
    within :attr:`capsonnx.contract.Windows.apart` of it, but of such as are sure by themselves only those within
    ``touching``, and of these not such as lie on ink of their own. Two equal symbols side by side, as in 11, may have
    one peak between them, which is told by its breadth. The box of a symbol is the ink inside its window, or its stroke
    alone where that tells it from one nearby.

    Args:
            fields: (batch, class, rows, cols) in 0..1, the output ``field``.
            pages: (batch, height, width) uint8, the images that it is of.
            labels: the name of each class.
            windows: where the windows lie.

    Returns:
            The symbols of each page, the highest score first, with boxes in its pixels.
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
    # Of Python's own numbers: one by one, they are several times as fast as numpy's.
    for at, label, score, box in zip(page.tolist(), best.tolist(), scores.tolist(), boxes.tolist(), strict=True):
        symbols[at].append(Symbol(labels[label], score, Box(*box)))
    return symbols


def _pick(highest: NDArray[np.float32], strokes: Strokes, windows: Windows) -> Cells:
    """The cells that hold a symbol, from each page's highest down: of (batch, rows, cols), one array for each axis."""
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
    """The same cells, but for one with a plateau to itself that is of two symbols, a cell for either.

    A plateau is a stretch of windows in a row that all tell one class surely. It is of two if its ends stand apart, as
    those of one symbol do not, and if there is a stroke for either, a third in from the ends.
    """
    page, row, col = taken
    down, across = _reach(windows.apart, windows.stride)
    # Few pages have so many sure windows side by side at all.
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
    """The first and the last column, at most a window away, of the stretch about each cell that tells its class surely.

    Of a cell that is not sure itself, the last comes before the first.
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
    """Page by page, each page's from the highest down; the upper left one first among equals."""
    page, row, col = cells
    order = np.lexsort((-highest[cells], page))
    return page[order], row[order], col[order]


def _cells_of(cells: Cells) -> Iterator[Cell]:
    """One by one, of Python's own numbers."""
    page, row, col = (axis.tolist() for axis in cells)
    return zip(page, row, col, strict=True)


def _as_cells(cells: Sequence[Cell]) -> Cells:
    page, row, col = np.array(cells, np.intp).reshape(-1, 3).T
    return page, row, col


def _reach(distances: tuple[float, float], stride: int) -> tuple[int, int]:
    """How many cells down and to the side are nearer than so many pixels; of no distance, not even the cell itself."""
    down, across = (math.ceil(distance / stride) - 1 for distance in distances)
    return down, across


def _near(held: NDArray[np.bool_], cell: Cell, reach: tuple[int, int]) -> list[Cell]:
    """The cells that hold a symbol, at most so many cells from one."""
    page, rows, cols = _within(reach, cell)
    found = np.argwhere(held[page, rows, cols]).tolist()
    return [(page, rows.start + row, cols.start + col) for row, col in found]


def _within(reach: tuple[int, int], cell: Cell) -> tuple[int, slice, slice]:
    """The cells of a page at most so many cells from one; none for a reach below zero."""
    (down, across), (page, row, col) = reach, cell
    return (
        page,
        slice(max(0, row - down), max(0, row + down + 1)),
        slice(max(0, col - across), max(0, col + across + 1)),
    )


def _is_peak(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where no neighbour, of eight, is higher: (batch, rows, cols) bool."""
    batch, rows, cols = values.shape
    padded = np.zeros((batch, rows + 2, cols + 2), values.dtype)
    padded[:, 1:-1, 1:-1] = values
    across = np.maximum(np.maximum(padded[:, :, :-2], padded[:, :, 1:-1]), padded[:, :, 2:])
    around = np.maximum(np.maximum(across[:, :rows], across[:, 1:-1]), across[:, 2:])
    peaks: NDArray[np.bool_] = values >= around
    return peaks
