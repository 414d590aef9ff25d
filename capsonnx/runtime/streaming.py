"""Many images: decoded in parallel, batched by shape, scored, and handed out in their order, in constant memory."""

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
"""How many pixels go through the network at once, in all threads, unless one image has more than a thread's share: each
takes about a kilobyte in it."""

PART_PIXELS = 1 << 21
"""After how many decoded pixels a thread goes on to score what it has."""


@dataclass(frozen=True)
class Row:
    """The result of one image of many: a reading, or the reason why there is none.

    Attributes:
        path: the path as it was given, or ``image 3`` for the third of a run, if it was not a path.
        reading: what was read, or None.
        error: one line, or None.
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

    Threads each take some images at a time, decode and score them. Images of one shape are batched together, as far as
    one thread has taken them together; the scores do not depend on that but for float rounding, and neither on which
    thread is how fast. Whatever the number of images, no more than four batches a thread are taken ahead, and of these
    each thread holds about two million decoded pixels, or one image.

    Args:
        model: a loaded model.
        sources: whatever :meth:`capsonnx.Reader.read` takes; any iterable, taken one by one as the run goes.
        options: how to read each of them.
        batch_size: the greatest number of images in a batch, from 1.
        workers: the number of threads, from 1, or None for one a core, 8 at most.

    Returns:
        One row for each source, in their order. An unreadable image is a row with an error. To stop early, close the
        iterator or drop it: the threads then end with the images that they have at hand.

    Raises:
        InputError: an option is out of range, or an array is no image.
    """
    require_count("batch_size", batch_size)
    require_count("workers", workers)
    return _rows(model, iter(sources), options, batch_size, workers or min(8, cores()))


def _rows(
    model: Model, sources: Iterator[Image], options: ReadingOptions, batch_size: int, workers: int
) -> Iterator[Row]:
    first = list(islice(sources, 2))
    # A single image has all threads of the model; of many small ones, each has one.
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
    """Score pages of one shape, and read their symbols where the model locates them.

    Raises:
        ModelError: the model failed.
    """
    scores = model(np.stack([page.levels for page in pages]), (LENGTHS, FIELD))
    return read_pages(scores, pages, model.contract, threshold=threshold)


def read_pages(
    scores: Scores, pages: Sequence[Page], contract: Contract, *, threshold: float | None = None
) -> list[Reading]:
    """Read pages of one shape from their scores, and their symbols where these hold a field."""
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
    """The numbers of pages of one shape together, at most ``size``, and at most so many pixels or one page.

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
    """What exams of pages are read through: :func:`read_images`, with nothing known of the pages.

    Raises:
        ModelError: the file has no output ``field``; when called, a page could not be read.
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
    """What a thread does: some images to what is read from them.

    Attributes:
        model: with all threads for one batch.
        shared: the same, as several threads call it at once.
        options: how to read each image.
        batch_size: the greatest number of images in a batch.
        pixels: the most pixels of a batch; a page that has more takes its turn.
        turn: held by who scores such a page.
    """

    model: Model
    shared: Model
    options: ReadingOptions
    batch_size: int
    pixels: int
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, sources: list[Image]) -> list[tuple[Image, Reading | CapsonnxError]]:
        """The first images, as many as :data:`PART_PIXELS` allows, each with what became of it."""
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
        """Read pages of one shape. Large ones take turns, for their memory, and then have all threads of the model."""
        is_large = pages[0].levels.size > self.pixels
        try:
            with self.turn if is_large else nullcontext():
                return read_batch(self.model if is_large else self.shared, pages, threshold=self.options.threshold)
        except ModelError as error:  # too large for the memory, say; the next batch may do
            return [error] * len(pages)
