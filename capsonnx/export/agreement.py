"""What fewer bits cost: two files of one network sit the same exams, and their answers are compared.

An int8 or float16 stem cannot agree within the 1e-5 that :mod:`capsonnx.export.parity` asks for. What can be asked of
it is to read as well, and to read the same.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capsonnx import exam
from capsonnx.errors import InputError
from capsonnx.exam.compose import centred, fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from capsonnx.contract import Scorer
    from capsonnx.datasets import Dataset

__all__ = ["LEAST_AGREEMENT", "LOSSES", "AgreementReport", "Comparison", "measure_agreement"]

LOSSES = {"singles": 0.0005, "pairs-vertical": 0.001, "pairs-horizontal": 0.001}
"""How much lower the share of right images may be in each exam: by 0.05 or 0.1 percentage points."""

_PAIRS = ("pairs-vertical", "pairs-horizontal")

LEAST_AGREEMENT = 0.998
"""The least share of an exam's images in which both networks must see the same classes."""

FEW = 500
"""With fewer images than this, a single image that differs is already more than :data:`LEAST_AGREEMENT` allows; one may
differ all the same."""

_BATCH = 64


@dataclass(frozen=True)
class Comparison:
    """How two networks did in one exam, whose images hold k classes each.

    Attributes:
        exam: the name of the exam.
        images: the number of images in the exam.
        reference: the share in 0..1 of images whose k highest classes are right in the reference.
        candidate: the same for the candidate.
        agreement: the share in 0..1 of images whose k highest classes, in any order, are the same in both.
        difference: the mean absolute difference of the lengths.
    """

    exam: str
    images: int
    reference: float
    candidate: float
    agreement: float
    difference: float

    @property
    def passed(self) -> bool:
        """Whether the candidate loses no more than :data:`LOSSES` allows, and agrees; one image may always differ."""
        # In whole images, as the difference of two shares may miss a limit by the last bit.
        lost = round((self.reference - self.candidate) * self.images)
        differing = round((1 - self.agreement) * self.images)
        most_lost, most_differing = (max(1, one * self.images) for one in (LOSSES[self.exam], 1 - LEAST_AGREEMENT))
        return lost <= most_lost and differing <= most_differing


@dataclass(frozen=True)
class AgreementReport:
    """The comparisons in all exams, and the overall result.

    Attributes:
        data: the name of the data set whose test split was read.
        comparisons: one for each exam.
    """

    data: str
    comparisons: tuple[Comparison, ...]

    @property
    def passed(self) -> bool:
        """Whether every exam is passed."""
        return all(one.passed for one in self.comparisons)

    @property
    def remark(self) -> str | None:
        """A caveat if the exams are small, else None."""
        fewest = min(one.images for one in self.comparisons)
        return f"fewer than {FEW} images: that shows little, and one may differ" if fewest < FEW else None

    def to_json(self) -> dict[str, object]:
        """The report as JSON values."""
        return {
            "passed": self.passed,
            "data": self.data,
            "remark": self.remark,
            "losses": {one.exam: LOSSES[one.exam] for one in self.comparisons},
            "least_agreement": LEAST_AGREEMENT,
            "exams": [dataclasses.asdict(one) for one in self.comparisons],
        }


def measure_agreement(
    reference: Scorer,
    candidate: Scorer,
    dataset: Dataset,
    *,
    size: tuple[int, int] | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> AgreementReport:
    """Let both sides read the single digits of a data set and pairs of them, and compare the answers.

    Args:
        reference: the float32 file in a session, or the torch network.
        candidate: the file of fewer bits in a session.
        dataset: a test split, not the images that the file was calibrated with. The digits of a pair stand one above
            the other. Pairs are left out if the images make none, being of one class only or very few.
        size: the only height and width that both take, if there is only one. All images are then centred in that size,
            and the digits of a pair stand one above the other if that fits, or else side by side if that does.
        advance: called after each batch with the number of images in it, for a progress bar.

    Raises:
        InputError: the data set is empty.
    """
    exams = exam.build_exams(dataset, ["singles"])
    with suppress(InputError):
        pairs = exam.build_exams(dataset, _PAIRS)
        exams += [one for one in pairs if size is None or fits(one.images, size)][:1]
    if size is not None:
        exams = [dataclasses.replace(one, images=centred(one.images, size)) for one in exams]
    return AgreementReport(dataset.name, tuple(_compare(reference, candidate, one, advance) for one in exams))


def _compare(reference: Scorer, candidate: Scorer, sat: exam.Exam, advance: Callable[[int], object]) -> Comparison:
    batches = []
    for start in range(0, len(sat), _BATCH):
        images = sat.images[start : start + _BATCH]
        batches.append((reference(images).lengths, candidate(images).lengths))
        advance(len(images))
    expected, found = (np.concatenate(lengths) for lengths in zip(*batches, strict=True))
    digits = sat.targets.shape[1]
    return Comparison(
        exam=sat.name,
        images=len(sat),
        reference=float(exam.top_right(expected, sat.targets).mean()),
        candidate=float(exam.top_right(found, sat.targets).mean()),
        agreement=float(exam.top_right(found, exam.highest(expected, digits)).mean()),
        difference=float(np.abs(expected - found).mean()),
    )
