"""Canvases made of images: rows, columns and margins. Nothing is scaled or blended; every pixel is a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["column", "pad", "row"]


def row(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put k images side by side, the first on the left.

    Args:
        images: (count, k, height, width) uint8.

    Returns:
        (count, height, k·width) uint8.

    >>> row(np.array([[[[1, 2]], [[3, 4]]]], dtype=np.uint8)).tolist()
    [[[1, 2, 3, 4]]]
    """
    count, digits, height, width = images.shape
    return images.swapaxes(1, 2).reshape(count, height, digits * width)


def column(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put k images below each other, the first on top.

    Args:
        images: (count, k, height, width) uint8.

    Returns:
        (count, k·height, width) uint8.

    >>> column(np.array([[[[1, 2]], [[3, 4]]]], dtype=np.uint8)).tolist()
    [[[1, 2], [3, 4]]]
    """
    count, digits, height, width = images.shape
    return images.reshape(count, digits * height, width)


def pad(images: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Surround each image with black.

    Args:
        images: (count, height, width) uint8.
        pixels: the breadth of the margin on each of the four sides, from 0.

    Returns:
        (count, height + 2·pixels, width + 2·pixels) uint8.

    >>> pad(np.array([[[7]]], dtype=np.uint8), 1).tolist()
    [[[0, 0, 0], [0, 7, 0], [0, 0, 0]]]
    """
    return np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
