"""Sitting an exam: a network scores its images batch by batch, against the clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from capsonnx.errors import InputError, ModelError
from capsonnx.exam.scoring import Result, confident_right, exact_right, top_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from capsonnx.contract import Scorer
    from capsonnx.exam.exams import Exam

__all__ = ["sit"]


def sit(
    scorer: Scorer,
    exam: Exam,
    *,
    threshold: float = 0.5,
    batch_size: int = 64,
    advance: Callable[[int], object] | None = None,
) -> Result:
    """Let a network sit an exam.

    The clock runs only while the network scores. Its first batch is scored once more before, untimed: that is when
    memory is allocated and, on a GPU, algorithms are chosen for this shape.

    Args:
        scorer: the network, an ONNX session or a wrapped torch network.
        exam: what to read.
        threshold: the score in 0..1 above which a class is said to be in an image.
        batch_size: images scored at once, from 1; the last batch may have fewer.
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
    scorer(exam.images[:batch_size])
    seconds, batches = 0.0, []
    for start in range(0, len(exam), batch_size):
        images = exam.images[start : start + batch_size]
        begin = time.perf_counter()
        lengths = scorer(images).lengths
        seconds += time.perf_counter() - begin
        _check(lengths, len(images), int(exam.targets.max()) + 1)
        batches.append(lengths)
        if advance is not None:
            advance(len(images))
    return _result(exam, np.concatenate(batches), threshold, seconds)


def _result(exam: Exam, lengths: NDArray[np.float32], threshold: float, seconds: float) -> Result:
    return Result(
        name=exam.name,
        images=len(exam),
        digits=exam.targets.shape[1],
        top=float(top_right(lengths, exam.targets).mean()),
        confident=float(confident_right(lengths, exam.targets, threshold).mean()),
        exact=float(exact_right(lengths, exam.targets, threshold).mean()),
        seconds=seconds,
        # The clock of some systems stands still over a very short run.
        images_per_second=len(exam) / max(seconds, 1e-9),
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
