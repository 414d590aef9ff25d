"""Pen strokes that are not symbols: long lines, wide arcs and small dots, for pages on which nothing is to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["clutter", "stroke"]

REACH = 3
"""The maximum distance in pixels, in x and in y, from the centre of the pen to a pixel that it touches."""


def clutter(side: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a page of strokes as wide and as bright as those of handwritten digits, but longer or much shorter.

    Lines and arcs are at least 60 px from end to end, three times the height of a digit; dots are at most 4 px wide.

    Args:
        side: the side of the page in pixels, at least 128.
        generator: draws the strokes.

    Returns:
        (side, side) uint8.
    """
    page = np.zeros((side, side), dtype=np.uint8)
    for _ in range(generator.integers(3, 7)):
        start, stop = _ends(side, generator)
        _draw(page, start, (start + stop) / 2, stop, generator)
    for _ in range(generator.integers(2, 5)):
        start, stop = _ends(side, generator)
        away = (stop - start)[::-1] * [1, -1] * generator.choice([-1, 1])
        _draw(page, start, (start + stop + away) / 2, stop, generator)
    for _ in range(generator.integers(4, 9)):
        dot = generator.integers(side, size=2).astype(np.float64)
        _draw(page, dot, dot, dot, generator)
    return page


def stroke(
    page: NDArray[np.uint8],
    start: NDArray[np.float64],
    bend: NDArray[np.float64],
    stop: NDArray[np.float64],
    *,
    radius: float,
    level: int,
) -> None:
    """Draw a stroke along a quadratic Bézier curve with a round pen; where strokes cross, the lighter one shows.

    Only sums, products, quotients and square roots are used, because every machine rounds them identically.

    Args:
        page: (height, width) uint8, modified in place.
        start: (2,) float64, the start (x, y) in pixels, relative to the centre of the top left pixel.
        bend: (2,) float64, the control point, towards which the curve bends.
        stop: (2,) float64, the end.
        radius: the radius of the pen in pixels, in 1..2. The pen is set down twice per pixel, which would be visible in
            thinner strokes.
        level: the level of the ink, in 0..255.

    >>> page, dot = np.zeros((3, 4), dtype=np.uint8), np.array([1.0, 1.0])
    >>> stroke(page, dot, dot, dot, radius=1.0, level=200)
    >>> page.tolist()
    [[17, 100, 17, 0], [100, 200, 100, 0], [17, 100, 17, 0]]
    """
    steps = int(np.ceil(2 * (_length(bend - start) + _length(stop - bend)))) + 1
    along = (np.arange(steps + 1) / steps)[:, None]
    points = start * (1 - along) * (1 - along) + bend * 2 * along * (1 - along) + stop * along * along
    around = np.arange(-REACH, REACH + 1)
    x, y = (np.floor(points[:, axis, None]).astype(np.int64) + around for axis in (0, 1))
    across, down = x - points[:, :1], y - points[:, 1:]
    distances = np.sqrt(across[:, None, :] * across[:, None, :] + down[:, :, None] * down[:, :, None])
    ink = np.rint(level * np.clip(radius + 0.5 - distances, 0, 1)).astype(np.uint8)
    y, x = np.broadcast_arrays(y[:, :, None], x[:, None, :])
    inside = (x >= 0) & (x < page.shape[1]) & (y >= 0) & (y < page.shape[0])
    np.maximum.at(page, (y[inside], x[inside]), ink[inside])


def _ends(side: int, generator: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw two points of the page at least 60 px from each other."""
    while True:
        start, stop = generator.integers(side, size=(2, 2)).astype(np.float64)
        if _length(stop - start) >= 60:
            return start, stop


def _draw(
    page: NDArray[np.uint8],
    start: NDArray[np.float64],
    bend: NDArray[np.float64],
    stop: NDArray[np.float64],
    generator: np.random.Generator,
) -> None:
    """Draw a stroke 2 to 4 px wide, with a level of 160 to 255."""
    radius, level = generator.integers(4, 9) / 4, generator.integers(160, 256)
    stroke(page, start, bend, stop, radius=float(radius), level=int(level))


def _length(vector: NDArray[np.float64]) -> float:
    return float(np.sqrt(vector[0] * vector[0] + vector[1] * vector[1]))
