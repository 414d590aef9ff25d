"""The images that systems are measured on: MNIST test digits side by side, as many as fit the size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx import datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["digits"]

SIDE = 28


def digits(batch: int, height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Images of digits in a grid of 28-pixel cells; those at the lower and right edge are cut off.

    Args:
        batch: the number of images, at least 1.
        height: in pixels, at least 1.
        width: in pixels, at least 1.
        seed: the seed for choosing the digits.

    Returns:
        (batch, height, width) uint8, light ink on black.
    """
    rows, cols = (-(-side // SIDE) for side in (height, width))
    drawn = datasets.load("mnist", "test").images
    chosen = np.random.default_rng(seed).integers(0, len(drawn), (batch, rows, cols))
    images = drawn[chosen].swapaxes(2, 3).reshape(batch, rows * SIDE, cols * SIDE)
    return np.ascontiguousarray(images[:, :height, :width])
