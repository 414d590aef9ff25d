from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsonnx.contract import Windows
from capsonnx.runtime.picking import find_symbols
from capsonnx.symbols import Box

WINDOWS = Windows((6.0, 7.0), 2, (28, 22), threshold=0.5, apart=(20.0, 12.0), silent_black=True)
BLACK = np.zeros((80, 120), np.uint8)


TOUCHING = dataclasses.replace(WINDOWS, touching=(20.0, 8.0), sure=0.75)


def two_strokes(bridge=0):
    """Two of them, six pixels apart, about the windows of the cells 10 and 13 of row 5."""
    levels = BLACK.copy()
    levels[6:26, [26, 27, 32, 33]] = 255
    levels[12, 28:32] = bridge
    return levels


def field(**peaks):
    """Scores of a and b on 30 by 50 windows: those given, as ``a=[(row, col, score), ...]``, and 0."""
    values = np.zeros((2, 30, 50), np.float32)
    for label, places in peaks.items():
        for row, col, score in places:
            values["ab".index(label), row, col] = score
    return values


def found(values, levels=BLACK):
    [symbols] = find_symbols(values[None], levels[None], ("a", "b"), WINDOWS)
    return symbols


def centres(symbols):
    return [symbol.box.centre for symbol in symbols]


def test_two_peaks_apart_are_two_symbols():
    one, other = found(field(a=[(5, 10, 0.75)], b=[(5, 16, 0.875)]))
    assert (one.label, one.score, one.box.centre) == ("b", 0.875, (39.0, 16.0))
    assert (other.label, other.score, other.box.centre) == ("a", 0.75, (27.0, 16.0))
    assert one.box == Box(28, 2, 50, 30)


@pytest.mark.parametrize(("down", "across", "count"), [(0, 5, 1), (0, 6, 2), (9, 0, 1), (10, 0, 2), (9, 5, 1)])
def test_peaks_less_than_apart_are_one_symbol(down, across, count):
    symbols = found(field(a=[(5, 10, 0.75)], b=[(5 + down, 10 + across, 0.875)]))
    assert len(symbols) == count
    assert symbols[0].label == "b"


@pytest.mark.parametrize(("score", "across", "count"), [(0.875, 3, 1), (0.875, 4, 2), (0.75, 5, 1), (0.875, 5, 2)])
def test_nearer_than_apart_only_a_sure_peak_is_another_symbol(score, across, count):
    values = field(a=[(5, 10, 0.9375)], b=[(5, 10 + across, score)])
    [symbols] = find_symbols(values[None], BLACK[None], ("a", "b"), TOUCHING)
    assert len(symbols) == count
    assert len(found(values)) == 1


@pytest.mark.parametrize(("score", "bridge", "count"), [(0.875, 0, 2), (0.875, 255, 1), (0.75, 0, 1)])
def test_sure_peaks_on_strokes_of_their_own_may_be_as_near_as_they_like(score, bridge, count):
    levels = two_strokes(bridge)
    values = field(a=[(5, 10, 0.9375)], b=[(5, 13, score)])
    symbols = places(values, levels)
    assert len(symbols) == count
    assert count == 1 or symbols == [("a", 26, 28), ("b", 32, 34)]
    assert len(found(values, levels)) == 1  # as in older files, whose peaks are never sure


def plateau(first, last, *, peak=None, edge=0.78125):
    """A stretch of row 5 that tells class a, falling from a peak in its middle, or elsewhere, to less at the edges."""
    top = (first + last) // 2 if peak is None else peak
    furthest = max(top - first, last - top)
    return field(a=[(5, col, 0.9375 - (0.9375 - edge) * abs(col - top) / furthest) for col in range(first, last + 1)])


def places(values, levels, windows=TOUCHING):
    [symbols] = find_symbols(values[None], levels[None], ("a", "b"), windows)
    return sorted((symbol.label, symbol.box.left, symbol.box.right) for symbol in symbols)


PARTED = [("a", 26, 28), ("a", 32, 34)]


def test_a_broad_peak_on_two_strokes_is_two_equal_symbols():
    assert places(plateau(8, 15), two_strokes()) == PARTED
    assert places(plateau(8, 15, peak=8), two_strokes()) == PARTED


@pytest.mark.parametrize(
    ("values", "bridge"),
    [
        (plateau(9, 14), 0),  # no broader than that of one symbol
        (plateau(8, 15, edge=0.6), 0),  # not sure at its ends
        (plateau(8, 15), 255),  # the strokes hang together
    ],
)
def test_any_other_peak_is_one(values, bridge):
    assert len(places(values, two_strokes(bridge))) == 1


