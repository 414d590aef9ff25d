from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.exam.compose import pad, row
from capsonnx.exam.photo import PAPER, TABLE, photographed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset


@pytest.fixture(scope="module")
def pages(mnist: Dataset) -> NDArray[np.uint8]:
    return pad(row(mnist.images[:30].reshape(6, 5, 28, 28)), 14)


def test_the_generator_decides(pages: NDArray[np.uint8]) -> None:
    once, again, other = (photographed(pages, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
    assert (once[0] != other[0]).any()


def test_a_photo_does_not_depend_on_those_after_it(pages: NDArray[np.uint8]) -> None:
    few, all_ = photographed(pages[:2], np.random.default_rng(1)), photographed(pages, np.random.default_rng(1))
    np.testing.assert_array_equal(few[0], all_[0][:2])


def test_ink_paper_and_table_lie_where_the_places_say(pages: NDArray[np.uint8]) -> None:
    photos, places = photographed(pages, np.random.default_rng(0))
    assert photos.shape == (6, 358, 638)
    assert photos.dtype == np.uint8
    for page, photo, place in zip(pages, photos, places, strict=True):
        y, x = np.indices(photo.shape) + 0.5
        back = np.linalg.solve(place[:, :2], np.stack([x.ravel(), y.ravel()]) - place[:, 2:])
        col, row_ = np.floor(back).astype(int)
        on_sheet = (row_ >= 0) & (row_ < page.shape[0]) & (col >= 0) & (col < page.shape[1])
        inked = page[row_[on_sheet], col[on_sheet]]
        levels = photo.ravel()
        sheet = np.median(levels[on_sheet][inked == 0])
        assert 0.6 * PAPER[0] < sheet < PAPER[1]
        assert 0.6 * TABLE[0] < np.median(levels[~on_sheet]) < TABLE[1]
        assert np.median(levels[on_sheet][inked == 255]) < 0.55 * sheet


def test_all_digits_are_on_the_photo(pages: NDArray[np.uint8]) -> None:
    photos, places = photographed(pages.repeat(20, axis=0), np.random.default_rng(0))
    corners = np.array([[14, 154, 14, 154], [14, 14, 42, 42], [1, 1, 1, 1]])
    found = places @ corners
    assert (found > 0).all()
    assert (found < np.array([[photos.shape[2]], [photos.shape[1]]])).all()


def test_no_pages_no_photos() -> None:
    photos, places = photographed(np.zeros((0, 10, 20), np.uint8), np.random.default_rng(0))
    assert photos.shape == (0, 64, 76)
    assert places.shape == (0, 2, 3)
