"""Agreement of a file of one size: the exams that find room in it, in the middle of black."""

from __future__ import annotations

import numpy as np
import pytest

from capsonnx.contract import Scores
from capsonnx.errors import InputError
from capsonnx.export import measure_agreement


@pytest.mark.parametrize(
    ("size", "exams"),
    [
        (None, {"singles": (28, 28), "pairs-vertical": (56, 28)}),
        ((56, 56), {"singles": (56, 56), "pairs-vertical": (56, 56)}),
        ((30, 61), {"singles": (30, 61), "pairs-horizontal": (30, 61)}),
        ((28, 28), {"singles": (28, 28)}),
    ],
)
def test_the_exams_are_those_that_find_room(calibration, size, exams) -> None:
    seen = []

    def scorer(images: np.ndarray) -> Scores:
        seen.append(images)
        return Scores(np.tile(np.linspace(0, 0.9, 10, dtype=np.float32), (len(images), 1)))

    test_split = calibration.test_split.take(np.arange(40))
    report = measure_agreement(scorer, scorer, test_split, size=size)
    assert [one.exam for one in report.comparisons] == list(exams)
    assert {images.shape[1:] for images in seen} == set(exams.values())
    assert report.to_json()["losses"].keys() == exams.keys()
    # Nothing is cut off, and black is all that is added.
    assert seen[0].sum() == test_split.images.sum()


def test_images_larger_than_the_size_are_refused(calibration) -> None:
    with pytest.raises(InputError, match=r"size 28×27 .*; expected room for the 28×28 pixels"):
        calibration.for_size((28, 27))
    assert calibration.for_size((30, 29)).images.shape == (32, 30, 29)
    assert calibration.for_size((28, 28)).images.tolist() == calibration.images.tolist()
