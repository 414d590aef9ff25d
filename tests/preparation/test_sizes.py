from __future__ import annotations

import numpy as np
import pytest

from capsonnx.contract import WIDEST
from capsonnx.preparation.sizes import are_fit, are_frames, clean_scale, middle, sides_of, symbol_size

DIGIT = [10, 10, 24, 30]
LINE = [0, 40, 200, 42]
ONE = [50, 10, 52, 30]
FRAME = [0, 0, 60, 50]
SPECK = [5, 5, 7, 7]
WIDE = [0, 0, 26, 20]


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


@pytest.mark.parametrize(
    ("boxes", "sides"),
    [
        ([[0, 0, 40, 20]], [20]),  # too wide for one
        ([WIDE], [26]),
        ([WIDE, DIGIT], [20, 20]),  # two: as high as the other
        ([WIDE, [0, 0, 40, 20]], [20, 20]),
        ([WIDE, [0, 0, 20, 26]], [26, 26]),  # one: as long as the other is high
        ([WIDE, SPECK], [26, 2]),
        ([], []),
    ],
)
def test_what_is_wide_is_one_symbol_or_two_by_the_size_of_the_others(boxes: list[list[int]], sides: list[int]) -> None:
    found = np.array(boxes).reshape(-1, 4)
    assert sides_of(found).tolist() == sides
    assert sides_of(np.add(found, (0, 0, 2, 2)), skirt=2).tolist() == sides


def test_how_wide_one_may_be_is_the_networks_to_say() -> None:
    assert sides_of(np.array([[0, 0, 40, 20]]), widest=3.0).tolist() == [40]


def test_where_no_box_is_unfit_a_page_keeps_its_size() -> None:
    generator = np.random.default_rng(0)
    kept = 0
    for _ in range(2000):
        boxes = np.zeros((generator.integers(1, 5), 4), np.int64)
        boxes[:, 2:] = generator.integers(4, 40, boxes[:, 2:].shape)
        if are_fit(boxes, 20, WIDEST).all():
            kept += 1
            assert clean_scale(boxes, 20, WIDEST) == 1
    assert kept > 100


@pytest.mark.parametrize(
    ("boxes", "scale"),
    [
        ([[0, 0, 28, 20]], 1.0),  # of two that touch, or of one too large: as it is
        ([[0, 0, 28, 20], [0, 0, 40, 20]], 1.0),
        ([[0, 0, 40, 28]], 0.5),  # too large, whether of two or of one
        ([[0, 0, 40, 28], [0, 0, 90, 28]], 20 / 28),
        ([[0, 0, 10, 7]], 2.0),
        ([[0, 0, 20, 24]], 20 / 24),
        ([[0, 0, 12, 9], [2, 10, 14, 20]], 1.0),  # one in two pieces, ...
        ([[0, 0, 9, 10], [12, 0, 21, 10]], 2.0),  # ... and two small ones, side by side ...
        ([[0, 0, 9, 10], [0, 12, 9, 22]], 2.0),  # ... or one above the other
        ([[0, 0, 20, 12]], 1.0),  # a flat one
        ([[0, 0, 12, 9], [2, 10, 14, 20], [30, 0, 44, 20]], 1.0),  # pieces beside a whole one
        (
            [[0, 0, 8, 10], [20, 0, 28, 10], [40, 0, 48, 10], [60, 0, 68, 10], [80, 0, 94, 20]],
            2.0,
        ),  # few large ones tell nothing
        ([SPECK], 1.0),
    ],
)
def test_a_clean_page_is_resized_where_its_symbols_are_clearly_of_another_size(
    boxes: list[list[int]], scale: float
) -> None:
    assert clean_scale(np.array(boxes), 20, WIDEST) == scale


def test_a_frame_holds_three_others() -> None:
    inner = [[left, 10, left + 8, 30] for left in (5, 20, 40)]
    assert are_frames(np.array([FRAME, *inner])).tolist() == [True, False, False, False]
    assert not are_frames(np.array([FRAME, *inner[:2]])).any()
