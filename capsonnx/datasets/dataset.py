"""The data set that every loader returns, grey images with one class each, and the split that holds some out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from capsonnx.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Dataset", "Split", "evenly", "split_held_out"]

Split: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of single symbols, light ink on a black background.

    Attributes:
        name: the source: a name in the catalogue, or the name of a folder.
        labels: the class names, in the order of the class numbers.
        images: (count, height, width) uint8, 0..255.
        targets: (count,) int64, class numbers in 0..len(labels) - 1.
        grouped: whether items written by the same person are close together, so that distant items are by others.
    """

    name: str
    labels: tuple[str, ...]
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]
    grouped: bool = False

    def __len__(self) -> int:
        return len(self.targets)

    def sha256(self) -> str:
        """A digest of the labels and of all images and their classes, in order."""
        digest = sha256(repr((self.labels, self.images.shape)).encode())
        digest.update(self.images.tobytes())
        digest.update(self.targets.astype("<i8").tobytes())
        return digest.hexdigest()

    def take(self, indices: NDArray[np.int64]) -> Dataset:
        """The items at ``indices``, (n,) int64, in that order, as a new data set with the same classes."""
        return replace(self, images=self.images[indices], targets=self.targets[indices])

    def limited(self, limit: int | None) -> Dataset:
        """The first ``limit`` items or, if sorted by class, that many evenly spaced ones; all if it is None."""
        if limit is None or limit >= len(self):
            return self
        is_sorted = bool((np.diff(self.targets) >= 0).all())
        return self.take(evenly(len(self), limit) if is_sorted else np.arange(limit))

    def among(self, labels: tuple[str, ...]) -> Dataset:
        """The same items, with the class numbers of ``labels``, which must include all classes of this data set.

        Raises:
            InputError: a class is missing from ``labels``.
        """
        unknown = [label for label in self.labels if label not in labels]
        if unknown:
            raise InputError(
                f"{self.name}: holds the classes {', '.join(unknown)}",
                expected=f"some of {', '.join(labels)}",
                remedy="choose data of these classes",
            )
        numbers = np.array([labels.index(label) for label in self.labels], dtype=np.int64)
        return replace(self, labels=labels, targets=numbers[self.targets])


def evenly(count: int, limit: int) -> NDArray[np.int64]:
    """At most ``limit`` evenly spaced indices in 0..count - 1, (n,) int64.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    return np.linspace(0, count, min(limit, count), endpoint=False).astype(np.int64)


def split_held_out(dataset: Dataset, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Split a data set in two, regardless of class, so that a model can be chosen without its test split.

    From a grouped data set, a block of consecutive items is held out: like the test split, it is by people who wrote
    hardly any of the rest. Seed 0 gives the first block, seed 1 the next, and so on, starting over after the last. From
    any other data set, items are held out at random.

    Args:
        dataset: the data set to split.
        count: the number of items to hold out, in 0..len(dataset).
        seed: the same seed gives the same split on every machine.

    Returns:
        The remaining items and the ``count`` held-out items; both keep the order of ``dataset``.

    Raises:
        InputError: ``count`` is negative or more than the number of items.
    """
    if not 0 <= count <= len(dataset):
        raise InputError(
            f"{count} items to hold out of {dataset.name}",
            expected=f"a count from 0 to {len(dataset)}",
            remedy="hold out fewer items",
        )
    if dataset.grouped and count:
        order = np.roll(np.arange(len(dataset)), -count * (seed % (len(dataset) // count)))
    else:
        order = np.random.Generator(np.random.PCG64(seed)).permutation(len(dataset))
    return dataset.take(np.sort(order[count:])), dataset.take(np.sort(order[:count]))
