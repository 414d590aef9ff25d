"""What was read from one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from capsonnx.contract import Contract

__all__ = ["Found", "Reading", "read_scores"]


@dataclass(frozen=True)
class Found:
    """One class that is in the image, and its score in 0..1."""

    label: str
    score: float


@dataclass(frozen=True)
class Reading:
    """What was read from one image.

    Attributes:
        height: the height in pixels of the image as it was read: after a resize, before any padding.
        width: the width in pixels, likewise.
        found: the classes whose score is above the threshold, the highest first.
        scores: the score in 0..1 of every class, in the order of the model's labels.
    """

    height: int
    width: int
    found: tuple[Found, ...]
    scores: Mapping[str, float]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of what was found, the highest score first."""
        return tuple(found.label for found in self.found)


def read_scores(
    lengths: Iterable[float], contract: Contract, *, size: tuple[int, int], threshold: float | None = None
) -> Reading:
    """Make a reading of the scores of one image.

    Args:
        lengths: (class,) in 0..1, one row of :attr:`capsonnx.contract.Scores.lengths`.
        contract: gives the labels, and the threshold unless one is passed.
        size: the height and width in pixels of the image as it was read.
        threshold: the score in 0..1 above which a class is in the image, or None for the contract's.

    >>> from capsonnx.contract import Contract
    >>> read_scores([0.75, 0.25, 1.0], Contract(labels=("a", "b", "c")), size=(28, 28)).labels
    ('c', 'a')
    """
    least = contract.threshold if threshold is None else threshold
    scores = {label: float(score) for label, score in zip(contract.labels, lengths, strict=True)}
    found = [Found(label, score) for label, score in scores.items() if score > least]
    return Reading(*size, tuple(sorted(found, key=lambda one: -one.score)), scores)
