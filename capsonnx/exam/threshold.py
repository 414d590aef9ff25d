"""Choose the threshold above which a class counts as present in an image, from answers on held-out images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["best_threshold"]

STEPS = 1000
"""Thresholds are tried in steps of 1 / 1000. Finer steps would overfit to these images and give unwieldy numbers."""


def best_threshold(answers: Mapping[str, tuple[NDArray[np.float32], NDArray[np.int64]]]) -> float:
    """The threshold in 0.001..0.999 at which the sets of classes are exactly right most often.

    With more ink, all lengths rise, including those of wrong classes, so rows of five need a higher threshold than
    singles. Maximising the mean over exams would sacrifice one for the other, so the share in the worst exam is
    maximised. Among thresholds with the same worst share, the mean decides; among those with the same mean, the middle
    one is taken.

    The images must not be those on which the result is measured: use digits held out of the training split.

    Args:
        answers: for each exam by name, the lengths (count, class) float32 in 0..1 and the targets (count, k) int64, the
            k different classes of each image; k may differ between exams, and may be 0.

    Raises:
        InputError: there are no exams, or one has no images.

    >>> lengths = np.array([[0.9, 0.55, 0.1], [0.2, 0.7, 0.65]], np.float32)
    >>> best_threshold({"singles": (lengths, np.array([[0], [1]]))})
    0.675
    """
    if not answers or not all(len(lengths) for lengths, _ in answers.values()):
        raise InputError(
            f"exams of {', '.join(str(len(lengths)) for lengths, _ in answers.values()) or 'no'} images",
            expected="at least one exam, and images in each",
            remedy="hold out more digits",
        )
    thresholds = np.arange(1, STEPS) / STEPS
    shares = np.stack([_exact_shares(*one, thresholds) for one in answers.values()])
    worst = shares.min(axis=0)
    mean = np.where(worst == worst.max(), shares.mean(axis=0), -1)
    # Equal means can differ in their last bit.
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return float(thresholds[best[len(best) // 2]])


def _exact_shares(
    lengths: NDArray[np.float32], targets: NDArray[np.int64], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The share in 0..1 of images that are exactly right at each threshold, (threshold,) float64.

    An image is exactly right from the greatest length of a wrong class up to just below the smallest of a right one.
    """
    present = np.zeros(lengths.shape, dtype=np.bool_)
    np.put_along_axis(present, targets, values=True, axis=1)
    # In float64, as in all comparisons with thresholds.
    first = np.where(present, -np.inf, lengths.astype(np.float64)).max(axis=1)
    last = np.where(present, lengths.astype(np.float64), np.inf).min(axis=1)
    first, last = first[first < last], last[first < last]
    begun = np.searchsorted(np.sort(first), thresholds, side="right")
    ended = np.searchsorted(np.sort(last), thresholds, side="right")
    shares: NDArray[np.float64] = (begun - ended) / len(lengths)
    return shares
