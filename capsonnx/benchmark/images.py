"""The images that systems are measured on: MNIST test digits, side by side, as many as the size has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx import datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["digits"]

SIDE = 28


def digits(batch: int, height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Images of digits in a grid of cells of 28 px, those at the lower and right edge cut off.

    Args:
        batch: how many, from 1.
        height: in pixels, from 1.
        width: in pixels, from 1.
        seed: of the choice of digits.

    Returns:
        (batch, height, width) uint8, light ink on black.
    """
    rows, cols = (-(-side // SIDE) for side in (height, width))
    drawn = datasets.load("mnist", "test").images
    chosen = np.random.default_rng(seed).integers(0, len(drawn), (batch, rows, cols))
    images = drawn[chosen].swapaxes(2, 3).reshape(batch, rows * SIDE, cols * SIDE)
    return np.ascontiguousarray(images[:, :height, :width])
