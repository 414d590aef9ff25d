"""Let a network sit an exam: it scores the images batch by batch and timed, and its answers are marked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from capsonnx.errors import InputError, ModelError
from capsonnx.exam.page_sitting import read_classes
from capsonnx.exam.set_scoring import CONFIDENT, Result, confident_right, exact_right, read_right, top_right

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from capsonnx.contract import Scorer
    from capsonnx.exam.sets import Exam
    from capsonnx.symbols import PageReader

__all__ = ["Answers", "mark", "score", "sit"]

MOST_PIXELS = 1 << 21
"""The maximum number of pixels in one batch. The largest layer of the stem takes 256 bytes per pixel, and two layers
are in memory at a time."""


class Answers(NamedTuple):
    """The answers of a network in an exam.

    Attributes:
        lengths: (count, class) float32 in 0..1.
        seconds: the time that scoring took.
    """

    lengths: NDArray[np.float32]
    seconds: float


def sit(
    scorer: Scorer,
    exam: Exam,
    *,
    threshold: float = CONFIDENT,
    batch_size: int = 64,
    advance: Callable[[int], object] | None = None,
    reader: PageReader | None = None,
    labels: Sequence[str] = (),
) -> Result:
    """Let a network sit an exam: :func:`score` the images, read them if there is a reader, :func:`mark` the answers.

    Args:
        scorer: see :func:`score`.
        exam: see :func:`score`.
        threshold: see :func:`mark`.
        batch_size: see :func:`score`.
        advance: see :func:`score`; with a reader, it counts every image twice.
        reader: reads the images in addition, untimed; for a network that locates symbols.
        labels: the reader's class names, in the order of the class numbers.

    Raises:
        InputError: the batch size is below 1, the exam has no images, or the network does not take their size.
        ModelError: the network failed, its scores are not one finite number for each image and class, or the reader did
            not return one list of lines per image.
    """
    answers = score(scorer, exam, batch_size=batch_size, advance=advance)
    if reader is None:
        return mark(exam, answers, threshold=threshold)
    read = read_classes(reader, exam.images, labels, batch_size=batch_size, advance=advance)
    return mark(exam, answers, threshold=threshold, read=read)


def score(
    scorer: Scorer, exam: Exam, *, batch_size: int = 64, advance: Callable[[int], object] | None = None
) -> Answers:
    """Let a network score the images of an exam.

    Only scoring is timed. The first batch is scored twice, the first time untimed: that is when memory is allocated
    and, on a GPU, algorithms are chosen for this shape.

    Args:
        scorer: the network, an ONNX session or a wrapped torch network.
        exam: the exam to sit.
        batch_size: images per batch, at least 1. It is reduced if a batch would have more than 2 million pixels; the
            last batch may be smaller.
        advance: called after each batch with the number of images in it, for a progress bar.

    Raises:
        InputError: the batch size is below 1, the exam has no images, or the network does not take their size.
        ModelError: the network failed, or its scores are not one finite number for each image and class.
    """
    if batch_size < 1 or not len(exam):
        raise InputError(
            f"{len(exam)} images in batches of {batch_size}",
            expected="at least one image, and batches of at least one",
            remedy="use more digits, or a larger batch",
        )
    batch_size = min(batch_size, max(1, MOST_PIXELS // exam.images[0].size))
    scorer(exam.images[:batch_size])
    seconds, batches = 0.0, []
    for start in range(0, len(exam), batch_size):
        images = exam.images[start : start + batch_size]
        begin = time.perf_counter()
        lengths = scorer(images).lengths
        seconds += time.perf_counter() - begin
        _check(lengths, len(images), int(exam.targets.max(initial=0)) + 1)
        batches.append(lengths)
        if advance is not None:
            advance(len(images))
    return Answers(np.concatenate(batches), seconds)


def mark(
    exam: Exam, answers: Answers, *, threshold: float = CONFIDENT, read: NDArray[np.bool_] | None = None
) -> Result:
    """Mark the answers of a network.

    Args:
        exam: the exam.
        answers: the answers of the network.
        threshold: the score in 0..1 above which a class counts as present, for ``exact``; ``confident`` always uses the
            source's threshold.
        read: (count, class) bool, the classes that were read in each image, or None.
    """
    lengths, targets = answers.lengths, exam.targets
    holds = targets.shape[1] > 0
    return Result(
        name=exam.name,
        images=len(exam),
        digits=targets.shape[1],
        top=float(top_right(lengths, targets).mean()) if holds else None,
        confident=float(confident_right(lengths, targets).mean()) if holds else None,
        exact=float(exact_right(lengths, targets, threshold).mean()),
        read=None if read is None else float(read_right(read, targets).mean()),
        length=float(np.take_along_axis(lengths, targets, axis=1).mean(dtype=np.float64)) if holds else None,
        seconds=answers.seconds,
        # On some systems the clock does not advance during a very short run.
        images_per_second=len(exam) / max(answers.seconds, 1e-9),
    )


def _check(lengths: NDArray[np.float32], images: int, classes: int) -> None:
    is_shaped = lengths.ndim == 2 and lengths.shape[0] == images and lengths.shape[1] >= classes
    # NaN would sort as the highest score.
    if not is_shaped or not np.isfinite(lengths).all():
        what = "not all finite" if is_shaped else f"of shape {lengths.shape}"
        raise ModelError(
            f"scores {what}, for {images} images",
            expected=f"one finite score for each image and each of at least {classes} classes",
            remedy="check the model with 'capsonnx check'",
        )
