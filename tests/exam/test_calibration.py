from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.errors import InputError
from capsonnx.exam import calibrate, exact_right

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Answers = dict[str, tuple[NDArray[np.float32], NDArray[np.int64]]]

THRESHOLDS = [step / 1000 for step in range(1, 1000) if step % 50 in (49, 0, 1)]
"""Those at which shares of lengths in steps of 0.05 may change, of the thresholds that are tried."""


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    """Of one to three exams of zero to six classes of six, with lengths on a coarse grid, so that ties are likely."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    found: Answers = {}
    for number in range(draw(st.integers(1, 3))):
        count, digits = draw(st.integers(1, 8)), draw(st.integers(0, 6))
        targets = np.stack([generator.permutation(6)[:digits] for _ in range(count)])
        lengths = generator.integers(0, 11, (count, 6)) / 10
        np.put_along_axis(lengths, targets, np.take_along_axis(lengths, targets, 1) / 2 + 0.5, 1)
        found[str(number)] = lengths.astype(np.float32), targets
    return found


def shares_at(given: Answers, threshold: float) -> list[float]:
    return [float(exact_right(*one, threshold).mean()) for one in given.values()]


@given(answers())
def test_no_threshold_is_better_than_the_chosen_one(given: Answers) -> None:
    every = [shares_at(given, threshold) for threshold in THRESHOLDS]
    worst, mean = calibrate(given), calibrate(given, by="mean")
    for one in (worst, mean):
        assert one.threshold in np.arange(1, 1000) / 1000
        assert list(one.exact) == list(given)
        assert list(one.exact.values()) == pytest.approx(shares_at(given, one.threshold))
    highest = max(map(min, every))
    assert min(worst.exact.values()) == pytest.approx(highest)
    best = [np.mean(shares) for shares in every if min(shares) == highest]
    assert np.mean(list(worst.exact.values())) == pytest.approx(max(best))
    assert np.mean(list(mean.exact.values())) == pytest.approx(max(np.mean(shares) for shares in every))


def test_the_worst_exam_decides_unless_the_mean_is_asked_for() -> None:
    singles = np.array([[0.4, 0.1]] * 2 + [[0.9, 0.1]] * 2, np.float32), np.zeros((4, 1), np.int64)
    empty = np.array([[0.0], [0.5], [0.95], [0.95]], np.float32), np.zeros((4, 0), np.int64)
    both = {"singles": singles, "empty": empty}
    assert calibrate(both).exact == {"singles": 0.5, "empty": 0.5}
    assert calibrate(both, by="mean").exact == {"singles": 1.0, "empty": 0.25}
    assert 0.1 <= calibrate(both, by="mean").threshold < 0.4
    assert 0.5 <= calibrate(both).threshold < 0.9


def test_of_equally_good_thresholds_the_middle_one_is_taken() -> None:
    lengths, targets = np.array([[0.8, 0.2]], np.float32), np.array([[0]])
    assert calibrate({"one": (lengths, targets)}).threshold == pytest.approx(0.5, abs=0.002)


def test_a_length_at_the_threshold_is_not_above_it() -> None:
    # Only at 0.25 itself: what is right is just above it, what is wrong at it.
    lengths = np.array([[np.nextafter(np.float32(0.25), np.float32(1)), 0.25]], np.float32)
    found = calibrate({"one": (lengths, np.array([[0]]))})
    assert (found.threshold, found.exact) == (0.25, {"one": 1.0})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "exams of no images"),
        ({"a": (np.zeros((2, 3), np.float32), np.zeros((2, 1), np.int64)), "b": (np.zeros((0, 3)), np.zeros((0, 1)))},
         "exams of 2, 0 images"),
    ],
)  # fmt: skip
def test_there_must_be_answers(given: Answers, message: str) -> None:
    with pytest.raises(InputError, match=message):
        calibrate(given)
