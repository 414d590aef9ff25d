from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.contract import Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.exam import Exam, sit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def exam_of(count: int, digits: int = 2) -> Exam:
    generator = np.random.default_rng(count)
    images = generator.integers(0, 256, (count, 4, 5), dtype=np.uint8)
    targets = np.stack([generator.permutation(10)[:digits] for _ in range(count)]) if count else np.zeros((0, 1), int)
    return Exam("random", images, targets)


def pixels(images: NDArray[np.uint8]) -> Scores:
    """A network of sorts: the first ten pixels are the scores."""
    return Scores(images.reshape(len(images), -1)[:, :10].astype(np.float32) / 255)


def untimed(result: Any) -> dict[str, Any]:
    values = dataclasses.asdict(result)
    return {key: values[key] for key in ("name", "images", "digits", "top", "confident", "exact")}


@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 3))
def test_the_batch_size_changes_no_result(count: int, batch_size: int, digits: int) -> None:
    exam = exam_of(count, digits)
    steps: list[int] = []
    result = sit(pixels, exam, batch_size=batch_size, advance=steps.append)
    assert untimed(result) == untimed(sit(pixels, exam, batch_size=count))
    assert sum(steps) == result.images == count
    assert max(steps) <= batch_size


def test_an_omniscient_network_is_right_by_every_measure() -> None:
    exam = exam_of(7)
    by_image = {image.tobytes(): target for image, target in zip(exam.images, exam.targets, strict=True)}

    def know(images: NDArray[np.uint8]) -> Scores:
        lengths = np.zeros((len(images), 10), dtype=np.float32)
        np.put_along_axis(lengths, np.stack([by_image[image.tobytes()] for image in images]), np.float32(0.75), axis=1)
        return Scores(lengths)

    sure, unsure = sit(know, exam, batch_size=3), sit(know, exam, batch_size=3, threshold=0.75)
    assert (sure.top, sure.confident, sure.exact) == (1, 1, 1)
    assert (unsure.top, unsure.confident, unsure.exact) == (1, 0, 0)


def test_the_first_batch_is_scored_once_more_and_off_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    shapes = []
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def slow_at_first(images: NDArray[np.uint8]) -> Scores:
        nonlocal now
        now += 0.5 if shapes else 100
        shapes.append(images.shape)
        return pixels(images)

    result = sit(slow_at_first, exam_of(5), batch_size=4)
    assert shapes == [(4, 4, 5), (4, 4, 5), (1, 4, 5)]
    assert (result.seconds, result.images_per_second) == (1.0, 5.0)


@pytest.mark.parametrize(("count", "batch_size"), [(0, 1), (3, 0)])
def test_there_must_be_images_and_batches(count: int, batch_size: int) -> None:
    with pytest.raises(InputError, match=f"{count} images in batches of {batch_size}"):
        sit(pixels, exam_of(count), batch_size=batch_size)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        (np.full((3, 10), np.nan), "not all finite"),
        (np.zeros((2, 10)), r"of shape \(2, 10\)"),
        (np.zeros((3, 2)), r"of shape \(3, 2\)"),
        (np.zeros(3), r"of shape \(3,\)"),
    ],
)
def test_scores_that_make_no_sense_are_an_error_of_the_model(lengths: NDArray[np.float32], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        sit(lambda images: Scores(lengths), exam_of(3))


def test_exams_need_numpy_and_pillow_only() -> None:
    heavy = "{'torch', 'onnx', 'onnxscript', 'onnxruntime'}"
    code = f"import sys, capsonnx.exam; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    subprocess.run([sys.executable, "-c", code], check=True)
