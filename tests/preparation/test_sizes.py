from __future__ import annotations

import numpy as np
import pytest

from capsonnx.preparation.sizes import are_frames, middle, sides_of, symbol_size
from capsonnx.windows import WIDEST

DIGIT = [10, 10, 24, 30]
LINE = [0, 40, 200, 42]
ONE = [50, 10, 52, 30]
FRAME = [0, 0, 60, 50]
SPECK = [5, 5, 7, 7]


def size_of(*boxes: list[int]) -> float:
    """Of components that fill their boxes."""
    found = np.array(boxes).reshape(-1, 4)
    return symbol_size(found, (found[:, 2:] - found[:, :2]).prod(axis=1), WIDEST)


@pytest.mark.parametrize(
    ("boxes", "size"),
    [
        ([DIGIT, DIGIT, LINE, SPECK], 20.0),
        ([DIGIT, FRAME], 20.0),
        ([ONE, LINE], 20.0),  # an upright line may be a one
        ([LINE], 0.0),
        ([SPECK], 0.0),
        ([], 0.0),
    ],
)
def test_symbols_are_neither_lines_nor_frames_nor_specks(boxes: list[list[int]], size: float) -> None:
    assert size_of(*boxes) == size


def test_the_middle_is_of_the_ink_and_not_of_the_count() -> None:
    assert middle(np.array([6, 6, 6, 40])) == 40


def test_two_that_touch_are_as_large_as_they_are_high() -> None:
    boxes = np.array([DIGIT, [0, 0, 40, 20]])
    assert sides_of(boxes).tolist() == [20, 20]
    assert sides_of(boxes, widest=3.0).tolist() == [20, 40]
    assert sides_of(np.add(boxes, (0, 0, 2, 2)), skirt=2).tolist() == [20, 20]


def test_a_frame_holds_three_others() -> None:
    inner = [[left, 10, left + 8, 30] for left in (5, 20, 40)]
    assert are_frames(np.array([FRAME, *inner])).tolist() == [True, False, False, False]
    assert not are_frames(np.array([FRAME, *inner[:2]])).any()
