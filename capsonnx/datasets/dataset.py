"""What every loader returns: grey images with one class each, and the split that holds some of them out."""

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
    """Images of single symbols, light ink on a black ground.

    Attributes:
        name: where it came from: a name of the catalogue, or the name of a folder.
        labels: the class names, in the order of the class numbers.
        images: (count, height, width) uint8, 0..255.
        targets: (count,) int64, class numbers in 0..len(labels) - 1.
        grouped: whether items of one hand stand near each other, and so far from those of others.
    """

    name: str
    labels: tuple[str, ...]
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]
    grouped: bool = False

    def __len__(self) -> int:
        return len(self.targets)

    def sha256(self) -> str:
        """A digest of all images and their classes, in their order."""
        digest = sha256(repr((self.labels, self.images.shape)).encode())
        digest.update(self.images.tobytes())
        digest.update(self.targets.astype("<i8").tobytes())
        return digest.hexdigest()

    def take(self, indices: NDArray[np.int64]) -> Dataset:
        """The items at ``indices``, (n,) int64, in that order, as a new data set of the same classes."""
        return replace(self, images=self.images[indices], targets=self.targets[indices])

    def limited(self, limit: int | None) -> Dataset:
        """At most so many items: the first; of items that are sorted by class, of each class its share. None: all."""
        if limit is None or limit >= len(self):
            return self
        is_sorted = bool((np.diff(self.targets) >= 0).all())
        return self.take(evenly(len(self), limit) if is_sorted else np.arange(limit))

    def among(self, labels: tuple[str, ...]) -> Dataset:
        """The same items, with the class numbers of ``labels``, which hold all classes of this data set.

        Raises:
            InputError: they do not.
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
    """At most ``limit`` places, (n,) int64, in 0..count - 1, as far from each other as can be.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    return np.linspace(0, count, min(limit, count), endpoint=False).astype(np.int64)


def split_held_out(dataset: Dataset, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Part a data set in two, blind to the classes, for choosing a model without its test split.

    Of a grouped one a block is held out, so that those who made it made hardly anything of the rest, as with the test
    split: seed 0 gives the first block, seed 1 the one after it, and round again. Of any other, items are by chance.

    Args:
        dataset: what to part.
        count: how many items to hold out, in 0..len(dataset).
        seed: the same seed gives the same parts on every machine.

    Returns:
        The remaining items, and the ``count`` items held out; both keep the order of ``dataset``.

    Raises:
        InputError: ``count`` is negative, or more than there is.
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
