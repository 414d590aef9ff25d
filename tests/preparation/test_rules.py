from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from capsonnx import datasets
from capsonnx.exam.compose import pad, row
from capsonnx.preparation.rules import Rules, find_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70))


@pytest.fixture(scope="module")
def pages() -> NDArray[np.uint8]:
    """Forty clean pages of five digits, (40, 56, 168); their feet are at row 38."""
    return pad(row(datasets.load("mnist", "test").images[:200].reshape(40, 5, 28, 28)), 14)


def without(page: NDArray[np.uint8], lines: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The page with these lines drawn on it, and taken away again."""
    drawn = np.where(lines, np.maximum(page, 255), page)
    rules = find_rules(drawn > 0)
    assert rules is not None
    return rules.erased(drawn.astype(np.float32))


def test_digits_are_no_rules(pages: NDArray[np.uint8]) -> None:
    assert all(find_rules(page > 0) is None for page in pages)
    assert all(find_rules(digit > 0, smallest=20) is None for digit in datasets.load("mnist", "test").images[:2000])


def test_one_tall_stroke_is_a_digit() -> None:
    page = np.zeros((100, 60), bool)
    page[10:90, 28:34] = True
    assert find_rules(page) is None


@pytest.mark.parametrize("top", [4, 42, 50])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_a_line_apart_from_the_digits_leaves_no_trace(pages: NDArray[np.uint8], top: int, thickness: int) -> None:
    for page in pages[:10]:
        lines = np.zeros(page.shape, bool)
        lines[top : top + thickness, 5:160] = True
        np.testing.assert_array_equal(without(page, lines), page)


def test_digits_that_stand_on_a_line_stay(pages: NDArray[np.uint8]) -> None:
    for page in pages:
        lines = np.zeros(page.shape, bool)
        lines[36] = True
        left = without(page, lines)
        # Nothing is lost but in that row, and of what crosses it most is there again.
        np.testing.assert_array_equal(np.delete(left, 36, axis=0), np.delete(page, 36, axis=0))
        crossing = (page[35] > 127) & (page[36] > 127) & (page[37] > 127)
        assert (left[36][crossing] > 0).all()
        assert not left[36][np.convolve(page[35:38].max(axis=0), [1, 1, 1], "same") == 0].any()


def test_boxes_go_though_their_sides_are_no_longer_than_digits(pages: NDArray[np.uint8]) -> None:
    page, lines = pages[3], np.zeros(pages[3].shape, bool)
    lines[[14, 42], 14:155] = True
    lines[14:43, 14:155:28] = True
    rules = find_rules(lines | (page > 0))
    assert rules is not None
    np.testing.assert_array_equal(rules.level | rules.upright, lines)


@pytest.mark.parametrize("side", [26, 32, 40])
def test_a_box_that_stands_alone_goes(side: int) -> None:
    page, box = np.zeros((60, 90), bool), np.zeros((60, 90), bool)
    page[10:30, 40:44] = page[26:30, 40:52] = True
    left, top = 46 - side // 2, 20 - side // 2
    box[top : top + side, left : left + side] = True
    box[top + 2 : top + side - 2, left + 2 : left + side - 2] = False
    rules = find_rules(page | box)
    assert rules is not None
    np.testing.assert_array_equal(rules.level | rules.upright, box)


def test_dividers_may_be_thicker_than_the_lines_above_and_below(pages: NDArray[np.uint8]) -> None:
    lines = np.zeros(pages[3].shape, bool)
    lines[[13, 14, 42, 43], 14:157] = True
    for left in range(14, 155, 28):
        lines[13:44, left : left + 3] = True
    digits = pages[3] > 0
    rules = find_rules(lines | digits)
    assert rules is not None
    np.testing.assert_array_equal((rules.level | rules.upright) & ~digits, lines & ~digits)


def test_what_is_brighter_than_squared_paper_stays(pages: NDArray[np.uint8]) -> None:
    page = pages[0]
    squares = np.zeros(page.shape, np.uint8)
    squares[::10] = squares[:, ::10] = 60
    drawn = np.maximum(page, squares)
    rules = find_rules(drawn > 0)
    assert rules is not None
    left = rules.erased(drawn.astype(np.float32))
    np.testing.assert_array_equal(left[page > 100], page[page > 100])
    assert left[page == 0].mean() < 1


@pytest.mark.parametrize("degrees", [-3, -2, -1, 1, 2, 3])
def test_a_page_may_lie_askew(pages: NDArray[np.uint8], degrees: float) -> None:
    drawn = np.kron(pages[7], np.ones((2, 2), np.uint8))
    drawn[[10, 11, 90, 91], 10:-10] = 255
    turned = np.array(Image.fromarray(drawn).rotate(degrees, Image.Resampling.BILINEAR))
    rules = find_rules(turned > 127)
    assert rules is not None
    left, digits = rules.widened().erased(turned.astype(np.float32)), drawn.copy()
    digits[[10, 11, 90, 91]] = 0
    digits = np.array(Image.fromarray(digits).rotate(degrees, Image.Resampling.BILINEAR))
    assert np.abs(turned - digits.astype(float)).mean() > 5
    assert np.abs(left - digits).mean() < 1


def test_a_large_page_has_the_rules_of_a_small_one(pages: NDArray[np.uint8]) -> None:
    mask = pages[2] > 0
    mask[44:46] = True
    large = np.kron(np.pad(mask, ((0, 300), (0, 0))), np.ones((6, 6), bool))
    rules, expected = find_rules(large), find_rules(mask)
    assert rules is not None
    assert expected is not None
    np.testing.assert_array_equal(rules.level[: 6 * 56 : 6, ::6], expected.level)


def test_a_page_just_too_large_is_not_made_small_twice() -> None:
    mask = np.zeros((2047, 2049), bool)
    mask[1000:1020, 100:104] = mask[1000:1020, 140:144] = True
    mask[1030:1032, 60:300] = True
    rules = find_rules(mask)
    assert rules is not None
    assert int(rules.level.sum()) == 2 * 240


def test_the_page_mirrored_has_its_rules_turned(pages: NDArray[np.uint8]) -> None:
    mask = pages[5] > 0
    mask[44] = mask[8:50, 6] = True
    one, other = find_rules(mask[:, ::-1]), find_rules(mask)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.level, other.level[:, ::-1])
    np.testing.assert_array_equal(one.upright, other.upright[:, ::-1])


@given(masks)
def test_rules_are_of_ink(mask: NDArray[np.bool_]) -> None:
    rules = find_rules(mask)
    if rules is not None:
        found = rules.level | rules.upright
        assert found.any()
        assert not (found & ~mask).any()


@given(masks, masks, st.integers(0, 2**32 - 1))
def test_erasing_adds_nothing_and_changes_rules_only(
    level: NDArray[np.bool_], upright: NDArray[np.bool_], seed: int
) -> None:
    shape = tuple(np.minimum(level.shape, upright.shape))
    window = tuple(slice(side) for side in shape)
    rules = Rules(level[window], upright[window])
    ink = np.random.default_rng(seed).integers(0, 256, shape).astype(np.float32)
    left = rules.erased(ink)
    assert (left <= ink).all()
    assert (left >= 0).all()
    outside = ~(rules.level | rules.upright)
    np.testing.assert_array_equal(left[outside], ink[outside])
    assert not (rules.level & ~rules.widened().level).any()
