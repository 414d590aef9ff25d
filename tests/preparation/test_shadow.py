from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter

from capsonnx import datasets
from capsonnx.exam.compose import pad, row
from capsonnx.exam.degrade import degrade
from capsonnx.exam.shadow import shadowed
from capsonnx.images import as_grey
from capsonnx.preparation import prepare
from capsonnx.preparation.ground import estimate_ground
from capsonnx.preparation.shadow import has_shadow, shadowed_ground

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def pages() -> NDArray[np.uint8]:
    """Twelve clean pages of five digits, (12, 56, 168)."""
    digits = datasets.load("mnist", "test").images[:60]
    return pad(row(digits.reshape(12, 5, 28, 28)), 14)


def smoothed(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.BoxBlur(1)), np.float32)


def half_in_shadow(page: NDArray[np.uint8], slope: float = 0.3) -> NDArray[np.uint8]:
    """Dark ink on paper of level 220; on the left of an edge that lies askew, half of the light falls on both."""
    y, x = np.indices(page.shape)
    light = np.where(x - page.shape[1] / 2 > slope * (y - page.shape[0] / 2), 1.0, 0.5)
    return np.rint(light * 220 * (1 - 0.7 * page / 255)).astype(np.uint8)


def test_strokes_are_no_shadow_and_a_shadow_is_none_of_the_ink(pages: NDArray[np.uint8]) -> None:
    for page in pages:
        lit, dim = (smoothed(255 - levels) for levels in (half_in_shadow(page)[:, 90:], half_in_shadow(page)))
        assert not has_shadow(lit, estimate_ground(lit), 10)
        assert has_shadow(dim, estimate_ground(dim), 10)
        ground, gain = shadowed_ground(dim, 10)
        assert np.abs(ground[:, :60] - 145).max() < 10
        assert np.abs(ground[:, -60:] - 35).max() < 10
        # As much ink on either side, where half the light adds half of it.
        assert np.median(gain[:, :60]) == pytest.approx(2, rel=0.05)
        assert np.median(gain[:, -60:]) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("slope", [0.0, 0.3, -1.0, 4.0])
def test_ink_in_a_shadow_is_as_bright_as_beside_it(pages: NDArray[np.uint8], slope: float) -> None:
    for page in pages:
        levels = prepare(as_grey(half_in_shadow(page, slope))).levels
        assert levels.shape == page.shape
        assert np.abs(levels.astype(int) - page).mean() < 6
        assert not levels[page == 0].mean() > 5


def test_most_pages_in_shadows_become_clean(pages: NDArray[np.uint8]) -> None:
    generator, far = np.random.default_rng(0), []
    for page in np.concatenate([pages] * 4):
        levels = prepare(as_grey(shadowed(page[None], generator)[0])).levels
        if levels.shape == page.shape:
            away = np.asarray(Image.fromarray(page).filter(ImageFilter.MaxFilter(9))) == 0
            far.append(np.count_nonzero(levels[away] > 128))
    assert len(far) > 40
    assert np.mean([count < 10 for count in far]) > 0.8


def test_bold_digits_stay(pages: NDArray[np.uint8]) -> None:
    digits = datasets.load("mnist", "test").images
    boldest = digits[np.argsort(digits.sum(axis=(1, 2), dtype=int))[-12:]]
    left = []
    for page, bold in zip(pages, boldest, strict=True):
        with_bold = page.copy()
        with_bold[14:42, 70:98] = bold
        [scan] = degrade(with_bold[None], np.random.default_rng(2))
        levels = prepare(as_grey(scan), symbol=None).levels[14:42, 70:98]
        left.append(np.count_nonzero(levels > 128) / np.count_nonzero(bold > 128))
    assert np.mean([share > 0.7 for share in left]) > 0.8
