"""The catalogue of page exams: each composes pages from the digits of a test split, with a seed.

The same digits and the same seed give the same pages on every machine, whatever other exams there are; only pages that
were compressed as JPEG may differ slightly, see :func:`degraded`. All exams with five digits in a row or column use the
same digits, those of ``strings-5``, so that they differ only in layout and appearance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.exam.clutter import clutter
from capsonnx.exam.compose import column, ink_spans, pad, paste, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.draws import stream
from capsonnx.exam.pages import PageExam, Placed, transferred, turned
from capsonnx.exam.photo import ZOOM, photographed
from capsonnx.exam.resample import scaled
from capsonnx.exam.scatter import scattered
from capsonnx.exam.shadow import shadowed
from capsonnx.exam.stationery import printed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset

__all__ = ["PAGE_EXAMS", "PageBuilder"]

PageBuilder: TypeAlias = Callable[["Dataset", int], PageExam]
"""Builds an exam from a test split and a seed; raises InputError if the digits are too large for its pages."""

MARGIN = 4
"""The black margin in pixels in the exams on spacing, as wide as that around the ink of an MNIST digit."""
FRAME = 14
"""The black margin in pixels on every side of pages that are to look like scans or forms."""


def strings(dataset: Dataset, seed: int, *, digits: int) -> PageExam:
    """``digits`` digits side by side, one image width apart; the leftmost on page i is digit i of the data set.

    The others are drawn at random from all classes.
    """
    chosen = _chosen(dataset, seed, digits, 2000)
    height, width = dataset.images.shape[1:]
    lines = _lines(dataset.targets[chosen], np.arange(digits) * width + width / 2, height / 2)
    return PageExam(f"strings-{digits}", row(dataset.images[chosen]), tuple((line,) for line in lines))


def spaced(dataset: Dataset, seed: int, *, gap: int) -> PageExam:
    """Five digits side by side, with ``gap`` pixels between the ink of neighbours; below 0, their ink boxes overlap.

    Where ink overlaps, the lighter pixel shows. The ink of a digit always starts at least 1 px to the right of the
    start of the previous one's, even if that is narrower than the overlap. Lines start at the left margin. Pages are
    wide enough for the widest line that these digits could make.
    """
    chosen = _chosen(dataset, seed, 5, 1000)
    height, width = dataset.images.shape[1:]
    starts, stops = ink_spans(dataset.images, axis=2).T
    steps = np.maximum(stops - starts + gap, 1)
    left = MARGIN + np.cumsum(steps[chosen], axis=1) - steps[chosen]
    widest = int((stops - starts).max())
    size = (height + 2 * MARGIN, widest + 4 * max(widest + gap, 1) + 2 * MARGIN)
    images = np.zeros((len(chosen), *size), dtype=np.uint8)
    for page, digits, places in zip(images, chosen, left, strict=True):
        for digit, x in zip(digits, places, strict=True):
            paste(page, dataset.images[digit, :, starts[digit] : stops[digit]], int(x), MARGIN)
    lines = _lines(dataset.targets[chosen], left - starts[chosen] + width / 2, MARGIN + height / 2)
    return PageExam(f"spacing-{gap}", images, tuple((line,) for line in lines))


def vertical(dataset: Dataset, seed: int) -> PageExam:
    """Five digits below each other, one image height apart; each is a line."""
    chosen = _chosen(dataset, seed, 5, 1000)
    height, width = dataset.images.shape[1:]
    lines = _lines(dataset.targets[chosen], width / 2, np.arange(5) * height + height / 2)
    return PageExam(
        "vertical-5", column(dataset.images[chosen]), tuple(tuple((one,) for one in line) for line in lines)
    )


def three_lines(dataset: Dataset, seed: int) -> PageExam:
    """Three lines of one to six digits each, written unevenly.

    Lines are 12 px apart. Each line has its own left margin, 0..20 px, and its own pitch, 0..6 px more than the width
    of a digit. Each digit is displaced by up to 3 px horizontally and vertically. Where digits overlap, the lighter
    pixel shows.
    """
    generator = stream(seed, "lines-3")
    height, width = dataset.images.shape[1:]
    size = (3 * height + 2 * 12 + 2 * 3, 20 + 6 * width + 5 * 6 + 2 * 3)
    images = np.zeros((min(1000, len(dataset)), *size), dtype=np.uint8)
    truth = []
    for page in images:
        lines = []
        for top in 3 + np.arange(3) * (height + 12):
            digits = generator.integers(len(dataset), size=generator.integers(1, 7))
            margin, pitch = generator.integers(21), width + generator.integers(7)
            off = generator.integers(-3, 4, size=(len(digits), 2))
            x, y = 3 + margin + np.arange(len(digits)) * pitch + off[:, 0], top + off[:, 1]
            for digit, left, upper in zip(digits, x, y, strict=True):
                paste(page, dataset.images[digit], int(left), int(upper))
            lines += _lines(dataset.targets[digits][None], x + width / 2, y + height / 2)
        truth.append(tuple(lines))
    return PageExam("lines-3", images, tuple(truth))


def resized(dataset: Dataset, seed: int, *, percent: int) -> PageExam:
    """The first 1000 pages of ``strings-5``, scaled to ``percent`` of their size."""
    exam = strings(dataset, seed, digits=5)
    truth = transferred(exam.truth[:1000], percent / 100)
    return PageExam(f"scaled-{percent / 100:g}", scaled(exam.images[:1000], percent), truth)


def degraded(dataset: Dataset, seed: int) -> PageExam:
    """The first 1000 pages of ``strings-5`` with a black margin on every side, made to look scanned.

    They are compressed as JPEG, like those of ``ruled-degraded-5``, ``shadowed-5`` and ``photo-5``, and may differ by
    about one level between builds of libjpeg. All other page exams are bit-identical on every machine.
    """
    exam = _framed(dataset, seed)
    return replace(exam, name="degraded-5", images=degrade(exam.images, stream(seed, "degraded-5")))


def ruled(dataset: Dataset, seed: int) -> PageExam:
    """The pages of ``degraded-5`` before degradation, underlined, on ruled or squared paper, or in boxes or a frame."""
    exam, pitch = _framed(dataset, seed), dataset.images.shape[2]
    return replace(exam, name="ruled-5", images=printed(exam.images, FRAME, pitch, stream(seed, "ruled-5")))


def ruled_degraded(dataset: Dataset, seed: int) -> PageExam:
    """The pages of ``ruled-5``, made to look scanned."""
    exam = ruled(dataset, seed)
    return replace(exam, name="ruled-degraded-5", images=degrade(exam.images, stream(seed, "ruled-degraded-5")))


def shaded(dataset: Dataset, seed: int) -> PageExam:
    """The pages of ``degraded-5`` before degradation, made to look scanned, with the shadow of a photographer."""
    exam = _framed(dataset, seed)
    return replace(exam, name="shadowed-5", images=shadowed(exam.images, stream(seed, "shadowed-5")))


def photos(dataset: Dataset, seed: int) -> PageExam:
    """The first 200 pages of ``degraded-5`` before degradation, as phone photos of sheets of paper on a table."""
    framed = _framed(dataset, seed)
    images, places = photographed(framed.images[:200], stream(seed, "photo-5"))
    truth = turned(framed.truth[:200], places)
    return PageExam("photo-5", images, truth, tolerance=ZOOM[0] * PageExam.tolerance)


def blank(_dataset: Dataset, _seed: int) -> PageExam:
    """Black pages."""
    return PageExam("blank", np.zeros((100, 256, 256), dtype=np.uint8), ((),) * 100)


def cluttered(_dataset: Dataset, seed: int) -> PageExam:
    """Pages of pen strokes that are not symbols."""
    generator = stream(seed, "clutter")
    return PageExam("clutter", np.stack([clutter(256, generator) for _ in range(100)]), ((),) * 100)


PAGE_EXAMS: dict[str, PageBuilder] = {
    **{f"strings-{digits}": partial(strings, digits=digits) for digits in range(1, 11)},
    **{f"spacing-{gap}": partial(spaced, gap=gap) for gap in (-4, 0, 4, 8, 12, 16, 20)},
    "vertical-5": vertical,
    "lines-3": three_lines,
    "scattered-160": partial(scattered, side=160, count=1000, fewest=2, most=6),
    "scattered-512": partial(scattered, side=512, count=200, fewest=10, most=30),
    **{f"scaled-{percent / 100:g}": partial(resized, percent=percent) for percent in (70, 85, 120, 150)},
    "degraded-5": degraded,
    "ruled-5": ruled,
    "ruled-degraded-5": ruled_degraded,
    "shadowed-5": shaded,
    "photo-5": photos,
    "blank": blank,
    "clutter": cluttered,
}
"""The page exams by name."""


def _framed(dataset: Dataset, seed: int) -> PageExam:
    """The first 1000 pages of ``strings-5`` with a black margin on every side."""
    clean = strings(dataset, seed, digits=5)
    return PageExam(clean.name, pad(clean.images[:1000], FRAME), transferred(clean.truth[:1000], offset=FRAME))


def _chosen(dataset: Dataset, seed: int, digits: int, most: int) -> NDArray[np.int64]:
    """The indices of the digits on at most ``most`` pages, (count, digits) int64; the first on page i is i."""
    count = min(most, len(dataset))
    others = stream(seed, f"strings-{digits}").integers(len(dataset), size=(count, digits - 1))
    return np.column_stack([np.arange(count), others])


def _lines(
    targets: NDArray[np.int64], x: NDArray[np.float64] | float, y: NDArray[np.float64] | float
) -> list[tuple[Placed, ...]]:
    """One line for each row of ``targets``, (count, k) classes; x and y are broadcast to that shape."""
    rows = zip(targets, np.broadcast_to(x, targets.shape), np.broadcast_to(y, targets.shape), strict=True)
    return [tuple(map(Placed, *(part.tolist() for part in parts))) for parts in rows]
