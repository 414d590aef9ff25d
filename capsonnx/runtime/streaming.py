"""Read many images in constant memory: decode them in parallel, batch them by shape, score them, keep their order."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import FIELD, LENGTHS
from capsonnx.errors import CapsonnxError, ModelError
from capsonnx.require import require_count
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import Page, load_pages
from capsonnx.runtime.parallel import cores, in_parallel
from capsonnx.runtime.picking import find_symbols
from capsonnx.runtime.reading import Reading, in_lines, read_scores
from capsonnx.symbols import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Contract, Scores
    from capsonnx.runtime.page import Image
    from capsonnx.runtime.reading import Lines
    from capsonnx.runtime.session import Model
    from capsonnx.symbols import PageReader

__all__ = ["Row", "batches_of", "page_reader", "read_batch", "read_images", "read_pages"]

BATCH_PIXELS = 1 << 19
"""Pixels that go through the network at once, in all threads together, unless one image has more than a thread's share.
Each pixel takes about a kilobyte there."""

PART_PIXELS = 1 << 21
"""Number of decoded pixels after which a thread scores what it has."""


@dataclass(frozen=True)
class Row:
    """The result of one image of many: a reading, or the reason why there is none.

    Attributes:
        path: the path as given; for a source that is not a path, its number: ``image 3`` is the third of a run.
        reading: what was read, or None.
        error: a message of one line, or None.
    """

    path: str
    reading: Reading | None
    error: str | None


def read_images(
    model: Model,
    sources: Iterable[Image],
    options: ReadingOptions = DEFAULTS,
    *,
    batch_size: int = 128,
    workers: int | None = None,
) -> Iterator[Row]:
    """Read many images.

    Each thread takes several images at a time, decodes and scores them. It batches those of the same shape together.
    Batching affects the scores by float rounding only; the speed of the threads does not affect them at all. However
    many images there are, at most four batches per thread are taken ahead, and each thread holds about two million
    decoded pixels of these, or one image.

    Args:
        model: a loaded model.
        sources: whatever :meth:`capsonnx.Reader.read` accepts; any iterable, consumed one by one during the run.
        options: how to read each image.
        batch_size: the maximum number of images in a batch, at least 1.
        workers: the number of threads, at least 1, or None for one per core, at most 8.

    Returns:
        One row for each source, in the same order. An unreadable image gives a row with an error. To stop early, close
        or drop the iterator: the threads then end after the images that they have at hand.

    Raises:
        InputError: an option is out of range, or an array is not an image.
    """
    require_count("batch_size", batch_size)
    require_count("workers", workers)
    return _rows(model, iter(sources), options, batch_size, workers or min(8, cores()))


def _rows(
    model: Model, sources: Iterator[Image], options: ReadingOptions, batch_size: int, workers: int
) -> Iterator[Row]:
    first = list(islice(sources, 2))
    # A single image gets all threads of the model; with several, each small one gets one thread.
    shared = model.for_threads() if len(first) > 1 and workers > 1 else model
    work = _Work(model, shared, options, batch_size, BATCH_PIXELS // workers)
    for number, (source, outcome) in enumerate(
        in_parallel(chain(first, sources), work, size=2 * batch_size, workers=workers), 1
    ):
        path = str(source) if isinstance(source, str | Path) else f"image {number}"
        if isinstance(outcome, CapsonnxError):
            yield Row(path, None, str(outcome))
        else:
            yield Row(path, outcome, None)


def read_batch(model: Model, pages: Sequence[Page], *, threshold: float | None = None) -> list[Reading]:
    """Score pages of one shape, and read their symbols if the model locates them.

    Raises:
        ModelError: the model failed.
    """
    scores = model(np.stack([page.levels for page in pages]), (LENGTHS, FIELD))
    return read_pages(scores, pages, model.contract, threshold=threshold)


def read_pages(
    scores: Scores, pages: Sequence[Page], contract: Contract, *, threshold: float | None = None
) -> list[Reading]:
    """Read pages of one shape from their scores, including their symbols if the scores contain a field."""
    lines: list[Lines | None] = [None] * len(pages)
    if scores.field is not None and contract.windows is not None:
        levels = np.stack([page.levels for page in pages])
        found, height = find_symbols(scores.field, levels, contract.labels, contract.windows), contract.windows.size[0]
        for number, (page, symbols) in enumerate(zip(pages, found, strict=True)):
            placed = [Symbol(one.label, one.score, page.original(one.box)) for one in symbols]
            lines[number] = in_lines(placed, height=height / page.scale)
    return [
        read_scores(scores.lengths[number], contract, size=page.size, threshold=threshold, lines=lines[number])
        for number, page in enumerate(pages)
    ]


def batches_of(pages: Mapping[int, Page], size: int, *, pixels: int = sys.maxsize) -> Iterator[list[int]]:
    """Group pages of the same shape into batches, and yield the numbers of the pages in each batch.

    A batch has at most ``size`` pages, and at most ``pixels`` pixels unless it is a single page.

    >>> pages = {number: Page(np.zeros((8, 8 if number else 16), np.uint8), (8, 8)) for number in range(4)}
    >>> list(batches_of(pages, 2)), list(batches_of(pages, 2, pixels=64))
    ([[0], [1, 2], [3]], [[0], [1], [2], [3]])
    """
    alike: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, page in pages.items():
        alike[page.levels.shape].append(number)
    for (height, width), numbers in alike.items():
        count = min(size, max(1, pixels // (height * width)))
        for start in range(0, len(numbers), count):
            yield numbers[start : start + count]


def page_reader(model: Model) -> PageReader:
    """Make the reader through which exams of pages are read: :func:`read_images`, told nothing about the pages.

    Raises:
        ModelError: the file has no output ``field``; or, when the reader is called, a page could not be read.
    """
    if model.contract.windows is None or FIELD not in model.outputs:
        raise ModelError(
            f"{model.path}: has no output {FIELD}",
            expected="a model that locates symbols",
            remedy="export the checkpoint again with this version",
        )

    def read(pages: NDArray[np.uint8]) -> list[Lines]:
        return [_lines(row) for row in read_images(model, pages)]

    return read


def _lines(row: Row) -> Lines:
    if row.reading is None or row.reading.lines is None:
        raise ModelError(
            f"{row.path}: {row.error}", expected="a reading of every page", remedy="use a smaller batch, or the CPU"
        )
    return row.reading.lines


@dataclass(frozen=True)
class _Work:
    """The work of a thread: read some images.

    Attributes:
        model: the model, using all threads for one batch.
        shared: the same model, for calls from several threads at once.
        options: how to read each image.
        batch_size: the maximum number of images in a batch.
        pixels: the maximum number of pixels in a batch; larger pages take turns.
        turn: the lock held while such a page is scored.
    """

    model: Model
    shared: Model
    options: ReadingOptions
    batch_size: int
    pixels: int
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, sources: list[Image]) -> list[tuple[Image, Reading | CapsonnxError]]:
        """Read the first images, as many as :data:`PART_PIXELS` allows, and pair each with its reading or error."""
        model, options = self.model, self.options
        loaded = load_pages(sources, model.contract, options, pixels=PART_PIXELS, size=model.size)
        outcomes: dict[int, Reading | CapsonnxError] = {
            number: one for number, one in enumerate(loaded) if isinstance(one, CapsonnxError)
        }
        pages = {number: one for number, one in enumerate(loaded) if isinstance(one, Page)}
        for batch in batches_of(pages, self.batch_size, pixels=self.pixels):
            outcomes.update(zip(batch, self._read([pages[number] for number in batch]), strict=True))
        return [(source, outcomes[number]) for number, source in enumerate(sources[: len(loaded)])]

    def _read(self, pages: list[Page]) -> Sequence[Reading | CapsonnxError]:
        """Read pages of one shape. Large ones take turns, because of their memory, and use all threads of the model."""
        is_large = pages[0].levels.size > self.pixels
        try:
            with self.turn if is_large else nullcontext():
                return read_batch(self.model if is_large else self.shared, pages, threshold=self.options.threshold)
        except ModelError as error:  # out of memory, for example; the next batch may succeed
            return [error] * len(pages)
