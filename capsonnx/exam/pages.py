"""Pages to read: images with several symbols each, and what stands where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Lines", "PageExam", "Placed", "transferred", "turned"]


class Placed(NamedTuple):
    """A symbol and where it stands.

    Attributes:
        target: the number of its class.
        x: in pixels from the left edge of the page, the centre of the image that the symbol was pasted from.
        y: in pixels from the top edge, likewise.
    """

    target: int
    x: float
    y: float


Lines: TypeAlias = tuple[tuple[Placed, ...], ...]
"""The lines of a page, top to bottom, and in each its symbols, left to right."""


@dataclass(frozen=True, eq=False)
class PageExam:
    """Pages to read, all of one size, and what is on them.

    Attributes:
        name: its name in the catalogue.
        images: (count, height, width) uint8, light ink on a black ground; of degraded exams, dark ink on paper.
        truth: the lines of each page; a page without symbols has no lines.
        ordered: whether the symbols have one reading order. Where not, a page is one line in an order of no meaning.
        tolerance: how far, in pixels, what is found may lie from where it stands.
    """

    name: str
    images: NDArray[np.uint8]
    truth: tuple[Lines, ...]
    ordered: bool = True
    tolerance: float = 7.0

    def __len__(self) -> int:
        return len(self.truth)


def transferred(truth: tuple[Lines, ...], scale: float = 1.0, offset: float = 0.0) -> tuple[Lines, ...]:
    """What stands where, after the pages were scaled and then moved.

    Args:
        truth: the lines of each page.
        scale: by what both coordinates are multiplied.
        offset: in pixels, what is then added to both.

    >>> transferred((((Placed(7, 14.0, 42.0),),),), scale=0.5, offset=4.0)
    (((Placed(target=7, x=11.0, y=25.0),),),)
    """
    place = ((scale, 0.0, offset), (0.0, scale, offset))
    return tuple(_moved(page, place) for page in truth)


def turned(truth: tuple[Lines, ...], places: NDArray[np.float64]) -> tuple[Lines, ...]:
    """What stands where, after each page was scaled, turned and moved by itself.

    Args:
        truth: the lines of each page.
        places: (page, 2, 3) float64, what takes a point (x, y, 1) of it to its new x and y.

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
