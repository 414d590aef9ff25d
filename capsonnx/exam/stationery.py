"""Stationery that digits are often written on: ruled or squared paper, boxes, frames and underlines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STATIONERY", "printed"]

Draw: TypeAlias = Callable[["_Sheet", np.random.Generator], None]

LEVELS, PALE = (100, 256), (25, 100)
"""Half-open ranges for the level of lines; the second is for squared paper, which is always pale."""


class _Sheet:
    """A black page on which lines are drawn, all of one level and thickness.

    Args:
        shape: height and width in pixels.
        margin: the number of pixels around the line of digits.
        cell: the number of pixels from one digit to the next.
        generator: draws the level and the thickness.
    """

    def __init__(self, shape: tuple[int, int], margin: int, cell: int, generator: np.random.Generator) -> None:
        self.levels = np.zeros(shape, np.uint8)
        self.height, self.width = shape
        self.margin, self.cell = margin, cell
        self.level = int(generator.integers(*LEVELS))
        self.thickness = int(generator.integers(1, 3))

    def level_line(self, y: int, left: int, right: int) -> None:
        self.levels[max(0, y) : max(0, y + self.thickness), max(0, left) : max(0, right)] = self.level

    def upright_line(self, x: int, top: int, bottom: int) -> None:
        self.levels[max(0, top) : max(0, bottom), max(0, x) : max(0, x + self.thickness)] = self.level

    def box(self, left: int, top: int, right: int, bottom: int) -> None:
        """Draw a rectangle just inside these edges."""
        for y in (top, bottom - self.thickness):
            self.level_line(y, left, right)
        for x in (left, right - self.thickness):
            self.upright_line(x, top, bottom)


def printed(pages: NDArray[np.uint8], margin: int, cell: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Put pages with one line of digits on printed stationery, the kinds of :data:`STATIONERY` in turn.

    Args:
        pages: (batch, height, width) uint8, light ink on black.
        margin: the number of pixels around the line of digits, at least 4.
        cell: the number of pixels from one digit to the next.
        generator: its state advances page by page.

    Returns:
        (batch, height, width) uint8; where ink and a printed line cross, the lighter pixel shows.
    """
    kinds = list(STATIONERY.values())
    result = pages.copy()
    for number, page in enumerate(result):
        sheet = _Sheet((pages.shape[1], pages.shape[2]), margin, cell, generator)
        kinds[number % len(kinds)](sheet, generator)
        np.maximum(page, sheet.levels, out=page)
    return result


def _underline(sheet: _Sheet, generator: np.random.Generator) -> None:
    """Draw a line at the bottom of the digits or just below, about as long as the line of digits."""
    down, left, right = generator.integers(0, [4, 10, 10]).tolist()
    sheet.level_line(sheet.height - sheet.margin - 4 + down, sheet.margin - left, sheet.width - sheet.margin + right)


def _ruled(sheet: _Sheet, generator: np.random.Generator) -> None:
    """Draw evenly spaced lines across the page, one of them close to the bottom of the digits."""
    up, pitch = generator.integers([2, 24], [7, 37]).tolist()
    for y in range((sheet.height - sheet.margin - up) % pitch, sheet.height, pitch):
        sheet.level_line(y, 0, sheet.width)


def _squared(sheet: _Sheet, generator: np.random.Generator) -> None:
    """Draw a grid of pale squares, about half as high as an MNIST digit, all over the page."""
    sheet.level = int(generator.integers(*PALE))
    pitch = int(generator.integers(9, 15))
    top, left = generator.integers(0, pitch, 2).tolist()
    for y in range(top, sheet.height, pitch):
        sheet.level_line(y, 0, sheet.width)
    for x in range(left, sheet.width, pitch):
        sheet.upright_line(x, 0, sheet.height)


def _boxes(sheet: _Sheet, generator: np.random.Generator) -> None:
    """Draw a box for each digit, side by side; digits may touch their boxes."""
    top, left = (sheet.margin + generator.integers(-2, 3, 2)).tolist()
    bottom = top + sheet.height - 2 * sheet.margin + sheet.thickness
    for x in range(left, left + sheet.width - 2 * sheet.margin, sheet.cell):
        sheet.box(x, top, x + sheet.cell + sheet.thickness, bottom)


def _frame(sheet: _Sheet, generator: np.random.Generator) -> None:
    """Draw one box around all digits."""
    left, top, right, bottom = generator.integers(2, sheet.margin, 4).tolist()
    sheet.box(left, top, sheet.width - right, sheet.height - bottom)


STATIONERY: dict[str, Draw] = {
    "underline": _underline,
    "ruled": _ruled,
    "squared": _squared,
    "boxes": _boxes,
    "frame": _frame,
}
"""The functions that draw each kind of stationery, by name."""
