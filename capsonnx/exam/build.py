"""Build exams of either catalogue by name."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from capsonnx.errors import InputError
from capsonnx.exam.page_exams import PAGE_EXAMS
from capsonnx.exam.set_exams import EXAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from capsonnx.datasets import Dataset
    from capsonnx.exam.pages import PageExam
    from capsonnx.exam.sets import Exam

__all__ = ["build_exams", "build_page_exams"]

Built = TypeVar("Built")


def build_exams(dataset: Dataset, names: Sequence[str] | None = None, *, seed: int = 0) -> list[Exam]:
    """Build exams from the digits of one split.

    Args:
        dataset: the digits, usually a test split.
        names: names in :data:`EXAMS`, or None for all exams that can be built: some need more classes, or digits that
            are smaller or larger. From the MNIST test split, all of them take about 550 MB.
        seed: for all random choices, at least 0.

    Returns:
        The exams, in the order of ``names`` or of the catalogue, each once.

    Raises:
        InputError: there is no exam of that name, the data set is empty, an exam requested by name cannot be built from
            it, or the seed is negative.
    """
    return _build(EXAMS, dataset, names, seed)


def build_page_exams(dataset: Dataset, names: Sequence[str] | None = None, *, seed: int = 0) -> list[PageExam]:
    """Build page exams from the digits of one split.

    Args:
        dataset: the digits, usually a test split.
        names: names in :data:`PAGE_EXAMS`, or None for all exams for which the digits are not too large. All of them
            take about 250 MB.
        seed: for all random choices, at least 0.

    Returns:
        The exams, in the order of ``names`` or of the catalogue, each once.

    Raises:
        InputError: there is no exam of that name, the data set is empty, its digits are too large for the pages of an
            exam requested by name, or the seed is negative.
    """
    return _build(PAGE_EXAMS, dataset, names, seed)


def _build(
    catalogue: Mapping[str, Callable[[Dataset, int], Built]], dataset: Dataset, names: Sequence[str] | None, seed: int
) -> list[Built]:
    for name in names or ():
        if name not in catalogue:
            raise _unknown(name)
    if not len(dataset):
        raise InputError(f"{dataset.name}: no digits", expected="at least one", remedy="use another data set")
    if seed < 0:
        raise InputError(f"seed {seed}", expected="a whole number from 0", remedy="choose another seed")
    exams = []
    for name in dict.fromkeys(catalogue if names is None else names):
        try:
            exams.append(catalogue[name](dataset, seed))
        except InputError:
            if names is not None:
                raise
    return exams


def _unknown(name: str) -> InputError:
    remedy = "check the spelling"
    if name in EXAMS or name in PAGE_EXAMS:
        remedy = f"build it with build_{'page_' if name in PAGE_EXAMS else ''}exams"
    return InputError(
        f"exam {name!r}",
        expected=f"one of {_families(EXAMS)}, or of the exams of pages, {_families(PAGE_EXAMS)}",
        remedy=remedy,
    )


def _families(names: Iterable[str]) -> str:
    """The names as text; of three or more successive names of one family, only the first and the last.

    >>> _families(["singles", "row-3", "row-5", "strings-1", "strings-2", "strings-3"])
    'singles, row-3, row-5, strings-1 … strings-3'
    """
    shown: list[str] = []
    for _, group in groupby(names, key=lambda name: name.partition("-")[0]):
        family = list(group)
        shown += family if len(family) < 3 else [f"{family[0]} … {family[-1]}"]
    return ", ".join(shown)
