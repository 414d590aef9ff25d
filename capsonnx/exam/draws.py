"""Random streams and draws: the same seed and name give the same numbers on every machine."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["different", "equal", "stream"]


def stream(seed: int, name: str) -> np.random.Generator:
    """A separate PCG64 stream for each name, so that adding an exam never changes another.

    Args:
        seed: at least 0.
        name: usually the name of the exam. Exams that pass the same name draw the same digits.

    >>> stream(0, "pairs").integers(100, size=3).tolist()
    [97, 21, 13]
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def different(targets: NDArray[np.int64], digits: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw rows of digits of different classes, without rejection sampling.

    Each digit is drawn with equal probability from those whose class is not in the row yet.

    Args:
        targets: (count,) int64, the class of each digit; there must be at least ``digits`` classes.
        digits: the length of a row.
        generator: draws for all rows at once, one position after the other.

    Returns:
        (count, digits) int64, the indices of the digits of each row; the first of row i is i.
    """
    by_class = np.argsort(targets, kind="stable")
    sizes = np.bincount(targets)
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(len(targets))[:, None]
    for _ in range(digits - 1):
        taken = np.sort(targets[rows], axis=1)
        place = generator.integers(len(targets) - sizes[taken].sum(axis=1))
        # place counts only free digits. Skipping the taken classes in ascending order makes it an index into by_class.
        for classes in taken.T:
            place += np.where(place >= starts[classes], sizes[classes], 0)
        rows = np.column_stack([rows, by_class[place]])
    return rows


def equal(targets: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Pair each digit with another one of its class, so that each comes first in one pair and second in one.

    Args:
        targets: (count,) int64, the class of each digit.
        generator: draws the cyclic order of the digits in each class; each digit is paired with its successor.

    Returns:
        (count, 2) int64, the indices of the two digits of each pair, ordered by the first. Digits that are alone in
        their class are left out.

    >>> equal(np.array([7, 3, 7, 3, 0]), stream(0, "equal")).tolist()
    [[0, 2], [1, 3], [2, 0], [3, 1]]
    """
    shuffled = generator.permutation(len(targets))
    by_class = shuffled[np.argsort(targets[shuffled], kind="stable")]
    sizes = np.bincount(targets)
    first = (np.cumsum(sizes) - sizes)[targets[by_class]]
    following = first + (np.arange(len(targets)) - first + 1) % sizes[targets[by_class]]
    partners = np.empty_like(by_class)
    partners[by_class] = by_class[following]
    pairs = np.column_stack([np.arange(len(targets)), partners])
    return pairs[sizes[targets] > 1]
