from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capsonnx import datasets
from capsonnx.errors import InputError
from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.stationery import printed
from capsonnx.preparation import batch, prepare
from capsonnx.preparation.batch import clean, prepare_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pages = list[NDArray[np.uint8]]


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return datasets.load("mnist", "test").images


@pytest.fixture(scope="module")
def pages(digits: NDArray[np.uint8]) -> Pages:
    """Of every kind and size: single digits, pairs, enlarged and shrunk ones, bad scans, nothing, all white, forms."""
    pairs = row(digits[100:160].reshape(30, 2, 28, 28))
    sizes = [(70, 35), (42, 84), (34, 67), (14, 28), (20, 40)]
    return [
        *digits[:40],
        *pairs,
        *(np.array(Image.fromarray(pair).resize(size[::-1])) for pair in pairs[:8] for size in sizes),
        *degrade(pairs[8:14], np.random.default_rng(0)),
        np.zeros((30, 40), np.uint8),
        np.full((20, 20), 255, np.uint8),
        *digits[:3] // 5,
        np.pad(digits[7], 70),
        *(digit[5:23, 7:21] for digit in digits[40:60]),
        np.array([[255]], np.uint8),
        *printed(pad(pairs[20:30], 10), 10, 28, np.random.default_rng(0)),
    ]


def test_a_clean_page_is_one_that_preparation_gives_back(pages: Pages) -> None:
    found = clean(pages)
    for page, is_clean in zip(pages, found, strict=True):
        if is_clean:
            assert prepare(page).levels is page
    assert np.mean(found[:70]) > 0.9  # or else nothing is gained
    assert not any(found[110:116])  # the scans


def test_a_page_is_judged_by_itself(pages: Pages) -> None:
    assert clean(pages) == [clean([page])[0] for page in pages]
    assert clean(pages[::-1]) == clean(pages)[::-1]


@pytest.mark.parametrize("symbol", [20.0, 31.0, None])
@pytest.mark.parametrize("mode", ["auto", "on", "off"])
def test_together_they_become_what_each_becomes(pages: Pages, mode, symbol: float | None) -> None:
    for page, prepared in zip(pages, prepare_all(pages, mode=mode, symbol=symbol), strict=True):
        alone = prepare(page, mode=mode, symbol=symbol)
        assert prepared.scale == alone.scale
        np.testing.assert_array_equal(prepared.levels, alone.levels)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1)), min_size=1, max_size=6))
@settings(deadline=None)
def test_of_noise_too(drawn: list[tuple[int, int, int]]) -> None:
    pages = []
    for height, width, seed in drawn:
        generator = np.random.default_rng(seed)
        specks = generator.random((height, width)) < generator.choice([0.01, 0.1, 0.4, 0.6])
        pages.append((specks * generator.integers(0, 256, (height, width))).astype(np.uint8))
    for page, prepared in zip(pages, prepare_all(pages), strict=True):
        np.testing.assert_array_equal(prepared.levels, prepare(page).levels)


def test_large_pages_are_not_laid_in_the_column(pages: Pages, monkeypatch) -> None:
    seen = []
    real = batch.clean
    monkeypatch.setattr(batch, "clean", lambda chosen, *sizes: seen.extend(chosen) or real(chosen, *sizes))
    large = np.zeros((129, 5), np.uint8)
    prepare_all([pages[0], large, pages[1]])
    assert [page.shape for page in seen] == [(28, 28), (28, 28)]
    assert prepare_all([]) == []


def test_at_the_edge_of_a_band_a_sheet_agrees_with_each_page() -> None:
    page = np.zeros((40, 40), np.uint8)
    page[10:30, 18:22] = 255
    for symbol in (15.0, 17.4, 26.6):  # by 20 pixels: just about 0.75, 0.87 and 1.33
        if clean([page, page], symbol)[0]:
            assert prepare(page, symbol=symbol).levels is page, symbol


def test_options_are_checked(pages: Pages) -> None:
    with pytest.raises(InputError, match="preparation 'always'"):
        prepare_all(pages[:2], mode="always")
