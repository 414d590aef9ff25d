"""Many images: decoded in parallel, batched by shape, scored, and handed out in their order, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import FIELD, LENGTHS
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime.decoding import Slot, Window
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import Page, load_page
from capsonnx.runtime.reading import Reading, find_symbols, in_lines, read_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Contract, Scores
    from capsonnx.runtime.page import Image
    from capsonnx.runtime.reading import Lines
    from capsonnx.runtime.session import Model
    from capsonnx.symbols import PageReader

__all__ = ["Row", "page_reader", "read_batch", "read_images", "read_pages"]

BATCH_PIXELS = 1 << 19
"""How many pixels go through the network at once, unless one image has more: each takes about a kilobyte in it."""


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
    batch_size: int = 64,
    workers: int | None = None,
) -> Iterator[Row]:
    """Read many images.

    Threads decode while the network scores. Images of one shape are batched together, as far as they lie within two
    batches of each other; the scores do not depend on that but for float rounding. Whatever the number of images,
    no more than four batches are held, and of these no more than about 64 million decoded pixels.

    Args:
        model: a loaded model.
        sources: paths, bytes of image files, or arrays; any iterable, taken one by one as the run goes.
        options: how to read each of them.
        batch_size: the greatest number of images in a batch, from 1.
        workers: the number of decoding threads, from 1, or None for one a core, 8 at most.

    Returns:
        One row for each source, in their order. An unreadable image is a row with an error. To stop early, close the
        iterator or drop it: the threads then end with the images that they are decoding.

    Raises:
        InputError: an option is out of range, or an array is no image.
    """
    for name, value in (("batch_size", batch_size), ("workers", workers)):
        if value is not None and value < 1:
            raise InputError(f"{name} {value}", expected="a whole number from 1", remedy=f"pass {name}=1 or more")

    def decode(source: Image) -> Page:
        return load_page(source, model.contract, options)

    window = Window(sources, decode, capacity=4 * batch_size, workers=workers)
    return _rows(model, window, batch_size, options.threshold)


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
            placed = [replace(symbol, box=page.original(symbol.box)) for symbol in symbols]
            lines[number] = in_lines(placed, height=height / page.scale)
    return [
        read_scores(scores.lengths[number], contract, size=page.size, threshold=threshold, lines=lines[number])
        for number, page in enumerate(pages)
    ]


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
        rows = read_images(model, pages, batch_size=max(1, len(pages)))
        return [_lines(row) for row in rows]

    return read


def _lines(row: Row) -> Lines:
    if row.reading is None or row.reading.lines is None:
        raise ModelError(
            f"{row.path}: {row.error}", expected="a reading of every page", remedy="use a smaller batch, or the CPU"
        )
    return row.reading.lines


def _rows(model: Model, window: Window[Image], batch_size: int, threshold: float | None) -> Iterator[Row]:
    number = 0
    with window:
        while window.fill():
            # The same slots every time, not those that happen to be ready: so are a run's batches, and its rounding.
            waiting = [slot for slot in window.decoded(2 * batch_size) if not slot.is_done]
            if waiting:
                _score(model, window, _next_batch(waiting, batch_size), threshold)
            for slot in window.take_done():
                number += 1
                path = str(slot.source) if isinstance(slot.source, str | Path) else f"image {number}"
                yield Row(path, slot.reading, None if slot.error is None else str(slot.error))


def _next_batch(waiting: list[Slot[Image]], batch_size: int) -> list[tuple[Slot[Image], Page]]:
    """The first waiting slot and the next ones of its shape, each with its page."""
    pages = [(slot, slot.page) for slot in waiting if slot.page is not None]
    shape = pages[0][1].levels.shape
    count = min(batch_size, max(1, BATCH_PIXELS // (shape[0] * shape[1])))
    return [(slot, page) for slot, page in pages if page.levels.shape == shape][:count]


def _score(model: Model, window: Window[Image], batch: list[tuple[Slot[Image], Page]], threshold: float | None) -> None:
    pages = [page for _, page in batch]
    try:
        readings = read_batch(model, pages, threshold=threshold)
    except ModelError as error:  # too large for the memory, say; the next batch may do
        for slot, _ in batch:
            window.settle(slot, error)
        return
    for (slot, _), reading in zip(batch, readings, strict=True):
        window.settle(slot, reading)
