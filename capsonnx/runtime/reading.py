"""What was read from one image: which classes are in it, and, from the output ``field``, where each symbol stands.

A symbol is a peak of the field: the window whose highest score is above a threshold and above those of all windows
nearby. Symbols that overlap in height make a line; lines run from left to right and follow each other from top to
bottom. Nothing else is known of the page: not how many symbols it has, nor where.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.symbols import Box, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Contract, Windows

__all__ = ["Found", "Reading", "find_symbols", "in_lines", "read_scores"]

Lines: TypeAlias = tuple[tuple[Symbol, ...], ...]
Cells: TypeAlias = "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]"
"""Cells of a batch of fields: the page, the row and the column of each."""

FAINT = 64
"""Ink levels below this do not count for where a symbol begins and ends."""


@dataclass(frozen=True)
class Found:
    """One class that is in the image, and its score in 0..1."""

    label: str
    score: float


@dataclass(frozen=True)
class Reading:
    """What was read from one image.

    Attributes:
        height: the height in pixels of the image as it was read: after a resize, before any padding.
        width: the width in pixels, likewise.
        found: the classes whose score is above the threshold, the highest first.
        scores: the score in 0..1 of every class, in the order of the model's labels.
        lines: the symbols, from left to right in lines from top to bottom, or None if the model does not locate them.
    """

    height: int
    width: int
    found: tuple[Found, ...]
    scores: Mapping[str, float]
    lines: Lines | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of what was found, the highest score first."""
        return tuple(found.label for found in self.found)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols, line after line; none if the model does not locate them."""
        return tuple(symbol for line in self.lines or () for symbol in line)

    @property
    def text(self) -> str | None:
        """The labels in reading order, a line break between lines; labels of several letters are set apart by spaces.

        >>> here = Box(0.0, 0.0, 20.0, 28.0)
        >>> Reading(28, 56, (), {}, ((Symbol("4", 0.9, here), Symbol("2", 0.8, here)),)).text
        '42'
        """
        if self.lines is None:
            return None
        space = " " if any(len(symbol.label) > 1 for symbol in self.symbols) else ""
        return "\n".join(space.join(symbol.label for symbol in line) for line in self.lines)


def read_scores(
    lengths: Iterable[float],
    contract: Contract,
    *,
    size: tuple[int, int],
    threshold: float | None = None,
    lines: Lines | None = None,
) -> Reading:
    """Make a reading of the scores of one image.

    Args:
        lengths: (class,) in 0..1, one row of :attr:`capsonnx.contract.Scores.lengths`.
        contract: gives the labels, and the threshold unless one is passed.
        size: the height and width in pixels of the image as it was read.
        threshold: the score in 0..1 above which a class is in the image, or None for the contract's.
        lines: the symbols, if they were located.

    >>> from capsonnx.contract import Contract
    >>> read_scores([0.75, 0.25, 1.0], Contract(labels=("a", "b", "c")), size=(28, 28)).labels
    ('c', 'a')
    """
    least = contract.threshold if threshold is None else threshold
    scores = {label: float(score) for label, score in zip(contract.labels, lengths, strict=True)}
    found = [Found(label, score) for label, score in scores.items() if score > least]
    return Reading(*size, tuple(sorted(found, key=lambda one: -one.score)), scores, lines)


def find_symbols(
    fields: NDArray[np.float32], pages: NDArray[np.uint8], labels: Sequence[str], windows: Windows
) -> list[list[Symbol]]:
    """Pick the peaks of the fields of a batch of pages.

    Windows are taken from the highest score down, the upper left one first among equals. Each taken one rules out
    those within :attr:`capsonnx.contract.Windows.apart` of it, but of such as are sure by themselves only those within
    ``touching``. Its box is the ink inside it.

    Args:
        fields: (batch, class, rows, cols) in 0..1, the output ``field``.
        pages: (batch, height, width) uint8, the images that it is of.
        labels: the name of each class.
        windows: where the windows lie.

    Returns:
        The symbols of each page, the highest score first, with boxes in its pixels.
    """
    highest = fields.max(axis=1)
    taken = _pick(highest, windows)
    page, row, col = taken
    best, scores = fields[page, :, row, col].argmax(axis=1), highest[taken]
    symbols: list[list[Symbol]] = [[] for _ in pages]
    # Of Python's own numbers: one by one, they are several times as fast as numpy's.
    for at, label, score, box in zip(
        page.tolist(), best.tolist(), scores.tolist(), _ink_boxes(pages, taken, windows).tolist(), strict=True
    ):
        symbols[at].append(Symbol(labels[label], score, Box(*box)))
    return symbols


def in_lines(symbols: Iterable[Symbol], *, height: float) -> Lines:
    """Put symbols into reading order.

    From left to right, each symbol goes on the line whose last symbol is nearest in height, if their centres are less
    than half a symbol apart there, or else begins a line: so lines may slope.

    Args:
        symbols: in any order.
        height: that of a symbol, in pixels of the boxes.

    Returns:
        Lines from top to bottom by their mean height, each from left to right.

    >>> boxes = {"a": Box(0, 0, 20, 20), "b": Box(30, 4, 50, 24), "c": Box(5, 40, 25, 60)}
    >>> lines = in_lines([Symbol(label, 1.0, box) for label, box in boxes.items()], height=28)
    >>> [[symbol.label for symbol in line] for line in lines]
    [['a', 'b'], ['c']]
    """
    lines: list[list[Symbol]] = []
    for symbol in sorted(symbols, key=lambda one: (one.box.centre, one.label)):
        _, y = symbol.box.centre
        distances = [abs(y - line[-1].box.centre[1]) for line in lines]
        if distances and min(distances) < height / 2:
            lines[distances.index(min(distances))].append(symbol)
        else:
            lines.append([symbol])
    lines.sort(key=lambda line: sum(symbol.box.centre[1] for symbol in line) / len(line))
    return tuple(tuple(line) for line in lines)


def _pick(highest: NDArray[np.float32], windows: Windows) -> Cells:
    """The cells that hold a symbol, from each page's highest down: of (batch, rows, cols), one array for each axis."""
    free, sure = highest > windows.threshold, highest > windows.sure
    candidates = np.nonzero(free & _is_peak(highest))
    order = np.lexsort((-highest[candidates], candidates[0]))  # stable: the upper left one first among equals
    apart, touching = (_reach(distances, windows.stride) for distances in (windows.apart, windows.touching))
    taken = []
    for cell in zip(*(axis[order].tolist() for axis in candidates), strict=True):
        if free[cell]:
            near = _within(apart, cell)
            free[near] &= sure[near]
            free[_within(touching, cell)] = False
            taken.append(cell)
    page, row, col = np.array(taken, np.intp).reshape(-1, 3).T
    return page, row, col


