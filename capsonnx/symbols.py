"""What a reader finds on a page: symbols, each with its label, score and bounding box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "PageReader", "Symbol"]


class Box(NamedTuple):
    """A bounding box in pixels of the image as it was given, with x to the right and y down from its top left corner.

    It may extend beyond the image if the symbol is at the edge.

    >>> Box(10.0, 0.0, 38.0, 28.0).centre
    (24.0, 14.0)
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        """The centre of the box, (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Symbol:
    """One symbol on a page.

    Attributes:
        label: the name of its class.
        score: in 0..1.
        box: its bounding box.
    """

    label: str
    score: float
    box: Box


PageReader: TypeAlias = Callable[[NDArray[np.uint8]], list[tuple[tuple[Symbol, ...], ...]]]
"""Reads pages, (batch, height, width) uint8 with light ink on black. Returns the lines of each page, top to bottom, and
the symbols of each line, left to right. Exams are read through it."""
