"""The catalogue of exams: each composes images from the digits of a test split, by a seed.

The same digits and the same seed give the same images on every machine, whatever other exams there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.errors import InputError
from capsonnx.exam.compose import column, pad, row
from capsonnx.exam.draws import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

__all__ = ["EXAMS", "Builder", "Exam"]


@dataclass(frozen=True, eq=False)
class Exam:
    """Images to read, all of one size, and what is in them.

    Attributes:
        name: its name in the catalogue.
        images: (count, height, width) uint8, light ink on a black ground.
        targets: (count, k) int64, the k different classes in each image, in reading order.
    """

    name: str
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


Builder: TypeAlias = Callable[["Dataset", int], Exam]
"""Makes an exam of a test split and a seed, or raises InputError where the split has too few classes for it."""


def singles(dataset: Dataset, _seed: int) -> Exam:
    """Every digit as it is."""
    return Exam("singles", dataset.images, dataset.targets[:, None])


def padded(dataset: Dataset, _seed: int, *, pixels: int) -> Exam:
    """Every digit with so many pixels of black on every side."""
    return Exam(f"padded-{pixels}", pad(dataset.images, pixels), dataset.targets[:, None])


def vertical_pairs(dataset: Dataset, seed: int) -> Exam:
    """Two different digits, one above the other: the two-digit test of the source.

    As in capsule_test.py of github.com/bojone/Capsule, the test digits are joined, along the height, with a random
    permutation of themselves, and the pairs of two different classes are kept: about nine in ten.
    """
    pairs = _pairs(dataset, seed)
    return Exam("pairs-vertical", column(dataset.images[pairs]), dataset.targets[pairs])


def horizontal_pairs(dataset: Dataset, seed: int) -> Exam:
    """The pairs of :func:`vertical_pairs`, side by side."""
    pairs = _pairs(dataset, seed)
    return Exam("pairs-horizontal", row(dataset.images[pairs]), dataset.targets[pairs])


def different_digits(dataset: Dataset, seed: int, *, digits: int) -> Exam:
    """So many digits of different classes side by side, the leftmost of row i being digit i of the data set."""
    name = f"row-{digits}"
    if len(np.unique(dataset.targets)) < digits:
        raise _too_few_classes(dataset, name)
    chosen = _different(dataset.targets, digits, stream(seed, name))
    return Exam(name, row(dataset.images[chosen]), dataset.targets[chosen])


EXAMS: dict[str, Builder] = {
    "singles": singles,
    "pairs-vertical": vertical_pairs,
    "pairs-horizontal": horizontal_pairs,
    "padded-14": partial(padded, pixels=14),
    "padded-42": partial(padded, pixels=42),
    "row-3": partial(different_digits, digits=3),
    "row-5": partial(different_digits, digits=5),
}
"""The exams by name."""


def _pairs(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """(count, 2) int64, digits of different classes; the same ones for both layouts."""
    digits = np.arange(len(dataset))
    pairs = np.column_stack([digits, stream(seed, "pairs").permutation(digits)])
    kept: NDArray[np.int64] = pairs[dataset.targets[pairs[:, 0]] != dataset.targets[pairs[:, 1]]]
    if not len(kept):
        raise _too_few_classes(dataset, "pairs")
    return kept


def _different(targets: NDArray[np.int64], digits: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw digits, each with equal chance among those whose class is not yet in the row, without trial and error.

    Args:
        targets: (count,) int64, of at least ``digits`` classes.
        digits: the length of a row.
        generator: draws for all rows at once, one place after the other.

    Returns:
        (count, digits) int64, the digits of each row; the first of row i is i.
    """
    by_class = np.argsort(targets, kind="stable")
    sizes = np.bincount(targets)
    starts = np.cumsum(sizes) - sizes
    rows = np.arange(len(targets))[:, None]
    for _ in range(digits - 1):
        taken = np.sort(targets[rows], axis=1)
        place = generator.integers(len(targets) - sizes[taken].sum(axis=1))
        # The place counts free digits only. Stepping over the taken classes, in rising order, makes it one of by_class.
        for classes in taken.T:
            place += np.where(place >= starts[classes], sizes[classes], 0)
        rows = np.column_stack([rows, by_class[place]])
    return rows


def _too_few_classes(dataset: Dataset, name: str) -> InputError:
    classes = len(np.unique(dataset.targets))
    return InputError(
        f"{dataset.name}: {len(dataset)} {'digit' if len(dataset) == 1 else 'digits'} of {classes} "
        f"{'class' if classes == 1 else 'classes'}",
        expected=f"digits of more classes for the exam {name}",
        remedy="use more digits, or leave this exam out",
    )
