from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from capsonnx import datasets
from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.photo import photographed
from capsonnx.preparation import prepare
from capsonnx.preparation.paper import SMALLEST, find_paper

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def pages() -> NDArray[np.uint8]:
    """Eight clean pages of five digits, (8, 56, 168)."""
    return pad(row(datasets.load("mnist", "test").images[:40].reshape(8, 5, 28, 28)), 14)


def drawn(*, paper: float = 220, around: float = 60, ink: float = 30, turn: float = 0) -> NDArray[np.uint8]:
    """A sheet with three strokes on something else, noisy: (300, 400)."""
    sheet, strokes = Image.new("L", (400, 300)), Image.new("L", (400, 300))
    sheet.paste(255, (90, 60, 330, 240))
    for x in (150, 200, 250):
        strokes.paste(255, (x, 120, x + 6, 180))
    is_sheet, is_ink = (np.asarray(image.rotate(turn)) > 0 for image in (sheet, strokes))
    noise = np.random.default_rng(0).normal(0, 3, (300, 400))
    return np.rint((np.where(is_ink, ink, np.where(is_sheet, paper, around)) + noise).clip(0, 255)).astype(np.uint8)


def test_in_photos_the_paper_is_found_with_all_its_ink_and_nothing_else(pages: NDArray[np.uint8]) -> None:
    photos, places = photographed(pages, np.random.default_rng(5))
    for page, photo, place in zip(pages, photos, places, strict=True):
        paper = find_paper(photo)
        assert paper is not None
        assert paper.has_dark_ink
        y, x = np.nonzero(page > 128)
        across, down = np.rint(place @ np.stack([x + 0.5, y + 0.5, np.ones(len(x))]) - 0.5).astype(int)
        assert paper.inside[down, across].all()
        # Back on the page, what is inside lies within its edges.
        row_, col = np.nonzero(paper.inside)
        back = np.linalg.solve(place[:, :2], np.stack([col + 0.5, row_ + 0.5]) - place[:, 2:])
        assert (back > 0).all()
        assert (back < [[page.shape[1]], [page.shape[0]]]).all()


def test_a_photo_is_prepared_to_its_ink_alone(pages: NDArray[np.uint8]) -> None:
    photos, places = photographed(pages, np.random.default_rng(5))
    for page, photo, place in zip(pages, photos, places, strict=True):
        for levels in (photo, 255 - photo):
            prepared = prepare(levels)
            y, x = np.nonzero(prepared.levels > 128)
            back = np.linalg.solve(place[:, :2], np.stack([x, y]) / prepared.scale - place[:, 2:])
            assert (np.abs(back - np.array([[84], [28]])) < [[72], [16]]).all()  # where the digits are
            assert np.count_nonzero(page > 128) / 3 < len(x) < 3 * np.count_nonzero(page > 128)


@pytest.mark.parametrize(("level", "is_found"), [(215, True), (60, True), (140, False)])
def test_a_pen_may_lie_across_the_edge_a_hand_may_not(level: float, is_found: bool) -> None:
    page = Image.fromarray(drawn())
    breadth = 12 if is_found else 70
    ImageDraw.Draw(page).line([(300, 160), (395, 180)], fill=level, width=breadth)
    assert (find_paper(np.asarray(page)) is not None) == is_found


@pytest.mark.parametrize("turn", [0, 4, -15])
@pytest.mark.parametrize(("paper", "around", "ink"), [(220, 60, 30), (40, 200, 240), (120, 200, 30), (180, 30, 250)])
def test_paper_and_ink_may_be_light_or_dark(paper: float, around: float, ink: float, turn: float) -> None:
    page = drawn(paper=paper, around=around, ink=ink, turn=turn)
    found, other = find_paper(page), find_paper(255 - page)
    assert found is not None
    assert other is not None
    assert found.has_dark_ink == (ink < paper) != other.has_dark_ink
    np.testing.assert_array_equal(found.inside, other.inside)
    assert 0.6 < np.count_nonzero(found.inside) / (240 * 180) < 1
    cut = found.cut_out(page).astype(int)
    ground = np.median(cut)
    assert abs(cut[0] - ground).max() < 30  # nothing of what is around
    assert cut.max() > ground + 50  # the ink is lighter
    assert cut.min() > ground - 30


