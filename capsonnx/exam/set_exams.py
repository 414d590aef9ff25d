"""The catalogue of exams on sets of classes: each composes images from the digits of a test split, with a seed.

The same digits and the same seed give the same images on every machine, whatever other exams there are. Exams with
large images have fewer of them, to keep the total size affordable.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError
from capsonnx.exam.compose import column, pad, row
from capsonnx.exam.draws import different, equal, stream
from capsonnx.exam.empty import noise
from capsonnx.exam.scatter import scattered_sets
from capsonnx.exam.sets import Exam, too_few_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset
    from capsonnx.exam.sets import Builder

__all__ = ["EXAMS"]


def singles(dataset: Dataset, _seed: int) -> Exam:
    """Every digit as it is."""
    return Exam("singles", dataset.images, dataset.targets[:, None])


def padded(dataset: Dataset, _seed: int, *, pixels: int, most: int | None = None) -> Exam:
    """Every digit, or the first ``most``, with ``pixels`` pixels of black on every side."""
    return Exam(f"padded-{pixels}", pad(dataset.images[:most], pixels), dataset.targets[:most, None])


def vertical_pairs(dataset: Dataset, seed: int) -> Exam:
    """Two different digits, one above the other: the two-digit test of the source.

    As in capsule_test.py of github.com/bojone/Capsule, the test digits are joined vertically with a random permutation
    of themselves, and only pairs of two different classes are kept, about nine in ten.
    """
    pairs = _pairs(dataset, seed)
    return Exam("pairs-vertical", column(dataset.images[pairs]), dataset.targets[pairs])


def horizontal_pairs(dataset: Dataset, seed: int) -> Exam:
    """The pairs of :func:`vertical_pairs`, side by side."""
    pairs = _pairs(dataset, seed)
    return Exam("pairs-horizontal", row(dataset.images[pairs]), dataset.targets[pairs])


def touching_pairs(dataset: Dataset, seed: int, *, closer: int) -> Exam:
    """The pairs of :func:`vertical_pairs`, ``closer`` pixels closer; where they overlap, the lighter pixel shows.

    The ink of an MNIST digit is at most 20 px high and 4 px from the border, so two such digits touch if 8 px closer.
    """
    name = f"touching-{closer}"
    height, width = dataset.images.shape[1:]
    if height <= closer:
        raise InputError(
            f"{dataset.name}: digits of {height}×{width} px",
            expected=f"more than {closer} px of height for the exam {name}",
            remedy="use larger digits, or leave this exam out",
        )
    pairs = _pairs(dataset, seed)
    return Exam(name, column(dataset.images[pairs], overlap=closer), dataset.targets[pairs])


def equal_vertical(dataset: Dataset, seed: int) -> Exam:
    """Every digit above another one of its class, so that each image holds one class twice."""
    pairs = _equal_pairs(dataset, seed)
    return Exam("equal-vertical", column(dataset.images[pairs]), dataset.targets[pairs[:, :1]])


def equal_horizontal(dataset: Dataset, seed: int) -> Exam:
    """The pairs of :func:`equal_vertical`, side by side."""
    pairs = _equal_pairs(dataset, seed)
    return Exam("equal-horizontal", row(dataset.images[pairs]), dataset.targets[pairs[:, :1]])


def different_digits(dataset: Dataset, seed: int, *, digits: int) -> Exam:
    """``digits`` digits of different classes side by side; the leftmost in row i is digit i of the data set."""
    name = f"row-{digits}"
    if len(np.unique(dataset.targets)) < digits:
        raise too_few_classes(dataset, name)
    chosen = different(dataset.targets, digits, stream(seed, name))
    return Exam(name, row(dataset.images[chosen]), dataset.targets[chosen])


EXAMS: dict[str, Builder] = {
    "singles": singles,
    "pairs-vertical": vertical_pairs,
    "pairs-horizontal": horizontal_pairs,
    **{f"touching-{closer}": partial(touching_pairs, closer=closer) for closer in (4, 8)},
    "equal-vertical": equal_vertical,
    "equal-horizontal": equal_horizontal,
    "padded-14": partial(padded, pixels=14),
    "padded-42": partial(padded, pixels=42),
    "padded-242": partial(padded, pixels=242, most=200),  # 512×512 px of MNIST
    **{f"row-{digits}": partial(different_digits, digits=digits) for digits in range(2, 6)},
    **{
        f"scattered-{side}-{digits}": partial(scattered_sets, side=side, digits=digits, count=count)
        for side, count in ((84, 2000), (160, 1000))
        for digits in (2, 3, 4)
    },
    "empty-black": partial(noise, kind="black", count=100),
    **{f"empty-{kind}": partial(noise, kind=kind, count=1000) for kind in ("uniform", "gaussian", "salt")},
}
"""The exams on sets of classes by name."""


def _pairs(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Pairs of digits of different classes, (count, 2) int64; the same for all layouts."""
    digits = np.arange(len(dataset))
    pairs = np.column_stack([digits, stream(seed, "pairs").permutation(digits)])
    kept: NDArray[np.int64] = pairs[dataset.targets[pairs[:, 0]] != dataset.targets[pairs[:, 1]]]
    if not len(kept):
        raise too_few_classes(dataset, "pairs")
    return kept


def _equal_pairs(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Pairs of digits of one class, (count, 2) int64; the same for both layouts."""
    pairs = equal(dataset.targets, stream(seed, "equal"))
    if not len(pairs):
        raise InputError(
            f"{dataset.name}: {len(dataset)} digits, no two of one class",
            expected="two digits of a class for the exams of equal pairs",
            remedy="use more digits, or leave these exams out",
        )
    return pairs
