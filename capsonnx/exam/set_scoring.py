"""Score the answers in an exam: three measures of the lengths, from lenient to strict, and one of what was read.

The three are :func:`top_right`, :func:`confident_right` and :func:`exact_right`. At the same threshold, an image that
is right by one of them is also right by those before it. The first two are from the source, capsule_test.py of
github.com/bojone/Capsule; they are given the number of classes in an image. The third is not, and neither is
:func:`read_right`, which applies the same test to what the sliding head has read. There, contributions from the whole
image do not add up, and it is what users get when they read unknown images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CONFIDENT", "Result", "confident_right", "exact_right", "highest", "read_right", "top_right"]


CONFIDENT = 0.5
"""The source's threshold, used by :func:`confident_right` so that results compare, whatever the model's own is."""


@dataclass(frozen=True)
class Result:
    """The result of a network in an exam.

    Attributes:
        name: the name of the exam.
        images: the number of images.
        digits: the number k of different classes in each image.
        top: the share in 0..1 of images that are right by :func:`top_right`; None if k is 0.
        confident: the share in 0..1 of images that are right by :func:`confident_right`, at 0.5; None if k is 0.
        exact: the share in 0..1 of images that are right by :func:`exact_right`, at the given threshold; if k is 0, of
            images in which no class is above it.
        read: the share in 0..1 of images that are right by :func:`read_right`; None if none were read.
        length: the mean length in 0..1 of the classes that the images hold; None if k is 0.
        seconds: the time spent on scoring, without composing the images and without the untimed first batch.
        images_per_second: the number of images divided by ``seconds``.
    """

    name: str
    images: int
    digits: int
    top: float | None
    confident: float | None
    exact: float
    read: float | None
    length: float | None
    seconds: float
    images_per_second: float


def top_right(lengths: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the k classes with the greatest lengths are the k classes of the image.

    Among equal lengths, the class with the higher number counts as the greater, as in a stable :func:`numpy.argsort`.

    Args:
        lengths: (count, class) float32 in 0..1.
        targets: (count, k) int64, k different classes in any order, 1 ≤ k ≤ class.

    Returns:
        (count,) bool.

    >>> top_right(np.array([[0.9, 0.2, 0.8], [0.9, 0.2, 0.1]], np.float32), np.array([[2, 0], [2, 0]])).tolist()
    [True, False]
    """
    chosen = highest(lengths, targets.shape[1])
    right: NDArray[np.bool_] = (np.sort(chosen, axis=1) == np.sort(targets, axis=1)).all(axis=1)
    return right


def highest(lengths: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The ``count`` classes with the greatest lengths; among equal lengths, the later class counts as the greater.

    Args:
        lengths: (images, class) float32 in 0..1.
        count: the number of classes per image, at least 1.

    Returns:
        (images, count) int64, in ascending order of length.

    >>> highest(np.array([[0.9, 0.2, 0.8]], np.float32), 2).tolist()
    [[2, 0]]
    """
    ranked: NDArray[np.int64] = np.argsort(lengths, axis=1, kind="stable")[:, -count:]
    return ranked


def confident_right(
    lengths: NDArray[np.float32], targets: NDArray[np.int64], threshold: float = CONFIDENT
) -> NDArray[np.bool_]:
    """Whether the k classes with the greatest lengths are those of the image, and all k lengths exceed the threshold.

    Args:
        lengths: (count, class) float32 in 0..1.
        targets: (count, k) int64, k different classes in any order, 1 ≤ k ≤ class.
        threshold: in 0..1; the source's is 0.5.

    Returns:
        (count,) bool.

    >>> confident_right(np.array([[0.9, 0.2, 0.8], [0.9, 0.2, 0.4]], np.float32), np.array([[2, 0], [2, 0]])).tolist()
    [True, False]
    """
    enough: NDArray[np.bool_] = _above(lengths, threshold).sum(axis=1) >= targets.shape[1]
    return top_right(lengths, targets) & enough


def exact_right(lengths: NDArray[np.float32], targets: NDArray[np.int64], threshold: float = 0.5) -> NDArray[np.bool_]:
    """Whether the classes above the threshold are exactly those of the image.

    Args:
        lengths: (count, class) float32 in 0..1.
        targets: (count, k) int64, k different classes in any order, 0 ≤ k ≤ class.
        threshold: in 0..1.

    Returns:
        (count,) bool.

    >>> exact_right(np.array([[0.9, 0.2, 0.8], [0.9, 0.6, 0.8]], np.float32), np.array([[2, 0], [2, 0]])).tolist()
    [True, False]
    """
    return read_right(_above(lengths, threshold), targets)


def read_right(read: NDArray[np.bool_], targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the classes that were read are exactly those of the image.

    Args:
        read: (count, class) bool.
        targets: (count, k) int64, k different classes in any order, 0 ≤ k ≤ class.

    Returns:
        (count,) bool.

    >>> read_right(np.array([[True, False, True], [True, True, True]]), np.array([[2, 0], [2, 0]])).tolist()
    [True, False]
    """
    present = np.zeros(read.shape, dtype=np.bool_)
    np.put_along_axis(present, targets, values=True, axis=1)
    right: NDArray[np.bool_] = (read == present).all(axis=1)
    return right


def _above(lengths: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    # In float64, like the runtime: in float32, a threshold of 0.3 is rounded up, and a length can lie in between.
    above: NDArray[np.bool_] = lengths.astype(np.float64) > threshold
    return above
