from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.errors import InputError
from capsonnx.exam import best_threshold, exact_right

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
    chosen = best_threshold(given)
    assert chosen in np.arange(1, 1000) / 1000
    every, found = [shares_at(given, threshold) for threshold in THRESHOLDS], shares_at(given, chosen)
    highest = max(map(min, every))
    assert min(found) == pytest.approx(highest)
    assert np.mean(found) == pytest.approx(max(np.mean(shares) for shares in every if min(shares) == highest))


def test_the_worst_exam_decides() -> None:
    singles = np.array([[0.4, 0.1]] * 2 + [[0.9, 0.1]] * 2, np.float32), np.zeros((4, 1), np.int64)
    empty = np.array([[0.0], [0.5], [0.95], [0.95]], np.float32), np.zeros((4, 0), np.int64)
    both = {"singles": singles, "empty": empty}
    # Below 0.4 the mean of the two were higher, 0.625 in place of 0.5, but of empty images 0.25.
    assert 0.5 <= best_threshold(both) < 0.9
    assert shares_at(both, best_threshold(both)) == [0.5, 0.5]
    assert shares_at(both, 0.3) == [1.0, 0.25]


def test_of_equally_good_thresholds_the_middle_one_is_taken() -> None:
    lengths, targets = np.array([[0.8, 0.2]], np.float32), np.array([[0]])
    assert best_threshold({"one": (lengths, targets)}) == pytest.approx(0.5, abs=0.002)


def test_a_length_at_the_threshold_is_not_above_it() -> None:
    # Only at 0.25 itself: what is right is just above it, what is wrong at it.
    lengths = np.array([[np.nextafter(np.float32(0.25), np.float32(1)), 0.25]], np.float32)
    assert best_threshold({"one": (lengths, np.array([[0]]))}) == 0.25


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
        best_threshold(given)
