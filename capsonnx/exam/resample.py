"""Scale images in exact integer arithmetic, so that every machine produces the same pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["scaled"]


def scaled(images: NDArray[np.uint8], percent: int) -> NDArray[np.uint8]:
    """Scale images with a triangle filter: bilinear when enlarging, averaging over the covered area when reducing.

    The point (x, y) in pixels moves to (x·percent/100, y·percent/100).

    Args:
        images: (count, height, width) uint8.
        percent: the new size in percent of the old, a whole number of at least 1.

    Returns:
        (count, ⌈height·percent/100⌉, ⌈width·percent/100⌉) uint8.

    >>> scaled(np.array([[[0, 100]]], dtype=np.uint8), 200).tolist()
    [[[0, 25, 75, 100], [0, 25, 75, 100]]]
    >>> scaled(np.array([[[0, 100, 100, 0]]], dtype=np.uint8), 50).tolist()
    [[[57, 57]]]
    """
    down, across = (_weights(size, percent) for size in images.shape[1:])
    # Floats represent these whole numbers exactly, in whatever order they are summed.
    sums = np.rint(down @ images.astype(np.float64) @ across.T).astype(np.int64)
    totals = np.outer(down.sum(axis=1), across.sum(axis=1)).astype(np.int64)
    return ((2 * sums + totals) // (2 * totals)).astype(np.uint8)


def _weights(size: int, percent: int) -> NDArray[np.float64]:
    """The weight of each old pixel in each new one, (new, size) float64, all whole numbers.

    Distances between centres are in units of 1/(2·percent) of an old pixel. The filter extends to each side by one old
    or one new pixel, whichever is larger.
    """
    old, new = np.arange(size), np.arange(-(-size * percent // 100))
    distances = np.abs((2 * old + 1) * percent - (2 * new[:, None] + 1) * 100)
    weights: NDArray[np.float64] = np.maximum(0, 2 * max(percent, 100) - distances).astype(np.float64)
    return weights
