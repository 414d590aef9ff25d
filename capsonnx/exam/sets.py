"""Exams on sets of classes: images, and the classes in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.errors import InputError
from capsonnx.wording import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

__all__ = ["Builder", "Exam", "too_few_classes"]


@dataclass(frozen=True, eq=False)
class Exam:
    """An exam on sets of classes: images to read, all of one size, and what is in them.

    Attributes:
        name: the name of the exam in the catalogue.
        images: (count, height, width) uint8, light ink on a black background.
        targets: (count, k) int64, the k different classes in each image, in reading order if there is one; k is 0 for
            images without symbols.
    """

    name: str
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


Builder: TypeAlias = Callable[["Dataset", int], Exam]
"""Builds an exam from a test split and a seed; raises InputError if the split has too few classes or images for it, or
its images are too large or too small."""


def too_few_classes(dataset: Dataset, name: str) -> InputError:
    """The error for an exam that needs digits of more classes."""
    classes = len(np.unique(dataset.targets))
    return InputError(
        f"{dataset.name}: {counted(len(dataset), 'digit')} of {counted(classes, 'class')}",
        expected=f"digits of more classes for the exam {name}",
        remedy="use data of more classes, or leave this exam out",
    )
