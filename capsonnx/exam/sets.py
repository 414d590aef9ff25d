"""Images in which a set of classes is to be found, and what is in them."""

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
    """Images to read, all of one size, and what is in them.

    Attributes:
        name: its name in the catalogue.
        images: (count, height, width) uint8, light ink on a black ground.
        targets: (count, k) int64, the k different classes in each image, in reading order where there is one; k is 0 of
            images without a symbol.
    """

    name: str
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


Builder: TypeAlias = Callable[["Dataset", int], Exam]
"""Makes an exam of a test split and a seed, or raises InputError where the split has too few classes or images for it,
or images too large or too small."""


def too_few_classes(dataset: Dataset, name: str) -> InputError:
    """The error of an exam that wants digits of more classes."""
    classes = len(np.unique(dataset.targets))
    return InputError(
        f"{dataset.name}: {counted(len(dataset), 'digit')} of {counted(classes, 'class')}",
        expected=f"digits of more classes for the exam {name}",
        remedy="use data of more classes, or leave this exam out",
    )
