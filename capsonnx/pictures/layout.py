"""Where the parts of a picture lie: the image on top, and a grid of heat maps below it. Plain arithmetic, in inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from capsonnx.symbols import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MARGIN", "NAMES", "NARROW", "Layout", "Rect", "fit", "lay_out", "place_label"]

MARGIN = 0.3
GAP = 0.12
"""The space between neighbouring panels."""
HEADING = 0.3
"""The space above the panels of a class, for its name."""
NAMES = 0.85
"""The space to the left of panels that lie side by side, for the name of their class."""
NARROW = 0.95
"""The minimum distance from one column to the next, so that class names fit."""
BAR = 0.12
"""The thickness of a colour bar."""
TICKS = (0.45, 0.25)
"""The space beside and below a colour bar, for its numbers."""
BETWEEN = 0.3
"""The space between the image and the grid."""
ABOVE = 0.2
"""The space above the image, for the labels of symbols at its edge."""
LEAST = 5.4
"""The minimum width of a picture inside its margins."""
WIDE = 2.5
"""The minimum ratio of width to height at which the panels of a class lie in one row."""
ACROSS = 5
"""The maximum number of classes side by side."""


class Rect(NamedTuple):
    """A rectangle in inches from the upper left corner of the picture."""

    left: float
    top: float
    width: float
    height: float

    def moved(self, right: float, down: float) -> Rect:
        """The same rectangle elsewhere."""
        return Rect(self.left + right, self.top + down, self.width, self.height)


@dataclass(frozen=True)
class Layout:
    """The places of all parts of a picture.

    Attributes:
        size: width and height of the picture in inches.
        image: the place of the image.
        seen: the place of the page that the network saw of the image, or None.
        panels: the place of each heat map, by kind and class: ``panels[kind][class]``.
        bars: the places of the colour bars, one or more for each kind.
        is_beside: whether the kinds lie side by side, with a row for each class, rather than one below the other.
    """

    size: tuple[float, float]
    image: Rect
    seen: Rect | None
    panels: tuple[tuple[Rect, ...], ...]
    bars: tuple[tuple[Rect, ...], ...]
    is_beside: bool

    def between(self, down: float, below: float) -> Layout:
        """The same layout with more space above and below it, in inches."""
        width, height = self.size
        return Layout(
            size=(width, height + down + below),
            image=self.image.moved(0, down),
            seen=self.seen and self.seen.moved(0, down),
            panels=tuple(tuple(rect.moved(0, down) for rect in group) for group in self.panels),
            bars=tuple(tuple(rect.moved(0, down) for rect in group) for group in self.bars),
            is_beside=self.is_beside,
        )


def lay_out(size: tuple[int, int], *, kinds: int, classes: int, is_twice: bool = False) -> Layout:
    """Lay out a picture.

    What the network saw lies beside the image, or below it if the image is wide.

    Heat maps of wide images or of a single class lie in one row for each class, with the kinds side by side. All others
    lie in one column for each class, with the kinds one below the other, in several blocks if necessary.

    Args:
        size: height and width of the image in pixels.
        kinds: how many kinds of heat maps there are, at least 1.
        classes: how many classes are shown, at least 1.
        is_twice: whether what the network saw is shown in addition to the image.
    """
    aspect = size[1] / size[0]
    is_beside = aspect >= WIDE or classes == 1
    side = min(max(size[0] / 180, 1.8), 2.8)
    panels, bars = _beside(aspect, kinds, classes) if is_beside else _below(aspect, side, kinds, classes)
    right, bottom = _extent(rect for group in (*panels, *bars) for rect in group)
    grid = (right, bottom + TICKS[1]) if is_beside else (right + TICKS[0], bottom)
    images = _images(aspect, grid[0], min(max(3 + size[0] / 150, 3.2), 6.5), is_twice=is_twice)
    width, height = _extent(images)
    inner = max(LEAST, grid[0], width)
    top = MARGIN + ABOVE
    image, *seen = (one.moved(MARGIN + (inner - width) / 2, top) for one in images)
    move = (MARGIN + (inner - grid[0]) / 2, top + height + BETWEEN)
    return Layout(
        size=(inner + 2 * MARGIN, move[1] + grid[1] + MARGIN),
        image=image,
        seen=seen[0] if seen else None,
        panels=tuple(tuple(rect.moved(*move) for rect in group) for group in panels),
        bars=tuple(tuple(rect.moved(*move) for rect in group) for group in bars),
        is_beside=is_beside,
    )


def fit(aspect: float, width: float, height: float) -> tuple[float, float]:
    """The largest width and height with this aspect ratio that fit.

    >>> fit(2.0, 5.0, 4.0)
    (5.0, 2.5)
    """
    return (width, width / aspect) if width / height < aspect else (height * aspect, height)


def place_label(box: Box, width: float, height: float, others: Sequence[Box], size: tuple[int, int]) -> Box:
    """Place a label above, below, to the right or to the left of a box, where it hides the least; all in pixels.

    Args:
        box: the box that the label belongs to.
        width: the width of the label.
        height: the height of the label.
        others: boxes that the label should not hide, if possible.
        size: the height and width of the image, inside which the label should stay, if possible.

    >>> place_label(Box(10.0, 20.0, 30.0, 40.0), 20.0, 10.0, [], (50, 50))
    Box(left=10.0, top=10.0, right=30.0, bottom=20.0)
    >>> place_label(Box(10.0, 5.0, 30.0, 25.0), 20.0, 10.0, [], (50, 50))
    Box(left=10.0, top=25.0, right=30.0, bottom=35.0)
    """
    x, y = box.centre
    corners = [
        (x - width / 2, box.top - height),
        (x - width / 2, box.bottom),
        (box.right, y - height / 2),
        (box.left - width, y - height / 2),
    ]
    places = [Box(left, top, left + width, top + height) for left, top in corners]

    def cost(place: Box) -> float:
        is_outside = min(place.left, place.top) < 0 or place.bottom > size[0] or place.right > size[1]
        return sum(_overlap(place, other) for other in others) + 0.5 * is_outside

    return min(places, key=cost)


def _overlap(one: Box, other: Box) -> bool:
    across = min(one.right, other.right) > max(one.left, other.left)
    return across and min(one.bottom, other.bottom) > max(one.top, other.top)


def _images(aspect: float, width: float, height: float, *, is_twice: bool) -> list[Rect]:
    """Place the image and, if it is shown twice, what the network saw of it."""
    is_beside = is_twice and aspect < WIDE
    size = fit(aspect, max(width, 2 * LEAST) / 2 if is_beside else max(width, LEAST), height)
    image = Rect(0.0, 0.0, *size)
    if not is_twice:
        return [image]
    return [image, image.moved(size[0] + 2 * GAP, 0) if is_beside else image.moved(0, size[1] + ABOVE)]


def _extent(places: Iterable[Rect]) -> tuple[float, float]:
    """The total width and height of all these, from the corner that they are placed from."""
    right, bottom = zip(*((one.left + one.width, one.top + one.height) for one in places), strict=True)
    return max(right), max(bottom)


def _below(aspect: float, side: float, kinds: int, classes: int) -> tuple[list[list[Rect]], list[list[Rect]]]:
    """Lay out a column for each class: the panels and the colour bars of each kind."""
    width, height = fit(aspect, side, 3.0)
    across, down = max(width, NARROW) + GAP, height + 1.5 * GAP
    columns = min(classes, ACROSS)
    block = HEADING + kinds * down + GAP
    panels, bars = [], []
    for kind in range(kinds):
        tops = [HEADING + kind * down + block * number for number in range(-(-classes // columns))]
        places = [divmod(number, columns) for number in range(classes)]
        panels.append([Rect(HEADING + across * col, tops[row], width, height) for row, col in places])
        bars.append([Rect(HEADING + across * (columns - 1) + width + GAP, top, BAR, height) for top in tops])
    return panels, bars


def _beside(aspect: float, kinds: int, classes: int) -> tuple[list[list[Rect]], list[list[Rect]]]:
    """Lay out a row for each class: the panels of each kind, and a colour bar below them."""
    width, height = fit(aspect, min(max(4.4, 0.4 * aspect), 12.0), 2.3)
    across, down = max(width, NARROW) + 2 * GAP, height + GAP
    panels, bars = [], []
    for kind in range(kinds):
        left = NAMES + kind * across
        panels.append([Rect(left, HEADING + down * number, width, height) for number in range(classes)])
        bars.append([Rect(left, HEADING + down * classes + GAP / 2, width, BAR)])
    return panels, bars
