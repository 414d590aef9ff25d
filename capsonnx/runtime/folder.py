"""Many images: decoded in parallel, batched by shape, scored, and handed out in their order, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError, ModelError
from capsonnx.images import Polarity, as_grey, load_grey, pad_to
from capsonnx.runtime.decoding import Slot, Window
from capsonnx.runtime.reading import Reading, read_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    from capsonnx.runtime.session import Model

    Image: TypeAlias = str | Path | bytes | ArrayLike

__all__ = ["Row", "grey", "read_images"]

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
    *,
    batch_size: int = 64,
    workers: int | None = None,
    threshold: float | None = None,
    polarity: Polarity = "auto",
    height: int | None = None,
) -> Iterator[Row]:
    """Read many images.

    Threads decode while the network scores. Images of one shape are batched together, as far as they lie within two
    batches of each other; the scores do not depend on that but for float rounding. Whatever the number of images,
    no more than four batches are held, and of these no more than about 64 million decoded pixels.

    Args:
        model: a loaded model.
        sources: paths, bytes of image files, or arrays; any iterable, taken one by one as the run goes.
        batch_size: the greatest number of images in a batch, from 1.
        workers: the number of decoding threads, from 1, or None for one a core, 8 at most.
        threshold: the score in 0..1 above which a class is in an image, or None for the model's own.
        polarity: what the images are; see :mod:`capsonnx.images`.
        height: the height in pixels to resize every image to, or None for their own.

    Returns:
        One row for each source, in their order. An unreadable image is a row with an error. To stop early, close the
        iterator or drop it: the threads then end with the images that they are decoding.

    Raises:
        InputError: an option is out of range, or an array is no image.
    """
    for name, value in (("batch_size", batch_size), ("workers", workers)):
        if value is not None and value < 1:
            raise InputError(f"{name} {value}", expected="a whole number from 1", remedy=f"pass {name}=1 or more")

    def decode(source: Image) -> NDArray[np.uint8]:
        return grey(source, polarity=polarity, height=height)

    return _rows(model, Window(sources, decode, capacity=4 * batch_size, workers=workers), batch_size, threshold)


def grey(source: Image, *, polarity: Polarity = "auto", height: int | None = None) -> NDArray[np.uint8]:
    """Load one image of any kind that a reader takes: a path, the bytes of a file, an array or nested lists."""
    if isinstance(source, str):
        source = Path(source)
    if isinstance(source, Path | bytes):
        return load_grey(source, polarity=polarity, height=height)
    return as_grey(source, polarity=polarity, height=height)


def _rows(model: Model, window: Window[Image], batch_size: int, threshold: float | None) -> Iterator[Row]:
    number = 0
    with window:
        while window.fill():
            # The same slots every time, not those that happen to be ready: so are a run's batches, and its rounding.
            waiting = [slot for slot in window.decoded(2 * batch_size) if not slot.is_done]
            if waiting:
                _score(model, window, _next_batch(waiting, batch_size, model.contract.smallest), threshold)
            for slot in window.take_done():
                number += 1
                path = str(slot.source) if isinstance(slot.source, str | Path) else f"image {number}"
                yield Row(path, slot.reading, None if slot.error is None else str(slot.error))


def _next_batch(
    waiting: list[Slot[Image]], batch_size: int, smallest: int
) -> list[tuple[Slot[Image], NDArray[np.uint8]]]:
    """The first waiting slot and the next ones of its shape, each with its padded image."""
    padded = [(slot, pad_to(slot.image, smallest)) for slot in waiting if slot.image is not None]
    shape = padded[0][1].shape
    count = min(batch_size, max(1, BATCH_PIXELS // (shape[0] * shape[1])))
    return [(slot, image) for slot, image in padded if image.shape == shape][:count]


def _score(
    model: Model, window: Window[Image], batch: list[tuple[Slot[Image], NDArray[np.uint8]]], threshold: float | None
) -> None:
    try:
        scores = model(np.stack([image for _, image in batch]))
    except ModelError as error:  # too large for the memory, say; the next batch may do
        for slot, _ in batch:
            window.settle(slot, error)
        return
    for (slot, _), lengths in zip(batch, scores.lengths, strict=True):
        assert slot.image is not None  # noqa: S101 - a promise of _next_batch
        size = slot.image.shape[0], slot.image.shape[1]
        window.settle(slot, read_scores(lengths, model.contract, size=size, threshold=threshold))
