from __future__ import annotations

import numpy as np
import pytest

from capsonnx.contract import Windows
from capsonnx.runtime.strokes import Strokes

WINDOWS = Windows((6.0, 7.0), 2, (28, 22), threshold=0.5, apart=(20.0, 12.0), silent_black=True)
LEFT, RIGHT = (0, 5, 10), (0, 5, 13)  # about the columns x = 27 and x = 33, 2 <= y < 30


def differ(levels, cell=LEFT, others=(RIGHT,)):
    return Strokes(levels[np.newaxis], WINDOWS).differ(cell, others)


def strokes():
    """Two of them, six pixels apart."""
    levels = np.zeros((40, 60), np.uint8)
    levels[6:26, [26, 27, 32, 33]] = 255
    return levels


def test_strokes_that_do_not_hang_together_differ():
    assert differ(strokes())
    assert differ(strokes(), RIGHT, (LEFT,))
    assert differ(strokes(), LEFT, ())


@pytest.mark.parametrize(("level", "expected"), [(128, False), (127, True)])
def test_only_solid_ink_joins(level, expected):
    levels = strokes()
    levels[12, 28:32] = level
    assert differ(levels) is expected


def test_a_stroke_may_be_joined_outside_of_both_windows():
    levels = strokes()
    levels[26:38, [26, 33]] = 255
    levels[38, 26:34] = 255
    assert not differ(levels)


def test_of_several_strokes_the_longest_counts():
    levels = strokes()
    levels[6:26, 26:28] = 0
    levels[6:15, 25] = 255  # a piece by itself
    levels[15:26, 29] = levels[25, 29:33] = 255  # a longer one, of the other's ink
    assert not differ(levels)
    levels[14:20, 25] = 255
    assert differ(levels)


def test_where_there_is_no_ink_nothing_differs():
    assert not differ(np.zeros((40, 60), np.uint8))
    levels = strokes()
    levels[:, :30] = 0
    assert not differ(levels)
    assert not differ(levels, RIGHT, (LEFT,))


def test_each_page_has_its_own():
    joined = strokes()
    joined[12, 28:32] = 255
    both = Strokes(np.stack([strokes(), joined]), WINDOWS)
    assert both.differ(LEFT, [RIGHT])
    assert not both.differ((1, 5, 10), [(1, 5, 13)])


def test_a_box_is_what_the_window_holds_of_its_stroke_once_that_was_told_apart():
    levels = strokes()
    levels[5, 33:50] = 255  # goes on beyond the window, whose right edge is x = 44, and above all else
    found = Strokes(levels[np.newaxis], WINDOWS)
    assert not found.boxes
    assert found.differ(LEFT, [RIGHT])
    assert found.boxes == {LEFT: (26, 6, 28, 26), RIGHT: (32, 5, 44, 26)}
    levels[12, 28:32] = 255
    joined = Strokes(levels[np.newaxis], WINDOWS)
    assert not joined.differ(LEFT, [RIGHT])
    assert not joined.boxes