def test_another_class_in_between_ends_a_plateau():
    values = plateau(8, 15, peak=10)
    values[1, 5, 13] = 0.875
    assert [label for label, *_ in places(values, two_strokes())] == ["a", "b"]


def test_a_plateau_that_holds_two_symbols_already_is_not_parted():
    values = plateau(8, 15, peak=9)
    values[0, 5, 15] = 0.9375
    assert len(places(values, two_strokes())) == 2


def test_of_older_files_no_peak_is_broad():
    assert len(places(plateau(8, 15), two_strokes(), WINDOWS)) == 1


def test_the_symbols_of_a_page_stay_in_order_of_their_scores():
    values = plateau(8, 15)
    values[1, 25, 40] = 0.9
    [symbols] = find_symbols(values[None], two_strokes()[None], ("a", "b"), TOUCHING)
    assert [symbol.label for symbol in symbols] == ["b", "a", "a"]
    assert symbols[0].score > symbols[1].score >= symbols[2].score > TOUCHING.sure


def test_a_plateau_ends_at_the_edge_of_the_field():
    levels = np.roll(two_strokes(), -16, axis=1)
    assert len(places(plateau(0, 5), levels)) == 1
    assert places(plateau(0, 6), levels) == [("a", 10, 12), ("a", 16, 18)]


def test_the_threshold_itself_is_no_symbol():
    assert not found(field(a=[(5, 10, 0.5)]))
    assert found(field(a=[(5, 10, 0.50001)]))


def test_a_slope_is_no_peak():
    assert centres(found(field(a=[(5, col, 0.5 + col / 100) for col in range(10, 40)]))) == [(85.0, 16.0)]


def test_of_equals_the_upper_left_one_is_taken():
    plateau = [(row, col, 0.75) for row in (5, 6) for col in (10, 11, 12)]
    assert centres(found(field(a=plateau))) == [(27.0, 16.0)]
    assert found(field(a=[(5, 10, 0.75)], b=[(5, 10, 0.75)]))[0].label == "a"


def test_a_box_is_the_ink_of_its_window():
    levels = BLACK.copy()
    levels[10:24, 22:30] = 255  # its symbol
    levels[12:20, 36:44] = 255  # a neighbour, of which the window sees 2 columns
    levels[9, 22:30] = 63  # too faint
    assert [symbol.box for symbol in found(field(a=[(5, 10, 0.75)]), levels)] == [Box(22, 10, 30, 24)]


@pytest.mark.parametrize(
    ("columns", "left", "right"),
    [
        ([26, 27, 30, 31], 26, 32),  # a gap in the middle half: two parts of one symbol
        ([18, 19, 20, 21, 22], 18, 23),  # hangs together with the middle half, which begins at 22
        ([18, 19, 20, 22, 23], 22, 24),  # does not
        ([16, 17, 37], 16, 38),  # nothing in the middle half: the window itself
        (range(10, 45), 16, 38),  # the window is cut from a longer stroke
    ],
)
def test_which_ink_of_a_window_is_its_symbol(columns, left, right):
    levels = BLACK.copy()
    levels[10:24, list(columns)] = 255
    [symbol] = found(field(a=[(5, 10, 0.75)]), levels)
    assert (symbol.box.left, symbol.box.right) == (left, right)


@given(st.lists(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 49)), max_size=9), max_size=4), st.randoms())
def test_a_page_reads_in_a_batch_as_it_does_alone(places, random):
    fields = [field(a=[(row, col, random.uniform(0.4, 1)) for row, col in page]) for page in places]
    levels = [np.random.default_rng(number).integers(0, 256, BLACK.shape, np.uint8) for number in range(len(fields))]
    if fields:
        together = find_symbols(np.stack(fields), np.stack(levels), ("a", "b"), WINDOWS)
        assert together == [found(*page) for page in zip(fields, levels, strict=True)]


@pytest.mark.parametrize(("row", "col"), [(0, 0), (0, 49), (29, 0), (29, 49)])
def test_symbols_at_the_edge(row, col):
    levels = np.full((66, 108), 255, np.uint8)
    [symbol] = found(field(a=[(row, col, 0.75)]), levels)
    left, top, right, bottom = symbol.box
    assert 0 <= left < right <= 108
    assert 0 <= top < bottom <= 66


def test_a_blank_field_holds_nothing():
    assert found(field()) == []
