"""The threshold that a trained network gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capsonnx.contract import Scores
from capsonnx.exam import build_exams, exact_right
from capsonnx.training.threshold import EXAMS, choose_threshold

if TYPE_CHECKING:
    from capsonnx.datasets import Dataset
    from capsonnx.exam import Exam


def ink(images: np.ndarray) -> np.ndarray:
    """How much ink each image has, in units of a digit."""
    return images.sum(axis=(1, 2)) / 25_000


def chosen_on(digits: Dataset) -> dict[str, Exam]:
    """The exams that the threshold is chosen on."""
    return {name: build_exams(digits, [name], seed=seed)[0] for name, seed in EXAMS.items()}


def test_it_lies_between_right_and_wrong_classes(digits) -> None:
    """A network whose wrong scores grow with the ink: 0.1 for a digit, 0.5 for five, where right ones are at 0.8."""
    exams = chosen_on(digits)
    answers = {}
    for exam in exams.values():
        lengths = np.repeat(0.1 * ink(exam.images)[:, None], 10, axis=1).clip(0, 0.79)
        np.put_along_axis(lengths, exam.targets, 0.8, axis=1)
        answers |= {image.tobytes(): row for image, row in zip(exam.images, lengths, strict=True)}

    def score(images: np.ndarray) -> Scores:
        return Scores(np.array([answers[image.tobytes()] for image in images], np.float32))

    threshold = choose_threshold(score, digits)
    assert 0.5 < threshold < 0.8
    row = exams["row-5"]
    assert exact_right(score(row.images).lengths, row.targets, threshold).mean() > 0.95


def test_noise_is_below_it(digits) -> None:
    """A network that says 0.9 of every digit, and 0.7 of the first class in whatever has as much ink as noise."""
    exams = chosen_on(digits).values()
    targets = {image.tobytes(): row for exam in exams for image, row in zip(exam.images, exam.targets, strict=True)}

    def score(images: np.ndarray) -> Scores:
        lengths = np.zeros((len(images), 10), np.float32)
        lengths[ink(images) > 20, 0] = 0.7
        for row, image in zip(lengths, images, strict=True):
            row[targets[image.tobytes()]] = 0.9
        return Scores(lengths)

    assert 0.7 < choose_threshold(score, digits) < 0.9


def test_data_of_two_classes_has_a_threshold_too(digits) -> None:
    few = digits.take(np.flatnonzero(digits.targets < 2))

    def score(images: np.ndarray) -> Scores:
        return Scores(np.tile(np.float32([0.9, 0.2]), (len(images), 1)))

    assert 0 < choose_threshold(score, few) < 1
