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
from capsonnx.exam import Answers, Exam, mark, score, set_sitting, sit
from capsonnx.symbols import Box, Symbol

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
    return {key: values[key] for key in ("name", "images", "digits", "top", "confident", "exact", "length")}


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
    # The threshold is that of exact sets; the source's stays what it is.
    assert (unsure.top, unsure.confident, unsure.exact) == (1, 1, 0)
    assert sure.length == unsure.length == 0.75


def test_confident_is_at_one_half_whatever_the_threshold() -> None:
    exam = Exam("two", np.zeros((2, 4, 5), np.uint8), np.array([[0], [1]]))
    answers = Answers(np.array([[0.4, 0.1], [0.2, 0.6]], np.float32), 1.0)
    result = mark(exam, answers, threshold=0.3)
    assert (result.top, result.confident, result.exact) == (1, 0.5, 1)
    assert result.length == pytest.approx(0.5)
    assert mark(exam, answers).exact == 0.5


def test_what_is_read_is_marked_apart_from_the_scores() -> None:
    exam, steps = exam_of(5, digits=1), list[int]()
    box = Box(0.0, 0.0, 5.0, 4.0)

    def read(images: NDArray[np.uint8]) -> list[tuple[tuple[Symbol, ...], ...]]:
        """Every image right, twice, but the first of each batch, in which there is nothing."""
        named = {image.tobytes(): str(target) for image, [target] in zip(exam.images, exam.targets, strict=True)}
        pages = [((Symbol(named[image.tobytes()], 0.9, box),) * 2,) for image in images]
        return [(), *pages[1:]]

    labels = tuple("0123456789")
    result = sit(pixels, exam, batch_size=3, reader=read, labels=labels, advance=steps.append)
    assert result.read == 0.6
    assert steps == [3, 2, 3, 2]
    assert untimed(result) == untimed(sit(pixels, exam))
    assert sit(pixels, exam).read is None


def test_of_empty_images_only_silence_is_said() -> None:
    exam = Exam("empty", np.zeros((4, 4, 5), np.uint8), np.zeros((4, 0), np.int64))
    lengths = np.array([[0.0, 0.1], [0.2, 0.5], [0.6, 0.1], [0.3, 0.9]], np.float32)
    result = sit(lambda images: Scores(lengths), exam)
    assert (result.digits, result.top, result.confident, result.exact, result.length) == (0, None, None, 0.5, None)
    assert sit(lambda images: Scores(lengths), exam, threshold=0.7).exact == 0.75


def test_batches_of_large_images_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_sitting, "MOST_PIXELS", 65)  # three images of 4×5
    steps: list[int] = []
    exam = exam_of(7)
    lengths = score(pixels, exam, advance=steps.append).lengths
    assert steps == [3, 3, 1]
    np.testing.assert_array_equal(lengths, pixels(exam.images).lengths)
    monkeypatch.setattr(set_sitting, "MOST_PIXELS", 1)
    score(pixels, exam, advance=steps.append)
    assert steps[3:] == [1] * 7


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
