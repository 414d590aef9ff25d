"""Pages to read: images with several symbols each, and the true symbols with their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Lines", "PageExam", "Placed", "transferred", "turned"]


class Placed(NamedTuple):
    """A symbol and its place: the centre of the image that it was pasted from.

    Attributes:
        target: the number of its class.
        x: the distance of that centre from the left edge of the page in pixels.
        y: the distance of that centre from the top edge of the page in pixels.
    """

    target: int
    x: float
    y: float


Lines: TypeAlias = tuple[tuple[Placed, ...], ...]
"""The lines of a page, top to bottom, each with its symbols, left to right."""


@dataclass(frozen=True, eq=False)
class PageExam:
    """A page exam: pages to read, all of one size, and what is on them.

    Attributes:
        name: the name of the exam in the catalogue.
        images: (count, height, width) uint8, light ink on a black background, or dark ink on paper if the pages are
            made to look scanned or photographed.
        truth: the lines of each page; a page without symbols has no lines.
        ordered: whether the symbols have a reading order. If not, each page is one line in arbitrary order.
        tolerance: the maximum distance in pixels between the centre of a found symbol and its true place.
    """

    name: str
    images: NDArray[np.uint8]
    truth: tuple[Lines, ...]
    ordered: bool = True
    tolerance: float = 7.0

    def __len__(self) -> int:
        return len(self.truth)


def transferred(truth: tuple[Lines, ...], scale: float = 1.0, offset: float = 0.0) -> tuple[Lines, ...]:
    """The truth after all pages were scaled and then shifted.

    Args:
        truth: the lines of each page.
        scale: the factor for both coordinates.
        offset: the number of pixels then added to both coordinates.

    >>> transferred((((Placed(7, 14.0, 42.0),),),), scale=0.5, offset=4.0)
    (((Placed(target=7, x=11.0, y=25.0),),),)
    """
    place = ((scale, 0.0, offset), (0.0, scale, offset))
    return tuple(_moved(page, place) for page in truth)


def turned(truth: tuple[Lines, ...], places: NDArray[np.float64]) -> tuple[Lines, ...]:
    """The truth after each page was scaled, rotated and shifted individually.

    Args:
        truth: the lines of each page.
        places: (page, 2, 3) float64, for each page the matrix that maps a point (x, y, 1) to its new (x, y).

    >>> import numpy as np
    >>> turned((((Placed(7, 14.0, 42.0),),),), np.array([[[0, -1, 50], [1, 0, 0]]]))
    (((Placed(target=7, x=8.0, y=14.0),),),)
    """
    return tuple(_moved(page, place) for page, place in zip(truth, places.tolist(), strict=True))


def _moved(page: Lines, place: Sequence[Sequence[float]]) -> Lines:
    (a, b, x), (c, d, y) = place
    return tuple(
        tuple(Placed(one.target, a * one.x + b * one.y + x, c * one.x + d * one.y + y) for one in line) for line in page
    )
