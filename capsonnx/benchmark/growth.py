"""How time and memory grow with the image size and the batch size, each point measured in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.benchmark.worker import Alone, run_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from capsonnx.benchmark.requests import Request

__all__ = ["BATCHES", "SIDES", "Fit", "Point", "fit_memory", "measure_growth"]

SIDES = (28, 56, 112, 224, 448, 724, 1024, 1448, 2048)
"""Sides in pixels of the square images, in batches of one."""

BATCHES = (1, 4, 16, 64, 256, 512, 1024)
"""Batch sizes, for images of 28 x 28 pixels."""


@dataclass(frozen=True)
class Point:
    """The time and memory for one shape, (batch, height, width)."""

    shape: tuple[int, int, int]
    alone: Alone

    @property
    def pixels(self) -> int:
        """The number of pixels of all images of the batch together."""
        batch, height, width = self.shape
        return batch * height * width


@dataclass(frozen=True)
class Fit:
    """Memory as a polynomial of the pixels: fixed + linear · pixels + quadratic · pixels², by least squares.

    Attributes:
        fixed: bytes.
        linear: bytes per pixel.
        quadratic: bytes per squared pixel.
        most: the largest number of pixels in the fit.
    """

    fixed: float
    linear: float
    quadratic: float
    most: int

    @property
    def quadratic_share(self) -> float:
        """The quadratic term over the linear one at the largest number of pixels: 0 for linear growth."""
        return self.quadratic * self.most / self.linear

    @property
    def is_linear(self) -> bool:
        """Whether the quadratic term is at most a tenth of the linear one, even at the largest number of pixels.

        If memory grew with the square of the pixels, the ratio of the two terms would be many times 1.
        """
        return self.linear > 0 and self.quadratic_share <= 0.1


def measure_growth(
    request: Request,
    *,
    sides: Sequence[int] = SIDES,
    batches: Sequence[int] = BATCHES,
    tell: Callable[[str], object] = lambda _: None,
) -> tuple[list[Point], list[Point]]:
    """Run a system on single square images of each side, and on batches of images of 28 x 28 pixels.

    Raises:
        ModelError: one of the runs failed.
    """

    def run(shapes: Iterable[tuple[int, int, int]]) -> list[Point]:
        points = []
        for shape in shapes:
            tell(f"{shape[0]} of {shape[1]}×{shape[2]}")
            points.append(Point(shape, run_alone(request, shape)))
        return points

    return run((1, side, side) for side in sides), run((batch, 28, 28) for batch in batches)


def fit_memory(points: Sequence[Point]) -> Fit:
    """Fit the memory of points by absolute error, so that the large points decide how memory grows.

    For small images, the allocator still finds room in the memory that the libraries have taken. A fit by relative
    error would mistake that saving for growth faster than linear.

    Args:
        points: at least three, with different numbers of pixels.
    """
    pixels = np.array([point.pixels for point in points], np.float64)
    memory = np.array([point.alone.bytes for point in points], np.float64)
    scaled = pixels / pixels.max()
    powers = np.stack([np.ones_like(scaled), scaled, scaled**2], axis=1)
    fixed, linear, quadratic = np.linalg.lstsq(powers, memory, rcond=None)[0]
    most = float(pixels.max())
    return Fit(float(fixed), float(linear / most), float(quadratic / most**2), int(most))
