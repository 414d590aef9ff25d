"""How right the scores of an exam are: three measures, from lenient to strict, and a fourth of what was read.

At one threshold, an image that is right by :func:`exact_right` is right by :func:`confident_right`, and then by
:func:`top_right`. The first two measures are those of the source, capsule_test.py of github.com/bojone/Capsule; they
are told how many classes an image holds. The third is not, and neither is :func:`read_right`, which asks the same of
what the sliding head has read: nothing adds up there, and that is what a reader of unknown images gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CONFIDENT", "Result", "confident_right", "exact_right", "highest", "read_right", "top_right"]


CONFIDENT = 0.5
"""The source's threshold, that of :func:`confident_right`, so that results compare, whatever a model's own is."""


@dataclass(frozen=True)
class Result:
    """How a network did in an exam.

    Attributes:
        name: the name of the exam.
        images: how many images it has.
        digits: how many different classes each image holds, k.
        top: the share in 0..1 of images that :func:`top_right` counts; None where k is 0.
        confident: the share in 0..1 of images that :func:`confident_right` counts, at 0.5; None where k is 0.
        exact: the share in 0..1 of images that :func:`exact_right` counts, at the threshold that was given; where k is
            0, of those in which no class is above it.
        read: the share in 0..1 of images that :func:`read_right` counts; None where none was read.
        length: the mean in 0..1 of the lengths of the classes that the images hold; None where k is 0.
        seconds: what scoring took, without composing images and without the first, untimed batch.
        images_per_second: images by seconds.
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
    """Whether the k highest classes are the k classes of the image.

    Among equal lengths the class of the higher number counts as the higher, as in a stable :func:`numpy.argsort`.

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
    """The classes of the so many highest lengths; of equal ones the later class counts as higher.

    Args:
        lengths: (images, class) float32 in 0..1.
        count: how many classes of each image, from 1.

    Returns:
        (images, count) int64, the highest last.

    >>> highest(np.array([[0.9, 0.2, 0.8]], np.float32), 2).tolist()
    [[2, 0]]
    """
    ranked: NDArray[np.int64] = np.argsort(lengths, axis=1, kind="stable")[:, -count:]
    return ranked


def confident_right(
    lengths: NDArray[np.float32], targets: NDArray[np.int64], threshold: float = CONFIDENT
) -> NDArray[np.bool_]:
    """Whether the k highest classes are those of the image, and all k are above the threshold.

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
    """Whether the classes above the threshold are those of the image, no more and no fewer.

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
    """Whether the classes that were read are those of the image, no more and no fewer.

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
    # In float64, as the runtime compares: in float32 a threshold of 0.3 is rounded up, and a length can fall between.
    above: NDArray[np.bool_] = lengths.astype(np.float64) > threshold
    return above
