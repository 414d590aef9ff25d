"""What a reader finds on a page: symbols, each with its label, its score and its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "PageReader", "Symbol"]


class Box(NamedTuple):
    """A rectangle in pixels of the image as it was given: x to the right, y down, from its top left corner.

    It may reach beyond the image, where a symbol stands at its edge.

    >>> Box(10.0, 0.0, 38.0, 28.0).centre
    (24.0, 14.0)
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its centre, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Symbol:
    """One symbol of a page.

    Attributes:
        label: the name of its class.
        score: in 0..1.
        box: where it stands.
    """

    label: str
    score: float
    box: Box


PageReader: TypeAlias = Callable[[NDArray[np.uint8]], list[tuple[tuple[Symbol, ...], ...]]]
"""Pages (batch, height, width) uint8, light ink on black, to the lines of each page, top to bottom, and in each line
its symbols, left to right. Exams are read through it."""
