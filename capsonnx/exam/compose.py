"""Compose images into rows, columns and pages, with margins. Nothing is scaled or blended; every pixel is a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.masks import ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["centred", "column", "fits", "ink_spans", "pad", "paste", "row"]


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


def column(images: NDArray[np.uint8], *, overlap: int = 0) -> NDArray[np.uint8]:
    """Stack k images vertically, the first on top; where they overlap, the lighter pixel shows.

    Args:
        images: (count, k, height, width) uint8.
        overlap: the number of rows by which each image overlaps the one above it, from 0 to height - 1.

    Returns:
        (count, k·height - (k - 1)·overlap, width) uint8.

    >>> column(np.array([[[[1, 2]], [[3, 4]]]], dtype=np.uint8)).tolist()
    [[[1, 2], [3, 4]]]
    >>> column(np.array([[[[1], [7]], [[5], [2]]]], dtype=np.uint8), overlap=1).tolist()
    [[[1], [7], [2]]]
    """
    count, digits, height, width = images.shape
    pitch = height - overlap
    columns = np.zeros((count, digits * pitch + overlap, width), dtype=np.uint8)
    for number in range(digits):
        place = columns[:, number * pitch : number * pitch + height]
        np.maximum(place, images[:, number], out=place)
    return columns


def pad(images: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Surround each image with black.

    Args:
        images: (count, height, width) uint8.
        pixels: the width of the margin on each of the four sides, at least 0.

    Returns:
        (count, height + 2·pixels, width + 2·pixels) uint8.

    >>> pad(np.array([[[7]]], dtype=np.uint8), 1).tolist()
    [[[0, 0, 0], [0, 7, 0], [0, 0, 0]]]
    """
    return np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))


def fits(images: NDArray[np.uint8], size: tuple[int, int]) -> bool:
    """Whether images (count, height, width) are no higher and no wider than a size.

    >>> fits(np.zeros((1, 2, 3), np.uint8), (2, 3)), fits(np.zeros((1, 2, 3), np.uint8), (9, 2))
    (True, False)
    """
    return bool(images.shape[1] <= size[0] and images.shape[2] <= size[1])


def centred(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Centre each image on black of a given size.

    Args:
        images: (count, height, width) uint8, no higher or wider than ``size``.
        size: height and width in pixels.

    Returns:
        (count, *size) uint8.

    >>> centred(np.array([[[7]]], dtype=np.uint8), (1, 3)).tolist()
    [[[0, 7, 0]]]
    """
    missing = [side - own for side, own in zip(size, images.shape[1:], strict=True)]
    return np.pad(images, ((0, 0), *((more // 2, more - more // 2) for more in missing)))


def paste(page: NDArray[np.uint8], image: NDArray[np.uint8], left: int, top: int) -> None:
    """Paste an image onto a page; where it overlaps with what is there, the lighter pixel shows.

    Args:
        page: (height, width) uint8, modified in place.
        image: (h, w) uint8, which must lie within the page.
        left: the left edge of the image on the page in pixels, at least 0.
        top: the top edge of the image on the page in pixels, at least 0.

    >>> page = np.array([[5, 5, 5]], dtype=np.uint8)
    >>> paste(page, np.array([[3, 7]], dtype=np.uint8), 1, 0)
    >>> page.tolist()
    [[5, 5, 7]]
    """
    place = page[top : top + image.shape[0], left : left + image.shape[1]]
    np.maximum(place, image, out=place)


def ink_spans(images: NDArray[np.uint8], axis: int) -> NDArray[np.int64]:
    """Where the ink of each image starts and ends. Every pixel above 0 is ink.

    Args:
        images: (count, height, width) uint8.
        axis: 1 for rows, 2 for columns.

    Returns:
        (count, 2) int64, the first row or column with ink and the one after the last; the whole axis if there is no
        ink.

    >>> ink_spans(np.array([[[0, 1, 0, 9, 0]], [[0, 0, 0, 0, 0]]], dtype=np.uint8), axis=2).tolist()
    [[1, 4], [0, 5]]
    """
    has_ink = images.max(axis=3 - axis) > 0
    return np.column_stack(ends(has_ink))