def test_nothing_around_it_nothing_to_find(pages: NDArray[np.uint8]) -> None:
    large = pages.repeat(3, axis=1).repeat(3, axis=2)
    for scan in degrade(large, np.random.default_rng(0)):
        assert find_paper(scan) is None
        assert find_paper(255 - scan) is None


def test_a_strip_of_something_else_is_enough() -> None:
    page = drawn()[60:240, 90:330]
    assert find_paper(page) is None
    page[:, :20] = 60
    paper = find_paper(page)
    assert paper is not None
    assert not paper.inside[:, :20].any()
    assert paper.inside[20:-20, 35:-20].all()


def test_several_sheets_are_read_as_one_page(pages: NDArray[np.uint8]) -> None:
    page = np.full((420, 600), 50, np.uint8)
    for number, (top, left) in enumerate([(20, 20), (240, 180)]):
        sheet = pages[number].repeat(2, axis=0).repeat(2, axis=1)
        page[top : top + 112, left : left + 336] = 230 - sheet // 128 * 200
    paper = find_paper(page)
    assert paper is not None
    assert 0.75 < np.count_nonzero(paper.inside) / (2 * 112 * 336) < 1
    ink = prepare(page).levels > 128
    assert 0.5 < np.count_nonzero(ink) / np.count_nonzero(pages[:2] > 128) < 2


def changed(name: str) -> NDArray[np.uint8]:
    page = drawn()
    y, x = np.indices(page.shape)
    if name == "no difference":
        return drawn(around=205)
    if name == "no sharp edge":
        return (
            np.rint(220 - x * 0.4 - 180 * ((y > 120) & (y < 180) & (abs(x % 50 - 25) < 3)))
            .clip(0, 255)
            .astype(np.uint8)
        )
    if name == "ink beyond":
        page = drawn(around=150)
        page[20:44, 100:300] = np.where(np.arange(200) % 16 < 4, 20, 150)
    if name == "no straight edge":
        round_ = np.hypot(y - 150, x - 200) < 120
        page[:] = np.where(round_, page[150, 120], 60)
        page[120:180, [180, 181, 182, 220, 221, 222]] = 30
    return page


def test_the_lit_part_of_a_page_is_no_sheet() -> None:
    page = drawn(around=220)
    page[120:180, 300:][:, np.arange(page.shape[1] - 300) % 50 < 3] = 30
    lit = np.where(np.indices(page.shape)[1] < 250, 1, 0.5)
    assert find_paper(np.rint(page * lit).astype(np.uint8)) is None


@pytest.mark.parametrize("name", ["no difference", "no sharp edge", "ink beyond", "no straight edge"])
def test_what_is_no_paper(name: str) -> None:
    assert find_paper(drawn()) is not None
    assert find_paper(changed(name)) is None


@pytest.mark.parametrize("turn", [0, 5])
def test_an_empty_sheet_is_empty(turn: float) -> None:
    page = drawn(ink=220, turn=turn)
    paper = find_paper(page)
    assert paper is not None
    assert 0.6 < np.count_nonzero(paper.inside) / (240 * 180) < 1
    assert not prepare(page).levels.any()
    page[20:50, 20:40:4] = 250  # then it may be anything
    assert find_paper(page) is None


def test_a_cup_beside_the_sheet_changes_nothing() -> None:
    page = drawn()
    y, x = np.indices(page.shape)
    page[np.hypot(y - 250, x - 40) < 35] = 230  # from above
    page[np.hypot(y - 250, x - 40) < 28] = 40
    paper, alone = find_paper(page), find_paper(drawn())
    assert paper is not None
    assert alone is not None
    np.testing.assert_array_equal(paper.inside, alone.inside)


def test_large_digits_are_no_paper() -> None:
    digits = datasets.load("mnist", "test").images[:100]
    for scan in degrade(digits.repeat(12, axis=1).repeat(12, axis=2), np.random.default_rng(0)):
        assert find_paper(scan) is None


@settings(max_examples=30)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 4))
def test_any_page_can_be_looked_at(height: int, width: int, kind: int) -> None:
    generator = np.random.default_rng(kind)
    page = np.zeros((height, width), np.uint8) if kind else generator.integers(0, 256, (height, width), dtype=np.uint8)
    top, left = generator.integers(0, [height, width])
    page[top:, left:] = 40 * kind
    paper = find_paper(page)
    assert paper is None or (height * width >= SMALLEST**2 and paper.inside.shape == page.shape)
