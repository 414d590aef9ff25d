"""Let a reader sit a page exam, batch by batch and timed, or read sets of classes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.errors import InputError, ModelError
from capsonnx.exam.page_scoring import (
    PageResult,
    character_error_rate,
    exact_strings,
    joined,
    match_symbols,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from capsonnx.exam.pages import PageExam
    from capsonnx.symbols import PageReader, Symbol

__all__ = ["read_classes", "sit_pages"]

Found: TypeAlias = "list[tuple[tuple[Symbol, ...], ...]]"
"""The lines that were read on each page."""


def sit_pages(
    reader: PageReader,
    exam: PageExam,
    *,
    labels: Sequence[str],
    batch_size: int = 64,
    advance: Callable[[int], object] | None = None,
) -> PageResult:
    """Let a reader sit a page exam.

    Only reading is timed. The first batch is read twice, the first time untimed: that is when memory is allocated and,
    on a GPU, algorithms are chosen for this shape.

    Args:
        reader: reads the pages.
        exam: the exam to sit.
        labels: the class names, in the order of the exam's class numbers.
        batch_size: pages per batch, at least 1; the last batch may be smaller.
        advance: called after each batch with the number of pages in it, for a progress bar.

    Raises:
        InputError: the batch size is below 1, the exam has no pages or more classes than there are labels, or the
            reader does not take pages of their size.
        ModelError: the reader failed, or did not return one list of lines per page.
    """
    _check(exam, labels, batch_size)
    reader(exam.images[:batch_size])
    seconds = 0.0
    found: Found = []
    for start in range(0, len(exam), batch_size):
        images = exam.images[start : start + batch_size]
        begin = time.perf_counter()
        pages = _read(reader, images)
        seconds += time.perf_counter() - begin
        found += pages
        if advance is not None:
            advance(len(images))
    return _result(exam, found, labels, seconds)


def read_classes(
    reader: PageReader,
    images: NDArray[np.uint8],
    labels: Sequence[str],
    *,
    batch_size: int = 64,
    advance: Callable[[int], object] | None = None,
) -> NDArray[np.bool_]:
    """Which classes a reader reads in images, regardless of where and how often.

    Args:
        reader: reads the images.
        images: (count, height, width) uint8, light ink on a black background.
        labels: the reader's class names, in the order of the class numbers.
        batch_size: images per batch, at least 1.
        advance: called after each batch with the number of images in it, for a progress bar.

    Returns:
        (count, class) bool.

    Raises:
        ModelError: the reader failed, or did not return one list of lines per image.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    present = np.zeros((len(images), len(labels)), dtype=np.bool_)
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        pages = _read(reader, images[part])
        for row, page in zip(present[part], pages, strict=True):
            row[[numbers[symbol.label] for line in page for symbol in line]] = True
        if advance is not None:
            advance(len(pages))
    return present


def _read(reader: PageReader, images: NDArray[np.uint8]) -> Found:
    pages = reader(images)
    if len(pages) != len(images):
        raise ModelError(
            f"{len(pages)} pages read, of {len(images)}",
            expected="the lines of each page",
            remedy="correct the reader",
        )
    return pages


def _check(exam: PageExam, labels: Sequence[str], batch_size: int) -> None:
    if batch_size < 1 or not len(exam):
        raise InputError(
            f"{len(exam)} pages in batches of {batch_size}",
            expected="at least one page, and batches of at least one",
            remedy="use more digits, or a larger batch",
        )
    highest = max((placed.target for page in exam.truth for line in page for placed in line), default=-1)
    if highest >= len(labels):
        raise InputError(
            f"{len(labels)} labels",
            expected=f"one for each of at least {highest + 1} classes",
            remedy="pass the labels of the data set",
        )


def _result(exam: PageExam, found: Found, labels: Sequence[str], seconds: float) -> PageResult:
    symbols = [[symbol for line in page for symbol in line] for page in found]
    true = [[placed for line in page for placed in line] for page in exam.truth]
    matched = sum(len(match_symbols(*page, labels, within=exam.tolerance)) for page in zip(symbols, true, strict=True))
    count, true_count = sum(map(len, symbols)), sum(map(len, true))
    readings = [joined([symbol.label for symbol in line] for line in page) for page in found]
    expected = [joined([labels[placed.target] for placed in line] for line in page) for page in exam.truth]
    return PageResult(
        name=exam.name,
        pages=len(exam),
        symbols=true_count,
        exact=exact_strings(readings, expected) if exam.ordered else None,
        character_errors=character_error_rate(readings, expected) if exam.ordered else None,
        precision=matched / count if count else None,
        recall=matched / true_count if true_count else None,
        false_per_megapixel=(count - matched) * 1_000_000 / exam.images.size,
        seconds=seconds,
        # On some systems the clock does not advance during a very short run.
        pages_per_second=len(exam) / max(seconds, 1e-9),
    )