def _reach(distances: tuple[float, float], stride: int) -> tuple[int, int]:
    """How many cells down and to the side are nearer than so many pixels; of no distance, not even the cell itself."""
    down, across = (math.ceil(distance / stride) - 1 for distance in distances)
    return down, across


def _within(reach: tuple[int, int], cell: tuple[int, int, int]) -> tuple[int, slice, slice]:
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


def _ink_boxes(pages: NDArray[np.uint8], cells: Cells, windows: Windows) -> NDArray[np.float64]:
    """The ink of windows: of what hangs together from column to column, that which reaches a window's middle half.

    Returns:
        (window, 4): left, top, right and bottom in pixels of the pages; the window itself where there is no such ink.
    """
    page, row, col = cells
    (y, x), (height, width) = windows.origin, windows.size
    centres = np.stack([x + windows.stride * col, y + windows.stride * row], axis=1)
    corners = np.floor(centres - (width / 2, height / 2)).astype(np.intp)
    ink = _cut_out(pages, page, corners, (height, width)) >= FAINT
    columns = np.any(ink, axis=1)
    place = np.arange(width) + corners[:, :1] - centres[:, :1]  # of a column, from the middle of its window
    middle = columns & (place >= -width / 4) & (place <= width / 4)
    left, right = _run_around(columns, middle)
    inside = (np.arange(width) >= left[:, None]) & (np.arange(width) < right[:, None])
    top, bottom = _ends(np.any(ink & inside[:, None], axis=2))
    boxes = np.stack([left, top, right, bottom], axis=1) + np.tile(corners, 2)
    whole = np.tile(centres, 2) + np.array([-width, -height, width, height]) / 2
    return np.where(np.any(middle, axis=1)[:, None], boxes, whole)


def _cut_out(
    pages: NDArray[np.uint8], page: NDArray[np.intp], corners: NDArray[np.intp], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Pieces of pages, (piece, height, width), by their upper left corners x, y; black where they reach beyond."""
    cols, rows = (corner[:, None] + np.arange(side) for corner, side in zip(corners.T, size[::-1], strict=True))
    is_inside = [(at >= 0) & (at < side) for at, side in zip((rows, cols), pages.shape[1:], strict=True)]
    rows, cols = (at.clip(0, side - 1) for at, side in zip((rows, cols), pages.shape[1:], strict=True))
    pieces: NDArray[np.uint8] = pages[page[:, None, None], rows[:, :, None], cols[:, None]]
    pieces *= is_inside[0][:, :, None] & is_inside[1][:, None]
    return pieces


def _run_around(filled: NDArray[np.bool_], middle: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From where the first of the middle begins to where the last ends, each as far as what is filled goes on.

    Args:
        filled: (window, cols).
        middle: likewise, some of what is filled.
    """
    first, last = _ends(middle)
    cols = np.arange(filled.shape[1])
    before = np.where(~filled & (cols < first[:, None]), cols, -1).max(axis=1)
    after = np.where(~filled & (cols >= last[:, None]), cols, len(cols)).min(axis=1)
    return before + 1, after


def _ends(present: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each row (window, length), the first place that is set, and the one after the last."""
    return present.argmax(axis=1), present.shape[1] - present[:, ::-1].argmax(axis=1)
